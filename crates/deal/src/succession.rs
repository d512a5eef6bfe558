//! Which agreement renews or replaces which, where AWS does not say.
//!
//! An agreement that ended RENEWED or REPLACED has a successor. Without `previousAgreementId` they are matched by
//! partner, buyer, product and time; two possible matches are a finding, never a choice.

use std::collections::{BTreeMap, BTreeSet};

use marketplace::ids::{AccountId, AgreementId};

use crate::facts::{AgreementFacts, PartnerFacts};
use crate::moment::Moment;

/// The old one ends and the new one begins within so many hours of each other.
pub const MATCH_HOURS: i64 = 24;

/// Whose match may depend on an agreement: two matches away.
pub const NEIGHBOURHOOD_HOURS: i64 = 72;

/// The side that an agreement has in an unnamed succession. One that renewed another and was renewed itself has both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Old,
    New,
}

/// The times at which an agreement may meet its predecessor and its successor; none where it has none, or AWS named it.
pub fn meetings(facts: &AgreementFacts) -> impl Iterator<Item = Moment> {
    sides(facts).map(|(_, at)| at)
}

/// The value under which agreements that may succeed each other are found: partner and buyer.
pub fn meeting_place(facts: &AgreementFacts) -> Option<String> {
    Some(place(facts.proposer.get()?, facts.acceptor.get()?.as_str()))
}

/// The value under which agreements of a partner with one buyer, or with any ([`crate::state::ANY_BUYER`]), are found.
pub fn place(partner: &AccountId, buyer: &str) -> String {
    format!("{partner}|{buyer}")
}

fn sides(facts: &AgreementFacts) -> impl Iterator<Item = (Side, Moment)> {
    let is_one_of = |word: Option<&String>, words: [&str; 2]| {
        word.is_some_and(|word| words.contains(&word.as_str()))
    };
    let ended = is_one_of(facts.ended.get(), ["renewed", "replaced"]);
    let old = facts.ended_at().filter(|_| ended && facts.successor.is_empty());
    let began = is_one_of(facts.intent.get(), ["RENEW", "REPLACE"]);
    let accepted = facts.acceptance.get().copied().or(facts.created.get());
    let new = accepted.filter(|_| began && facts.previous.is_empty());
    let new = new.map(|at| (Side::New, at));
    new.into_iter().chain(old.map(|at| (Side::Old, at)))
}

/// What succession says of each agreement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Succession {
    /// Old to new, where each is the only match of the other.
    pub successors: BTreeMap<AgreementId, AgreementId>,
    /// Agreements with more than one match, and the matches.
    pub ambiguous: BTreeMap<AgreementId, BTreeSet<AgreementId>>,
    /// Agreements with too many around them to compare.
    pub crowded: BTreeSet<AgreementId>,
}

impl Succession {
    /// The agreement that this one succeeds.
    pub fn predecessor(&self, id: &AgreementId) -> Option<&AgreementId> {
        if self.crowded.contains(id) {
            return None;
        }
        self.successors.iter().find(|(_, new)| *new == id).map(|(old, _)| old)
    }

    /// The agreement that succeeds this one.
    pub fn successor(&self, id: &AgreementId) -> Option<&AgreementId> {
        self.successors.get(id).filter(|_| !self.crowded.contains(id))
    }
}

/// Matches agreements of one partner and buyer. The partner knows which names mean one product.
pub fn match_all<'a>(
    partner: &PartnerFacts,
    agreements: impl IntoIterator<Item = (&'a AgreementId, &'a AgreementFacts)>,
) -> Succession {
    let sided: Vec<_> = agreements
        .into_iter()
        .flat_map(|(id, facts)| sides(facts).map(move |(side, at)| (id, facts, side, at)))
        .collect();
    let of = |wanted| sided.iter().filter(move |(_, _, side, _)| *side == wanted);
    let mut matches: BTreeMap<(&AgreementId, Side), BTreeSet<&AgreementId>> = BTreeMap::new();
    for (old, old_facts, _, ended) in of(Side::Old) {
        for (new, new_facts, _, began) in of(Side::New) {
            if old != new
                && within(*ended, *began, MATCH_HOURS)
                && one_product(partner, old_facts, new_facts)
            {
                matches.entry((old, Side::Old)).or_default().insert(new);
                matches.entry((new, Side::New)).or_default().insert(old);
            }
        }
    }
    let mut succession = Succession::default();
    for ((id, side), partners) in &matches {
        let back = |other| match side {
            Side::Old => matches.get(&(other, Side::New)),
            Side::New => matches.get(&(other, Side::Old)),
        };
        let only = partners.first().filter(|_| partners.len() == 1).copied();
        let mutual = only.filter(|other| back(*other).is_some_and(|back| back.len() == 1));
        match (mutual, side) {
            (Some(new), Side::Old) => {
                succession.successors.insert((*id).clone(), new.clone());
            }
            (Some(_), Side::New) => {}
            (None, _) => {
                let ambiguous = succession.ambiguous.entry((*id).clone()).or_default();
                ambiguous.extend(partners.iter().map(|other| (*other).clone()));
            }
        }
    }
    succession
}

/// Whether two times are at most so many hours apart.
pub fn within(one: Moment, other: Moment, hours: i64) -> bool {
    one <= other.plus_hours(hours) && other <= one.plus_hours(hours)
}

fn one_product(partner: &PartnerFacts, one: &AgreementFacts, other: &AgreementFacts) -> bool {
    let names = partner.same_product(one.products.iter());
    other.products.iter().any(|name| names.contains(name))
}

#[cfg(test)]
mod tests;
