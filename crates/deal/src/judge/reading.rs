//! What a person should see to of the quantities of licenses.

use std::collections::BTreeSet;

use marketplace::ids::LicenseId;

use super::request::is_code;
use crate::facts::AgreementFacts;
use crate::facts::reading::{Change, Unanswered};
use crate::facts::request::Hope;
use crate::finding::{FindingKind, Findings};
use crate::moment::Moment;
use crate::reading::{listed, live};

/// Findings of the licenses that AWS is asked about.
pub(super) fn readings(findings: &mut Findings<'_>, facts: &AgreementFacts) {
    unannounced(findings, facts);
    let hopeless = live(facts).filter_map(|(id, license)| {
        let (_, unanswered) = license.reading.trouble()?;
        (unanswered.refusal.hope == Hope::Never).then_some((id, unanswered))
    });
    not_readable(findings, &hopeless.collect::<Vec<_>>());
}

fn not_readable(findings: &mut Findings<'_>, hopeless: &[(&LicenseId, &Unanswered)]) {
    let since = || hopeless.iter().map(|(_, unanswered)| unanswered.since);
    let (Some(first), Some(last)) = (since().min(), since().max()) else { return };
    let licenses: Vec<String> = hopeless.iter().map(|(id, _)| id.to_string()).collect();
    let codes = hopeless.iter().filter_map(|(_, unanswered)| unanswered.refusal.code.as_deref());
    let codes: BTreeSet<&str> = codes.filter(|code| is_code(code)).collect();
    let codes = Some(codes).filter(|codes| !codes.is_empty());
    let codes = codes.map(|codes| ("codes", codes.into_iter().collect::<Vec<_>>().join(", ")));
    let evidence = [("licenses", licenses.join(", "))].into_iter().chain(codes);
    findings.open(FindingKind::LicenseNotReadable, last, (first, last), evidence);
}

/// Also of licenses that are no more: it happened, whatever came after it.
fn unannounced(findings: &mut Findings<'_>, facts: &AgreementFacts) {
    let changes = facts.licenses.iter().filter_map(|(id, license)| {
        let change = &license.reading.unannounced;
        Some((id, change.get()?, change.at()?))
    });
    let changes: Vec<(&LicenseId, &Change, Moment)> = changes.collect();
    let at = || changes.iter().map(|(_, _, at)| *at);
    let (Some(first), Some(last)) = (at().min(), at().max()) else { return };
    let side = |listed: &dyn Fn(&Change) -> String| {
        let one =
            |(id, change, _): &(&LicenseId, &Change, Moment)| format!("{id}: {}", listed(change));
        changes.iter().map(one).collect::<Vec<_>>().join("; ")
    };
    let evidence = [
        ("before", side(&|change| listed(change.before.difference(&change.after)))),
        ("after", side(&|change| listed(change.after.difference(&change.before)))),
    ];
    findings.open(FindingKind::UnannouncedQuantities, last, (first, last), evidence);
}
