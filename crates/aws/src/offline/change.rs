//! One change of a change set, and what AWS says of it at once.

use serde_json::{Map, Value};

use super::part::{Faults, Object, Part};
use super::rules::RULES;
use super::term;

/// The one type of entity that can be changed here.
pub const ENTITY_TYPE: &str = "ResaleAuthorization@1.0";

/// What can be done to a resale authorization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A new one, a Draft.
    Create,
    /// Its name and description, and what the buyer bought before.
    Information,
    /// Until when, and how often.
    Availability,
    /// Prices.
    Pricing,
    /// Installments.
    Schedule,
    /// When invoices are due.
    NetPayment,
    /// Contracts.
    Legal,
    /// Buyers.
    BuyerTargeting,
    /// When an agreement may begin.
    BuyerValidity,
    /// The partner sees it from now on, and nothing of it changes any more.
    Release,
    /// No more offers; for good.
    Restrict,
}

/// Each kind with its `ChangeType`, in the order in which those of one change set are applied.
const KINDS: [(Kind, &str); 11] = [
    (Kind::Create, "CreateResaleAuthorization"),
    (Kind::Information, "UpdateInformation"),
    (Kind::Availability, "UpdateAvailability"),
    (Kind::Pricing, "UpdatePricingTerms"),
    (Kind::Schedule, "UpdatePaymentScheduleTerms"),
    (Kind::NetPayment, "UpdateNetPaymentTerms"),
    (Kind::Legal, "UpdateLegalTerms"),
    (Kind::BuyerTargeting, "UpdateBuyerTargetingTerms"),
    (Kind::BuyerValidity, "UpdateBuyerValidityTerms"),
    (Kind::Release, "ReleaseResaleAuthorization"),
    (Kind::Restrict, "RestrictResaleAuthorization"),
];

impl Kind {
    /// The `ChangeType`.
    pub fn name(self) -> &'static str {
        KINDS.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    fn of(name: &str) -> Option<Self> {
        KINDS.iter().find(|(_, other)| *other == name).map(|(kind, _)| *kind)
    }
}

/// Which entity a change is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The one that it makes.
    New,
    /// One that is there, perhaps only if it still has this revision.
    Known {
        /// Its id.
        id: String,
        /// `@3` behind it.
        revision: Option<u32>,
    },
    /// The one that the change of this name makes: `$RA.Entity.Identifier`.
    Made(String),
}

/// One change.
#[derive(Debug, Clone)]
pub struct Change {
    /// What to do.
    pub kind: Kind,
    /// `ChangeName`.
    pub name: Option<String>,
    /// About what.
    pub target: Target,
    /// `Entity.Identifier` as it was sent.
    pub identifier: Option<String>,
    /// `DetailsDocument`.
    pub details: Map<String, Value>,
}

/// Reads a change and its details. `today` is what dates are held against.
pub fn read(part: &Part<'_>, today: jiff::civil::Date, faults: &mut Faults) -> Option<Change> {
    const KEYS: [&str; 6] =
        ["ChangeType", "Entity", "EntityTags", "Details", "DetailsDocument", "ChangeName"];
    let object = part.object(&KEYS, faults);
    let kind = kind(&object, faults)?;
    let name = object.at("ChangeName").and_then(|name| name.short(72, faults));
    let entity = object.required("Entity", faults)?.object(&["Type", "Identifier"], faults);
    let entity_type = entity.required("Type", faults).and_then(|kind| kind.text(faults));
    let is_other =
        |kind: &&str| *kind != ENTITY_TYPE && ENTITY_TYPE.split('@').next() != Some(*kind);
    if let Some(other) = entity_type.filter(is_other) {
        part.wrong(&format!("the offline AWS changes no entity of the type '{other}'"), faults);
    }
    let identifier = entity.at("Identifier").and_then(|id| id.short(255, faults));
    let target = target(kind, identifier, part, faults)?;
    let details = details(&object, part, faults)?;
    let path = format!("{}/DetailsDocument", part.path);
    check(kind, &Part { value: &details, path }, today, faults);
    let Value::Object(details) = details else { return None };
    let owned = |text: Option<&str>| text.map(str::to_owned);
    Some(Change { kind, name: owned(name), target, identifier: owned(identifier), details })
}

fn kind(object: &Object<'_>, faults: &mut Faults) -> Option<Kind> {
    let part = object.required("ChangeType", faults)?;
    let name = part.text(faults)?;
    let kind = Kind::of(name);
    if kind.is_none() {
        part.wrong(&format!("the change type '{name}' is not supported for {ENTITY_TYPE}"), faults);
    }
    kind
}

fn target(
    kind: Kind,
    identifier: Option<&str>,
    part: &Part<'_>,
    faults: &mut Faults,
) -> Option<Target> {
    let target = match (kind, identifier) {
        (Kind::Create, None) => return Some(Target::New),
        (Kind::Create, Some(_)) => Err("a new entity has no Identifier"),
        (_, None) => Err("Entity.Identifier is missing"),
        (_, Some(text)) => reference(text),
    };
    target.map_err(|what| part.wrong(what, faults)).ok()
}

fn reference(text: &str) -> Result<Target, &'static str> {
    if let Some(reference) = text.strip_prefix('$') {
        let name = reference.strip_suffix(".Entity.Identifier");
        let name = name.ok_or("a reference is written $ChangeName.Entity.Identifier")?;
        return Ok(Target::Made(name.to_owned()));
    }
    let Some((id, revision)) = text.split_once('@') else {
        return Ok(Target::Known { id: text.to_owned(), revision: None });
    };
    let revision = revision.parse().map_err(|_| "a revision is a number")?;
    Ok(Target::Known { id: id.to_owned(), revision: Some(revision) })
}

/// The document, however it was sent.
fn details(object: &Object<'_>, part: &Part<'_>, faults: &mut Faults) -> Option<Value> {
    match (object.at("Details"), object.at("DetailsDocument")) {
        (None, Some(document)) => Some(document.value.clone()),
        (Some(text), None) => {
            let value = text.short(RULES.details, faults)?;
            let document = serde_json::from_str(value).ok().filter(Value::is_object);
            if document.is_none() {
                text.wrong("is not a JSON object", faults);
            }
            document
        }
        (Some(_), Some(_)) => {
            part.wrong("has both Details and DetailsDocument", faults);
            None
        }
        (None, None) => {
            part.wrong("has neither Details nor DetailsDocument", faults);
            None
        }
    }
}

/// What is refused at once ("synchronous validations").
fn check(kind: Kind, details: &Part<'_>, today: jiff::civil::Date, faults: &mut Faults) {
    match kind {
        Kind::Create => create(details, faults),
        Kind::Information => information(details, faults),
        Kind::Availability => availability(details, today, faults),
        Kind::Pricing => term::pricing(details, faults),
        Kind::Schedule => term::schedule(details, today, faults),
        Kind::NetPayment => term::net_payment(details, faults),
        Kind::Legal => term::legal(details, faults),
        Kind::BuyerTargeting => term::buyer_targeting(details, faults),
        Kind::BuyerValidity => term::buyer_validity(details, today, faults),
        Kind::Release | Kind::Restrict => {
            details.object(&[], faults);
        }
    }
}

fn create(details: &Part<'_>, faults: &mut Faults) {
    const KEYS: [&str; 5] =
        ["ProductId", "Name", "Description", "ResellerAccountId", "ResellerRole"];
    let object = details.object(&KEYS, faults);
    if let Some(product) = object.required("ProductId", faults) {
        product.short(RULES.product_id, faults);
    }
    if let Some(name) = object.required("Name", faults) {
        shown(&name, RULES.name, faults);
    }
    if let Some(description) = object.at("Description") {
        shown(&description, RULES.description, faults);
    }
    if let Some(reseller) = object.required("ResellerAccountId", faults) {
        reseller.account(faults);
    }
    if let Some(role) = object.at("ResellerRole") {
        role.word(&["ChannelPartner", "Distributor"], faults);
    }
}

/// A text that people see.
fn shown(part: &Part<'_>, most: usize, faults: &mut Faults) {
    let Some(text) = part.short(most, faults) else { return };
    if text.starts_with(char::is_whitespace) || text.ends_with('\\') {
        part.wrong("must not start with white space or end with a backslash", faults);
    }
}

fn information(details: &Part<'_>, faults: &mut Faults) {
    const KEYS: [&str; 3] = ["Name", "Description", "PreExistingBuyerAgreement"];
    let object = details.object(&KEYS, faults);
    if KEYS.iter().all(|key| object.even_null(key).is_none()) {
        details
            .wrong("provide at least one of Name, Description, PreExistingBuyerAgreement", faults);
    }
    if let Some(name) = object.even_null("Name") {
        shown(&name, RULES.name, faults);
    }
    if let Some(description) = object.at("Description") {
        shown(&description, RULES.description, faults);
    }
    if let Some(before) = object.at("PreExistingBuyerAgreement") {
        let before = before.object(&["AcquisitionChannel", "PricingModel"], faults);
        if let Some(channel) = before.required("AcquisitionChannel", faults) {
            channel.word(&["AwsMarketplace", "External"], faults);
        }
        if let Some(model) = before.required("PricingModel", faults) {
            model.word(&["Contract", "Usage", "Byol", "Free"], faults);
        }
    }
}

fn availability(details: &Part<'_>, today: jiff::civil::Date, faults: &mut Faults) {
    let object = details.object(&["AvailabilityEndDate", "OffersMaxQuantity"], faults);
    let (end, quantity) = (object.at("AvailabilityEndDate"), object.at("OffersMaxQuantity"));
    if end.is_none() && quantity.is_none() {
        details.wrong("provide either OffersMaxQuantity or AvailabilityEndDate", faults);
    }
    if let Some(part) = end {
        within(&part, today, RULES.availability_years, faults);
    }
    if let Some(part) = quantity {
        part.whole(1..=i64::from(RULES.offers), faults);
    }
}

/// A day after today, at most so many years ahead.
pub(super) fn within(part: &Part<'_>, today: jiff::civil::Date, years: i16, faults: &mut Faults) {
    let Some(day) = part.day(faults) else { return };
    let last = today.saturating_add(jiff::Span::new().years(years));
    if day <= today || day > last {
        part.wrong(&format!("must be in the future and within {years} years"), faults);
    }
}
