//! Holds what a ledger says against what must hold.

mod compare;
mod deal;
mod finding;
mod offer;
mod opportunity;
mod published;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::expect::Expected;
use crate::fault::{Fault, Promise};
use crate::observed::Observed;

use compare::text;
#[cfg(test)]
pub(crate) use finding::severity;

/// Every difference, sorted.
pub(crate) fn judge(expected: &Expected, observed: &Observed) -> Vec<Fault> {
    let mut faults = Vec::new();
    opportunity::judge(&mut faults, expected, &observed.opportunities);
    offer::judge(&mut faults, expected, &observed.offers);
    deal::judge(&mut faults, expected, observed);
    finding::judge(&mut faults, &expected.findings, observed);
    published::judge(&mut faults, expected, observed);
    inbox(&mut faults, expected, observed);
    faults.sort();
    faults.dedup();
    faults
}

fn inbox(faults: &mut Vec<Fault>, expected: &Expected, observed: &Observed) {
    let others = observed.inbox.keys().map(String::as_str);
    let mut outcomes: Vec<&str> = expected.inbox.keys().copied().chain(others).collect();
    outcomes.sort_unstable();
    outcomes.dedup();
    for outcome in outcomes {
        let (wanted, found) = (expected.inbox.get(outcome), observed.inbox.get(outcome));
        let (wanted, found) = (wanted.unwrap_or(&0), found.unwrap_or(&0));
        if wanted != found {
            faults.push(Fault {
                promise: Promise::Unaccounted,
                subject: format!("inbox {outcome}"),
                expected: wanted.to_string(),
                found: found.to_string(),
            });
        }
    }
}

/// Pairs what must be there with what is there, by id; what has no partner is a fault.
fn paired<'a, T>(
    faults: &mut Vec<Fault>,
    noun: &str,
    wanted: impl IntoIterator<Item = (&'a String, &'a T)>,
    items: &'a [Value],
) -> Vec<(&'a T, &'a Value)> {
    let mut by_id: BTreeMap<&str, &Value> = BTreeMap::new();
    let fault = |promise, id: &str, expected: &str, found: &str| Fault {
        promise,
        subject: format!("{noun}/{id}"),
        expected: expected.to_owned(),
        found: found.to_owned(),
    };
    for item in items {
        let id = text(item, "id").unwrap_or_default();
        if by_id.insert(id, item).is_some() {
            faults.push(fault(Promise::Doubled, id, "one", "two"));
        }
    }
    let mut pairs = Vec::new();
    for (id, one) in wanted {
        match by_id.remove(id.as_str()) {
            Some(item) => pairs.push((one, item)),
            None => faults.push(fault(Promise::Missing, id, "one", "none")),
        }
    }
    faults.extend(by_id.into_keys().map(|id| fault(Promise::Doubled, id, "none", "one")));
    pairs
}
