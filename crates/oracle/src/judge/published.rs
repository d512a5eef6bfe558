//! What was published: nothing twice, the last word of every stream is true, and a consumer ends with the right access.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::consumer;
use crate::draw::Draw;
use crate::expect::Expected;
use crate::fault::{Fault, Promise};
use crate::observed::{Observed, Published};

use super::compare::{Comparison, text};
use super::{deal, offer};

pub(super) fn judge(faults: &mut Vec<Fault>, expected: &Expected, observed: &Observed) {
    repeated(faults, &observed.published);
    let mut last: BTreeMap<(&str, &str), &Published> = BTreeMap::new();
    for event in &observed.published {
        let noun = event.detail_type.split(' ').next().unwrap_or_default();
        let known = last.entry((noun, event.stream.as_str())).or_insert(event);
        if event.version >= known.version {
            *known = event;
        }
    }
    deals(faults, expected, &last);
    offers(faults, expected, &last);
    opportunities(faults, expected, &last);
    access(faults, expected, &observed.published);
}

type Last<'a> = BTreeMap<(&'a str, &'a str), &'a Published>;

/// No event id twice, each version of a stream once, one grant an entitlement, no event with another's status.
fn repeated(faults: &mut Vec<Fault>, published: &[Published]) {
    let mut ids = BTreeSet::new();
    let mut versions = BTreeSet::new();
    let mut granted = BTreeSet::new();
    for event in published {
        let mut twice = |promise, subject: String| {
            let (expected, found) = ("once".to_owned(), "twice".to_owned());
            faults.push(Fault { promise, subject, expected, found });
        };
        if !ids.insert(&event.event_id) {
            twice(Promise::Published, format!("event id {}", event.event_id));
        }
        if !versions.insert((&event.stream, event.version)) {
            twice(Promise::Published, format!("{} version {}", event.stream, event.version));
        }
        if event.detail_type == "Entitlement Granted" && !granted.insert(&event.stream) {
            twice(Promise::Doubled, format!("grant of {}", event.stream));
        }
        let status = text(&event.detail, "status").unwrap_or("none");
        let statuses: &[&str] = match event.detail_type.as_str() {
            "Entitlement Granted" => &["scheduled", "active"],
            "Entitlement Started" => &["active"],
            "Entitlement Ending" => &["ending"],
            "Entitlement Ended" => &["ended"],
            _ => continue,
        };
        if !statuses.contains(&status) {
            faults.push(Fault {
                promise: Promise::Published,
                subject: format!("{} of {}", event.detail_type, event.stream),
                expected: statuses.join(" or "),
                found: status.to_owned(),
            });
        }
    }
}

/// The last event of a stream, or the fault that there is none.
fn last_of<'a>(
    faults: &mut Vec<Fault>,
    last: &Last<'a>,
    noun: &str,
    stream: &str,
) -> Option<&'a Value> {
    let event = last.get(&(noun, stream));
    if event.is_none() {
        faults.push(Fault {
            promise: Promise::Published,
            subject: format!("{stream} published"),
            expected: format!("an event `{noun} ...`"),
            found: "none".to_owned(),
        });
    }
    event.map(|event| &event.detail)
}

/// Whatever is published of a stream is also there in truth.
fn strays(faults: &mut Vec<Fault>, last: &Last<'_>, noun: &str, is_there: impl Fn(&str) -> bool) {
    let streams = last.keys().filter(|(other, _)| *other == noun).map(|(_, stream)| *stream);
    for stream in streams {
        let id = stream.split_once('/').map_or(stream, |(_, id)| id);
        if !is_there(id) {
            faults.push(Fault {
                promise: Promise::Published,
                subject: format!("{stream} published"),
                expected: "nothing".to_owned(),
                found: format!("an event `{noun} ...`"),
            });
        }
    }
}

fn deals(faults: &mut Vec<Fault>, expected: &Expected, last: &Last<'_>) {
    for deal in expected.deals.values().filter(|deal| deal.created) {
        let stream = format!("agreement/{}", deal.id);
        let Some(detail) = last_of(faults, last, "Entitlement", &stream) else { continue };
        let subject = format!("{stream} published");
        let mut compare = Comparison::new(faults, Promise::Published, subject, detail);
        compare.text("id", Some(&deal.id));
        deal::entitled(&mut compare, deal);
        compare.list("licenses", &deal.held());
    }
    for deal in expected.deals.values().filter(|deal| deal.created) {
        let Some(reminder) = &deal.reminder else { continue };
        let stream = format!("agreement/{}", deal.id);
        let Some(detail) = last_of(faults, last, "Renewal", &stream) else { continue };
        let renewal = detail.get("renewal").unwrap_or(&Value::Null);
        let subject = format!("{stream} reminder published");
        let mut compare = Comparison::new(faults, Promise::Published, subject, renewal);
        compare.number("days", reminder.days);
        compare.time("ends_at", reminder.ends);
    }
    let there = |id: &str| expected.deals.get(id).is_some_and(|deal| deal.created);
    strays(faults, last, "Entitlement", there);
}

fn offers(faults: &mut Vec<Fault>, expected: &Expected, last: &Last<'_>) {
    for (id, view) in &expected.offers {
        let stream = format!("offer/{id}");
        let Some(detail) = last_of(faults, last, "Offer", &stream) else { continue };
        let subject = format!("{stream} published");
        let mut compare = Comparison::new(faults, Promise::Published, subject, detail);
        compare.text("id", Some(id));
        compare.flag("released", view.released.is_some());
        compare.list("buyers", &view.buyers);
        compare.time("expires_at", view.expires);
        if view.deal_type.is_some() {
            compare.text("type", view.deal_type);
        }
        if view.is_judged() {
            let link = detail.get("link").unwrap_or(&Value::Null);
            offer::linked(&mut compare, view.link.as_ref(), link);
        }
    }
    strays(faults, last, "Offer", |id| expected.offers.contains_key(id));
}

/// Drafts, and what is known by its id only, are not published.
fn opportunities(faults: &mut Vec<Fault>, expected: &Expected, last: &Last<'_>) {
    let is_public = |status| !matches!(status, "draft" | "unknown");
    for (id, view) in expected.opportunities.iter().filter(|(_, view)| is_public(view.status)) {
        let stream = format!("opportunity/{id}");
        let Some(detail) = last_of(faults, last, "Opportunity", &stream) else { continue };
        let subject = format!("{stream} published");
        let mut compare = Comparison::new(faults, Promise::Published, subject, detail);
        compare.text("id", Some(id));
        compare.text("status", Some(view.status));
        compare.text("partner", view.partner.as_deref());
        compare.list("buyers", &view.buyers);
        compare.text("end_date", view.last_day.as_deref());
        compare.number("max_offers", view.quantity);
    }
    strays(faults, last, "Opportunity", |id| {
        expected.opportunities.get(id).is_some_and(|view| is_public(view.status))
    });
}

/// A consumer ends with the same access however events arrive.
fn access(faults: &mut Vec<Fault>, expected: &Expected, published: &[Published]) {
    let mut twice: Vec<&Published> = published.iter().chain(published).collect();
    let mut orders = vec![published.iter().collect(), published.iter().rev().collect()];
    let mut draw = Draw::new(u64::try_from(published.len()).unwrap_or_default());
    for _ in 0..3 {
        draw.shuffle(&mut twice);
        orders.push(twice.clone());
    }
    for order in orders {
        let found = consumer::access(order);
        for (buyer, agreement) in found.symmetric_difference(&expected.access) {
            let given = ("access", "none");
            let wanted = expected.access.contains(&(buyer.clone(), agreement.clone()));
            let (expected, found) = if wanted { given } else { (given.1, given.0) };
            faults.push(Fault {
                promise: Promise::Access,
                subject: format!("buyer {buyer} by agreement/{agreement}"),
                expected: expected.to_owned(),
                found: found.to_owned(),
            });
        }
    }
}
