//! What shows add to the items of the lists: sums, what belongs together, comparisons.

use std::collections::{BTreeMap, BTreeSet};

use deal::correlate::{Candidate, Subject};
use deal::facts::{AgreementFacts, OpportunityFacts, PartnerFacts};
use deal::item::{Explanation, Offer, OfferStatus, Partner, Tally};
use deal::key::KeyKind;
use deal::state::State;
use deal::stream::{StreamId, StreamKind};
use ledger::store::KeyRow;
use marketplace::ids::{AccountId, OpportunityId, ProductName};
use serde_json::{Value, json};

use crate::listed::Lists;

/// As many candidates as an explanation can have: none is left out.
const ALL: usize = usize::MAX;

/// A ledger's streams by the index of its store.
pub(crate) struct Shows<'a> {
    states: BTreeMap<&'a StreamId, &'a State>,
    /// By the word of the key's kind and its value.
    keys: BTreeMap<(&'a str, &'a str), BTreeSet<&'a StreamId>>,
    lists: &'a Lists,
}

impl<'a> Shows<'a> {
    /// Of the streams, the index and the lists of one moment.
    pub(crate) fn new(
        states: &'a [(StreamId, State)],
        rows: &'a [KeyRow],
        lists: &'a Lists,
    ) -> Self {
        let mut keys: BTreeMap<(&str, &str), BTreeSet<&StreamId>> = BTreeMap::new();
        for row in rows {
            keys.entry((&row.kind, &row.value)).or_default().insert(&row.stream);
        }
        Self { states: states.iter().map(|(id, state)| (id, state)).collect(), keys, lists }
    }

    /// What `partner list` and `partner show`, `deal show` (by the ids of opportunities, offers and agreements) and `offer
    /// explain` say, by the command and the id. An item of a list is told by its id: the lists are compared in full.
    pub(crate) fn conclusions(&self) -> BTreeMap<String, Value> {
        let mut all = BTreeMap::new();
        for (stream, state) in &self.states {
            match stream.kind() {
                StreamKind::Partner => {
                    let partner = self.partner(stream, state);
                    all.extend(partner.map(|shown| (format!("show/{stream}"), shown)));
                }
                StreamKind::Opportunity | StreamKind::Offer | StreamKind::Agreement => {
                    all.insert(format!("show/deal/{}", stream.id()), self.deal(stream));
                }
                _ => {}
            }
        }
        for offer in &self.lists.offers {
            all.insert(format!("explain/{}", offer.id), json!(self.explanation(offer)));
        }
        all
    }

    /// The streams with a key.
    fn with_key(&self, kind: KeyKind, value: &str) -> BTreeSet<&'a StreamId> {
        self.keys.get(&(kind.word(), value)).cloned().unwrap_or_default()
    }

    /// A partner with what its streams add up to.
    fn partner(&self, stream: &StreamId, state: &State) -> Option<Value> {
        let id = AccountId::new(stream.id()).ok()?;
        let of = self.with_key(KeyKind::Partner, id.as_str());
        let mut tally = Tally::default();
        for opportunity in &self.lists.opportunities {
            if of.contains(&StreamId::opportunity(&opportunity.id)) {
                tally.opportunity(opportunity);
            }
        }
        let offers = of.iter().filter(|stream| stream.kind() == StreamKind::Offer);
        offers.for_each(|_| tally.offer());
        for (agreement, deal) in self.lists.agreements.iter().zip(&self.lists.deals) {
            if of.contains(&StreamId::agreement(&agreement.id)) {
                tally.agreement(agreement, deal);
            }
        }
        let products = state.partner().map(PartnerFacts::products).unwrap_or_default();
        let item = Partner::new(&id, state, tally)?;
        let streams: Vec<String> = of.iter().map(ToString::to_string).collect();
        Some(json!({"partner": item, "products": products, "streams": streams}))
    }

    /// The deals around a stream, and what they consist of.
    fn deal(&self, stream: &'a StreamId) -> Value {
        let mut around = BTreeSet::from([stream]);
        for (kind, key, below) in [
            (StreamKind::Opportunity, KeyKind::Opportunity, StreamKind::Offer),
            (StreamKind::Opportunity, KeyKind::Opportunity, StreamKind::Agreement),
            (StreamKind::Offer, KeyKind::Offer, StreamKind::Agreement),
        ] {
            let above: Vec<&StreamId> =
                around.iter().filter(|stream| stream.kind() == kind).copied().collect();
            let found = above.iter().flat_map(|stream| self.with_key(key, stream.id()));
            around.extend(found.filter(|stream| stream.kind() == below));
        }
        for agreement in &self.lists.agreements {
            if around.contains(&StreamId::agreement(&agreement.id)) {
                let offer = agreement.offer.as_ref().map(StreamId::offer);
                let named = agreement.opportunity.as_ref().map(StreamId::opportunity);
                around.extend(offer.into_iter().chain(named).filter_map(|id| self.known(&id)));
            }
        }
        let mut open = Vec::new();
        for offer in &self.lists.offers {
            if around.contains(&StreamId::offer(&offer.id)) {
                let named = offer.opportunity.as_ref().map(StreamId::opportunity);
                around.extend(named.and_then(|id| self.known(&id)));
                open.extend(Some(&offer.id).filter(|_| offer.status != OfferStatus::Accepted));
            }
        }
        let findings = self.lists.findings.iter();
        let findings = findings
            .filter(|finding| around.iter().any(|stream| stream.as_str() == finding.subject));
        let findings: Vec<&String> = findings.map(|finding| &finding.id).collect();
        let streams: Vec<String> = around.iter().map(ToString::to_string).collect();
        json!({"streams": streams, "offers nobody accepted": open, "findings": findings})
    }

    /// The same stream, if the ledger has it.
    fn known(&self, id: &StreamId) -> Option<&'a StreamId> {
        self.states.get_key_value(id).map(|(known, _)| *known)
    }

    /// An offer against every opportunity of its partner, and those that anything names for it.
    fn explanation(&self, offer: &Offer) -> Option<Explanation> {
        let stream = StreamId::offer(&offer.id);
        let facts = self.states.get(&stream)?.offer()?;
        let nobody = PartnerFacts::default();
        let seller = facts.seller.get();
        let partner = seller.and_then(|seller| self.states.get(&StreamId::partner(seller)));
        let partner = partner.and_then(|state| state.partner()).unwrap_or(&nobody);
        let products: BTreeSet<&ProductName> = partner.same_product(facts.products.iter());
        let mut found: BTreeSet<OpportunityId> =
            seller.map(|seller| self.of_partner(seller)).unwrap_or_default();
        found.extend(facts.confirmed.all().map(|said| said.value.clone()));
        found.extend(facts.decisions.keys().chain(&offer.opportunity).cloned());
        let candidate = |id: &'a OpportunityId, facts: &'a OpportunityFacts| {
            let users = self.with_key(KeyKind::Uses, id.as_str());
            let others = users.iter().filter(|user| ***user != stream).count();
            Candidate { id, facts, used_by_others: u32::try_from(others).unwrap_or(u32::MAX) }
        };
        let opportunities = self.lists.opportunities.iter().map(|known| &known.id);
        let candidates = opportunities.filter(|id| found.contains(*id)).filter_map(|id| {
            Some(candidate(id, self.states.get(&StreamId::opportunity(id))?.opportunity()?))
        });
        let candidates: Vec<Candidate<'_>> = candidates.collect();
        let subject = Subject { offer: facts, products: &products };
        Some(Explanation::new(offer, subject, &candidates, ALL))
    }

    /// The opportunities of a partner, with the stubs that its agreements name.
    fn of_partner(&self, seller: &AccountId) -> BTreeSet<OpportunityId> {
        let mut found = BTreeSet::new();
        let own = self.with_key(KeyKind::Partner, seller.as_str());
        for stream in &own {
            let state = self.states.get(stream);
            found.extend(state.and_then(|state| state.agreement()).map(named).unwrap_or_default());
            let opportunity = state.and_then(|state| state.opportunity());
            found.extend(opportunity.and_then(|_| OpportunityId::new(stream.id()).ok()));
        }
        found.retain(|id| {
            let known = StreamId::opportunity(id);
            let state = self.states.get(&known).and_then(|state| state.opportunity());
            state.is_some_and(OpportunityFacts::is_stub) || own.contains(&known)
        });
        found
    }
}

/// The opportunities that an agreement names.
fn named(agreement: &AgreementFacts) -> BTreeSet<OpportunityId> {
    agreement.authorization.all().map(|said| said.value.clone()).collect()
}

#[cfg(test)]
mod tests;
