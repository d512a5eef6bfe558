//! What we conclude of everything else, and contradictions of any stream.

use super::{News, finding_news};
use crate::facts::partner::MAX_ALIASES;
use crate::facts::{
    Acknowledgements, ChangeSetFacts, EnvelopeIdFacts, Facts, NotificationFacts,
    NotificationTypeFacts, SellerFacts, Unpublishable,
};
use crate::finding::{FindingKind, Findings};
use crate::lattice::{Fixed, MAX_CONTRADICTIONS, MAX_FEW, Register};
use crate::moment::Moment;
use crate::state::State;
use crate::stream::StreamId;

/// A fact that was said with several values: the values, and the first and last time.
pub type Contradiction = Option<(String, Moment, Moment)>;

/// The contradiction in a fact, if there is one.
pub fn contradiction<T: Ord + Clone + ToString>(fact: &Fixed<T>) -> Contradiction {
    if fact.is_too_many() {
        // They had times, and which of them was said last depends on which were heard before there were too many.
        let values = format!("more than {MAX_CONTRADICTIONS} values");
        return Some((values, Moment::default(), Moment::default()));
    }
    if !fact.is_contradicted() {
        return None;
    }
    let values: Vec<_> = fact.all().map(|said| said.value.to_string()).collect();
    let times = || fact.all().map(|said| said.witness.at);
    Some((values.join(", "), times().min()?, times().max()?))
}

/// Opens one finding for all contradicted facts of a stream.
pub fn conflicts(findings: &mut Findings<'_>, facts: &[(&'static str, Contradiction)]) {
    let found: Vec<_> = facts
        .iter()
        .filter_map(|(name, contradiction)| contradiction.as_ref().map(|found| (*name, found)))
        .collect();
    let first = found.iter().map(|(_, (_, first, _))| *first).min();
    let last = found.iter().map(|(_, (_, _, last))| *last).max();
    if let (Some(first), Some(last)) = (first, last) {
        let evidence = found.into_iter().map(|(name, (values, _, _))| (name, values.clone()));
        findings.open(FindingKind::ConflictingFacts, last, (first, last), evidence);
    }
}

/// Opens one finding for all sets of a stream of which there are too many elements to know any.
pub(super) fn too_many(findings: &mut Findings<'_>, sets: &[(&'static str, bool, usize)]) {
    let full = sets.iter().filter(|(_, too_many, _)| *too_many);
    let evidence: Vec<_> = full
        .map(|(name, _, most)| (*name, format!("more than {most}, so none is known")))
        .collect();
    if !evidence.is_empty() {
        let at = Moment::default();
        findings.open(FindingKind::TooMany, at, (at, at), evidence);
    }
}

/// What there is to publish of a stream that is no opportunity, request, offer or agreement.
pub fn rest(stream: &StreamId, state: &State, at: Moment) -> News {
    let none = Acknowledgements::new();
    let acknowledged = match &state.facts {
        Facts::Seller(facts) => &facts.acknowledged,
        Facts::ChangeSet(facts) => &facts.acknowledged,
        Facts::Notification(facts) => &facts.acknowledged,
        Facts::NotificationType(facts) => &facts.acknowledged,
        Facts::EnvelopeId(facts) => &facts.acknowledged,
        Facts::Partner(facts) => &facts.acknowledged,
        _ => &none,
    };
    let mut findings = Findings::new(stream, Some(acknowledged));
    match &state.facts {
        Facts::Seller(facts) => seller(&mut findings, facts),
        Facts::ChangeSet(facts) => change_set(&mut findings, facts),
        Facts::Notification(facts) => notification(&mut findings, facts),
        Facts::NotificationType(facts) => notification_type(&mut findings, facts),
        Facts::EnvelopeId(facts) => envelope_id(&mut findings, facts),
        Facts::Partner(facts) => {
            unpublishable(&mut findings, &facts.unpublishable);
            let aliases = facts.aliases.is_too_many();
            too_many(&mut findings, &[("names of one product", aliases, MAX_ALIASES)]);
        }
        _ => {}
    }
    let mut news = News::new();
    finding_news(state, &findings.finish(), at, &mut news);
    news
}

fn seller(findings: &mut Findings<'_>, facts: &SellerFacts) {
    unpublishable(findings, &facts.unpublishable);
    let paused = facts.disbursement_paused.at().zip(facts.disbursement_paused.get());
    if let Some((first, (last, resources))) = facts.disbursement_first.get().zip(paused) {
        let evidence = [("instruments", resources.len().to_string())];
        findings.open(FindingKind::DisbursementPaused, last, (first, last), evidence);
    }
    if let Some(first) = facts.security_first.get() {
        let last = facts.security_report.get().unwrap_or(first);
        findings.open(FindingKind::SecurityReport, last, (first, last), []);
    }
}

fn change_set(findings: &mut Findings<'_>, facts: &ChangeSetFacts) {
    unpublishable(findings, &facts.unpublishable);
    let failed = facts.result.get().is_some_and(|result| result == "failed");
    too_many(findings, &[("requests", facts.requests.is_too_many(), MAX_FEW)]);
    // Of one of ours its request tells more.
    let is_ours = !facts.requests.is_empty();
    if let Some(at) = facts.result.at().filter(|_| failed && !is_ours) {
        let code = facts.failure_code.get().cloned().map(|code| ("failure code", code));
        findings.open(FindingKind::ChangeSetFailed, at, (at, at), code);
    }
}

fn notification(findings: &mut Findings<'_>, facts: &NotificationFacts) {
    unpublishable(findings, &facts.unpublishable);
    if let Some(sent) = facts.sent.get() {
        let evidence = [("time", sent.to_string())];
        findings.open(FindingKind::ImplausibleTime, *sent, (*sent, *sent), evidence);
    }
    let Some((problem, witness)) = facts.problem.get().zip(facts.problem.witness()) else { return };
    if !facts.settled.is_empty() {
        return;
    }
    let kind = match problem.as_str() {
        "malformed" => FindingKind::Malformed,
        "foreign-account" => FindingKind::ForeignAccount,
        _ => FindingKind::Undecidable,
    };
    let reason = facts.reason.get().cloned().map(|reason| ("reason", reason));
    findings.open(kind, witness.at, (witness.at, witness.at), reason);
}

fn notification_type(findings: &mut Findings<'_>, facts: &NotificationTypeFacts) {
    unpublishable(findings, &facts.unpublishable);
    let Some(first) = facts.first.get() else { return };
    let last = facts.last.get().unwrap_or(first);
    if !facts.settled.is_empty() {
        return;
    }
    let named = |name, fact: &Fixed<String>| fact.get().cloned().map(|value| (name, value));
    let evidence = named("source", &facts.source).into_iter();
    let evidence = evidence.chain(named("detail-type", &facts.detail_type));
    findings.open(FindingKind::UnknownType, first, (first, last), evidence);
}

fn envelope_id(findings: &mut Findings<'_>, facts: &EnvelopeIdFacts) {
    unpublishable(findings, &facts.unpublishable);
    // None of them has a time if none can be read.
    let first = facts.first.get().unwrap_or_default();
    let last = facts.last.get().unwrap_or_default();
    let digests: Vec<_> = facts.digests.iter().map(ToString::to_string).collect();
    if facts.digests.is_too_many() || digests.len() > 1 {
        let digests = match digests.len() {
            0 => format!("more than {MAX_FEW}"),
            _ => digests.join(", "),
        };
        let evidence = [("notifications", digests)];
        findings.open(FindingKind::IdWithTwoContents, last, (first, last), evidence);
    }
}

/// A public event of the stream was set aside: nobody who listens to the bus will hear of it.
pub(super) fn unpublishable(findings: &mut Findings<'_>, facts: &Register<Unpublishable>) {
    let Some((told, at)) = facts.get().zip(facts.at()) else { return };
    let evidence = [
        ("event", told.event.clone()),
        ("detail-type", told.detail_type.clone()),
        ("why", told.why.clone()),
    ];
    findings.open(FindingKind::EventNotPublished, at, (at, at), evidence);
}

/// Notes in the facts of a stream, if its kind publishes anything, that an event of it can never be published.
pub fn refuse(facts: &mut Facts, word: Register<Unpublishable>) -> bool {
    let told = match facts {
        Facts::Agreement(facts) => &mut facts.unpublishable,
        Facts::ChangeSet(facts) => &mut facts.unpublishable,
        Facts::EnvelopeId(facts) => &mut facts.unpublishable,
        Facts::Notification(facts) => &mut facts.unpublishable,
        Facts::NotificationType(facts) => &mut facts.unpublishable,
        Facts::Offer(facts) => &mut facts.unpublishable,
        Facts::Partner(facts) => &mut facts.unpublishable,
        Facts::Opportunity(facts) => &mut facts.unpublishable,
        Facts::Request(facts) => &mut facts.unpublishable,
        Facts::Seller(facts) => &mut facts.unpublishable,
        Facts::OfferSet(_) => return false,
    };
    *told = word;
    true
}

/// The acknowledgement facts of a stream, if its kind has findings.
pub fn acknowledge(
    facts: &mut Facts,
    id: &str,
    word: Register<crate::facts::Acknowledged>,
) -> bool {
    let all = match facts {
        Facts::Agreement(facts) => &mut facts.acknowledged,
        Facts::ChangeSet(facts) => &mut facts.acknowledged,
        Facts::EnvelopeId(facts) => &mut facts.acknowledged,
        Facts::Notification(facts) => &mut facts.acknowledged,
        Facts::NotificationType(facts) => &mut facts.acknowledged,
        Facts::Offer(facts) => &mut facts.acknowledged,
        Facts::Partner(facts) => &mut facts.acknowledged,
        Facts::Opportunity(facts) => &mut facts.acknowledged,
        Facts::Request(facts) => &mut facts.acknowledged,
        Facts::Seller(facts) => &mut facts.acknowledged,
        Facts::OfferSet(_) => return false,
    };
    all.insert(id.to_owned(), word);
    true
}
