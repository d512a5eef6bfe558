//! Which agreement renews or replaces which: as named, or as the only match of partner, buyer, product and time.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::draw::{DAY, later};
use crate::known::{Known, Told};

/// Old to new, and the matches that are nobody's to choose from.
#[derive(Debug, Default)]
pub(super) struct Successions {
    pairs: BTreeSet<(String, String)>,
    /// Agreements with several matches.
    pub(super) ambiguous: BTreeSet<String>,
    /// Agreements whose only match has several.
    pub(super) involved: BTreeSet<String>,
}

impl Successions {
    pub(super) fn predecessor(&self, id: &str) -> Option<String> {
        self.pairs.iter().find(|(_, new)| new == id).map(|(old, _)| old.clone())
    }

    pub(super) fn successor(&self, id: &str) -> Option<String> {
        self.pairs.iter().find(|(old, _)| old == id).map(|(_, new)| new.clone())
    }
}

pub(super) fn successions(known: &Known<'_>) -> Successions {
    let mut found = Successions::default();
    for told in known.agreements.values() {
        if let Some(old) = named_previous(told) {
            found.pairs.insert((old.to_owned(), told.agreement.id.clone()));
        }
    }
    let named: BTreeSet<String> = found.pairs.iter().map(|(old, _)| old.clone()).collect();
    let mut of_old: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut of_new: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for old in known.agreements.values().filter(|old| !named.contains(&old.agreement.id)) {
        let Some(ended) = followed(old) else { continue };
        for new in known.agreements.values() {
            let (from, to) = (old.agreement.id.as_str(), new.agreement.id.as_str());
            if from != to && follows(new) && is_near(ended, new) && is_match(known, old, new) {
                of_old.entry(from).or_default().insert(to);
                of_new.entry(to).or_default().insert(from);
            }
        }
    }
    for (one_way, other_way, forward) in [(&of_old, &of_new, true), (&of_new, &of_old, false)] {
        for (id, matches) in one_way {
            let only = matches.first().filter(|_| matches.len() == 1);
            let mutual = only.filter(|other| other_way.get(*other).is_some_and(|m| m.len() == 1));
            match (mutual, only) {
                (Some(other), _) if forward => {
                    found.pairs.insert(((*id).to_owned(), (*other).to_owned()));
                }
                (Some(_), _) => {}
                (None, Some(_)) => {
                    found.involved.insert((*id).to_owned());
                }
                (None, None) => {
                    found.ambiguous.insert((*id).to_owned());
                }
            }
        }
    }
    found
}

fn named_previous<'a>(told: &Told<'a>) -> Option<&'a str> {
    told.created()?;
    told.agreement.previous.as_deref()
}

/// When an agreement ended that another follows.
fn followed(old: &Told<'_>) -> Option<Timestamp> {
    let (at, word) = old.ended()?;
    matches!(word.as_str(), "renewed" | "replaced").then_some(at)
}

/// An agreement that follows another, which its creation does not name.
fn follows(new: &Told<'_>) -> bool {
    let unnamed = new.created().is_some() && new.agreement.previous.is_none();
    unnamed && matches!(new.agreement.intent, "RENEW" | "REPLACE")
}

/// The one ended within a day of the other's acceptance.
fn is_near(ended: Timestamp, new: &Told<'_>) -> bool {
    let accepted = new.agreement.accepted;
    ended <= later(accepted, DAY) && accepted <= later(ended, DAY)
}

fn is_match(known: &Known<'_>, old: &Told<'_>, new: &Told<'_>) -> bool {
    let (Some(seller), Some(buyer)) = (known.seller(old), old.buyer()) else { return false };
    let names: Vec<&str> = known.products(old).into_iter().collect();
    let class = known.same_product(seller, &names);
    known.seller(new) == Some(seller)
        && new.buyer() == Some(buyer)
        && known.products(new).into_iter().any(|name| class.contains(name))
}
