//! Judges offers against their candidates, and offers against each other where they contest one opportunity.

use std::collections::{BTreeMap, BTreeSet};

use deal::correlate::{Candidate, Link, Subject, link, singled_out, too_many};
use deal::entitlement::DealType;
use deal::facts::OfferFacts;
use deal::judge::MAX_USERS_COUNTED;
use deal::key::{Key, KeyKind, KeyQuery};
use deal::moment::Moment;
use deal::stream::{StreamId, StreamKind};
use ledger::store::{StoreError, Transaction};
use marketplace::ids::{OpportunityId, ProductName};

use crate::reach::{Reached, candidate_queries};
use crate::settle::{Links, is};
use crate::world::{Entry, World};

/// So many opportunities are compared with one offer. Of more, none is chosen.
const MAX_COMPARED: usize = 500;

/// An offer's link with what its findings need.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Linked {
    pub(crate) link: Link,
    /// The opportunity that the evidence alone singles out.
    pub(crate) singled_out: Option<OpportunityId>,
}

/// Who uses an opportunity up since when, and who has it as the only one: offers by opportunity.
#[derive(Debug, Default)]
pub(crate) struct Rivals {
    pub(crate) uses: BTreeMap<OpportunityId, BTreeMap<StreamId, Moment>>,
    sole: BTreeMap<OpportunityId, BTreeSet<StreamId>>,
}

/// Decides the links of the offers reached and of those whose contest they begin or end.
pub(crate) async fn link_offers(
    tx: &mut dyn Transaction,
    world: &mut World,
    reached: &Reached,
) -> Result<(Links, Rivals), StoreError> {
    let found = find_candidates(tx, world, &reached.offers).await?;
    let rivals = find_rivals(tx, world, reached, &found).await?;
    let mut links = Links::new();
    for id in &reached.offers {
        if let Some(linked) = judge(world, id, found.get(id), &rivals) {
            links.insert(id.clone(), linked);
        }
    }
    contest(tx, world, reached, &mut links, &rivals).await?;
    Ok((links, rivals))
}

/// The offers that are judged: a partner's.
fn judged<'a>(world: &'a World, id: &StreamId) -> Option<&'a OfferFacts> {
    let facts = world.get(id)?.state.offer()?;
    (DealType::of_offer(facts) == DealType::Cppo).then_some(facts)
}

/// Every name of an offer's product, as its partner's notifications tell.
pub(crate) fn names<'a>(world: &'a World, offer: &'a OfferFacts) -> BTreeSet<&'a ProductName> {
    let partner = offer.seller.get().map(StreamId::partner);
    let partner = partner.and_then(|id| world.get(&id)).and_then(|entry| entry.state.partner());
    match partner {
        Some(partner) => partner.same_product(offer.products.iter()),
        None => offer.products.iter().collect(),
    }
}

/// The opportunities in reach of each offer, found by partner, product, buyer and time.
async fn find_candidates(
    tx: &mut dyn Transaction,
    world: &mut World,
    offers: &BTreeSet<StreamId>,
) -> Result<BTreeMap<StreamId, BTreeSet<StreamId>>, StoreError> {
    let (askers, queries): (Vec<&StreamId>, Vec<KeyQuery>) =
        questions(world, offers).into_iter().unzip();
    let mut found: BTreeMap<StreamId, BTreeSet<StreamId>> = BTreeMap::new();
    // What this transaction changes has its new keys only after it.
    let changed: Vec<(&StreamId, BTreeSet<Key>)> =
        changed_opportunities(world).map(|(id, entry)| (id, entry.state.keys())).collect();
    let mut own = Vec::new();
    for (asker, query) in askers.iter().zip(&queries) {
        let fits = changed.iter().filter(|(_, keys)| keys.iter().any(|key| query.finds(key)));
        own.extend(fits.map(|(id, _)| ((*asker).clone(), (*id).clone())));
    }
    let changed: BTreeSet<StreamId> = changed.iter().map(|(id, _)| (*id).clone()).collect();
    for (asker, hits) in askers.into_iter().zip(world.find(tx, &queries).await?) {
        let hits = hits.into_iter().map(|(_, id)| id).filter(|id| !changed.contains(id));
        found.entry(asker.clone()).or_default().extend(hits);
    }
    for (asker, id) in own {
        found.entry(asker).or_default().insert(id);
    }
    let ids: BTreeSet<StreamId> =
        found.values().filter(|ids| ids.len() <= MAX_COMPARED).flatten().cloned().collect();
    world.load(tx, ids).await?;
    Ok(found)
}

fn changed_opportunities(world: &World) -> impl Iterator<Item = (&StreamId, &Entry)> {
    world.changed().filter(|(id, _)| id.kind() == StreamKind::Opportunity)
}

/// What each offer asks to find its candidates.
pub(crate) fn questions<'a>(
    world: &World,
    offers: &'a BTreeSet<StreamId>,
) -> Vec<(&'a StreamId, KeyQuery)> {
    let mut questions = Vec::new();
    // Enough to see past those that this transaction changes, and that there are too many.
    let limit = MAX_COMPARED.saturating_add(1).saturating_add(changed_opportunities(world).count());
    let limit = u32::try_from(limit).unwrap_or(u32::MAX);
    for id in offers {
        let Some(facts) = judged(world, id) else { continue };
        let Some((seller, released)) = facts.seller.get().zip(facts.released.get()) else {
            continue;
        };
        let names: Vec<String> = names(world, facts).into_iter().map(ToString::to_string).collect();
        let own = candidate_queries(seller.as_str(), &names, facts.buyers(), released, limit);
        questions.extend(own.into_iter().map(|query| (id, query)));
    }
    questions
}

/// Who uses and who contests the limited opportunities: candidates, those that are judged, those that were the only one.
async fn find_rivals(
    tx: &mut dyn Transaction,
    world: &mut World,
    reached: &Reached,
    found: &BTreeMap<StreamId, BTreeSet<StreamId>>,
) -> Result<Rivals, StoreError> {
    let mut limited: BTreeMap<OpportunityId, u32> = BTreeMap::new();
    let candidates = found.values().flatten().chain(&reached.opportunities);
    for id in candidates.filter(is(StreamKind::Opportunity)) {
        let max = world.get(id).and_then(|entry| entry.state.opportunity()?.quantity());
        if let (Some(max), Ok(id)) = (max, OpportunityId::new(id.id())) {
            limited.insert(id, max);
        }
    }
    for id in &reached.offers {
        if let Some(sole) = published_link(world, id).and_then(Link::sole) {
            limited.entry(sole.clone()).or_insert(1);
        }
    }
    // Enough to see past the offers that this transaction judges itself.
    let own = u32::try_from(reached.offers.len()).unwrap_or(u32::MAX);
    let limit = |most: u32| most.saturating_add(own).saturating_add(2);
    let mut queries = Vec::new();
    for (id, max) in &limited {
        let users = (*max).max(MAX_USERS_COUNTED);
        queries.push(KeyQuery::all(KeyKind::Uses, id.to_string(), limit(users)));
        queries.push(KeyQuery::all(KeyKind::Sole, id.to_string(), limit(1)));
    }
    let mut rivals = Rivals::default();
    let mut answers = world.find(tx, &queries).await?.into_iter();
    let mut next = || answers.next().unwrap_or_default().into_iter();
    for id in limited.into_keys() {
        let users = next().map(|(at, user)| (user, Moment::from_micros(at))).collect();
        rivals.uses.insert(id.clone(), users);
        rivals.sole.insert(id, next().map(|(_, id)| id).collect());
    }
    for (id, entry) in world.iter().filter(|(id, _)| id.kind() == StreamKind::Offer) {
        let facts = entry.state.offer();
        let uses = facts.and_then(OfferFacts::uses).zip(facts.and_then(OfferFacts::used_at));
        for (opportunity, users) in &mut rivals.uses {
            match uses {
                Some((own, at)) if own == opportunity => drop(users.insert(id.clone(), at)),
                _ => drop(users.remove(id)),
            }
        }
    }
    Ok(rivals)
}

fn published_link<'a>(world: &'a World, id: &StreamId) -> Option<&'a Link> {
    world.get(id)?.before().concluded.offer.as_ref()?.link.as_ref()
}

fn judge(
    world: &World,
    id: &StreamId,
    found: Option<&BTreeSet<StreamId>>,
    rivals: &Rivals,
) -> Option<Linked> {
    let facts = judged(world, id)?;
    #[cfg(feature = "planted")]
    if let Some(link) = published_link(world, id).cloned()
        && deal::planted::stands(deal::planted::Planted::LinkStays)
    {
        return Some(Linked { link, singled_out: None });
    }
    let products = names(world, facts);
    let subject = Subject { offer: facts, products: &products };
    if found.is_some_and(|found| found.len() > MAX_COMPARED) {
        return Some(Linked { link: too_many(facts), singled_out: None });
    }
    let named: Vec<(OpportunityId, &StreamId)> = found
        .into_iter()
        .flatten()
        .filter_map(|id| OpportunityId::new(id.id()).ok().map(|named| (named, id)))
        .collect();
    let candidates: Vec<Candidate<'_>> = named
        .iter()
        .filter_map(|(named, stream)| {
            let facts = world.get(stream)?.state.opportunity()?;
            let users = rivals.uses.get(named).into_iter().flatten();
            let users = users.filter(|(user, _)| *user != id);
            let used_by_others = u32::try_from(users.count()).unwrap_or(u32::MAX);
            Some(Candidate { id: named, facts, used_by_others })
        })
        .collect();
    let link = link(subject, &candidates);
    Some(Linked { link, singled_out: singled_out(subject, &candidates).cloned() })
}

/// Offers whose only eligible opportunity is the same single-use one contest it: all of them are ambiguous. One that was reached and
/// has no link any more, since it turned out not to be a partner's, contests nothing.
async fn contest(
    tx: &mut dyn Transaction,
    world: &mut World,
    reached: &Reached,
    links: &mut Links,
    rivals: &Rivals,
) -> Result<(), StoreError> {
    let mut concerned: BTreeSet<OpportunityId> = BTreeSet::new();
    concerned.extend(links.values().filter_map(|linked| linked.link.sole().cloned()));
    for id in &reached.offers {
        concerned.extend(published_link(world, id).and_then(Link::sole).cloned());
    }
    let empty = BTreeSet::new();
    let mut flips: Vec<(StreamId, bool)> = Vec::new();
    for opportunity in concerned {
        let before = rivals.sole.get(&opportunity).unwrap_or(&empty);
        let own = links.iter().filter(|(_, linked)| linked.link.sole() == Some(&opportunity));
        let own: Vec<StreamId> = own.map(|(id, _)| id.clone()).collect();
        let others: Vec<&StreamId> =
            before.iter().filter(|id| !reached.offers.contains(*id)).collect();
        let contested = own.len().saturating_add(others.len()) > 1;
        if contested != (before.len() > 1) {
            flips.extend(others.into_iter().map(|id| (id.clone(), contested)));
        }
        for id in own {
            if let Some(linked) = links.get_mut(&id) {
                linked.link = linked.link.clone().with_contest(contested);
            }
        }
    }
    world.load(tx, flips.iter().map(|(id, _)| id.clone())).await?;
    for (id, contested) in flips {
        if let Some(link) = published_link(world, &id) {
            let link = link.clone().with_contest(contested);
            links.insert(id, Linked { link, singled_out: None });
        }
    }
    Ok(())
}
