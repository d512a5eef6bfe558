//! Which opportunity an offer came from: named rules, each answered yes, no or unknown.
//!
//! `Offer Released` does not say which opportunity it came from; the agreement does. Until then an offer is judged
//! against each opportunity of its partner. Today's date and the offer's own expiry never change a verdict, and
//! AWS's counters only rank.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use marketplace::ids::{AccountId, OpportunityId, ProductName};
use serde::{Deserialize, Serialize};

use crate::facts::{OfferFacts, OpportunityFacts};
use crate::moment::Moment;

/// Clocks of AWS's services may differ by so much: date rules allow it.
pub const SKEW_MINUTES: i64 = 15;

/// How many ranked candidates a link keeps. 20 means 20 or more.
const MAX_CANDIDATES: usize = 20;

/// One condition that an opportunity must meet to be where an offer came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// The offer's seller of record is the authorized reseller.
    Reseller,
    /// Offer and opportunity are of one product: by id, ARN tail or known alias.
    Product,
    /// The opportunity was not created later than the offer.
    Created,
    /// It was not observed Draft at or after the offer's time.
    Released,
    /// It was not observed Restricted at or before the offer's time.
    Restricted,
    /// The offer's time is not past the last day, 23:59:59 UTC.
    EndDate,
    /// The targeted buyers are a subset of the opportunity's.
    Buyers,
    /// Fewer other offers than its quantity were confirmed or set by a person.
    Quantity,
    /// No person excluded this pair.
    NotExcluded,
}

impl Rule {
    /// Every rule, in the order in which they are shown.
    pub const ALL: [Self; 9] = [
        Self::Reseller,
        Self::Product,
        Self::Created,
        Self::Released,
        Self::Restricted,
        Self::EndDate,
        Self::Buyers,
        Self::Quantity,
        Self::NotExcluded,
    ];

    /// The shown word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Reseller => "reseller",
            Self::Product => "product",
            Self::Created => "created",
            Self::Released => "released",
            Self::Restricted => "restricted",
            Self::EndDate => "end-date",
            Self::Buyers => "buyers",
            Self::Quantity => "quantity",
            Self::NotExcluded => "not-excluded",
        }
    }
}

/// A rule's answer. Only all yes is eligible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The condition holds.
    Yes,
    /// It does not.
    No,
    /// A value to compare is missing.
    Unknown,
}

impl Answer {
    const fn of(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }

    /// The shown word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}

/// An offer with what is needed to judge it.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The offer's facts.
    pub offer: &'a OfferFacts,
    /// Every name of its product (see [`crate::facts::PartnerFacts::same_product`]).
    pub products: &'a BTreeSet<&'a ProductName>,
}

/// An opportunity with what is needed to judge it.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// Its id.
    pub id: &'a OpportunityId,
    /// Its facts.
    pub facts: &'a OpportunityFacts,
    /// How many other offers use it up (confirmed, or set by a person).
    pub used_by_others: u32,
}

/// The answer of one rule for one pair.
pub fn answer(rule: Rule, subject: Subject<'_>, candidate: Candidate<'_>) -> Answer {
    let (offer, facts) = (subject.offer, candidate.facts);
    let released = offer.released.get();
    match rule {
        Rule::Reseller => match (offer.seller.get(), facts.reseller.get()) {
            (Some(seller), Some(reseller)) => Answer::of(seller == reseller),
            _ => Answer::Unknown,
        },
        Rule::Product => {
            if subject.products.is_empty() || facts.products().is_empty() {
                Answer::Unknown
            } else {
                Answer::of(facts.products().iter().any(|name| subject.products.contains(name)))
            }
        }
        Rule::Created => match (released, facts.created.get()) {
            (Some(time), Some(created)) => Answer::of(*created <= time.plus_minutes(SKEW_MINUTES)),
            _ => Answer::Unknown,
        },
        Rule::Released => before(facts.draft.get(), released, |draft, time| {
            draft < time.plus_minutes(SKEW_MINUTES)
        }),
        Rule::Restricted => before(facts.restricted.get(), released, |restricted, time| {
            restricted > time.plus_minutes(-SKEW_MINUTES)
        }),
        Rule::EndDate => {
            before(facts.end(), released, |end, time| time <= end.plus_minutes(SKEW_MINUTES))
        }
        Rule::Buyers => buyers_within(offer.buyers(), facts.buyers()),
        Rule::Quantity => {
            Answer::of(facts.quantity().is_none_or(|max| candidate.used_by_others < max))
        }
        Rule::NotExcluded => Answer::of(!offer.excludes(candidate.id)),
    }
}

/// Yes without the opportunity's time, unknown without the offer's.
fn before(
    limit: Option<Moment>,
    released: Option<Moment>,
    holds: impl Fn(Moment, Moment) -> bool,
) -> Answer {
    match (limit, released) {
        (None, Some(_)) => Answer::Yes,
        (Some(limit), Some(time)) => Answer::of(holds(limit, time)),
        (_, None) => Answer::Unknown,
    }
}

/// Whether targeted buyers are a subset of the allowed ones (none allowed by name: any).
pub fn buyers_within(targeted: &[AccountId], allowed: &[AccountId]) -> Answer {
    if allowed.is_empty() {
        Answer::Yes
    } else if targeted.is_empty() {
        Answer::Unknown
    } else {
        Answer::of(targeted.iter().all(|buyer| allowed.contains(buyer)))
    }
}

/// Whether every rule answers yes. A stub is never eligible.
pub fn is_eligible(subject: Subject<'_>, candidate: Candidate<'_>) -> bool {
    !candidate.facts.is_stub()
        && Rule::ALL.into_iter().all(|rule| answer(rule, subject, candidate) == Answer::Yes)
}

/// Whether every rule but the quantity answers yes: what the evidence alone says of a pair.
pub fn fits(subject: Subject<'_>, candidate: Candidate<'_>) -> bool {
    is_eligible(subject, Candidate { used_by_others: 0, ..candidate })
}

/// The more specific an opportunity is to this offer, the earlier it ranks: named buyers before any buyer, single use
/// before many, not yet offered (by AWS's counters) before offered, the shorter window, the newer, the id.
fn specificity<'a>(
    candidate: &Candidate<'a>,
) -> (bool, bool, bool, i64, Reverse<Option<&'a Moment>>, &'a OpportunityId) {
    let facts = candidate.facts;
    let created = facts.created.get();
    let end = facts.end().map_or(i64::MAX, Moment::micros);
    let window = end.saturating_sub(created.map_or(0, |time| time.micros()));
    (
        facts.buyers().is_empty(),
        facts.max_offers().is_none(),
        was_offered(facts),
        window,
        Reverse(created),
        candidate.id,
    )
}

/// Whether AWS says that an offer was made from it. It ranks, and decides nothing.
pub fn was_offered(facts: &OpportunityFacts) -> bool {
    let counters = facts.described.get().and_then(|doc| doc.counters.as_ref());
    counters.is_some_and(|counters| {
        let status = counters.extended_status.as_deref();
        counters.offers_created.is_some_and(|count| count > 0)
            || status.is_some_and(|status| status.starts_with("Completed"))
    })
}

/// How we know an offer's opportunity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// An agreement named both.
    Confirmed,
    /// A person set it.
    Manual,
    /// Exactly one opportunity fits.
    Inferred,
    /// Several fit, or several offers contest the only one that fits.
    Ambiguous,
    /// None fits.
    Unmatched,
}

impl Basis {
    /// Every basis.
    pub const ALL: [Self; 5] =
        [Self::Confirmed, Self::Manual, Self::Inferred, Self::Ambiguous, Self::Unmatched];

    /// The shown word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Manual => "manual",
            Self::Inferred => "inferred",
            Self::Ambiguous => "ambiguous",
            Self::Unmatched => "unmatched",
        }
    }
}

/// An offer's link to its opportunity, and how we know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Link {
    /// How we know.
    pub basis: Basis,
    /// The opportunity; none for `ambiguous` and `unmatched`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opportunity: Option<OpportunityId>,
    /// For an offer that nothing confirms: the eligible opportunities, the most specific first, at most 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<OpportunityId>,
    /// How many are eligible; 20 means 20 or more.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub eligible: u32,
    /// The only eligible one is a single-use opportunity.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub single_use: bool,
    /// Other offers have the same single-use opportunity as their only one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub contested: bool,
    /// There are too many opportunities to compare them all, so none is chosen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub too_many: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde's skip_serializing_if passes a reference"
)]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Link {
    /// The link of an offer that nothing was compared with.
    pub const fn unmatched() -> Self {
        Self {
            basis: Basis::Unmatched,
            opportunity: None,
            candidates: Vec::new(),
            eligible: 0,
            single_use: false,
            contested: false,
            too_many: false,
        }
    }

    fn settled(basis: Basis, opportunity: OpportunityId) -> Self {
        Self { basis, opportunity: Some(opportunity), ..Self::unmatched() }
    }

    /// The single-use opportunity that is the only eligible one.
    pub fn sole(&self) -> Option<&OpportunityId> {
        self.candidates.first().filter(|_| self.single_use)
    }

    /// Whether nothing but evidence decides it: neither an agreement nor a person.
    pub const fn is_judged(&self) -> bool {
        match self.basis {
            Basis::Confirmed | Basis::Manual => false,
            Basis::Inferred | Basis::Ambiguous | Basis::Unmatched => true,
        }
    }

    /// The same link, contested or not.
    #[must_use]
    pub fn with_contest(mut self, contested: bool) -> Self {
        if self.sole().is_some() {
            self.contested = contested;
            self.basis = if contested { Basis::Ambiguous } else { Basis::Inferred };
            self.opportunity = if contested { None } else { self.candidates.first().cloned() };
        }
        self
    }
}

/// The link that an agreement confirmed, or that a person set.
fn settled(offer: &OfferFacts) -> Option<Link> {
    if let Some(opportunity) = offer.confirmed.get() {
        return Some(Link::settled(Basis::Confirmed, opportunity.clone()));
    }
    offer.manual().map(|opportunity| Link::settled(Basis::Manual, opportunity.clone()))
}

/// The link of an offer with more opportunities in reach than are compared.
pub fn too_many(offer: &OfferFacts) -> Link {
    let undecided = Link { basis: Basis::Ambiguous, too_many: true, ..Link::unmatched() };
    settled(offer).unwrap_or(undecided)
}

/// The link of an offer as its own facts and its candidates decide it, before other offers contest it.
pub fn link(subject: Subject<'_>, candidates: &[Candidate<'_>]) -> Link {
    if let Some(settled) = settled(subject.offer) {
        return settled;
    }
    let mut eligible: Vec<_> =
        candidates.iter().filter(|candidate| is_eligible(subject, **candidate)).collect();
    eligible.sort_by(|a, b| specificity(a).cmp(&specificity(b)));
    let only = match eligible.as_slice() {
        [only] => Some(*only),
        _ => None,
    };
    let basis = match eligible.len() {
        0 => Basis::Unmatched,
        1 => Basis::Inferred,
        _ => Basis::Ambiguous,
    };
    Link {
        basis,
        opportunity: only.map(|candidate| candidate.id.clone()),
        candidates: eligible
            .iter()
            .take(MAX_CANDIDATES)
            .map(|candidate| candidate.id.clone())
            .collect(),
        eligible: u32::try_from(eligible.len().min(MAX_CANDIDATES)).unwrap_or(u32::MAX),
        single_use: only.is_some_and(|candidate| candidate.facts.max_offers() == Some(1)),
        contested: false,
        too_many: false,
    }
}

/// The one opportunity that the evidence alone singles out, whatever was confirmed.
pub fn singled_out<'a>(
    subject: Subject<'_>,
    candidates: &[Candidate<'a>],
) -> Option<&'a OpportunityId> {
    let mut fitting = candidates.iter().filter(|candidate| fits(subject, **candidate));
    let only = fitting.next()?;
    fitting.next().is_none().then_some(only.id)
}

/// What one rule compared for one pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The rule.
    pub rule: Rule,
    /// Its answer.
    pub answer: Answer,
    /// The offer's value, in words.
    pub offer: String,
    /// The opportunity's value, in words.
    pub opportunity: String,
}

/// Every rule's verdict for a pair, with the two values compared.
pub fn explain(subject: Subject<'_>, candidate: Candidate<'_>) -> Vec<Verdict> {
    let verdict = |rule| {
        let (offer, opportunity) = compared(rule, subject, candidate);
        Verdict { rule, answer: answer(rule, subject, candidate), offer, opportunity }
    };
    Rule::ALL.into_iter().map(verdict).collect()
}

fn compared(rule: Rule, subject: Subject<'_>, candidate: Candidate<'_>) -> (String, String) {
    let (offer, facts) = (subject.offer, candidate.facts);
    let time = shown(offer.released.get());
    match rule {
        Rule::Reseller => (shown(offer.seller.get()), shown(facts.reseller.get())),
        Rule::Product => (list(subject.products.iter()), list(facts.products().iter())),
        Rule::Created => (time, shown(facts.created.get())),
        Rule::Released => (time, shown_or(facts.draft.get(), "never seen as Draft")),
        Rule::Restricted => (time, shown_or(facts.restricted.get(), "never seen as Restricted")),
        Rule::EndDate => (time, shown_or(facts.end_date(), "no end date")),
        Rule::Buyers => {
            let allowed = facts.buyers();
            let allowed = if allowed.is_empty() { "any".to_owned() } else { list(allowed) };
            (list(offer.buyers()), allowed)
        }
        Rule::Quantity => (
            format!("{} used by other offers", candidate.used_by_others),
            shown_or(facts.max_offers(), "any number"),
        ),
        Rule::NotExcluded => {
            let excluded = offer.excludes(candidate.id);
            let word = if excluded { "excluded by a person" } else { "not excluded" };
            (word.to_owned(), candidate.id.to_string())
        }
    }
}

fn shown(value: Option<impl ToString>) -> String {
    shown_or(value, "unknown")
}

fn shown_or(value: Option<impl ToString>, otherwise: &str) -> String {
    value.map_or_else(|| otherwise.to_owned(), |value| value.to_string())
}

fn list<T: ToString>(values: impl IntoIterator<Item = T>) -> String {
    let words: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
    if words.is_empty() { "unknown".to_owned() } else { words.join(", ") }
}

#[cfg(test)]
mod tests;
