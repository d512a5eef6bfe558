//! What we can know: the part of the truth that AWS told us, in whichever order it arrives.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::market::{Agreement, Market, Offer, Opportunity, Said, Sale, Stage, Step, Terms, What};
use crate::world::Deed;

/// What AWS told us of a market.
#[derive(Debug)]
pub(crate) struct Known<'a> {
    pub(crate) market: &'a Market,
    /// The agreements that any notice names.
    pub(crate) agreements: BTreeMap<&'a str, Told<'a>>,
    /// Notices about agreements that name none, and nothing tells which.
    pub(crate) parked: usize,
    /// Agreements by the offer that their notices name.
    by_offer: BTreeMap<&'a str, Vec<&'a str>>,
    /// Names of one product, as the notices of one seller give them together.
    groups: BTreeMap<&'a str, Vec<BTreeSet<&'a str>>>,
}

/// What AWS told us of an agreement.
#[derive(Debug)]
pub(crate) struct Told<'a> {
    pub(crate) agreement: &'a Agreement,
    /// The notices that are known to be about it, in the order of time.
    pub(crate) heard: Vec<&'a Said>,
}

/// A license as far as we know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct License {
    pub(crate) first: Timestamp,
    pub(crate) deprovisioned: Option<Timestamp>,
}

impl<'a> Known<'a> {
    pub(crate) fn new(market: &'a Market) -> Self {
        let mut known = Self {
            market,
            agreements: BTreeMap::new(),
            parked: 0,
            by_offer: BTreeMap::new(),
            groups: BTreeMap::new(),
        };
        for agreement in market.agreements.values() {
            let (heard, parked): (Vec<&Said>, Vec<&Said>) =
                agreement.said.iter().partition(|said| is_placed(agreement, said));
            known.parked += parked.iter().map(|said| market.copies(agreement, said)).sum::<usize>();
            if heard.is_empty() {
                continue;
            }
            if heard.iter().any(|said| said.offer) {
                known.by_offer.entry(&agreement.offer).or_default().push(&agreement.id);
            }
            known.agreements.insert(&agreement.id, Told { agreement, heard });
        }
        known.group_names();
        known
    }

    fn group_names(&mut self) {
        fn group(names: &[String]) -> BTreeSet<&str> {
            names.iter().map(String::as_str).collect()
        }
        let mut groups: BTreeMap<&str, Vec<BTreeSet<&str>>> = BTreeMap::new();
        for offer in self.market.offers.values() {
            // Who sells it is told by its release, or by an agreement that names it.
            let sold = self.of_offer(&offer.id).any(|told| self.seller(told).is_some());
            if offer.told || sold {
                let names = self.names_of_offer(&offer.id);
                groups.entry(&offer.seller.account).or_default().push(names);
            }
        }
        for opportunity in self.market.opportunities.values().filter(|of| is_described(of)) {
            let names = opportunity.sights.iter().map(|sight| group(&sight.names));
            groups.entry(&opportunity.reseller.account).or_default().extend(names);
        }
        for told in self.agreements.values() {
            let Some(seller) = self.seller(told) else { continue };
            let names = told.heard.iter().map(|said| group(&said.names));
            groups.entry(seller).or_default().extend(names);
        }
        self.groups = groups;
    }

    /// Every name of the product that has one of these names, as far as the notices of a seller tell.
    pub(crate) fn same_product(&self, seller: &str, names: &[&str]) -> BTreeSet<String> {
        let mut class: BTreeSet<String> = names.iter().map(|name| (*name).to_owned()).collect();
        loop {
            let before = class.len();
            for group in self.groups.get(seller).into_iter().flatten() {
                if group.iter().any(|name| class.contains(*name)) {
                    class.extend(group.iter().map(|name| (*name).to_owned()));
                }
            }
            if class.len() == before {
                return class;
            }
        }
    }

    /// The offer of an agreement, if a notice of the agreement names it.
    pub(crate) fn offer(&self, told: &Told<'a>) -> Option<&'a Offer> {
        told.says(|said| said.offer).then(|| self.market.offers.get(&told.agreement.offer))?
    }

    /// Names of the product of an offer: those of its release, and of every notice that names the offer.
    pub(crate) fn names_of_offer(&self, id: &str) -> BTreeSet<&'a str> {
        let released = self.market.offers.get(id).into_iter().flat_map(Offer::namings).flatten();
        let heard = self.of_offer(id).flat_map(|told| told.heard.iter());
        let sold = heard.filter(|said| said.offer).flat_map(|said| &said.names);
        released.chain(sold).map(String::as_str).collect()
    }

    /// The seller of record, if a notice names it.
    pub(crate) fn seller(&self, told: &Told<'a>) -> Option<&'a str> {
        let offer = self.market.offers.get(&told.agreement.offer)?;
        told.says(|said| said.proposer).then_some(offer.seller.account.as_str())
    }

    /// The opportunity that a notice of the agreement names.
    pub(crate) fn named(&self, told: &Told<'a>) -> Option<&'a str> {
        told.says(|said| said.authorization).then(|| self.market.source(told.agreement))?
    }

    /// The agreements of an offer that we know as its.
    pub(crate) fn of_offer<'b>(&'b self, offer: &str) -> impl Iterator<Item = &'b Told<'a>> {
        let ids = self.by_offer.get(offer).into_iter().flatten();
        ids.filter_map(|id| self.agreements.get(id))
    }

    /// The opportunity that an agreement confirmed for an offer.
    pub(crate) fn confirmed(&self, offer: &Offer) -> Option<&'a str> {
        self.of_offer(&offer.id).find_map(|told| self.named(told))
    }

    /// The last word of people on an offer, by opportunity: whether they are linked, and when somebody said so.
    fn decisions(&self, offer: &str) -> BTreeMap<&'a str, (Timestamp, bool)> {
        let words = self.market.commands.iter().filter_map(|command| match &command.what {
            Deed::Decide { offer: of, opportunity, linked } if of == offer => {
                Some((opportunity.as_str(), (command.at, *linked)))
            }
            _ => None,
        });
        words.collect()
    }

    /// The opportunity that a person linked last, and did not unlink since.
    pub(crate) fn manual(&self, offer: &Offer) -> Option<&'a str> {
        let linked = self.decisions(&offer.id).into_iter().filter(|(_, (_, linked))| *linked);
        linked.max_by_key(|(_, (at, _))| *at).map(|(id, _)| id)
    }

    /// Whether a person excluded an opportunity.
    pub(crate) fn excludes(&self, offer: &Offer, opportunity: &str) -> bool {
        self.decisions(&offer.id).get(opportunity).is_some_and(|(_, linked)| !linked)
    }

    /// The opportunity that an offer uses: confirmed, or else set by a person.
    pub(crate) fn used(&self, offer: &Offer) -> Option<&'a str> {
        self.confirmed(offer).or_else(|| self.manual(offer))
    }

    /// Offers that use an opportunity.
    pub(crate) fn users(&self, opportunity: &str) -> BTreeSet<&'a str> {
        let offers = self.market.offers.values();
        let uses = |offer: &&Offer| self.used(offer) == Some(opportunity);
        offers.filter(uses).map(|offer| offer.id.as_str()).collect()
    }

    /// An offer that some notice names.
    pub(crate) fn is_known(&self, offer: &Offer) -> bool {
        offer.told || offer.set.is_some() || self.of_offer(&offer.id).next().is_some()
    }

    /// Names of the product of an agreement: its own, those of its offer and of the opportunity that it names.
    pub(crate) fn products(&self, told: &Told<'a>) -> BTreeSet<&'a str> {
        let own = told.heard.iter().flat_map(|said| &said.names);
        let offer = self.offer(told);
        let named = self.named(told).and_then(|id| self.market.opportunities.get(id));
        let sights = named.into_iter().flat_map(|opportunity| &opportunity.sights);
        let others = sights.flat_map(|sight| &sight.names);
        let sold = offer.into_iter().flat_map(|offer| self.names_of_offer(&offer.id));
        own.chain(others).map(String::as_str).chain(sold).collect()
    }
}

/// Whether a notice says, or another one tells, which agreement it is about.
fn is_placed(agreement: &Agreement, said: &Said) -> bool {
    let key = key(&said.what);
    let tells = |other: &Said| other.agreement && self::key(&other.what) == key;
    said.agreement || (key.is_some() && agreement.said.iter().any(tells))
}

/// The license or the case that a notice is about.
fn key(what: &What) -> Option<&str> {
    match what {
        What::LicenseUpdated { license } | What::LicenseDeprovisioned { license } => Some(license),
        What::Adjusted { request, .. } | What::Cancellation { request, .. } => Some(request),
        _ => None,
    }
}

/// Whether we ever saw it described.
pub(crate) fn is_described(opportunity: &Opportunity) -> bool {
    !opportunity.sights.is_empty()
}

/// Its terms as last described.
pub(crate) fn terms(opportunity: &Opportunity) -> Option<&Terms> {
    opportunity.sights.iter().max_by_key(|sight| sight.modified).map(|sight| &sight.terms)
}

/// Every name that its descriptions give the product.
pub(crate) fn names(opportunity: &Opportunity) -> BTreeSet<&str> {
    opportunity.sights.iter().flat_map(|sight| &sight.names).map(String::as_str).collect()
}

/// When an opportunity was seen at a stage, the earliest first.
pub(crate) fn seen(opportunity: &Opportunity, stage: Stage) -> impl Iterator<Item = Timestamp> {
    let mut times: Vec<Timestamp> = opportunity
        .sights
        .iter()
        .filter(|sight| sight.stage == stage)
        .map(|sight| sight.modified)
        .collect();
    times.sort_unstable();
    times.into_iter()
}

impl<'a> Told<'a> {
    fn says(&self, what: impl Fn(&Said) -> bool) -> bool {
        self.heard.iter().any(|said| what(said))
    }

    /// When its creation was told: only then there is an entitlement.
    pub(crate) fn created(&self) -> Option<Timestamp> {
        self.heard.iter().find(|said| said.what == What::Created).map(|said| said.at)
    }

    /// AWS's word on its end.
    pub(crate) fn ended(&self) -> Option<(Timestamp, String)> {
        self.heard.iter().find_map(|said| match said.what {
            What::Ended { word } => Some((said.at, word.to_lowercase())),
            _ => None,
        })
    }

    /// The end by its terms, as last told.
    pub(crate) fn ends(&self) -> Option<Timestamp> {
        let mut terms = self.heard.iter().filter_map(|said| match said.what {
            What::Created => self.agreement.ends,
            What::Amended { ends } | What::Ending { ends, .. } => ends,
            _ => None,
        });
        terms.next_back()
    }

    /// The buyer: as its creation says, whatever others say.
    pub(crate) fn buyer(&self) -> Option<&'a str> {
        let created = self.heard.iter().find(|said| said.what == What::Created);
        let mut said = created.into_iter().chain(&self.heard);
        said.find_map(|said| said.acceptor.as_deref())
    }

    /// Every buyer that any notice names.
    pub(crate) fn buyers(&self) -> BTreeSet<&'a str> {
        self.heard.iter().filter_map(|said| said.acceptor.as_deref()).collect()
    }

    /// Its licenses.
    pub(crate) fn licenses(&self) -> BTreeMap<&'a str, License> {
        let mut licenses: BTreeMap<&str, License> = BTreeMap::new();
        for said in &self.heard {
            let (license, deprovisioned) = match &said.what {
                What::LicenseUpdated { license } => (license, None),
                What::LicenseDeprovisioned { license } => (license, Some(said.at)),
                _ => continue,
            };
            let known = License { first: said.at, deprovisioned: None };
            let known = licenses.entry(license).or_insert(known);
            known.deprovisioned = known.deprovisioned.or(deprovisioned);
        }
        licenses
    }

    /// Whether an advisory stands.
    pub(crate) fn advisory(&self) -> bool {
        let advisories = self.heard.iter().filter_map(|said| match said.what {
            What::Advisory { issued, at } => Some((at, issued)),
            _ => None,
        });
        advisories.max().is_some_and(|(_, issued)| issued)
    }

    /// Where each request to cancel stands.
    pub(crate) fn cancellations(&self) -> BTreeMap<&'a str, Step> {
        let mut steps: Vec<(Timestamp, &str, Step)> = Vec::new();
        for said in &self.heard {
            if let What::Cancellation { request, step, at } = &said.what {
                steps.push((*at, request, *step));
            }
        }
        steps.sort_by_key(|(at, ..)| *at);
        steps.into_iter().map(|(_, request, step)| (request, step)).collect()
    }

    /// Adjustments of its bills: whether each was completed.
    pub(crate) fn adjustments(&self) -> BTreeMap<&'a str, bool> {
        let adjusted = self.heard.iter().filter_map(|said| match &said.what {
            What::Adjusted { request, completed, .. } => Some((request.as_str(), *completed)),
            _ => None,
        });
        adjusted.collect()
    }

    /// Whether a sale is known to be one: somebody told its creation.
    pub(crate) fn sale(&self, market: &Market) -> Option<Sale> {
        self.created()?;
        market.offers.get(&self.agreement.offer).map(|offer| offer.sale)
    }
}
