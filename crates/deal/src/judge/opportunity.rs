//! What we conclude of an opportunity: its status, its findings.

use std::collections::BTreeSet;

use marketplace::ids::{OfferId, OpportunityId};

use super::{News, finding_news};
use crate::facts::{OpportunityFacts, ViewRole};
use crate::finding::{FindingKind, Findings};
use crate::lattice::MAX_FEW;
use crate::moment::Moment;
use crate::public::{OpportunityNews, PublicEvent};
use crate::state::State;
use crate::stream::StreamId;

/// What other streams say of an opportunity.
#[derive(Debug, Clone, Copy)]
pub struct OpportunityContext<'a> {
    /// Offers that use it (confirmed or set by a person), each with since when, the earliest first. All of them, up to
    /// its quantity or [`MAX_USERS_COUNTED`] and one more.
    pub used_by: &'a BTreeSet<(Moment, OfferId)>,
}

/// Of more users than this only the first are counted, as evidence that a quantity is exceeded.
pub const MAX_USERS_COUNTED: u32 = 100;

/// So many of them are named in the evidence.
const MAX_USERS_SHOWN: usize = 10;

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
    super::rest::unpublishable(&mut findings, &facts.unpublishable);
    super::rest::conflicts(
        &mut findings,
        &[
            ("reseller", super::rest::contradiction(&facts.reseller)),
            ("created", super::rest::contradiction(&facts.created)),
        ],
    );
    super::rest::too_many(
        &mut findings,
        &[
            ("accounts that saw it", facts.named.is_too_many(), MAX_FEW),
            ("product", facts.names.is_too_many(), MAX_FEW),
            ("names of its product", facts.aliases.is_too_many(), MAX_FEW),
        ],
    );
    let first = facts.first_named.witness().map(|said| said.at);
    let ours =
        facts.named.is_too_many() || facts.named.iter().any(|seen| seen.role != ViewRole::Proposer);
    if let Some(first) = first.filter(|_| facts.is_stub() && ours) {
        findings.open(
            FindingKind::UnknownAuthorization,
            first,
            (first, first),
            [("named", "by an agreement; not yet described by the Catalog API".to_owned())],
        );
    }
    exceeded(&mut findings, facts, context);
    findings
}

/// More offers were confirmed, or set by a person, than it allows. Each further one is new evidence.
fn exceeded(
    findings: &mut Findings<'_>,
    facts: &OpportunityFacts,
    context: OpportunityContext<'_>,
) {
    let Some(max) = facts.quantity() else { return };
    let counted = max.max(MAX_USERS_COUNTED) as usize;
    let users: Vec<&(Moment, OfferId)> =
        context.used_by.iter().take(counted.saturating_add(1)).collect();
    let beyond = users.get(max as usize);
    let (Some((since, _)), Some((first, _)), Some((last, _))) =
        (beyond, users.first(), users.last())
    else {
        return;
    };
    let count = match users.len() {
        more if more > counted => format!("more than {counted}"),
        count => count.to_string(),
    };
    let shown: Vec<String> =
        users.iter().take(MAX_USERS_SHOWN).map(|(_, offer)| offer.to_string()).collect();
    let evidence = [("allowed", max.to_string()), ("used by", count), ("offers", shown.join(", "))];
    findings.open(FindingKind::QuantityExceeded, *since, (*first, *last), evidence);
}
