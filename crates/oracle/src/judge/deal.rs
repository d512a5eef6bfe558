//! Agreements and entitlements against the truth.

use serde_json::Value;

use crate::expect::{Basis, Deal, Expected};
use crate::fault::{Fault, Promise};
use crate::observed::Observed;

use super::compare::{Comparison, text};
use super::paired;

pub(super) fn judge(faults: &mut Vec<Fault>, expected: &Expected, observed: &Observed) {
    for (deal, item) in paired(faults, "agreement", &expected.deals, &observed.agreements) {
        let subject = format!("agreement/{}", deal.id);
        let mut compare = Comparison::new(faults, Promise::Wrong, subject, item);
        agreement(&mut compare, deal);
        if deal.created {
            entitled(&mut compare, deal);
        }
    }
    let created = expected.deals.iter().filter(|(_, deal)| deal.created);
    for (deal, item) in paired(faults, "entitlement", created, &observed.entitlements) {
        let subject = format!("entitlement/{}", deal.id);
        let mut compare = Comparison::new(faults, Promise::Wrong, subject, item);
        entitled(&mut compare, deal);
        compare.list("licenses", &deal.held());
        let state = if deal.held().is_empty() { "awaited" } else { "held" };
        compare.text("license_state", Some(state));
    }
}

fn agreement(compare: &mut Comparison<'_>, deal: &Deal) {
    compare.text("status", Some(deal.status));
    compare.text("intent", deal.created.then_some(deal.intent));
    let licenses = deal.licenses.iter();
    let state = |held: bool| if held { "held" } else { "deprovisioned" };
    compare.parts("licenses", licenses.map(|(id, held)| (id.clone(), state(*held).to_owned())));
    let owned = |(id, status): (&String, &&'static str)| (id.clone(), (*status).to_owned());
    compare.parts("cancellations", deal.cancellations.iter().map(owned));
    compare.parts("adjustments", deal.adjustments.iter().map(owned));
    if deal.created {
        compare.text("offer", deal.offer.as_deref());
    }
}

/// What an agreement and its entitlement share, in lists and in what is published.
pub(super) fn entitled(compare: &mut Comparison<'_>, deal: &Deal) {
    compare.text("type", deal.sale);
    compare.text("status", Some(deal.status));
    compare.text("reason", deal.reason.as_deref());
    compare.text("offer", deal.offer.as_deref());
    compare.text("partner", deal.partner.as_deref());
    compare.text("buyer", deal.buyer.as_deref());
    compare.list("products", &deal.products);
    compare.time("accepted_at", Some(deal.accepted));
    compare.time("starts_at", Some(deal.starts));
    compare.time("ends_at", deal.ends);
    compare.time("ended_at", deal.ended);
    compare.text("predecessor", deal.predecessor.as_deref());
    compare.text("successor", deal.successor.as_deref());
    compare.flag("advisory", deal.advisory);
    let item = compare.item;
    source(compare, deal, item);
}

/// Which opportunity it came from, and how that is known.
fn source(compare: &mut Comparison<'_>, deal: &Deal, item: &Value) {
    let (basis, opportunity) = (text(item, "basis"), text(item, "opportunity"));
    let wanted = (deal.basis.map(Basis::word), deal.opportunity.as_deref());
    if (basis, opportunity) == wanted {
        return;
    }
    let promise = match basis {
        Some("confirmed") if opportunity != wanted.1 => Promise::FalseLink,
        _ if opportunity.is_some() && opportunity != wanted.1 => Promise::Guessed,
        _ => compare.promise,
    };
    let shown = |(basis, id): (Option<&str>, Option<&str>)| {
        format!("{} {}", basis.unwrap_or("no link"), id.unwrap_or("none"))
    };
    compare.breach(promise, "link", shown(wanted), shown((basis, opportunity)));
}
