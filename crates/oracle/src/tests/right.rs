//! What a ledger without any fault says of a world.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::expect::{Basis, Deal, Expected, Link, OfferView, OpportunityView, expected};
use crate::judge::severity;
use crate::{Observed, Published, World};

/// Says what must be said, and publishes it.
pub(super) fn observed(world: &World) -> Observed {
    let expected = expected(&world.market);
    let created = || expected.deals.values().filter(|deal| deal.created);
    Observed {
        opportunities: expected.opportunities.iter().map(|(id, of)| opportunity(id, of)).collect(),
        offers: expected.offers.iter().map(|(id, of)| offer(id, of)).collect(),
        agreements: expected.deals.values().map(agreement).collect(),
        entitlements: created().map(entitlement).collect(),
        findings: findings(&expected),
        inbox: expected.inbox.iter().map(|(word, count)| ((*word).to_owned(), *count)).collect(),
        published: published(&expected),
    }
}

fn opportunity(id: &str, of: &OpportunityView) -> Value {
    json!({
        "id": id, "type": of.deal_type, "status": of.status, "partner": of.partner,
        "buyers": of.buyers, "products": of.products, "end_date": of.last_day,
        "quantity": of.quantity, "max_offers": of.quantity,
        "created_at": of.created.map(|at| at.to_string()),
        "restricted_at": of.restricted.map(|at| at.to_string()),
    })
}

fn link(link: &Link) -> Value {
    let mut candidates: Vec<&String> = link.candidates.iter().collect();
    candidates.sort_by_key(|id| link.before.iter().filter(|(_, then)| then == *id).count());
    json!({
        "basis": link.basis.word(), "opportunity": link.opportunity,
        "candidates": candidates, "contested": link.contested,
    })
}

fn offer(id: &str, of: &OfferView) -> Value {
    let mut item = of.link.as_ref().map_or_else(|| json!({}), link);
    item["id"] = json!(id);
    item["type"] = json!(of.deal_type.unwrap_or("CPPO"));
    item["status"] = json!(of.status);
    item["seller"] = json!(of.seller);
    item["buyers"] = json!(of.buyers);
    item["products"] = json!(of.products);
    item["released_at"] = json!(of.released.map(|at| at.to_string()));
    item["expires_at"] = json!(of.expires.map(|at| at.to_string()));
    item["offer_set"] = json!(of.set);
    item
}

fn parts<'a>(of: impl Iterator<Item = (&'a String, &'a str)>) -> Vec<Value> {
    of.map(|(id, status)| json!({"id": id, "status": status})).collect()
}

fn entitlement(deal: &Deal) -> Value {
    json!({
        "id": deal.id, "type": deal.sale, "status": deal.status, "reason": deal.reason,
        "basis": deal.basis.map(Basis::word), "opportunity": deal.opportunity,
        "offer": deal.offer, "partner": deal.partner, "buyer": deal.buyer,
        "products": deal.products, "accepted_at": deal.accepted.to_string(),
        "starts_at": deal.starts.to_string(), "ends_at": deal.ends.map(|at| at.to_string()),
        "ended_at": deal.ended.map(|at| at.to_string()), "predecessor": deal.predecessor,
        "successor": deal.successor, "advisory": deal.advisory, "licenses": deal.held(),
        "license_state": if deal.held().is_empty() { "awaited" } else { "held" },
    })
}

fn agreement(deal: &Deal) -> Value {
    let mut item = entitlement(deal);
    item["intent"] = if deal.created { json!(deal.intent) } else { Value::Null };
    let held = |held: &bool| if *held { "held" } else { "deprovisioned" };
    item["licenses"] = json!(parts(deal.licenses.iter().map(|(id, of)| (id, held(of)))));
    item["cancellations"] = json!(parts(deal.cancellations.iter().map(|(id, of)| (id, *of))));
    item["adjustments"] = json!(parts(deal.adjustments.iter().map(|(id, of)| (id, *of))));
    item
}

fn findings(expected: &Expected) -> Vec<Value> {
    let counted = expected.findings.counted.iter();
    let numbered = counted.flat_map(|(kind, count)| {
        (0..*count).map(move |number| (*kind, format!("notification/{number}")))
    });
    let all = expected.findings.must.iter().cloned().chain(numbered);
    let shown = |(kind, subject): (&'static str, String)| {
        let id = format!("{kind}:{subject}");
        let of = expected.findings.evidence.get(&(kind, subject.clone())).cloned();
        let of = of.unwrap_or_default();
        let words = |ids: BTreeSet<String>| ids.into_iter().collect::<Vec<_>>().join(", ");
        let evidence: BTreeMap<_, String> =
            of.ids.into_iter().map(|(name, ids)| (name, words(ids))).collect();
        json!({
            "id": id, "type": kind, "subject": subject, "severity": severity(kind),
            "first": of.span.map(|(first, _)| first.to_string()),
            "last": of.span.map(|(_, last)| last.to_string()), "evidence": evidence,
        })
    };
    all.map(shown).collect()
}

fn published(expected: &Expected) -> Vec<Published> {
    let mut events: Vec<(String, &str, Value)> = Vec::new();
    for (id, of) in &expected.opportunities {
        if !matches!(of.status, "draft" | "unknown") {
            events.push((format!("opportunity/{id}"), "Opportunity Changed", opportunity(id, of)));
        }
    }
    for (id, of) in &expected.offers {
        let mut detail = offer(id, of);
        detail["released"] = json!(of.released.is_some());
        detail["link"] = of.link.as_ref().map_or(Value::Null, link);
        events.push((format!("offer/{id}"), "Offer Linked", detail));
    }
    for deal in expected.deals.values().filter(|deal| deal.created) {
        let stream = format!("agreement/{}", deal.id);
        if let Some(reminder) = &deal.reminder {
            let ends = reminder.ends.map(|at| at.to_string());
            let renewal = json!({"renewal": {"days": reminder.days, "ends_at": ends}});
            events.push((stream.clone(), "Renewal Upcoming", renewal));
        }
        if deal.is_live() {
            events.push((stream, "Entitlement Granted", entitlement(deal)));
            continue;
        }
        let mut before = entitlement(deal);
        before["status"] = json!("active");
        events.push((stream.clone(), "Entitlement Granted", before));
        let ending = deal.status == "ending";
        let name = if ending { "Entitlement Ending" } else { "Entitlement Ended" };
        events.push((stream, name, entitlement(deal)));
    }
    for finding in findings(expected) {
        let stream = finding["subject"].as_str().unwrap_or_default().to_owned();
        events.push((stream, "Finding Raised", finding));
    }
    numbered(events)
}

/// Each event with its id and the version of its stream.
fn numbered(events: Vec<(String, &str, Value)>) -> Vec<Published> {
    let mut versions: BTreeMap<String, i64> = BTreeMap::new();
    let event = |(stream, detail_type, detail): (String, &str, Value)| {
        let version = versions.entry(stream.clone()).or_default();
        *version += 1;
        let event_id = format!("{stream}@{version}");
        let (version, detail_type) = (*version, detail_type.to_owned());
        Published { event_id, stream, version, detail_type, detail }
    };
    events.into_iter().map(event).collect()
}
