//! Which opportunity an offer must be linked to, by the rules of the design's section 6.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;

use crate::draw::later;
use crate::known::{self, Known, is_described, seen, terms};
use crate::market::{Offer, Opportunity, Sale, Stage};

/// Date rules allow so much skew, in seconds.
pub(super) const SKEW: i64 = 15 * 60;

/// How an offer's opportunity is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Basis {
    Confirmed,
    Manual,
    Inferred,
    Ambiguous,
    Unmatched,
}

impl Basis {
    /// The word of the design.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Manual => "manual",
            Self::Inferred => "inferred",
            Self::Ambiguous => "ambiguous",
            Self::Unmatched => "unmatched",
        }
    }
}

/// The link that an offer must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) basis: Basis,
    pub(crate) opportunity: Option<String>,
    /// All that fit an offer that nothing confirms.
    pub(crate) candidates: BTreeSet<String>,
    pub(crate) contested: bool,
    /// Pairs of them of which the first is more specific in every way, so that it ranks before.
    pub(crate) before: BTreeSet<(String, String)>,
}

/// The links of partners' offers that are known.
pub(crate) fn links<'a>(known: &Known<'a>) -> BTreeMap<&'a str, Link> {
    let partners = known.market.offers.values().filter(|offer| offer.sale == Sale::Partner);
    let partners: Vec<&Offer> = partners.filter(|offer| known.is_known(offer)).collect();
    let open = partners.iter().filter(|offer| known.used(offer).is_none());
    let fitting: BTreeMap<&str, BTreeSet<String>> =
        open.map(|offer| (offer.id.as_str(), eligible(known, offer, Heeding::ALL))).collect();
    let link = |offer: &&'a Offer| {
        let link = match fitting.get(offer.id.as_str()) {
            Some(candidates) => unconfirmed(known, candidates, &fitting),
            None => Link {
                basis: match known.confirmed(offer) {
                    Some(_) => Basis::Confirmed,
                    None => Basis::Manual,
                },
                opportunity: known.used(offer).map(str::to_owned),
                candidates: BTreeSet::new(),
                contested: false,
                before: BTreeSet::new(),
            },
        };
        (offer.id.as_str(), link)
    };
    partners.iter().map(link).collect()
}

fn unconfirmed(
    known: &Known<'_>,
    candidates: &BTreeSet<String>,
    fitting: &BTreeMap<&str, BTreeSet<String>>,
) -> Link {
    let only = candidates.first().filter(|_| candidates.len() == 1);
    let single = only.and_then(|id| known.market.opportunities.get(id)).and_then(quantity);
    let rivals = fitting.values().filter(|other| *other == candidates).count();
    let contested = single == Some(1) && rivals > 1;
    let basis = match only {
        Some(_) if contested => Basis::Ambiguous,
        Some(_) => Basis::Inferred,
        None if candidates.is_empty() => Basis::Unmatched,
        None => Basis::Ambiguous,
    };
    let opportunity = only.filter(|_| !contested).cloned();
    let before = ranked(known, candidates);
    Link { basis, opportunity, candidates: candidates.clone(), contested, before }
}

/// The design ranks by specificity and does not say how its parts weigh: only where no part speaks against it, one of two
/// must rank before the other.
fn ranked(known: &Known<'_>, candidates: &BTreeSet<String>) -> BTreeSet<(String, String)> {
    let all: Vec<&Opportunity> =
        candidates.iter().filter_map(|id| known.market.opportunities.get(id)).collect();
    let pairs = all.iter().flat_map(|one| all.iter().map(move |other| (*one, *other)));
    let pairs = pairs.filter(|(one, other)| is_more_specific(one, other));
    pairs.map(|(one, other)| (one.id.clone(), other.id.clone())).collect()
}

/// Named buyers are more specific than any, and a quantity than none, if the window speaks not against it. A window alone
/// decides nothing: AWS's counters may, too.
fn is_more_specific(one: &Opportunity, other: &Opportunity) -> bool {
    let parts = |of: &Opportunity| {
        let end = over_at(of).unwrap_or(Timestamp::MAX);
        (buyers(of).is_empty(), quantity(of).is_none(), end, std::cmp::Reverse(of.created))
    };
    let (a, b) = (parts(one), parts(other));
    (a.0, a.1) != (b.0, b.1) && a.0 <= b.0 && a.1 <= b.1 && a.2 <= b.2 && a.3 <= b.3
}

/// What is heeded beside the evidence.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heeding {
    /// What other offers use up.
    pub(super) uses: bool,
    /// Pairs that a person excluded.
    pub(super) people: bool,
}

impl Heeding {
    /// By every rule.
    const ALL: Self = Self { uses: true, people: true };
}

/// The opportunities that fit an offer.
pub(super) fn eligible(known: &Known<'_>, offer: &Offer, heeding: Heeding) -> BTreeSet<String> {
    let all = known.market.opportunities.values();
    let left = |opportunity: &Opportunity| {
        let mut users = known.users(&opportunity.id);
        users.remove(offer.id.as_str());
        quantity(opportunity).is_none_or(|quantity| users.len() < quantity)
    };
    let fits = |one: &&Opportunity| {
        let evidence = offer.told && is_described(one) && fits(known, offer, one);
        let excluded = heeding.people && known.excludes(offer, &one.id);
        evidence && !excluded && (!heeding.uses || left(one))
    };
    all.filter(fits).map(|one| one.id.clone()).collect()
}

fn fits(known: &Known<'_>, offer: &Offer, opportunity: &Opportunity) -> bool {
    opportunity.reseller == offer.seller
        && is_same_product(known, offer, opportunity)
        && opportunity.created <= later(offer.released, SKEW)
        && !seen(opportunity, Stage::Draft).any(|draft| draft >= later(offer.released, SKEW))
        && !is_restricted(opportunity, offer.released)
        && !is_over(opportunity, offer.released)
        && buyers_fit(&offer.buyers, opportunity)
}

fn is_same_product(known: &Known<'_>, offer: &Offer, opportunity: &Opportunity) -> bool {
    let names: Vec<&str> = known.names_of_offer(&offer.id).into_iter().collect();
    let class = known.same_product(&offer.seller.account, &names);
    known::names(opportunity).into_iter().any(|name| class.contains(name))
}

/// How many offers it allows, as last described.
pub(super) fn quantity(opportunity: &Opportunity) -> Option<usize> {
    terms(opportunity)?.quantity
}

fn buyers(opportunity: &Opportunity) -> &[String] {
    terms(opportunity).map_or(&[], |terms| &terms.buyers)
}

/// It was seen Restricted before an offer of this time.
pub(super) fn is_restricted(opportunity: &Opportunity, released: Timestamp) -> bool {
    seen(opportunity, Stage::Restricted).any(|at| at <= later(released, -SKEW))
}

/// Its last day was over before an offer of this time.
pub(super) fn is_over(opportunity: &Opportunity, released: Timestamp) -> bool {
    over_at(opportunity).is_some_and(|over| released >= later(over, SKEW))
}

/// The end of its last day, UTC: 23:59:59 is within it.
pub(super) fn over_at(opportunity: &Opportunity) -> Option<Timestamp> {
    let next = terms(opportunity)?.last_day?.tomorrow().ok()?;
    TimeZone::UTC.to_timestamp(next.to_datetime(Time::midnight())).ok()
}

/// The targeted buyers are known and all of them allowed, or any buyer is.
fn buyers_fit(targeted: &[String], opportunity: &Opportunity) -> bool {
    buyers(opportunity).is_empty() || (!targeted.is_empty() && !is_outside(targeted, opportunity))
}

/// One of these buyers is none of those that the opportunity names.
pub(super) fn is_outside<T: AsRef<str>>(targeted: &[T], opportunity: &Opportunity) -> bool {
    let named = buyers(opportunity);
    let allowed = |buyer: &T| named.iter().any(|one| one == buyer.as_ref());
    !named.is_empty() && !targeted.iter().all(allowed)
}
