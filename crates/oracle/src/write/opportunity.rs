//! A resale authorization as `aws marketplace-catalog describe-entity` prints it.

use serde_json::{Map, Value, json};

use crate::draw::Draw;
use crate::market::{Opportunity, Party, Sight, Stage, Terms};

use super::{object, product_arn, stamp};

/// The document of one observation.
pub(super) fn document(draw: &mut Draw, opportunity: &Opportunity, sight: &Sight) -> String {
    let details = details(draw, opportunity, sight);
    let (maker, id) = (&opportunity.product.maker.account, &opportunity.id);
    let mut entity = object(json!({
        "EntityType": "ResaleAuthorization@1.0",
        "EntityIdentifier": format!("{id}@{}", 1 + draw.below(9)),
        "EntityArn":
            format!("arn:aws:aws-marketplace:us-east-1:{maker}:AWSMarketplace/ResaleAuthorization/{id}"),
        "LastModifiedDate": stamp(sight.modified),
    }));
    // Older tools know the document only as text.
    let text = json!(Value::Object(details.clone()).to_string());
    match draw.below(4) {
        0 => entity.insert("Details".to_owned(), text),
        1 => {
            entity.insert("Details".to_owned(), text);
            entity.insert("DetailsDocument".to_owned(), Value::Object(details))
        }
        _ => entity.insert("DetailsDocument".to_owned(), Value::Object(details)),
    };
    Value::Object(entity).to_string()
}

fn details(draw: &mut Draw, opportunity: &Opportunity, sight: &Sight) -> Map<String, Value> {
    let (product, reseller) = (&opportunity.product, &opportunity.reseller);
    let status = match sight.stage {
        Stage::Draft => "Draft",
        Stage::Active => "Active",
        Stage::Restricted => "Restricted",
    };
    let by_uuid = sight.names.contains(&product.uuid);
    let mut details = object(json!({
        "Name": format!("{} via {}", product.title, reseller.name),
        "Description": format!("Resale of {}", product.title),
        "ProductId": if by_uuid { &product.uuid } else { &product.id },
        "ProductName": product.title,
        "Status": status,
        "CreatedDate": stamp(opportunity.created),
        "ManufacturerAccountId": product.maker.account,
        "ManufacturerLegalName": product.maker.name,
        "OfferDetails": {"OfferExtendedStatus": "Not Started", "OfferCreatedCount": draw.below(2)},
        "Terms": terms(draw, &sight.terms),
        "Rules": rules(draw, &opportunity.reseller, &sight.terms),
    }));
    if sight.names.contains(&product.id) {
        details.insert("ProductArn".to_owned(), json!(product_arn(product)));
    }
    if draw.percent(20) {
        details.insert("AgreementToken".to_owned(), json!(draw.text(20)));
    }
    details
}

fn terms(draw: &mut Draw, of: &Terms) -> Vec<Value> {
    let url =
        format!("https://documents.s3.amazonaws.com/eula.pdf?X-Amz-Signature={}", draw.text(9));
    let mut terms = vec![
        json!({"Type": "ResaleFixedUpfrontPricingTerm", "Id": "term-1", "CurrencyCode": "USD",
            "Price": "0", "Duration": "P12M",
            "Grants": [{"DimensionKey": "seats", "MaxQuantity": 250}]}),
        json!({"Type": "BuyerLegalTerm", "Id": "term-2",
            "Documents": [{"Type": "CustomEula", "Url": url}]}),
    ];
    if !of.buyers.is_empty() {
        let buyer = |account: &String| json!({"AwsAccountId": account, "LegalName": "A buyer"});
        let objects = draw.percent(80);
        let buyers = of.buyers.iter();
        let accounts: Vec<Value> =
            if objects { buyers.map(buyer).collect() } else { buyers.map(|a| json!(a)).collect() };
        terms.push(json!({"Type": "BuyerTargetingTerm", "Id": "term-3",
            "PositiveTargeting": {"BuyerAccounts": accounts}}));
    }
    terms
}

fn rules(draw: &mut Draw, reseller: &Party, of: &Terms) -> Vec<Value> {
    let (day, quantity) = (of.last_day, of.quantity);
    let limited = day.is_some() || quantity.is_some();
    let mut availability = object(json!({
        "Type": "AvailabilityRule",
        "Id": "rule-1",
        "Usage": if limited { "Limited" } else { "Unlimited" },
    }));
    if let Some(day) = day {
        let time = if draw.percent(50) { "T23:59:59Z" } else { "T23:59:59.999Z" };
        availability.insert("AvailabilityEndDate".to_owned(), json!(format!("{day}{time}")));
    } else if draw.percent(20) {
        // AWS's sentinel for no end date.
        availability.insert("AvailabilityEndDate".to_owned(), json!("2099-12-31T23:59:59.999Z"));
    }
    if let Some(quantity) = quantity {
        availability.insert("OffersMaxQuantity".to_owned(), json!(quantity));
    }
    let targeting = json!({"Type": "PartnerTargetingRule", "Id": "rule-2",
        "ResellerAccountId": reseller.account, "ResellerLegalName": reseller.name,
        "ResellerRole": "ChannelPartner"});
    vec![Value::Object(availability), targeting]
}
