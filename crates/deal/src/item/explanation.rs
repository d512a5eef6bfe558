//! Why an offer is linked as it is: each candidate against each rule, with the two values compared.

use std::cmp::Reverse;

use marketplace::ids::{OfferId, OpportunityId};
use serde::Serialize;

use super::Offer;
use crate::correlate::{Answer, Basis, Candidate, Subject, explain, is_eligible, was_offered};
use crate::entitlement::DealType;
use crate::moment::Moment;

/// An offer's link, explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The offer.
    pub id: OfferId,
    /// Whose sale it is.
    #[serde(rename = "type")]
    pub deal_type: DealType,
    /// How we know its opportunity; null for our own offers.
    pub basis: Option<Basis>,
    /// The opportunity.
    pub opportunity: Option<OpportunityId>,
    /// Other offers have the same single-use opportunity as their only one.
    pub contested: bool,
    /// Every name of its product.
    pub products: Vec<String>,
    /// The opportunities compared: the linked one, then those that answer most rules with yes.
    pub candidates: Vec<CandidateItem>,
    /// More opportunities were found than are shown.
    pub truncated: bool,
}

/// One opportunity compared with the offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CandidateItem {
    /// The opportunity.
    pub opportunity: OpportunityId,
    /// The offer is linked to it.
    pub linked: bool,
    /// Every rule answers yes.
    pub eligible: bool,
    /// Known by more than its id; otherwise it is never eligible.
    pub judgeable: bool,
    /// Each rule.
    pub rules: Vec<RuleItem>,
    /// What AWS counts of it: a hint to people, which no rule reads.
    pub counters: Option<CountersItem>,
}

/// What AWS last said of the offers that were made from an opportunity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CountersItem {
    /// `Not Started`, `Completed-Used`, `Completed-Usable`, or what else AWS wrote.
    pub extended_status: Option<String>,
    /// How many were made.
    pub offers_created: Option<u64>,
    /// As of when: AWS changed the opportunity last at this time.
    pub at: String,
}

impl CountersItem {
    fn of(candidate: Candidate<'_>) -> Option<Self> {
        let doc = candidate.facts.described.get()?;
        let counters = doc.counters.as_ref()?;
        Some(Self {
            extended_status: counters.extended_status.clone(),
            offers_created: counters.offers_created,
            at: Moment::from(doc.last_modified).to_string(),
        })
    }
}

/// One rule's verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleItem {
    /// The rule.
    pub rule: &'static str,
    /// `yes`, `no` or `unknown`.
    pub answer: &'static str,
    /// The offer's value.
    pub offer: String,
    /// The opportunity's value.
    pub opportunity: String,
}

impl Explanation {
    /// Compares an offer with its candidates and shows at most `limit` of them.
    pub fn new(
        offer: &Offer,
        subject: Subject<'_>,
        candidates: &[Candidate<'_>],
        limit: usize,
    ) -> Self {
        let linked = offer.opportunity.as_ref();
        let rank = |(item, offered): &(CandidateItem, bool)| {
            let place = offer.candidates.iter().position(|id| *id == item.opportunity);
            let place = place.unwrap_or(usize::MAX);
            (!item.linked, !item.eligible, place, Reverse(yes(item)), *offered)
        };
        let compared = |candidate: &Candidate<'_>| {
            (compared(subject, *candidate, linked), was_offered(candidate.facts))
        };
        let mut items: Vec<_> = candidates.iter().map(compared).collect();
        items.sort_by(|a, b| (rank(a), &a.0.opportunity).cmp(&(rank(b), &b.0.opportunity)));
        let mut items: Vec<_> = items.into_iter().map(|(item, _)| item).collect();
        items.dedup_by(|a, b| a.opportunity == b.opportunity);
        let truncated = items.len() > limit;
        items.truncate(limit);
        Self {
            id: offer.id.clone(),
            deal_type: offer.deal_type,
            basis: offer.basis,
            opportunity: offer.opportunity.clone(),
            contested: offer.contested,
            products: subject.products.iter().map(ToString::to_string).collect(),
            candidates: items,
            truncated,
        }
    }
}

fn compared(
    subject: Subject<'_>,
    candidate: Candidate<'_>,
    linked: Option<&OpportunityId>,
) -> CandidateItem {
    let rules = explain(subject, candidate).into_iter().map(|verdict| RuleItem {
        rule: verdict.rule.word(),
        answer: verdict.answer.word(),
        offer: verdict.offer,
        opportunity: verdict.opportunity,
    });
    CandidateItem {
        opportunity: candidate.id.clone(),
        linked: linked == Some(candidate.id),
        eligible: is_eligible(subject, candidate),
        judgeable: !candidate.facts.is_stub(),
        rules: rules.collect(),
        counters: CountersItem::of(candidate),
    }
}

fn yes(item: &CandidateItem) -> usize {
    item.rules.iter().filter(|rule| rule.answer == Answer::Yes.word()).count()
}
