//! Offers and their links against the truth.

use serde_json::Value;

use crate::expect::{Basis, Expected, Link, OfferView};
use crate::fault::{Fault, Promise};

use super::compare::{Comparison, text};
use super::paired;

pub(super) fn judge(faults: &mut Vec<Fault>, expected: &Expected, items: &[Value]) {
    for (view, item) in paired(faults, "offer", &expected.offers, items) {
        let subject = format!("offer/{}", text(item, "id").unwrap_or_default());
        let mut compare = Comparison::new(faults, Promise::Wrong, subject, item);
        compare_offer(&mut compare, view);
        if view.is_judged() {
            linked(&mut compare, view.link.as_ref(), item);
        }
    }
}

fn compare_offer(compare: &mut Comparison<'_>, view: &OfferView) {
    if view.deal_type.is_some() {
        compare.text("type", view.deal_type);
    }
    compare.text("status", Some(view.status));
    compare.text("seller", view.seller.as_deref());
    compare.list("buyers", &view.buyers);
    let products: Vec<&String> = view.products.iter().collect();
    compare.list("products", &products);
    compare.time("released_at", view.released);
    compare.time("expires_at", view.expires);
    compare.text("offer_set", view.set.as_deref());
}

/// Compares a link; a difference is named after the promise that it breaks.
pub(super) fn linked(compare: &mut Comparison<'_>, link: Option<&Link>, found: &Value) {
    let basis = text(found, "basis");
    let opportunity = text(found, "opportunity");
    let wanted = link.and_then(|link| link.opportunity.as_deref());
    if basis != link.map(|link| link.basis.word()) || opportunity != wanted {
        let promise = match basis {
            Some("confirmed") => Promise::FalseLink,
            _ if opportunity.is_some() && opportunity != wanted => Promise::Guessed,
            _ => compare.promise,
        };
        let shown = |basis: Option<&str>, id: Option<&str>| {
            format!("{} {}", basis.unwrap_or("no link"), id.unwrap_or("none"))
        };
        let expected = shown(link.map(|link| link.basis.word()), wanted);
        compare.breach(promise, "link", expected, shown(basis, opportunity));
    }
    let Some(link) = link.filter(|link| link.basis != Basis::Confirmed) else { return };
    let candidates: Vec<&String> = link.candidates.iter().collect();
    let mut compare = compare.of(found);
    compare.list("candidates", &candidates);
    compare.flag("contested", link.contested);
    let ranked = found.get("candidates").and_then(Value::as_array).into_iter().flatten();
    let ranked: Vec<&str> = ranked.filter_map(Value::as_str).collect();
    let place = |id: &String| ranked.iter().position(|ranked| ranked == id);
    for (first, then) in &link.before {
        if place(first).zip(place(then)).is_some_and(|(first, then)| first > then) {
            let expected = format!("{first} before {then}");
            compare.breach(compare.promise, "rank", expected, ranked.join(" "));
        }
    }
}
