//! What a change does to an authorization, and what AWS finds wrong with it only while it applies a change set.
//!
//! Codes that AWS's page names are AWS's. Of some rules our reference has the sentence and no code; theirs are made up
//! after the same manner: who reads them has to show AWS's text anyhow.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::authorization::{Authorization, Status};
use super::change::{Change, Kind};
use super::seed::{Parties, Product};
use super::{pricing, schedule};

/// An element of `ErrorDetailList`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeError {
    /// Capital letters and `_`.
    pub code: String,
    /// For people.
    pub message: String,
}

impl ChangeError {
    pub(super) fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into() }
    }
}

/// What is known while changes are applied.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// Our products.
    pub products: &'a BTreeMap<String, Product>,
    /// Who there is.
    pub parties: &'a Parties,
    /// Now.
    pub now: Timestamp,
}

impl<'a> Surroundings<'a> {
    /// The product of an authorization.
    pub fn product(&self, authorization: &Authorization) -> Option<&'a Product> {
        self.products.get(&authorization.product)
    }

    /// Today, UTC.
    pub fn today(&self) -> Date {
        today(self.now)
    }
}

/// The day in UTC.
pub fn today(now: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(now).date()
}

/// The authorization that a change makes.
pub fn create(id: String, change: &Change, now: Timestamp) -> Authorization {
    let text = |key: &str| change.details.get(key).and_then(Value::as_str).map(str::to_owned);
    Authorization {
        id,
        revision: 0,
        created: now,
        modified: now,
        status: Status::Draft,
        product: text("ProductId").unwrap_or_default(),
        reseller: text("ResellerAccountId").unwrap_or_default(),
        role: text("ResellerRole").unwrap_or_else(|| "ChannelPartner".to_owned()),
        name: text("Name").unwrap_or_default(),
        description: text("Description"),
        before: None,
        end: None,
        quantity: None,
        model: None,
        terms: BTreeMap::new(),
        offers: 0,
    }
}

/// Applies a change to an authorization, which is not to be kept if there is an error.
pub fn change(
    authorization: &mut Authorization,
    change: &Change,
    around: Surroundings<'_>,
) -> Vec<ChangeError> {
    if let Some(error) = unfit(authorization, change.kind, around) {
        return vec![error];
    }
    let details = &change.details;
    let terms = || details.get("Terms").and_then(Value::as_array).cloned().unwrap_or_default();
    match change.kind {
        Kind::Create => return created(authorization, around),
        Kind::Information => information(authorization, change),
        Kind::Availability => {
            let end = details.get("AvailabilityEndDate").and_then(Value::as_str);
            authorization.end = end.and_then(|end| end.parse().ok());
            authorization.quantity = details.get("OffersMaxQuantity").and_then(Value::as_u64);
        }
        Kind::Pricing => {
            let model = details.get("PricingModel").and_then(Value::as_str);
            authorization.model = model.map(str::to_owned);
            authorization.terms.insert(change.kind, terms());
        }
        // They take the place of all that the family had.
        Kind::Schedule
        | Kind::NetPayment
        | Kind::Legal
        | Kind::BuyerTargeting
        | Kind::BuyerValidity => {
            authorization.terms.insert(change.kind, terms());
        }
        Kind::Release => authorization.status = Status::Active,
        Kind::Restrict => authorization.status = Status::Restricted,
    }
    Vec::new()
}

/// Why a change does not fit how far the authorization is.
fn unfit(
    authorization: &Authorization,
    kind: Kind,
    around: Surroundings<'_>,
) -> Option<ChangeError> {
    let incompatible = |message: String| Some(ChangeError::new("INCOMPATIBLE_STATUS", message));
    match (kind, authorization.status) {
        (Kind::Restrict, Status::Active) if authorization.is_past(around.today()) => {
            incompatible("An expired resale authorization can't be restricted.".to_owned())
        }
        (Kind::Restrict, Status::Active) => None,
        (Kind::Restrict, status) => incompatible(format!(
            "A resale authorization in the status {} can't be restricted.",
            status.word()
        )),
        (_, Status::Draft) => None,
        (kind, _) => incompatible(format!(
            "{} request can't be performed after the resale authorization is released.",
            kind.name()
        )),
    }
}

fn created(authorization: &Authorization, around: Surroundings<'_>) -> Vec<ChangeError> {
    let mut errors = Vec::new();
    let reseller = &authorization.reseller;
    if *reseller == around.parties.account || !around.parties.names.contains_key(reseller) {
        errors.push(ChangeError::new(
            "INVALID_RESELLER_ACCOUNT",
            format!("The account {reseller} is not a registered AWS Marketplace Channel Partner."),
        ));
    }
    if around.product(authorization).is_none_or(|product| product.entity_type != "SaaSProduct")
        && authorization.role == "Distributor"
    {
        errors.push(ChangeError::new(
            "INCOMPATIBLE_PRODUCT",
            "A Distributor resells SaaS products only.",
        ));
    }
    errors
}

fn information(authorization: &mut Authorization, change: &Change) {
    let owned = |value: &Value| value.as_str().map(str::to_owned);
    if let Some(name) = change.details.get("Name").and_then(owned) {
        authorization.name = name;
    }
    if let Some(description) = change.details.get("Description") {
        authorization.description = owned(description);
    }
    if let Some(before) = change.details.get("PreExistingBuyerAgreement") {
        authorization.before = Some(before).filter(|before| !before.is_null()).cloned();
    }
}

/// What does not hold of a whole authorization after changes of these kinds, each with the kind that is at fault.
pub fn conflicts(
    authorization: &Authorization,
    touched: &[Kind],
    around: Surroundings<'_>,
) -> Vec<(Kind, ChangeError)> {
    let is_released = touched.contains(&Kind::Release);
    let is_checked = |kinds: &[Kind]| is_released || kinds.iter().any(|it| touched.contains(it));
    let mut found = Vec::new();
    let mut add = |kind: Kind, errors: Vec<ChangeError>| {
        found.extend(errors.into_iter().map(|error| (kind, error)));
    };
    let product = around.product(authorization);
    if is_checked(&[Kind::Pricing]) {
        add(Kind::Pricing, pricing::errors(authorization, product));
    }
    if is_checked(&[Kind::Schedule, Kind::Pricing, Kind::Availability]) {
        add(Kind::Schedule, schedule::errors(authorization));
    }
    if is_checked(&[Kind::Legal]) {
        add(Kind::Legal, legal(authorization));
    }
    if is_checked(&[Kind::BuyerTargeting, Kind::Information])
        && authorization.before.is_some()
        && authorization.buyers().next().is_none()
    {
        let message = "Provide BuyerAccounts when PreExistingBuyerAgreement is set.";
        let error = ChangeError::new("INCOMPATIBLE_BUYER_TARGETING", message);
        add(Kind::BuyerTargeting, vec![error]);
    }
    if is_checked(&[Kind::BuyerValidity])
        && authorization.terms_of("BuyerValidityTerm").next().is_some()
        && product.is_none_or(|product| product.entity_type != "SaaSProduct")
    {
        let message = "BuyerValidityTerm is supported for SaaS products only.";
        add(Kind::BuyerValidity, vec![ChangeError::new("INCOMPATIBLE_PRODUCT", message)]);
    }
    if is_released {
        add(Kind::Release, incomplete(authorization, product, around.today()));
    }
    found
}

/// A custom document has to be where AWS can fetch it: in S3.
fn legal(authorization: &Authorization) -> Vec<ChangeError> {
    let is_in_s3 = |url: &str| {
        let host = url.strip_prefix("https://").and_then(|rest| rest.split('/').next());
        host.is_some_and(|host| {
            host.ends_with(".amazonaws.com") && (host.starts_with("s3") || host.contains(".s3"))
        })
    };
    let kinds = [
        ("BuyerLegalTerm", "INVALID_BUYER_LEGAL_DOCUMENTS"),
        ("ResaleLegalTerm", "INVALID_RESALE_LEGAL_DOCUMENTS"),
    ];
    let mut errors = Vec::new();
    for (kind, code) in kinds {
        let documents =
            authorization.terms_of(kind).filter_map(|term| term["Documents"].as_array());
        for url in documents.flatten().filter_map(|document| document["Url"].as_str()) {
            if !is_in_s3(url) {
                errors.push(ChangeError::new(code, "Provide an accessible S3 Url."));
            }
        }
    }
    errors
}

/// What a release needs.
fn incomplete(
    authorization: &Authorization,
    product: Option<&Product>,
    today: Date,
) -> Vec<ChangeError> {
    let has = |kind: &str| authorization.terms_of(kind).next().is_some();
    let is_priced = authorization.model.as_deref() == Some("Free")
        || authorization.terms.get(&Kind::Pricing).is_some_and(|terms| !terms.is_empty());
    let cases = [
        (!has("BuyerLegalTerm"), "MISSING_BUYER_LEGAL_TERM", "Provide a BuyerLegalTerm."),
        (!is_priced, "MISSING_PRICING_TERM", "Provide a pricing term."),
        (
            has("ResaleFixedUpfrontPricingTerm") && !has("ResalePaymentScheduleTerm"),
            "MISSING_PAYMENT_SCHEDULE_TERM",
            "ResaleFixedUpfrontPricingTerm needs a ResalePaymentScheduleTerm.",
        ),
        (
            !product.is_some_and(Product::is_sold),
            "INCOMPATIBLE_PRODUCT",
            "The product must be in the Limited or Public state.",
        ),
        (
            authorization.end.is_some_and(|end| end <= today),
            "INVALID_AVAILABILITY_END_DATE",
            "AvailabilityEndDate must be in the future.",
        ),
    ];
    let found = cases.into_iter().filter(|(is_missing, ..)| *is_missing);
    found.map(|(_, code, message)| ChangeError::new(code, message)).collect()
}
