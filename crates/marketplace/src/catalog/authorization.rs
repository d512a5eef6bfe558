//! The document of a resale authorization, as `DescribeEntity` answers it.
//!
//! It reads otherwise than it is written ("Work with resale authorizations using the AWS
//! Marketplace APIs"): dates come with a time, buyers as objects, ids with a revision.

use jiff::civil::Date;

use crate::catalog::{Counters, Renewal, ResaleAuthorization, terms};
use crate::ids::{AccountId, ProductName};
use crate::parse::MalformedReason;
use crate::parse::reader::{Object, Value};

/// AWS's sentinel: end dates from this day on mean "none".
const NO_END: Date = jiff::civil::date(2099, 1, 1);

/// Reads `EntityIdentifier`, `LastModifiedDate` and `DetailsDocument`.
pub(crate) fn read(described: &Object<'_, '_>) -> Result<ResaleAuthorization, MalformedReason> {
    let id = described.at("EntityIdentifier");
    let last_modified = described.at("LastModifiedDate");
    let document = described.at("DetailsDocument").object()?;
    let offers = document.at("OfferDetails").object()?;
    let rules = rules(&document)?;
    let (terms, buyers) = terms::read(&document.at("Terms").list()?)?;
    Ok(ResaleAuthorization {
        id: id.required(id.id()?)?,
        last_modified: last_modified.required(last_modified.time_or_date()?)?,
        name: document.at("Name").owned()?,
        description: document.at("Description").owned()?,
        products: products(&document)?,
        product_title: document.at("ProductName").owned()?,
        status: document.at("Status").owned()?,
        created: document.at("CreatedDate").time_or_date()?,
        manufacturer: document.at("ManufacturerAccountId").id()?,
        reseller: rules.reseller,
        reseller_name: rules.reseller_name,
        reseller_role: rules.reseller_role,
        end_date: rules.end_date.filter(|date| *date < NO_END),
        max_offers: rules.max_offers,
        buyers,
        renewal: renewal(&document)?,
        counters: counters(&offers)?,
        terms,
    })
}

fn products(document: &Object<'_, '_>) -> Result<Vec<ProductName>, MalformedReason> {
    let found = [document.at("ProductId").id()?, document.at("ProductArn").arn_tail()?];
    let mut names: Vec<ProductName> = found.into_iter().flatten().collect();
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

fn renewal(document: &Object<'_, '_>) -> Result<Option<Renewal>, MalformedReason> {
    let before = document.at("PreExistingBuyerAgreement").object()?;
    let renewal = Renewal {
        channel: before.at("AcquisitionChannel").owned()?,
        pricing_model: before.at("PricingModel").owned()?,
    };
    let says_something = renewal.channel.is_some() || renewal.pricing_model.is_some();
    Ok(says_something.then_some(renewal))
}

fn counters(offers: &Object<'_, '_>) -> Result<Option<Counters>, MalformedReason> {
    let counters = Counters {
        extended_status: offers.at("OfferExtendedStatus").owned()?,
        offers_created: offers.at("OfferCreatedCount").whole()?,
    };
    let says_something = counters.extended_status.is_some() || counters.offers_created.is_some();
    Ok(says_something.then_some(counters))
}

/// What the rules say, whichever of them says it.
#[derive(Default)]
struct Rules {
    end_date: Option<Date>,
    max_offers: Option<u32>,
    reseller: Option<AccountId>,
    reseller_name: Option<String>,
    reseller_role: Option<String>,
}

/// `AvailabilityRule` and `PartnerTargetingRule`. The summary of an entity carries the same fields
/// at its top, and spells `ResellerAccountID`; both are read.
fn rules(document: &Object<'_, '_>) -> Result<Rules, MalformedReason> {
    let mut read = Rules::default();
    for rule in document.at("Rules").list()?.items() {
        read.add(&rule.object()?)?;
    }
    read.add(document)?;
    Ok(read)
}

impl Rules {
    fn add(&mut self, rule: &Object<'_, '_>) -> Result<(), MalformedReason> {
        rule.at("AvailabilityEndDate").agree(&mut self.end_date, Value::date)?;
        rule.at("OffersMaxQuantity").agree(&mut self.max_offers, Value::whole)?;
        rule.at("ResellerAccountId").agree(&mut self.reseller, Value::id)?;
        rule.at("ResellerAccountID").agree(&mut self.reseller, Value::id)?;
        rule.at("ResellerLegalName").agree(&mut self.reseller_name, Value::owned)?;
        rule.at("ResellerRole").agree(&mut self.reseller_role, Value::owned)
    }
}
