//! What lists print of a ledger.

use std::collections::{BTreeMap, BTreeSet};

use deal::finding::FindingKind;
use deal::item::{Agreement, Deal, EntitlementItem, FindingItem, Offer, Opportunity};
use deal::moment::Moment;
use deal::state::State;
use deal::stream::{StreamId, StreamKind};
use marketplace::ids::{AccountId, AgreementId, OfferId, OpportunityId};
use serde::Serialize;
use serde_json::Value;

use crate::conclusions::leave_times_out;

/// The items of each list, in the order of their ids.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Lists {
    pub(crate) opportunities: Vec<Opportunity>,
    pub(crate) offers: Vec<Offer>,
    pub(crate) agreements: Vec<Agreement>,
    pub(crate) entitlements: Vec<EntitlementItem>,
    /// One for each agreement, in their order, then one for each offer that nobody accepted.
    pub(crate) deals: Vec<Deal>,
    pub(crate) findings: Vec<FindingItem>,
}

impl Lists {
    /// Judged at a time.
    pub(crate) fn new(
        states: &[(StreamId, State)],
        accounts: &BTreeSet<AccountId>,
        now: Moment,
    ) -> Self {
        let of = |kind| states.iter().filter(move |(id, _)| id.kind() == kind);
        let opportunities = of(StreamKind::Opportunity).filter_map(|(id, state)| {
            Opportunity::new(&OpportunityId::new(id.id()).ok()?, state, accounts, now)
        });
        let opportunities: Vec<Opportunity> = opportunities.collect();
        let accepted = accepted(states);
        let offers = of(StreamKind::Offer).filter_map(|(id, state)| {
            let offer = OfferId::new(id.id()).ok()?;
            Offer::new(&offer, state, accepted.contains(&offer), now)
        });
        let offers: Vec<Offer> = offers.collect();
        let agreements = of(StreamKind::Agreement)
            .filter_map(|(id, state)| Agreement::new(&AgreementId::new(id.id()).ok()?, state, now));
        let agreements: Vec<Agreement> = agreements.collect();
        let entitlements = of(StreamKind::Agreement).filter_map(|(id, state)| {
            EntitlementItem::new(&AgreementId::new(id.id()).ok()?, state, now)
        });
        let findings = states.iter().flat_map(|(_, state)| state.concluded.findings.values());
        let findings: BTreeMap<&String, FindingItem> =
            findings.map(|finding| (&finding.id, FindingItem::new(finding))).collect();
        Self {
            deals: deals(&agreements, &offers, &opportunities),
            opportunities,
            offers,
            agreements,
            entitlements: entitlements.collect(),
            findings: findings.into_values().collect(),
        }
    }

    /// By the list and the item's id, as it must be equal for every order of deliveries.
    pub(crate) fn conclusions(&self) -> BTreeMap<String, Value> {
        let lists = [
            ("opportunity", values(&self.opportunities)),
            ("offer", values(&self.offers)),
            ("agreement", values(&self.agreements)),
            ("entitlement", values(&self.entitlements)),
            ("deal", values(&self.deals)),
            ("finding", values(&self.findings)),
        ];
        let mut all = BTreeMap::new();
        for (list, items) in lists {
            for mut item in items {
                let id = item.get("id").and_then(Value::as_str).unwrap_or_default();
                let key = format!("list/{list}/{id}");
                if item.get("type").and_then(Value::as_str) == Some(FindingKind::Malformed.word()) {
                    leave_times_out(&mut item);
                }
                all.insert(key, item);
            }
        }
        all
    }
}

/// The offers that agreements name.
fn accepted(states: &[(StreamId, State)]) -> BTreeSet<OfferId> {
    let agreements = states.iter().filter_map(|(_, state)| state.agreement());
    agreements.flat_map(|facts| facts.offer.all()).map(|said| said.value.clone()).collect()
}

/// One for each agreement, and one for each offer that nobody accepted.
fn deals(agreements: &[Agreement], offers: &[Offer], opportunities: &[Opportunity]) -> Vec<Deal> {
    let offer = |id: &OfferId| offers.iter().find(|offer| offer.id == *id);
    let opportunity = |id: &OpportunityId| opportunities.iter().find(|known| known.id == *id);
    let of_agreement = |agreement: &Agreement| {
        let offer = agreement.offer.as_ref().and_then(offer);
        Deal::of_agreement(agreement, offer, agreement.opportunity.as_ref().and_then(opportunity))
    };
    let named: BTreeSet<&OfferId> =
        agreements.iter().filter_map(|agreement| agreement.offer.as_ref()).collect();
    let open = offers.iter().filter(|offer| !named.contains(&offer.id));
    let open =
        open.map(|offer| Deal::of_offer(offer, offer.opportunity.as_ref().and_then(opportunity)));
    agreements.iter().map(of_agreement).chain(open).collect()
}

/// Items as JSON.
pub(crate) fn values<T: Serialize>(items: &[T]) -> Vec<Value> {
    items.iter().map(|item| serde_json::to_value(item).unwrap_or_default()).collect()
}
