//! Which agreement renews or replaces which, where AWS does not say.
//!
//! An agreement that ended RENEWED or REPLACED has a successor. Without `previousAgreementId` they are matched by
//! partner, buyer, product and time; two possible matches are a finding, never a choice.

use std::collections::{BTreeMap, BTreeSet};

use marketplace::ids::AgreementId;

use crate::facts::AgreementFacts;
use crate::moment::Moment;

/// The old one ends and the new one begins within so many hours of each other.
pub const MATCH_HOURS: i64 = 24;

/// Whose match may depend on an agreement: two matches away.
pub const NEIGHBOURHOOD_HOURS: i64 = 72;

/// The side that an agreement has in an unnamed succession.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Old,
    New,
}

/// The time at which an agreement may meet its successor or its predecessor; `None` if it has neither, or AWS named it.
pub fn meeting(facts: &AgreementFacts) -> Option<Moment> {
    side(facts).map(|(_, at)| at)
}

/// The value under which agreements that may succeed each other are found: partner and buyer.
pub fn meeting_place(facts: &AgreementFacts) -> Option<String> {
    Some(format!("{}|{}", facts.proposer.get()?, facts.acceptor.get()?))
}

fn side(facts: &AgreementFacts) -> Option<(Side, Moment)> {
    let ended = facts.ended.get().map(String::as_str);
    if matches!(ended, Some("renewed" | "replaced")) && facts.successor.is_empty() {
        return facts.ended_at().map(|at| (Side::Old, at));
    }
    let intent = facts.intent.get().map(String::as_str);
    if matches!(intent, Some("RENEW" | "REPLACE")) && facts.previous.is_empty() {
        return facts.acceptance.get().copied().or(facts.created.get()).map(|at| (Side::New, at));
    }
    None
}

/// What succession says of each agreement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Succession {
    /// Old to new, where each is the only match of the other.
    pub successors: BTreeMap<AgreementId, AgreementId>,
    /// Agreements with more than one match, and the matches.
    pub ambiguous: BTreeMap<AgreementId, BTreeSet<AgreementId>>,
}

impl Succession {
    /// The agreement that this one succeeds.
    pub fn predecessor(&self, id: &AgreementId) -> Option<&AgreementId> {
        self.successors.iter().find(|(_, new)| *new == id).map(|(old, _)| old)
    }
}

/// Matches agreements of one partner and buyer.
pub fn match_all<'a>(
    agreements: impl IntoIterator<Item = (&'a AgreementId, &'a AgreementFacts)>,
) -> Succession {
    let sided: Vec<_> = agreements
        .into_iter()
        .filter_map(|(id, facts)| side(facts).map(|(side, at)| (id, facts, side, at)))
        .collect();
    let mut matches: BTreeMap<&AgreementId, BTreeSet<&AgreementId>> = BTreeMap::new();
    for (old, old_facts, _, ended) in sided.iter().filter(|(_, _, side, _)| *side == Side::Old) {
        for (new, new_facts, _, began) in sided.iter().filter(|(_, _, side, _)| *side == Side::New)
        {
            if old != new
                && within(*ended, *began, MATCH_HOURS)
                && one_product(old_facts, new_facts)
            {
                matches.entry(old).or_default().insert(new);
                matches.entry(new).or_default().insert(old);
            }
        }
    }
    let mut succession = Succession::default();
    for (id, _, side, _) in &sided {
        let Some(partners) = matches.get(id) else { continue };
        let only = partners.first().filter(|_| partners.len() == 1);
        let mutual = only.filter(|other| matches.get(*other).is_some_and(|back| back.len() == 1));
        match (mutual, side) {
            (Some(new), Side::Old) => {
                succession.successors.insert((*id).clone(), (*new).clone());
            }
            (Some(_), Side::New) => {}
            (None, _) => {
                let partners = partners.iter().map(|other| (*other).clone()).collect();
                succession.ambiguous.insert((*id).clone(), partners);
            }
        }
    }
    succession
}

/// Whether two times are at most so many hours apart.
pub fn within(one: Moment, other: Moment, hours: i64) -> bool {
    one <= other.plus_hours(hours) && other <= one.plus_hours(hours)
}

fn one_product(one: &AgreementFacts, other: &AgreementFacts) -> bool {
    one.products.iter().any(|name| other.products.contains(name))
}

#[cfg(test)]
mod tests;
