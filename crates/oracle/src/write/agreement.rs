//! Notices about agreements and licenses as EventBridge delivers them.

use serde_json::{Map, Value, json};

use crate::draw::Draw;
use crate::market::{Agreement, Market, Offer, Role, Said, Step, What};
use crate::world::Notice;

use super::{AGREEMENTS, Event, object, product, stamp, stamped_end, with_id};

/// One notice about an agreement: to us, or to the account of ours that sells.
pub(super) fn told(
    draw: &mut Draw,
    market: &Market,
    of: &Agreement,
    said: &Said,
    seller: Option<&str>,
) -> Notice {
    let offer = market.offers.get(&of.offer);
    let mut detail = match &said.what {
        What::Cancellation { .. } => request_detail(draw, of, said, offer),
        _ => detail(draw, market, of, said, offer),
    };
    add_what(draw, &mut detail, of, said);
    let role = match said.role {
        _ if seller.is_some() => " - Proposer",
        Role::Manufacturer => " - Manufacturer",
        Role::Proposer => " - Proposer",
        Role::Distributor => " - Distributor",
        Role::None => "",
    };
    let event = Event {
        at: said.at,
        id: draw.uuid(),
        source: AGREEMENTS,
        detail_type: &format!("{}{role}", family(&said.what)),
        account: seller.or_else(|| said.account.then_some(market.us.account.as_str())),
        resources: vec![format!("arn:aws:aws-marketplace::aws:agreement:{}", of.id)],
        detail,
    };
    event.notice(draw)
}

const fn family(what: &What) -> &'static str {
    match what {
        What::Created => "Purchase Agreement Created",
        What::Amended { .. } => "Purchase Agreement Amended",
        What::Ended { .. } => "Purchase Agreement Ended",
        What::Ending { .. } => "Purchase Agreement Ending",
        What::RenewalTermsFinalized => "Purchase Agreement Renewal Terms Finalized",
        What::RenewalUpcoming => "Purchase Agreement Renewal Upcoming",
        What::Advisory { issued: true, .. } => "Purchase Agreement Advisory Issued",
        What::Advisory { issued: false, .. } => "Purchase Agreement Advisory Resolved",
        What::Adjusted { completed: true, .. } => "Purchase Agreement Billing Adjustment Completed",
        What::Adjusted { completed: false, .. } => "Purchase Agreement Billing Adjustment Failed",
        What::Cancellation { step, .. } => match step {
            Step::PendingApproval => "Agreement Cancellation Request Pending Approval",
            Step::Approved => "Agreement Cancellation Request Approved",
            Step::Rejected => "Agreement Cancellation Request Rejected",
            Step::Cancelled => "Agreement Cancellation Request Cancelled",
        },
        What::LicenseUpdated { .. } => "License Updated",
        What::LicenseDeprovisioned { .. } => "License Deprovisioned",
    }
}

/// Whom and what a notice names.
fn detail(
    draw: &mut Draw,
    market: &Market,
    of: &Agreement,
    said: &Said,
    offer: Option<&Offer>,
) -> Map<String, Value> {
    let mut detail = object(json!({"catalog": "AWSMarketplace"}));
    with_id(draw, &mut detail, "agreement", said.agreement.then_some(of.id.as_str()));
    let named = said.authorization.then(|| market.source(of)).flatten();
    let terms = matches!(said.what, What::Created | What::Amended { .. } | What::Ended { .. });
    if terms {
        with_id(draw, &mut detail, "resaleAuthorization", named);
    }
    with_id(draw, &mut detail, "offer", said.offer.then_some(of.offer.as_str()));
    if let Some(acceptor) = &said.acceptor {
        detail.insert("acceptor".to_owned(), json!({"accountId": acceptor}));
    }
    let Some(offer) = offer else { return detail };
    if said.proposer {
        let mut proposer = object(json!({"accountId": offer.seller.account}));
        if draw.percent(30) {
            proposer.insert("name".to_owned(), json!(offer.seller.name));
        }
        detail.insert("proposer".to_owned(), Value::Object(proposer));
    }
    if !said.names.is_empty() {
        let product = product(&offer.product, &said.names);
        detail.insert("product".to_owned(), Value::Object(product));
    }
    detail
}

/// Requests to cancel name everything inside the agreement.
fn request_detail(
    draw: &mut Draw,
    of: &Agreement,
    said: &Said,
    offer: Option<&Offer>,
) -> Map<String, Value> {
    let mut agreement = Map::new();
    if said.agreement {
        agreement.insert("id".to_owned(), json!(of.id));
    }
    if let Some(acceptor) = &said.acceptor {
        agreement.insert("acceptorId".to_owned(), json!(acceptor));
    }
    if said.offer {
        agreement.insert("offerId".to_owned(), json!(of.offer));
    }
    let product = offer.map(|offer| &offer.product.id).filter(|id| said.names.contains(id));
    if let Some(product) = product {
        agreement.insert("productId".to_owned(), json!(product));
    }
    let code = if draw.percent(50) { "TEST_AGREEMENT" } else { "INCORRECT_TERMS_ACCEPTED" };
    let mut request = object(json!({"reasonCode": code, "reasonMessage": ""}));
    if let What::Cancellation { request: id, at, .. } = &said.what {
        request.insert("id".to_owned(), json!(id));
        request.insert("updatedAt".to_owned(), json!(stamp(*at)));
    }
    object(json!({
        "catalog": "AWSMarketplace", "agreement": agreement,
        "agreementCancellationRequest": request,
    }))
}

/// What happened, where the family says it.
fn add_what(draw: &mut Draw, detail: &mut Map<String, Value>, of: &Agreement, said: &Said) {
    match &said.what {
        What::Created => {
            let mut terms = terms(draw, of, of.intent, of.ends);
            terms.insert("acceptanceTime".to_owned(), json!(stamp(of.accepted)));
            if let Some(previous) = &of.previous {
                terms.insert("previousAgreementId".to_owned(), json!(previous));
            }
            extend(detail, "agreement", terms);
        }
        What::Amended { ends } => {
            let mut terms = terms(draw, of, "AMEND", *ends);
            terms.insert("acceptanceTime".to_owned(), json!(stamp(said.at)));
            extend(detail, "agreement", terms);
        }
        What::Ended { word } => extend(detail, "agreement", object(json!({"status": word}))),
        What::Ending { days, ends } => {
            let mut terms = terms(draw, of, "", *ends);
            terms.remove("intent");
            terms.insert("daysBeforeEndTime".to_owned(), json!(days));
            extend(detail, "agreement", terms);
        }
        What::RenewalTermsFinalized | What::RenewalUpcoming => {
            let summary = json!({"tcv": "105000.00", "currency": "USD"});
            detail.insert("renewalSummary".to_owned(), summary);
        }
        What::Advisory { issued, at } => {
            let key = if *issued { "issuedAt" } else { "resolvedAt" };
            extend(detail, "advisory", Map::from_iter([(key.to_owned(), json!(stamp(*at)))]));
        }
        What::Adjusted { request, amount, .. } => {
            let request = json!({"id": request, "adjustmentAmount": amount, "currencyCode": "USD",
                "adjustmentReasonCode": "INCORRECT_TERMS_ACCEPTED"});
            detail.insert("billingAdjustmentRequest".to_owned(), request);
            detail.insert("invoice".to_owned(), json!({"originalInvoiceId": draw.text(10)}));
        }
        What::Cancellation { .. } => {}
        What::LicenseUpdated { license } | What::LicenseDeprovisioned { license } => {
            // Real events, and the documentation.
            let arn = if draw.percent(80) {
                format!("arn:aws:license-manager::888899990000:license:{license}")
            } else {
                format!("aws:license-manager:us-east-1:888899990000:{license}")
            };
            detail.insert("license".to_owned(), json!({"arn": arn}));
        }
    }
}

fn terms(
    draw: &mut Draw,
    of: &Agreement,
    intent: &str,
    ends: Option<jiff::Timestamp>,
) -> Map<String, Value> {
    object(json!({
        "intent": intent, "status": "ACTIVE", "startTime": stamp(of.starts),
        "endTime": stamped_end(draw, ends),
    }))
}

/// Adds fields to an object in the detail.
fn extend(detail: &mut Map<String, Value>, key: &str, fields: Map<String, Value>) {
    let into = detail.entry(key).or_insert_with(|| json!({}));
    if let Value::Object(into) = into {
        into.extend(fields);
    }
}
