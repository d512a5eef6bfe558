//! Open findings against those that must, or may, be open.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::expect::{Evidence, Findings};
use crate::fault::{Fault, Promise};
use crate::observed::Observed;

use super::compare::{Comparison, text};

pub(super) fn judge(faults: &mut Vec<Fault>, expected: &Findings, observed: &Observed) {
    let mut found: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for item in &observed.findings {
        let kind = text(item, "type").unwrap_or_default();
        let subject = text(item, "subject").unwrap_or_default();
        let shown = || format!("finding {kind}:{subject}");
        if !found.insert((kind, subject)) {
            faults.push(fault(Promise::Doubled, shown(), "once", "twice"));
        }
        *counts.entry(kind).or_default() += 1;
        let one = |(wanted, about): &(&str, String)| *wanted == kind && about == subject;
        let is_right = expected.must.iter().any(one) || expected.may.iter().any(one);
        if let Some((_, evidence)) =
            expected.evidence.iter().find(|(finding, _)| one(finding)).filter(|_| is_right)
        {
            let mut compare = Comparison::new(faults, Promise::Wrong, shown(), item);
            shows(&mut compare, kind, evidence);
        }
        if !is_right && !expected.counted.contains_key(kind) {
            faults.push(fault(Promise::Wrong, shown(), "not open", "open"));
        }
    }
    for (kind, subject) in &expected.must {
        if !found.contains(&(*kind, subject.as_str())) {
            let shown = format!("finding {kind}:{subject}");
            faults.push(fault(Promise::Missing, shown, "open", "not open"));
        }
    }
    for (kind, wanted) in &expected.counted {
        let count = counts.get(kind).copied().unwrap_or_default();
        if count != *wanted {
            let promise = if count < *wanted { Promise::Missing } else { Promise::Wrong };
            let (wanted, count) = (wanted.to_string(), count.to_string());
            faults.push(fault(promise, format!("findings {kind}"), &wanted, &count));
        }
    }
    published(faults, observed);
}

/// How urgent a finding is, when its evidence was told, and the ids in it.
fn shows(compare: &mut Comparison<'_>, kind: &str, evidence: &Evidence) {
    compare.text("severity", Some(severity(kind)));
    if let Some((first, last)) = evidence.span {
        compare.time("first", Some(first));
        compare.time("last", Some(last));
    }
    for (name, wanted) in &evidence.ids {
        let found = compare.item.get("evidence").and_then(|all| text(all, name));
        let ids = found.into_iter().flat_map(|text| text.split(", ")).map(str::to_owned);
        if ids.collect::<BTreeSet<String>>() != *wanted {
            let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
            let found = found.unwrap_or("none").to_owned();
            compare.breach(compare.promise, name, wanted.join(", "), found);
        }
    }
}

/// Critical where money or access is at stake.
pub(crate) fn severity(kind: &str) -> &'static str {
    match kind {
        "buyer-outside-opportunity"
        | "conflicting-facts"
        | "disbursement-paused"
        | "license-without-agreement"
        | "quantity-exceeded"
        | "reseller-not-authorized" => "critical",
        "id-with-two-contents" | "security-report" | "unknown-type" => "info",
        _ => "warning",
    }
}

/// For each finding the last event says whether it is open.
fn published(faults: &mut Vec<Fault>, observed: &Observed) {
    let mut last: BTreeMap<&str, (i64, bool)> = BTreeMap::new();
    for event in &observed.published {
        let raised = match event.detail_type.as_str() {
            "Finding Raised" => true,
            "Finding Closed" => false,
            _ => continue,
        };
        let id = text(&event.detail, "id").unwrap_or_default();
        let known = last.entry(id).or_insert((event.version, raised));
        if event.version >= known.0 {
            *known = (event.version, raised);
        }
    }
    let open = last.iter().filter(|(_, (_, raised))| *raised).map(|(id, _)| *id);
    let open: BTreeSet<&str> = open.collect();
    let ids = observed.findings.iter().filter_map(|item: &Value| text(item, "id"));
    let listed: BTreeSet<&str> = ids.collect();
    for id in open.symmetric_difference(&listed) {
        let (wanted, said) =
            if listed.contains(id) { ("raised", "not raised") } else { ("closed", "raised") };
        faults.push(fault(Promise::Published, format!("finding {id}"), wanted, said));
    }
}

fn fault(promise: Promise, subject: String, expected: &str, found: &str) -> Fault {
    Fault { promise, subject, expected: expected.to_owned(), found: found.to_owned() }
}
