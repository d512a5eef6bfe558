//! Which offers and agreements a change may concern, found by keys and bounded.

use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};

use deal::correlate::SKEW_MINUTES;
use deal::event::{Event, Pending, PendingKind};
use deal::facts::{OfferFacts, OpportunityFacts};
use deal::key::{KeyKind, KeyQuery};
use deal::moment::Moment;
use deal::state::{ANY_BUYER, State, place, window};
use deal::stream::{StreamId, StreamKind};
use deal::succession;
use ledger::store::{StoreError, Transaction};
use marketplace::ids::{AccountId, OpportunityId};

use crate::link;
use crate::settle::{partners, related, sort_into};
use crate::world::{self, Reason, World};

/// At most so many streams are judged again in one transaction; the rest is left pending, and due at once.
pub(crate) const MAX_REACH: usize = 200;

/// The streams that this transaction judges.
#[derive(Debug, Default)]
pub(crate) struct Reached {
    pub(crate) offers: BTreeSet<StreamId>,
    pub(crate) agreements: BTreeSet<StreamId>,
    pub(crate) opportunities: BTreeSet<StreamId>,
    pub(crate) others: BTreeSet<StreamId>,
}

/// A query, and the stream on which what it does not finish is left pending: the partner, or the stream that asks.
#[derive(Debug)]
pub(crate) struct Walk {
    pending: Pending,
    holder: StreamId,
    /// It continues one that was left pending.
    resumed: bool,
}

impl Walk {
    /// Streams with such a key, whose span ends between these times.
    pub(crate) fn new(
        kind: PendingKind,
        value: String,
        (hi_from, hi_to): (i64, i64),
        holder: StreamId,
    ) -> Self {
        let pending = Pending { kind, value, hi_from, hi_to, after: None, done: false };
        Self { pending, holder, resumed: false }
    }
}

/// Whatever its time.
pub(crate) const ALWAYS: (i64, i64) = (i64::MIN, i64::MAX);

/// Follows walks in one round trip, as far as there is room; what does not fit is left pending.
pub(crate) async fn follow(
    tx: &mut dyn Transaction,
    world: &mut World,
    walks: Vec<Walk>,
    fallback: &Reason,
) -> Result<Reached, StoreError> {
    let walks: BTreeMap<String, Walk> =
        walks.into_iter().map(|walk| (walk.pending.name(), walk)).collect();
    let queries: Vec<KeyQuery> = walks.values().map(|walk| walk.pending.query(limit())).collect();
    let found = world.find(tx, &queries).await?;
    let (mut reached, mut room) = (Reached::default(), MAX_REACH);
    for (walk, hits) in walks.values().zip(found) {
        take(world, &mut reached, walk, hits, &mut room, fallback);
    }
    Ok(reached)
}

/// Finds everything to judge: what changed, what is due, and what those concern.
pub(crate) async fn reach(
    tx: &mut dyn Transaction,
    world: &mut World,
    due: &BTreeSet<StreamId>,
    fallback: &Reason,
) -> Result<Reached, StoreError> {
    let mut reached = Reached::default();
    let changed: Vec<StreamId> = world.changed().map(|(id, _)| id.clone()).collect();
    for id in changed.into_iter().chain(due.iter().cloned()) {
        sort_into(&mut reached, id);
    }
    let freed: Vec<StreamId> = world.iter().filter_map(|(_, entry)| freed(entry)).collect();
    world.load(tx, freed.iter().cloned()).await?;
    let resellers = freed.iter().filter_map(|id| world.get(id));
    let resellers: Vec<StreamId> =
        resellers.flat_map(|entry| partners(&entry.state.facts)).collect();
    world.load(tx, resellers).await?;
    let walks = walks(world, due);
    let queries = walks.iter().map(|walk| walk.pending.query(limit()));
    // Read ahead: what the offers that are known by now will ask.
    let ahead = link::questions(world, &reached.offers).into_iter().map(|(_, query)| query);
    let queries: Vec<KeyQuery> = queries.chain(ahead).collect();
    let mut found = world.find(tx, &queries).await?.into_iter();
    let mut room = MAX_REACH;
    for (walk, hits) in walks.iter().zip(&mut found) {
        take(world, &mut reached, walk, hits, &mut room, fallback);
    }
    let candidates = found.flatten().map(|(_, id)| id);
    // An opportunity whose use changed is judged as well: its quantity may be exceeded, or no longer.
    for (_, entry) in world.iter() {
        reached.opportunities.extend(uses(entry).iter().map(StreamId::opportunity));
    }
    let ids = reached.offers.iter().chain(&reached.agreements).chain(&reached.opportunities);
    let ids: Vec<StreamId> = ids.cloned().chain(candidates).collect();
    world.load(tx, ids).await?;
    let named: Vec<StreamId> = reached
        .offers
        .iter()
        .chain(&reached.agreements)
        .filter_map(|id| world.get(id))
        .flat_map(|entry| related(&entry.state.facts))
        .collect();
    world.load(tx, named).await?;
    Ok(reached)
}

/// One more than fits, so that the end of a walk is seen.
fn limit() -> u32 {
    u32::try_from(MAX_REACH.saturating_add(1)).unwrap_or(u32::MAX)
}

/// Takes what fits; leaves the rest pending.
fn take(
    world: &mut World,
    reached: &mut Reached,
    walk: &Walk,
    hits: Vec<(i64, StreamId)>,
    room: &mut usize,
    fallback: &Reason,
) {
    let complete = hits.len() <= *room;
    let fitting = if complete { hits.len() } else { *room };
    let mut after = walk.pending.after.clone();
    for (hi, id) in hits.into_iter().take(fitting) {
        after = Some((hi, id.to_string()));
        sort_into(reached, id);
    }
    *room = room.saturating_sub(fitting);
    if !complete || walk.resumed {
        let pending = Pending { after, done: complete, ..walk.pending.clone() };
        world.append(&walk.holder, Event::Pending(pending), fallback.clone());
    }
}

fn walks(world: &World, due: &BTreeSet<StreamId>) -> Vec<Walk> {
    let mut walks = BTreeMap::new();
    // Of two that follow the same, the one that begins earlier sees everything.
    let mut add = |walk: Walk| match walks.entry(walk.pending.name()) {
        Entry::Vacant(entry) => drop(entry.insert(walk)),
        Entry::Occupied(mut entry) => {
            let known: &mut Walk = entry.get_mut();
            let resumed = known.resumed || walk.resumed;
            if walk.pending.after < known.pending.after {
                *known = walk;
            }
            known.resumed = resumed;
        }
    };
    for (id, entry) in world.iter() {
        if entry.is_changed() {
            for walk in walks_of(world, id, entry) {
                add(walk);
            }
        }
        if due.contains(id) {
            for pending in entry.state.concluded.pending.values() {
                add(Walk { pending: pending.clone(), holder: id.clone(), resumed: true });
            }
        }
    }
    walks.into_values().collect()
}

/// Where what is left to do for a stream is left pending: on its partner, or on itself.
pub(crate) fn holder(id: &StreamId, entry: &world::Entry) -> StreamId {
    partners(&entry.state.facts).into_iter().next().unwrap_or_else(|| id.clone())
}

/// What a change of this stream's facts may concern.
fn walks_of(world: &World, id: &StreamId, entry: &world::Entry) -> Vec<Walk> {
    let holder = holder(id, entry);
    let walk = |kind, value: String, span| Walk::new(kind, value, span, holder.clone());
    let mut walks = Vec::new();
    match id.kind() {
        StreamKind::Offer => {
            walks.push(walk(PendingKind::Offer, id.id().to_owned(), ALWAYS));
            for opportunity in uses(entry).iter().filter(|id| may_be_used_up(world, id)) {
                walks.push(walk(PendingKind::Candidate, opportunity.to_string(), ALWAYS));
            }
            // What was used up is nobody's candidate: those that may have it now are found by its place.
            let freed = freed(entry).and_then(|id| world.get(&id)?.state.opportunity());
            if let Some(facts) = freed.filter(|facts| facts.max_offers().is_some()) {
                let span = with_skew(window(facts));
                for place in places(world, facts) {
                    walks.push(walk(PendingKind::Judge, place, span));
                }
            }
        }
        StreamKind::Opportunity => {
            let value = id.id().to_owned();
            walks.push(walk(PendingKind::Opportunity, value.clone(), ALWAYS));
            let (before, after) = (entry.before().opportunity(), entry.state.opportunity());
            if let Some(facts) = after.filter(|facts| rules_read(before) != rules_read(Some(facts)))
            {
                walks.push(walk(PendingKind::Candidate, value, ALWAYS));
                // Offers that it fitted before, and those that it fits now.
                for facts in before.into_iter().chain([facts]) {
                    let span = with_skew(window(facts));
                    for place in places(world, facts) {
                        walks.push(walk(PendingKind::Judge, place, span));
                    }
                }
            }
        }
        StreamKind::Partner => {
            let too_many = |state: &State| {
                state.partner().is_some_and(|partner| partner.aliases.is_too_many())
            };
            if too_many(&entry.state) && !too_many(entry.before()) {
                // Nobody knows any more which names mean one product: whatever this partner sells is judged anew.
                walks.push(walk(PendingKind::Partner, id.id().to_owned(), ALWAYS));
            }
            let named = newly_named(entry);
            if let Some(account) = AccountId::new(id.id()).ok().filter(|_| !named.is_empty()) {
                let place = succession::place(&account, ANY_BUYER);
                walks.push(walk(PendingKind::Succession, place, ALWAYS));
            }
            for name in named {
                let place = place(id.id(), &name, ANY_BUYER);
                walks.push(walk(PendingKind::Judge, place, ALWAYS));
            }
        }
        _ => {}
    }
    walks
}

/// The opportunities whose use this offer's change concerns: the one before and the one now, if they differ, or since
/// when it is used does.
fn uses(entry: &world::Entry) -> BTreeSet<OpportunityId> {
    fn used(state: &State) -> Option<(&OpportunityId, Moment)> {
        let facts = state.offer()?;
        facts.uses().zip(facts.used_at())
    }
    let (before, after) = (used(entry.before()), used(&entry.state));
    let concerned = before.into_iter().chain(after).filter(|_| before != after);
    concerned.map(|(id, _)| id.clone()).collect()
}

/// Whether the use of an opportunity concerns other offers: it has a quantity. (That it gets or loses one is a change
/// of the opportunity, which concerns them for itself.)
fn may_be_used_up(world: &World, id: &OpportunityId) -> bool {
    let facts = world.get(&StreamId::opportunity(id)).and_then(|entry| entry.state.opportunity());
    facts.is_none_or(|facts| facts.max_offers().is_some())
}

/// The opportunity that this offer used and uses no more.
fn freed(entry: &world::Entry) -> Option<StreamId> {
    let before = entry.before().offer().and_then(OfferFacts::uses)?;
    let after = entry.state.offer().and_then(OfferFacts::uses);
    (after != Some(before)).then(|| StreamId::opportunity(before))
}

/// What the rules read of an opportunity: a change of anything else concerns no offer.
fn rules_read(facts: Option<&OpportunityFacts>) -> Option<impl PartialEq> {
    facts.map(|facts| {
        let described = facts.described.get();
        let counters = described.and_then(|doc| doc.counters.clone());
        let doc = described.map(|doc| (doc.buyers.clone(), doc.max_offers, doc.end_date));
        // Every name that a description gave, also an older one that comes late.
        let names = facts.names.clone();
        let times = (facts.created.get().copied(), facts.restricted.get(), facts.draft.get());
        (doc, names, counters, times, facts.reseller.get().cloned())
    })
}

/// Where offers that an opportunity may fit are found: by every name of its product and its buyers.
fn places(world: &World, facts: &OpportunityFacts) -> Vec<String> {
    let Some(reseller) = facts.reseller.get() else { return Vec::new() };
    let partner = world.get(&StreamId::partner(reseller)).and_then(|entry| entry.state.partner());
    let names: Vec<String> = match partner {
        Some(partner) => {
            let class = partner.same_product(facts.products().iter());
            class.into_iter().map(ToString::to_string).collect()
        }
        None => facts.products().iter().map(ToString::to_string).collect(),
    };
    let mut buyers: Vec<&str> =
        facts.buyers().iter().map(marketplace::ids::AccountId::as_str).collect();
    if buyers.is_empty() {
        buyers.push(ANY_BUYER);
    }
    let place = |name: &String, buyer: &str| place(reseller.as_str(), name, buyer);
    names.iter().flat_map(|name| buyers.iter().map(move |buyer| place(name, buyer))).collect()
}

/// Every name of the products for which this partner's facts tell a new alias.
fn newly_named(entry: &world::Entry) -> BTreeSet<String> {
    let (Some(before), Some(after)) = (entry.before().partner(), entry.state.partner()) else {
        return BTreeSet::new();
    };
    let new = after.aliases.iter().filter(|pair| !before.aliases.contains(pair));
    let mut names = BTreeSet::new();
    for (one, other) in new {
        names.extend(after.same_product([one, other]).into_iter().map(ToString::to_string));
    }
    names
}

/// A window of offers, widened by the skew that the date rules allow.
pub(crate) fn with_skew((lo, hi): (i64, i64)) -> (i64, i64) {
    let widen = |at: i64, minutes| Moment::from_micros(at).plus_minutes(minutes).micros();
    (widen(lo, SKEW_MINUTES.saturating_neg()), widen(hi, SKEW_MINUTES))
}

/// Queries for opportunities that fit an offer's partner, product, first buyer and time.
pub(crate) fn candidate_queries(
    seller: &str,
    names: &[String],
    buyers: &[marketplace::ids::AccountId],
    released: Moment,
    limit: u32,
) -> Vec<KeyQuery> {
    let (lo, hi) = with_skew((released.micros(), released.micros()));
    let first = buyers.first().map(marketplace::ids::AccountId::as_str);
    let buyers: Vec<&str> = [ANY_BUYER].into_iter().chain(first).collect();
    let query = |name: &String, buyer: &str| KeyQuery {
        kind: KeyKind::Window,
        value: place(seller, name, buyer),
        hi_from: lo,
        hi_to: i64::MAX,
        lo_to: hi,
        after: None,
        limit,
    };
    names.iter().flat_map(|name| buyers.iter().map(move |buyer| query(name, buyer))).collect()
}
