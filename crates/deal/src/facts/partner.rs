//! What is known of a partner.

use std::collections::{BTreeMap, BTreeSet};

use marketplace::ids::ProductName;
use serde::{Deserialize, Serialize};

use super::{Acknowledgements, Unpublishable};
use crate::lattice::{Few, Join, Register};
use crate::wholesale::WholesaleTerms;

/// The facts of an account that sells: its names, and which names of products mean the same product.
///
/// The stream is also the lock of correlation: whatever can change a link of this partner writes its row.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PartnerFacts {
    /// It was seen to resell our product: a partner, not one of our own accounts.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reseller: bool,
    /// Its legal name.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub name: Register<String>,
    /// Pairs of names of one product, each pair in order.
    #[serde(skip_serializing_if = "Few::is_empty")]
    pub aliases: Few<(ProductName, ProductName), MAX_ALIASES>,
    /// What we call it.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub called: Register<Called>,
    /// What people decided about the products that it may sell.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub authorized: BTreeMap<ProductName, Register<Authorization>>,
    /// Findings that people acknowledged.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub acknowledged: Acknowledgements,
    /// The last of its public events that can never be published.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub unpublishable: Register<Unpublishable>,
}

/// What we call a partner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Called {
    /// Our name for it.
    pub name: String,
    /// Who said so.
    pub who: String,
    /// Why.
    pub why: String,
}

/// A person's word on one product of a partner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorization {
    /// `true`: it may sell the product; `false`: no longer.
    pub sells: bool,
    /// What it pays us; absent: each opportunity states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<WholesaleTerms>,
    /// Who.
    pub who: String,
    /// Why.
    pub why: String,
}

/// So many pairs of names are kept for the products of one partner. Past it, nobody knows which names mean one product.
pub const MAX_ALIASES: usize = 512;

impl Join for PartnerFacts {
    fn join(&mut self, other: &Self) {
        self.reseller |= other.reseller;
        self.name.join(&other.name);
        self.aliases.join(&other.aliases);
        self.called.join(&other.called);
        self.authorized.join(&other.authorized);
        self.acknowledged.join(&other.acknowledged);
        self.unpublishable.join(&other.unpublishable);
    }
}

impl PartnerFacts {
    /// The names of each product of which its notifications gave several.
    pub fn products(&self) -> BTreeSet<Vec<ProductName>> {
        let names = |one| self.same_product([one]).into_iter().cloned().collect();
        self.aliases.iter().map(|(one, _)| names(one)).collect()
    }

    /// What it may sell now, of a product that has one of these names: the last word, if names of one product disagree.
    pub fn authorization<'a>(
        &'a self,
        names: impl IntoIterator<Item = &'a ProductName>,
    ) -> Option<&'a Register<Authorization>> {
        let class: BTreeSet<&ProductName> = if self.aliases.is_too_many() {
            names.into_iter().collect()
        } else {
            self.same_product(names)
        };
        let words = self.authorized.iter().filter(|(name, _)| class.contains(name));
        words.max_by_key(|(name, word)| (word.order(), *name)).map(|(_, word)| word)
    }

    /// Every name of the product that has these names, as far as this partner's notifications tell; none if too many tell.
    pub fn same_product<'a>(
        &'a self,
        names: impl IntoIterator<Item = &'a ProductName>,
    ) -> BTreeSet<&'a ProductName> {
        if self.aliases.is_too_many() {
            return BTreeSet::new();
        }
        let mut class: BTreeSet<&ProductName> = names.into_iter().collect();
        loop {
            let before = class.len();
            for (one, other) in self.aliases.iter() {
                if class.contains(one) {
                    class.insert(other);
                } else if class.contains(other) {
                    class.insert(one);
                }
            }
            if class.len() == before {
                return class;
            }
        }
    }
}

/// The pairs that say that all these (sorted) names mean one product.
pub fn aliases(names: &[ProductName]) -> Few<(ProductName, ProductName)> {
    let pairs = names.iter().zip(names.iter().skip(1));
    pairs.map(|(one, other)| (one.clone(), other.clone())).collect()
}
