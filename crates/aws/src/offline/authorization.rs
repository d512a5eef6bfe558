//! A resale authorization: what was written, and how it is read back.
//!
//! The two differ ("Work with resale authorizations using the AWS Marketplace APIs"): buyers come back as objects, days with
//! a time, legal documents under another, signed address.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::change::Kind;
use super::seed::{Parties, Product};

/// What a summary says of an authorization without end.
const NO_END: &str = "2099-12-31T23:59:59.999Z";

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Only its owner sees it.
    Draft,
    /// The partner makes offers from it.
    Active,
    /// For good.
    Restricted,
}

impl Status {
    /// AWS's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Draft => "Draft",
            Self::Active => "Active",
            Self::Restricted => "Restricted",
        }
    }
}

/// A resale authorization.
#[derive(Debug, Clone)]
pub struct Authorization {
    /// `resaleauthz-...`.
    pub id: String,
    /// Goes up with every change set.
    pub revision: u32,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub modified: Timestamp,
    /// How far it is.
    pub status: Status,
    /// The product's id.
    pub product: String,
    /// The partner.
    pub reseller: String,
    /// `ChannelPartner` or `Distributor`.
    pub role: String,
    /// Shown to the partner.
    pub name: String,
    /// Shown to the partner.
    pub description: Option<String>,
    /// `PreExistingBuyerAgreement`, as it was written.
    pub before: Option<Value>,
    /// The last day on which the partner makes an offer.
    pub end: Option<Date>,
    /// How many offers.
    pub quantity: Option<u64>,
    /// Of `UpdatePricingTerms`.
    pub model: Option<String>,
    /// The terms as they were written, by the kind of change that writes them.
    pub terms: BTreeMap<Kind, Vec<Value>>,
    /// Offers that the partner made.
    pub offers: u64,
}

impl Authorization {
    /// Every term of this type.
    pub fn terms_of(&self, kind: &str) -> impl Iterator<Item = &Value> {
        self.terms.values().flatten().filter(move |term| term["Type"] == kind)
    }

    /// The buyers that are targeted.
    pub fn buyers(&self) -> impl Iterator<Item = &Value> {
        let lists = self.terms_of("BuyerTargetingTerm");
        let lists = lists.filter_map(|term| term["PositiveTargeting"]["BuyerAccounts"].as_array());
        lists.flatten()
    }

    /// Whether its last day is over.
    pub fn is_past(&self, today: Date) -> bool {
        self.end.is_some_and(|end| end < today)
    }

    /// `OfferExtendedStatus`.
    pub fn extended(&self) -> &'static str {
        match (self.offers, self.quantity) {
            (0, _) => "Not Started",
            (offers, Some(most)) if offers >= most => "Completed-Used",
            _ => "Completed-Usable",
        }
    }

    /// `id@revision`.
    pub fn identifier(&self) -> String {
        format!("{}@{}", self.id, self.revision)
    }

    /// What `DescribeEntity` says.
    pub fn described(&self, product: Option<&Product>, parties: &Parties) -> Value {
        json!({
            "EntityType": super::change::ENTITY_TYPE,
            "EntityIdentifier": self.identifier(),
            "EntityArn": parties.arn("ResaleAuthorization", &self.id),
            "LastModifiedDate": seconds(self.modified),
            "DetailsDocument": self.document(product, parties),
        })
    }

    fn document(&self, product: Option<&Product>, parties: &Parties) -> Value {
        let mut document = Map::new();
        let mut put = |key: &str, value: Value| document.insert(key.to_owned(), value);
        put("Name", json!(self.name));
        if let Some(description) = &self.description {
            put("Description", json!(description));
        }
        put("ProductId", json!(self.product));
        if let Some(product) = product {
            put("ProductArn", json!(parties.arn(&product.entity_type, &product.id)));
            put("ProductName", json!(product.name));
            put("Dimensions", json!(product.dimensions));
        }
        put("Status", json!(self.status.word()));
        if let Some(before) = &self.before {
            put("PreExistingBuyerAgreement", before.clone());
        }
        put("CreatedDate", json!(millis(self.created)));
        for who in ["Manufacturer", "Issuer"] {
            put(&format!("{who}AccountId"), json!(parties.account));
            put(&format!("{who}LegalName"), json!(parties.legal_name(&parties.account)));
        }
        let counters =
            json!({"OfferExtendedStatus": self.extended(), "OfferCreatedCount": self.offers});
        put("OfferDetails", counters);
        put("Terms", self.terms_as_read(parties));
        put("Rules", self.rules(parties));
        Value::Object(document)
    }

    fn tail(&self) -> &str {
        self.id.rsplit('-').next().unwrap_or_default()
    }

    fn terms_as_read(&self, parties: &Parties) -> Value {
        let terms = self.terms.values().flatten().enumerate();
        let terms = terms.map(|(n, term)| {
            let mut term = as_read(term, parties);
            term["Id"] = json!(format!("term-{}{n}", self.tail()));
            term
        });
        terms.collect()
    }

    fn rules(&self, parties: &Parties) -> Value {
        let is_limited = self.end.is_some() || self.quantity.is_some();
        let mut availability = json!({
            "Type": "AvailabilityRule",
            "Id": format!("rule-{}0", self.tail()),
            "Usage": if is_limited { "Limited" } else { "Unlimited" },
        });
        if let Some(end) = self.end {
            availability["AvailabilityEndDate"] = json!(last_moment(end));
        }
        if let Some(quantity) = self.quantity {
            availability["OffersMaxQuantity"] = json!(quantity);
        }
        let partner = json!({
            "Type": "PartnerTargetingRule",
            "Id": format!("rule-{}1", self.tail()),
            "ResellerAccountId": self.reseller,
            "ResellerLegalName": parties.legal_name(&self.reseller),
            "ResellerRole": self.role,
        });
        json!([availability, partner])
    }

    /// A row of `ListEntities`.
    pub fn summary(&self, product: Option<&Product>, parties: &Parties) -> Value {
        json!({
            "Name": self.name,
            "EntityType": "ResaleAuthorization",
            "EntityId": self.id,
            "EntityArn": parties.arn("ResaleAuthorization", &self.id),
            "LastModifiedDate": seconds(self.modified),
            "ResaleAuthorizationSummary": {
                "Name": self.name,
                "ProductId": self.product,
                "ProductName": product.map(|product| &product.name),
                "ManufacturerAccountId": parties.account,
                "ManufacturerLegalName": parties.legal_name(&parties.account),
                // Spelt otherwise than in the rule.
                "ResellerAccountID": self.reseller,
                "ResellerLegalName": parties.legal_name(&self.reseller),
                "ResellerRole": self.role,
                "Status": self.status.word(),
                "OfferExtendedStatus": self.extended(),
                "CreatedDate": millis(self.created),
                "AvailabilityEndDate": self.end.map_or_else(|| NO_END.to_owned(), last_moment),
            },
        })
    }
}

/// A term as AWS answers it.
fn as_read(term: &Value, parties: &Parties) -> Value {
    let mut term = term.clone();
    let in_list = |value: &mut Value, change: &dyn Fn(&mut Value)| {
        value.as_array_mut().into_iter().flatten().for_each(change);
    };
    if let Some(buyers) = term.pointer_mut("/PositiveTargeting/BuyerAccounts") {
        in_list(buyers, &|buyer| {
            let account = buyer.as_str().unwrap_or_default().to_owned();
            let name = parties.legal_name(&account);
            *buyer = json!({"AwsAccountId": account, "LegalName": name});
        });
    }
    if let Some(schedule) = term.get_mut("Schedule") {
        in_list(schedule, &|part| {
            let day = part["ChargeDate"].as_str().unwrap_or_default().to_owned();
            part["ChargeDate"] = json!(format!("{day}T00:00:00.000Z"));
        });
    }
    if let Some(day) = term.get("MaximumAgreementStartDate").and_then(Value::as_str) {
        term["MaximumAgreementStartDate"] = json!(format!("{day}T23:59:59Z"));
    }
    if let Some(documents) = term.get_mut("Documents") {
        in_list(documents, &|document| {
            let Some(url) = document.get("Url").and_then(Value::as_str) else { return };
            let name = url.rsplit('/').next().unwrap_or_default();
            document["Url"] = json!(format!(
                "https://offline-aws-legal.s3.amazonaws.com/{name}?X-Amz-Expires=3600&X-Amz-Signature=0123456789abcdef"
            ));
        });
    }
    term
}

/// The last millisecond of a day.
fn last_moment(day: Date) -> String {
    format!("{day}T23:59:59.999Z")
}

/// A time in whole seconds, as AWS writes when something changed.
pub fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A time with milliseconds, as AWS writes when something was made.
pub fn millis(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
