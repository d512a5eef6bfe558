//! A ledger with one fault: the judge finds it, and says which promise it breaks.

use serde_json::{Value, json};

use super::{SEEDS, right, world};
use crate::expect::expected;
use crate::{Observed, Promise};

/// Spoils what is observed, if there is something of the kind in this world.
type Spoil = fn(&mut Observed) -> Option<()>;

/// So many worlds are spoiled in each way.
const ENOUGH: usize = 20;

#[test]
fn a_right_ledger_has_no_fault() {
    for seed in SEEDS {
        let world = world(seed);
        assert_eq!(world.judge(&right::observed(&world)), [], "seed {seed}");
    }
}

#[test]
fn each_spoiled_ledger_has_its_fault() {
    let cases: [(&str, Promise, Spoil); 27] = [
        ("an entitlement is missing", Promise::Missing, |of| of.entitlements.pop().map(drop)),
        ("an offer is missing", Promise::Missing, |of| of.offers.pop().map(drop)),
        ("a finding is missing", Promise::Missing, |of| of.findings.pop().map(drop)),
        ("an entitlement is there twice", Promise::Doubled, |of| twice(&mut of.entitlements)),
        ("an entitlement is nobody's", Promise::Doubled, |of| stray(&mut of.entitlements)),
        ("an opportunity is nobody's", Promise::Doubled, |of| stray(&mut of.opportunities)),
        ("it is granted twice", Promise::Doubled, granted_again),
        ("a finding should not be open", Promise::Wrong, |of| {
            of.findings.push(json!({"type": "link-ambiguous", "subject": "offer/x"}));
            Some(())
        }),
        ("an ended one is active", Promise::Wrong, |of| {
            set(&mut of.entitlements, "status", "ended", "active")
        }),
        ("another buyer", Promise::Wrong, |of| any(&mut of.entitlements, "buyer")),
        ("another reason", Promise::Wrong, |of| any(&mut of.entitlements, "reason")),
        ("another end", Promise::Wrong, |of| any(&mut of.entitlements, "ended_at")),
        ("another successor", Promise::Wrong, |of| any(&mut of.entitlements, "successor")),
        ("a license too many", Promise::Wrong, |of| {
            let licenses = of.entitlements.first_mut()?.get_mut("licenses")?;
            licenses.as_array_mut()?.push(json!("l-0"));
            Some(())
        }),
        ("a draft is open", Promise::Wrong, |of| {
            set(&mut of.opportunities, "status", "draft", "active")
        }),
        ("confirmed to another", Promise::FalseLink, |of| {
            link(&mut of.offers, "confirmed", "confirmed")
        }),
        ("confirmed by nobody", Promise::FalseLink, |of| {
            link(&mut of.offers, "unmatched", "confirmed")
        }),
        ("one of two chosen", Promise::Guessed, |of| link(&mut of.offers, "ambiguous", "inferred")),
        ("the nearest chosen", Promise::Guessed, |of| {
            link(&mut of.offers, "unmatched", "inferred")
        }),
        ("inferred to another", Promise::Guessed, |of| {
            link(&mut of.offers, "inferred", "inferred")
        }),
        ("linked by a person to another", Promise::Guessed, |of| {
            link(&mut of.offers, "manual", "manual")
        }),
        ("what should be erased is not", Promise::Unaccounted, |of| {
            let erased = of.inbox.get_mut("erased")?;
            *erased = erased.checked_sub(1)?;
            Some(())
        }),
        ("a notification lost", Promise::Unaccounted, |of| {
            *of.inbox.get_mut("applied")? -= 1;
            Some(())
        }),
        ("a public event lost", Promise::Published, |of| of.published.pop().map(drop)),
        ("the last reminder is late", Promise::Published, |of| {
            let reminds = |event: &&mut crate::Published| event.detail_type == "Renewal Upcoming";
            of.published.iter_mut().find(reminds)?.detail["renewal"]["days"] = json!(7);
            Some(())
        }),
        ("one event id twice", Promise::Published, |of| {
            let id = of.published.first()?.event_id.clone();
            of.published.last_mut()?.event_id = id;
            Some(())
        }),
        ("the last word is another", Promise::Access, |of| {
            let ended =
                |event: &&mut crate::Published| event.detail_type.starts_with("Entitlement End");
            of.published.iter_mut().find(ended)?.detail["status"] = json!("scheduled");
            Some(())
        }),
    ];
    find(&cases);
}

#[test]
fn each_spoiled_finding_has_its_fault() {
    let cases: [(&str, Promise, Spoil); 3] = [
        ("a finding is less urgent", Promise::Wrong, |of| {
            set(&mut of.findings, "severity", "critical", "info")
        }),
        ("evidence of another time", Promise::Wrong, |of| any(&mut of.findings, "last")),
        ("evidence of another opportunity", Promise::Wrong, |of| {
            let evidence = of.findings.iter_mut().map(|item| &mut item["evidence"]);
            evidence.into_iter().find(|of| of["opportunity"].is_string())?["opportunity"] =
                json!("resaleauthz-another");
            Some(())
        }),
    ];
    find(&cases);
}

#[test]
fn the_less_specific_ranks_behind() {
    let mut tried = 0;
    for seed in SEEDS {
        let world = world(seed);
        let offers = expected(&world.market).offers.into_values();
        if offers.filter_map(|offer| offer.link).all(|link| link.before.is_empty()) {
            continue;
        }
        tried += 1;
        let mut observed = right::observed(&world);
        let offers = observed.offers.iter_mut();
        for candidates in offers.filter_map(|item| item["candidates"].as_array_mut()) {
            candidates.reverse();
        }
        let faults = world.judge(&observed);
        assert!(faults.iter().any(|fault| fault.subject.ends_with(" rank")), "seed {seed}");
    }
    assert!(tried > 0, "no world has one candidate that is more specific than another");
}

/// Spoils worlds in each way, and finds it.
fn find(cases: &[(&str, Promise, Spoil)]) {
    for (name, promise, spoil) in cases {
        let mut tried = 0;
        for seed in SEEDS {
            let world = world(seed);
            let mut observed = right::observed(&world);
            if spoil(&mut observed).is_none() {
                continue;
            }
            tried += 1;
            let faults = world.judge(&observed);
            let found = faults.iter().any(|fault| fault.promise == *promise);
            assert!(found, "{name}: seed {seed}: {faults:?}");
            if tried == ENOUGH {
                break;
            }
        }
        assert!(tried > 0, "{name} was never tried");
    }
}

fn twice(items: &mut Vec<Value>) -> Option<()> {
    items.push(items.last()?.clone());
    Some(())
}

fn stray(items: &mut Vec<Value>) -> Option<()> {
    let mut item = items.last()?.clone();
    item["id"] = json!("nobody");
    items.push(item);
    Some(())
}

fn set(items: &mut [Value], key: &str, from: &str, to: &str) -> Option<()> {
    items.iter_mut().find(|item| item[key] == from)?[key] = json!(to);
    Some(())
}

fn any(items: &mut [Value], key: &str) -> Option<()> {
    items.iter_mut().find(|item| item[key].is_string())?[key] = json!("another");
    Some(())
}

fn link(offers: &mut [Value], from: &str, to: &str) -> Option<()> {
    let offer = offers.iter_mut().find(|offer| offer["basis"] == from)?;
    offer["basis"] = json!(to);
    offer["opportunity"] = json!("resaleauthz-another");
    Some(())
}

fn granted_again(of: &mut Observed) -> Option<()> {
    let granted = |event: &&crate::Published| event.detail_type == "Entitlement Granted";
    let mut again = of.published.iter().find(granted)?.clone();
    again.event_id.push('x');
    again.version += 100;
    of.published.push(again);
    Some(())
}
