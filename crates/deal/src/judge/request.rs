//! What we conclude of a request of ours: whether it is done, and what a person should see to.

use marketplace::digest::Digest;
use marketplace::ids::OpportunityId;

use super::rest::{conflicts, contradiction, unpublishable};
use super::{News, finding_news};
use crate::facts::RequestFacts;
use crate::facts::request::{End, Wish, WishKind};
use crate::finding::{FindingKind, Findings};
use crate::lattice::{Authority, Fixed, Join as _, Witness};
use crate::moment::Moment;
use crate::public::{PublicEvent, RequestNews};
use crate::request::{Failure, OVERDUE_HOURS, RequestId, Status, applying_since, failure, status};
use crate::state::State;
use crate::stream::StreamId;

/// The longest code that AWS documents.
const MAX_CODE: usize = 72;

/// Whether what AWS wrote as a code is one, and no text: codes are published.
pub(super) fn is_code(code: &str) -> bool {
    let plain = code.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    plain && (1..=MAX_CODE).contains(&code.len())
}

/// What there is to publish of a request at one time.
pub fn request(stream: &StreamId, state: &State, at: Moment, now: Moment) -> News {
    let mut news = News::new();
    let (Some(facts), Ok(id)) = (state.request(), RequestId::new(stream.id())) else {
        return news;
    };
    if let Some((status, (_, wish, _))) = status(facts).zip(facts.wish()) {
        let current = current(id, facts, wish, status);
        if state.concluded.request.as_ref() != Some(&current) {
            let event = match status {
                Status::Succeeded => PublicEvent::OpportunityRequestSucceeded,
                Status::Failed | Status::Cancelled => PublicEvent::OpportunityRequestFailed,
                Status::Wished | Status::Sending | Status::Waiting | Status::Applying => {
                    PublicEvent::OpportunityRequested
                }
            };
            news.push((event(current), at));
        }
    }
    finding_news(state, &findings(stream, facts, now).finish(), at, &mut news);
    news
}

fn current(id: RequestId, facts: &RequestFacts, wish: &Wish, status: Status) -> RequestNews {
    let made = facts.made().next().map(|(made, _)| made.clone());
    let is_clone = wish.kind == WishKind::Clone;
    let about = wish.opportunity.clone();
    RequestNews {
        id,
        wish: wish.kind,
        status: match status {
            Status::Succeeded | Status::Failed | Status::Cancelled => status.word(),
            Status::Wished | Status::Sending | Status::Waiting | Status::Applying => "requested",
        }
        .to_owned(),
        opportunity: made.or_else(|| about.clone().filter(|_| !is_clone)),
        cloned_from: about.filter(|_| is_clone),
        partner: wish.partner.clone(),
        product: wish.product.clone(),
        codes: codes(facts),
    }
}

/// Why it failed, unless there is another attempt.
fn failed(facts: &RequestFacts) -> Option<Failure<'_>> {
    failure(facts).filter(|_| status(facts) == Some(Status::Failed))
}

/// AWS's codes for a failure, as far as they are codes and no text.
fn codes(facts: &RequestFacts) -> Vec<String> {
    let Some(failure) = failed(facts) else { return Vec::new() };
    let single = failure.errors.iter().map(|error| error.code.as_str());
    let mut codes: Vec<String> = failure
        .code
        .into_iter()
        .chain(single)
        .filter(|code| is_code(code))
        .map(str::to_owned)
        .collect();
    codes.dedup();
    codes
}

fn findings<'a>(stream: &'a StreamId, facts: &'a RequestFacts, now: Moment) -> Findings<'a> {
    let mut findings = Findings::new(stream, Some(&facts.acknowledged));
    unpublishable(&mut findings, &facts.unpublishable);
    let made = made(facts);
    conflicts(&mut findings, &[("opportunity", contradiction(&made))]);
    if let Some(failure) = failed(facts) {
        let at = failure.at;
        let codes = Some(codes(facts)).filter(|codes| !codes.is_empty());
        let codes = codes.map(|codes| ("codes", codes.join(", ")));
        let listed = |ids: Vec<String>| Some(ids.join(", ")).filter(|ids| !ids.is_empty());
        let draft = listed(facts.draft.all().map(|said| said.value.to_string()).collect());
        let candidates = listed(facts.candidates.iter().map(ToString::to_string).collect());
        let sets: Vec<String> = facts.change_sets().map(|(_, id, _)| id.to_string()).collect();
        let evidence = codes
            .into_iter()
            .chain(draft.map(|id| ("draft left behind", id)))
            .chain(candidates.map(|ids| ("drafts that may be ours", ids)))
            .chain(listed(sets).map(|ids| ("change sets", ids)));
        findings.open(FindingKind::RequestFailed, at, (at, at), evidence);
    }
    let since = applying_since(facts);
    let overdue = since.map(|since| (since, since.plus_hours(OVERDUE_HOURS)));
    if let Some((since, overdue)) = overdue.filter(|(_, overdue)| now >= *overdue) {
        let running = facts.change_sets().filter(|(_, _, seen)| seen.report.is_empty());
        let running: Vec<String> = running.map(|(_, id, _)| id.to_string()).collect();
        let evidence = [("applying since", since.to_string()), ("change sets", running.join(", "))];
        findings.open(FindingKind::RequestUnfinished, overdue, (since, since), evidence);
    }
    findings
}

/// What it made, each with the change set's report as its witness: two are a contradiction.
fn made(facts: &RequestFacts) -> Fixed<OpportunityId> {
    let mut made = Fixed::default();
    for (_, id, seen) in facts.change_sets() {
        let report = seen.report.get().filter(|report| report.end == End::Succeeded);
        let Some((report, at)) = report.zip(seen.report.at()) else { continue };
        let witness = Witness::new(Authority::Other, at, &Digest::of(id.as_str().as_bytes()));
        made.join(&Fixed::said(report.opportunity.clone(), &witness));
    }
    made
}
