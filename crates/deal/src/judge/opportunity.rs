//! What we conclude of an opportunity: its status, its findings.

use marketplace::ids::{OfferId, OpportunityId};

use super::{News, finding_news};
use crate::facts::{OpportunityFacts, ViewRole};
use crate::finding::{FindingKind, Findings};
use crate::moment::Moment;
use crate::public::{OpportunityNews, PublicEvent};
use crate::state::State;
use crate::stream::StreamId;

/// What other streams say of an opportunity.
#[derive(Debug, Clone, Copy)]
pub struct OpportunityContext<'a> {
    /// Offers that use it (confirmed or set by a person), in order; at least one more than its quantity, if there are
    /// so many.
    pub used_by: &'a [OfferId],
}

/// `unknown` (a stub, or AWS gave none), `draft`, `active`, `expired`, `restricted`, or AWS's word, lower case.
pub fn status_word(facts: &OpportunityFacts, now: Moment) -> String {
    if facts.is_stub() {
        return "unknown".to_owned();
    }
    if !facts.restricted.is_empty() {
        return "restricted".to_owned();
    }
    let word = facts.described.get().and_then(|doc| doc.status.as_deref()).unwrap_or("Unknown");
    // What was Active once is no Draft any more, in whichever order we heard of it.
    let word = if word == "Draft" && !facts.active.is_empty() { "Active" } else { word };
    if word == "Active" && facts.end().is_some_and(|end| now > end) {
        return "expired".to_owned();
    }
    word.to_lowercase()
}

/// What there is to publish of an opportunity at one time.
pub fn opportunity(
    stream: &StreamId,
    state: &State,
    context: OpportunityContext<'_>,
    at: Moment,
    now: Moment,
) -> News {
    let mut news = News::new();
    let (Some(facts), Ok(id)) = (state.opportunity(), OpportunityId::new(stream.id())) else {
        return news;
    };
    let status = status_word(facts, now);
    if let Some(doc) = facts.described.get().filter(|_| status != "draft" && status != "unknown") {
        let commitment = doc.terms.commitment();
        let current = OpportunityNews {
            id,
            partner: facts.reseller.get().cloned(),
            products: doc.products.clone(),
            buyers: doc.buyers.clone(),
            end_date: doc.end_date.map(|date| date.to_string()),
            max_offers: doc.max_offers,
            currency: doc.terms.currency.clone().filter(|_| commitment.is_some()),
            wholesale: commitment.map(|amount| amount.to_string()),
            status,
        };
        let published = state.concluded.opportunity.as_ref();
        if published != Some(&current) {
            let first = published.is_none() && current.status == "active";
            let expired = published.is_some() && current.status == "expired";
            let occurred = if expired { facts.end().unwrap_or(at) } else { at };
            let event = if first {
                PublicEvent::OpportunityReleased
            } else {
                PublicEvent::OpportunityChanged
            };
            news.push((event(current), occurred));
        }
    }
    let findings = opportunity_findings(stream, facts, context);
    finding_news(state, &findings.finish(), at, &mut news);
    news
}

fn opportunity_findings<'a>(
    stream: &'a StreamId,
    facts: &'a OpportunityFacts,
    context: OpportunityContext<'_>,
) -> Findings<'a> {
    let mut findings = Findings::new(stream, Some(&facts.acknowledged));
    super::rest::conflicts(
        &mut findings,
        &[
            ("reseller", super::rest::contradiction(&facts.reseller)),
            ("created", super::rest::contradiction(&facts.created)),
        ],
    );
    let first = facts.first_named.witness().map(|said| said.at);
    let ours = facts.named.iter().any(|seen| seen.role != ViewRole::Proposer);
    if let Some(first) = first.filter(|_| facts.is_stub() && ours) {
        findings.open(
            FindingKind::UnknownAuthorization,
            first,
            (first, first),
            [("named", "by an agreement; not yet described by the Catalog API".to_owned())],
        );
    }
    let used = u32::try_from(context.used_by.len()).unwrap_or(u32::MAX);
    if let Some(max) = facts.max_offers().filter(|max| used > *max) {
        let shown = context.used_by.iter().take(10).map(ToString::to_string);
        let since = first.or(facts.created.get().copied()).unwrap_or_default();
        findings.open(
            FindingKind::QuantityExceeded,
            since,
            (since, since),
            [("allowed", max.to_string()), ("offers", shown.collect::<Vec<_>>().join(", "))],
        );
    }
    findings
}
