//! How facts join: every type here is a join semilattice.
//!
//! Joining is total, commutative, associative and idempotent, so a stream's facts do not depend on the
//! order or the number of deliveries. Nothing here grows without bound: a set that could keeps, past its bound, nothing but that
//! there were too many, which is the greatest element of its semilattice. To keep some of them would not do: others were told of
//! elements before they were cut, and who was told would depend on the order. So whoever reads a set of too many knows nothing of it.

use std::collections::{BTreeMap, BTreeSet};

use marketplace::digest::{Digest, base64url};
use serde::{Deserialize, Serialize};

use crate::moment::Moment;

/// Facts that can be joined.
pub trait Join {
    /// Takes in what `other` knows.
    fn join(&mut self, other: &Self);
}

/// Who says so, the most trusted first. Of two values for a fact that cannot change, the one with the lesser
/// authority in this order is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Authority {
    /// The Catalog API's description.
    Described,
    /// `Offer Released` and `OfferSet Released`.
    Released,
    /// `Purchase Agreement Created`.
    Created,
    /// `Purchase Agreement Amended`.
    Amended,
    /// `Purchase Agreement Ended`.
    Ended,
    /// `License Updated` and `License Deprovisioned`.
    License,
    /// Any other notification.
    Other,
}

/// Where a value comes from: it orders values that contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Witness {
    /// Who says so.
    #[serde(rename = "a")]
    pub authority: Authority,
    /// The time of the notification.
    #[serde(rename = "t")]
    pub at: Moment,
    /// The notification's digest, whole: whoever can make two of one beginning must not decide between them.
    #[serde(rename = "d", with = "base64url")]
    pub digest: Digest,
}

impl Witness {
    /// What a notification with this digest and time testifies.
    pub fn new(authority: Authority, at: Moment, digest: &Digest) -> Self {
        Self { authority, at, digest: *digest }
    }
}

/// How many contradicting values a [`Fixed`] keeps. Past it, it is not known.
pub const MAX_CONTRADICTIONS: usize = 8;

/// A fact that cannot change: all values ever said of it, the least witness first, or `None`: too many. More than one is a
/// finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fixed<T>(Option<Vec<Said<T>>>);

/// One value of a [`Fixed`] with its least witness.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said<T> {
    /// The value.
    #[serde(rename = "v")]
    pub value: T,
    /// Who said it.
    #[serde(rename = "w")]
    pub witness: Witness,
}

impl<T> Default for Fixed<T> {
    fn default() -> Self {
        Self(Some(Vec::new()))
    }
}

impl<T> Fixed<T> {
    /// What is known once there are too many values, or too many of those who told them.
    pub const fn too_many() -> Self {
        Self(None)
    }

    /// Whether there are too many to know any.
    pub const fn is_too_many(&self) -> bool {
        self.0.is_none()
    }

    fn known(&self) -> &[Said<T>] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl<T: Ord + Clone> Fixed<T> {
    /// Nothing, or what one notification says.
    pub fn said(value: Option<T>, witness: &Witness) -> Self {
        let said = value.map(|value| Said { value, witness: witness.clone() });
        Self(Some(said.into_iter().collect()))
    }

    /// The value shown: the one with the least witness.
    pub fn get(&self) -> Option<&T> {
        self.known().first().map(|said| &said.value)
    }

    /// The shown value's witness.
    pub fn witness(&self) -> Option<&Witness> {
        self.known().first().map(|said| &said.witness)
    }

    /// Every value, the shown one first.
    pub fn all(&self) -> impl Iterator<Item = &Said<T>> {
        self.known().iter()
    }

    /// Whether notifications contradict each other.
    pub fn is_contradicted(&self) -> bool {
        self.is_too_many() || self.known().len() > 1
    }

    /// Nothing was said yet.
    pub fn is_empty(&self) -> bool {
        !self.is_too_many() && self.known().is_empty()
    }
}

impl<T: Ord + Clone> Join for Fixed<T> {
    fn join(&mut self, other: &Self) {
        let (Some(known), Some(new)) = (&mut self.0, &other.0) else {
            self.0 = None;
            return;
        };
        for said in new {
            match known.iter_mut().find(|known| known.value == said.value) {
                Some(known) if known.witness <= said.witness => {}
                Some(known) => known.witness = said.witness.clone(),
                None => known.push(said.clone()),
            }
        }
        known.sort_by(|a, b| (&a.witness, &a.value).cmp(&(&b.witness, &b.value)));
        if known.len() > MAX_CONTRADICTIONS {
            self.0 = None;
        }
    }
}

/// A fact that can change: the value with the greatest (time, digest) holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Register<T>(Option<Latest<T>>);

/// The value of a [`Register`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latest<T> {
    /// The value.
    #[serde(rename = "v")]
    pub value: T,
    /// The time of the notification.
    #[serde(rename = "t")]
    pub at: Moment,
    /// The notification's digest.
    #[serde(rename = "d", with = "base64url")]
    pub digest: Digest,
}

impl<T> Default for Register<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Register<T> {
    /// Nothing, or what one notification says. One whose time is not known does not say whether it is newer.
    pub fn said(value: Option<T>, witness: &Witness) -> Self {
        let value = value.filter(|_| witness.at != Moment::UNKNOWN);
        Self(value.map(|value| Latest { value, at: witness.at, digest: witness.digest }))
    }

    /// The value that holds.
    pub fn get(&self) -> Option<&T> {
        self.0.as_ref().map(|latest| &latest.value)
    }

    /// When the value that holds was said.
    pub fn at(&self) -> Option<Moment> {
        self.0.as_ref().map(|latest| latest.at)
    }

    /// The order in which registers supersede each other: time, then digest.
    pub fn order(&self) -> Option<(Moment, Digest)> {
        self.0.as_ref().map(|latest| (latest.at, latest.digest))
    }

    /// Nothing was said yet.
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

impl<T: Clone> Join for Register<T> {
    fn join(&mut self, other: &Self) {
        #[cfg(feature = "planted")]
        if crate::planted::stands(crate::planted::Planted::ArrivalWins) && !other.is_empty() {
            self.0.clone_from(&other.0);
        }
        if self.order() < other.order() {
            self.0.clone_from(&other.0);
        }
    }
}

/// The earliest time at which something was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct First(Option<Moment>);

impl First {
    /// Seen at this time.
    pub const fn at(time: Moment) -> Self {
        Self(Some(time))
    }

    /// The earliest time, if it was seen.
    pub const fn get(self) -> Option<Moment> {
        self.0
    }

    /// It was never seen.
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

impl Join for First {
    fn join(&mut self, other: &Self) {
        self.0 = match (self.0, other.0) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }
}

/// The latest time at which something was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Last(Option<Moment>);

impl Last {
    /// Seen at this time. A time that is not known is not the latest.
    pub fn at(time: Moment) -> Self {
        Self(Some(time).filter(|time| *time != Moment::UNKNOWN))
    }

    /// The latest time, if it was seen.
    pub const fn get(self) -> Option<Moment> {
        self.0
    }

    /// It was never seen.
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

impl Join for Last {
    fn join(&mut self, other: &Self) {
        self.0 = self.0.max(other.0);
    }
}

/// How many elements a [`Few`] keeps, where its type does not say otherwise. Past it, they are not known.
pub const MAX_FEW: usize = 64;

/// A set that is small in practice, or `None`: more than `MOST`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Few<T: Ord, const MOST: usize = MAX_FEW>(Option<BTreeSet<T>>);

impl<T: Ord, const MOST: usize> Default for Few<T, MOST> {
    fn default() -> Self {
        Self(Some(BTreeSet::new()))
    }
}

impl<T: Ord, const MOST: usize> Few<T, MOST> {
    /// What is known once there are too many elements, or too many of those who told them.
    pub const fn too_many() -> Self {
        Self(None)
    }

    /// Whether there are too many to know any.
    pub const fn is_too_many(&self) -> bool {
        self.0.is_none()
    }

    /// The elements in order; none if there are too many.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().flatten()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.as_ref().is_some_and(BTreeSet::is_empty)
    }

    /// Whether it is known to hold this element.
    pub fn contains(&self, element: &T) -> bool {
        self.0.as_ref().is_some_and(|known| known.contains(element))
    }

    fn bounded(self) -> Self {
        Self(self.0.filter(|known| known.len() <= MOST))
    }
}

impl<T: Ord, const MOST: usize> FromIterator<T> for Few<T, MOST> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        Self(Some(elements.into_iter().collect())).bounded()
    }
}

impl<T: Ord + Clone, const MOST: usize> Join for Few<T, MOST> {
    fn join(&mut self, other: &Self) {
        let (Some(known), Some(new)) = (&mut self.0, &other.0) else {
            self.0 = None;
            return;
        };
        for element in new {
            if !known.contains(element) {
                known.insert(element.clone());
            }
        }
        *self = std::mem::take(self).bounded();
    }
}

impl<K: Ord + Clone, V: Join + Clone> Join for BTreeMap<K, V> {
    fn join(&mut self, other: &Self) {
        for (key, value) in other {
            match self.get_mut(key) {
                Some(known) => known.join(value),
                None => {
                    self.insert(key.clone(), value.clone());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
