//! Draws the conclusions of every stream that was reached, and publishes what differs.

use std::collections::{BTreeMap, BTreeSet};

use deal::correlate::{Candidate, Link};
use deal::event::PendingKind;
use deal::facts::{AgreementFacts, PartnerFacts};
use deal::judge::{self, AgreementContext, News, OfferContext, OpportunityContext};
use deal::key::{KeyKind, KeyQuery};
use deal::moment::Moment;
use deal::state::State;
use deal::stream::{StreamId, StreamKind};
use deal::succession::{self, NEIGHBOURHOOD_HOURS, Succession};
use ledger::store::{StoreError, Transaction};
use marketplace::ids::{AgreementId, OfferId, OpportunityId};

use crate::link::names;
use crate::reach::{self, ALWAYS, Reached, Walk, holder};
use crate::settle::{Decided, link_of, partners, related};
use crate::world::{Reason, World};

/// So many agreements of one partner and buyer are compared around a renewal. Of more, none is taken for the successor.
const MAX_SUCCESSIONS: usize = 100;

/// Concludes opportunities, then offers, then agreements, which read the offers' links, then everything else.
pub(crate) async fn conclude(
    tx: &mut dyn Transaction,
    world: &mut World,
    reached: &Reached,
    decided: &Decided,
    fallback: &Reason,
) -> Result<(), StoreError> {
    for id in &reached.opportunities {
        let news = opportunity_news(world, id, decided, fallback);
        publish(world, id, news, fallback);
    }
    let offers: BTreeSet<&StreamId> = reached.offers.iter().chain(decided.links.keys()).collect();
    let relinked = relinked(world, decided);
    for id in offers {
        let news = offer_news(world, id, decided, fallback);
        publish(world, id, news, fallback);
    }
    let mut agreements = reached.agreements.clone();
    agreements.extend(agreements_of(tx, world, &relinked, fallback).await?);
    let succession = successions(tx, world, &mut agreements, fallback).await?;
    for id in &agreements {
        let news = agreement_news(world, id, decided, &succession, fallback);
        publish(world, id, news, fallback);
    }
    lock_stubs(world, &agreements);
    for id in &reached.others {
        let reason = world.reason(id).unwrap_or(fallback);
        let news = world.get(id).map(|entry| match id.kind() {
            StreamKind::Request => {
                judge::request(id, &entry.state, reason.at, world.judging_time(id))
            }
            _ => judge::rest(id, &entry.state, reason.at),
        });
        publish(world, id, news.unwrap_or_default(), fallback);
    }
    Ok(())
}

/// Appends the news of a stream and locks its partners.
fn publish(world: &mut World, id: &StreamId, news: News, fallback: &Reason) {
    let reason = world.reason(id).unwrap_or(fallback).clone();
    world.publish(id, news, &reason);
    let locks = world.get(id).map(|entry| partners(&entry.state.facts)).unwrap_or_default();
    for partner in locks {
        world.touch(&partner);
    }
}

fn opportunity_news(world: &World, id: &StreamId, decided: &Decided, fallback: &Reason) -> News {
    let (Some(entry), Ok(named)) = (world.get(id), OpportunityId::new(id.id())) else {
        return News::new();
    };
    let users = decided.rivals.uses.get(&named).into_iter().flatten();
    let used_by = users.filter_map(|(user, at)| Some((*at, OfferId::new(user.id()).ok()?)));
    let used_by: BTreeSet<(Moment, OfferId)> = used_by.collect();
    let context = OpportunityContext { used_by: &used_by };
    let at = world.reason(id).unwrap_or(fallback).at;
    judge::opportunity(id, &entry.state, context, at, world.judging_time(id))
}

fn offer_news(world: &World, id: &StreamId, decided: &Decided, fallback: &Reason) -> News {
    let Some(entry) = world.get(id) else { return News::new() };
    let Some(facts) = entry.state.offer() else { return News::new() };
    let linked = decided.links.get(id);
    let unmatched = Link::unmatched();
    let products = names(world, facts);
    let used = facts.uses().and_then(|used| {
        let opportunity = world.get(&StreamId::opportunity(used))?.state.opportunity()?;
        let candidate = Candidate { id: used, facts: opportunity, used_by_others: 0 };
        (!opportunity.is_stub()).then_some(candidate)
    });
    let context = OfferContext {
        link: linked.map_or(&unmatched, |linked| &linked.link),
        products: &products,
        used,
        singled_out: linked.and_then(|linked| linked.singled_out.as_ref()),
    };
    let at = world.reason(id).unwrap_or(fallback).at;
    judge::offer(id, &entry.state, context, at, world.judging_time(id))
}

/// Offers whose link is another than the published one, and whose agreements were not reached by a change of facts.
fn relinked(world: &World, decided: &Decided) -> Vec<StreamId> {
    let differs = |id: &StreamId, link: &Link| {
        let entry = world.get(id);
        let published = entry.and_then(|entry| entry.before().concluded.offer.as_ref());
        let published = published.and_then(|news| news.link.as_ref());
        let before = published.map(|link| (link.basis, link.opportunity.as_ref()));
        let changed = entry.is_some_and(crate::world::Entry::is_changed);
        !changed && before != Some((link.basis, link.opportunity.as_ref()))
    };
    let links = decided.links.iter().filter(|(id, linked)| differs(id, &linked.link));
    links.map(|(id, _)| id.clone()).collect()
}

/// The agreements of these offers, with what they name, as far as there is room.
async fn agreements_of(
    tx: &mut dyn Transaction,
    world: &mut World,
    offers: &[StreamId],
    fallback: &Reason,
) -> Result<BTreeSet<StreamId>, StoreError> {
    let walk = |id: &StreamId| {
        let holder = holder(id, world.get(id)?);
        Some(Walk::new(PendingKind::Offer, id.id().to_owned(), ALWAYS, holder))
    };
    let walks: Vec<Walk> = offers.iter().filter_map(walk).collect();
    if walks.is_empty() {
        return Ok(BTreeSet::new());
    }
    let found = reach::follow(tx, world, walks, fallback).await?.agreements;
    load_with_related(tx, world, &found).await?;
    Ok(found)
}

async fn load_with_related(
    tx: &mut dyn Transaction,
    world: &mut World,
    ids: &BTreeSet<StreamId>,
) -> Result<(), StoreError> {
    world.load(tx, ids.iter().cloned()).await?;
    let named =
        ids.iter().filter_map(|id| world.get(id)).flat_map(|entry| related(&entry.state.facts));
    let named: Vec<StreamId> = named.collect();
    world.load(tx, named).await
}

/// Matches unnamed successions of these agreements, and of those whose match may differ by a change of them: these are judged as well,
/// as far as there is room.
async fn successions(
    tx: &mut dyn Transaction,
    world: &mut World,
    agreements: &mut BTreeSet<StreamId>,
    fallback: &Reason,
) -> Result<Succession, StoreError> {
    let mut walks = Vec::new();
    for id in &*agreements {
        let Some(entry) = world.get(id).filter(|entry| entry.is_changed()) else { continue };
        let states = [entry.before(), &entry.state].into_iter();
        for (place, at) in states.filter_map(State::agreement).flat_map(meetings) {
            let holder = holder(id, entry);
            walks.push(Walk::new(PendingKind::Succession, place, around(at), holder));
        }
    }
    if !walks.is_empty() {
        let near = reach::follow(tx, world, walks, fallback).await?.agreements;
        load_with_related(tx, world, &near).await?;
        agreements.extend(near);
    }
    match_within(tx, world, agreements).await
}

/// What is read of the agreements around one meeting.
type Window = ((String, Moment), BTreeSet<StreamId>);

/// The agreements around each meeting of these, in one round trip. What this transaction changes has its new keys only after it.
async fn windows(
    tx: &mut dyn Transaction,
    world: &mut World,
    agreements: &BTreeSet<StreamId>,
) -> Result<BTreeMap<StreamId, Vec<Window>>, StoreError> {
    let changed = world.changed().filter(|(id, _)| id.kind() == StreamKind::Agreement);
    let changed: BTreeSet<StreamId> = changed.map(|(id, _)| id.clone()).collect();
    let own = meetings_of(world, &changed);
    let limit = MAX_SUCCESSIONS.saturating_add(1).saturating_add(changed.len());
    let limit = u32::try_from(limit).unwrap_or(u32::MAX);
    let asked = meetings_of(world, agreements);
    let query = |(_, (place, at)): &(StreamId, (String, Moment))| {
        let ((hi_from, hi_to), place) = (around(*at), place.clone());
        KeyQuery { hi_from, hi_to, ..KeyQuery::all(KeyKind::Succession, place, limit) }
    };
    let queries: Vec<KeyQuery> = asked.iter().map(query).collect();
    let found = if queries.is_empty() { Vec::new() } else { world.find(tx, &queries).await? };
    let mut windows: BTreeMap<StreamId, Vec<Window>> = BTreeMap::new();
    for ((id, meeting), hits) in asked.into_iter().zip(found) {
        let hits = hits.into_iter().map(|(_, id)| id).filter(|id| !changed.contains(id));
        let near = own.iter().filter(|(_, (place, at))| {
            *place == meeting.0 && succession::within(*at, meeting.1, NEIGHBOURHOOD_HOURS)
        });
        let members = hits.chain(near.map(|(id, _)| id.clone())).collect();
        windows.entry(id).or_default().push((meeting, members));
    }
    Ok(windows)
}

/// Matches each of these agreements with those around it. Of more than are compared, none is chosen.
async fn match_within(
    tx: &mut dyn Transaction,
    world: &mut World,
    agreements: &BTreeSet<StreamId>,
) -> Result<Succession, StoreError> {
    let mut all = Succession::default();
    let mut by_place: BTreeMap<String, BTreeSet<StreamId>> = BTreeMap::new();
    for (id, windows) in windows(tx, world, agreements).await? {
        if windows.iter().any(|(_, members)| members.len() > MAX_SUCCESSIONS) {
            all.crowded.extend(AgreementId::new(id.id()));
            continue;
        }
        for ((place, _), members) in windows {
            by_place.entry(place).or_default().extend(members);
        }
    }
    let members: BTreeSet<StreamId> = by_place.values().flatten().cloned().collect();
    load_with_related(tx, world, &members).await?;
    let nobody = PartnerFacts::default();
    for members in by_place.into_values() {
        let facts = |id: &StreamId| {
            let facts = world.get(id)?.state.agreement()?;
            Some((AgreementId::new(id.id()).ok()?, facts))
        };
        let members: Vec<(AgreementId, &AgreementFacts)> =
            members.iter().filter_map(facts).collect();
        let partner = members.first().and_then(|(_, facts)| facts.proposer.get());
        let partner = partner.and_then(|account| world.get(&StreamId::partner(account)));
        let partner = partner.and_then(|entry| entry.state.partner()).unwrap_or(&nobody);
        let members = members.iter().map(|(id, facts)| (id, *facts));
        let matched = succession::match_all(partner, members);
        all.successors.extend(matched.successors);
        all.ambiguous.extend(matched.ambiguous);
    }
    Ok(all)
}

/// The times of those that may change the match of what meets at this one, or whether there are too many.
fn around(at: Moment) -> (i64, i64) {
    let hours = |hours| at.plus_hours(hours).micros();
    (hours(NEIGHBOURHOOD_HOURS.saturating_neg()), hours(NEIGHBOURHOOD_HOURS))
}

/// Where and when an agreement may meet another.
fn meetings(facts: &AgreementFacts) -> Vec<(String, Moment)> {
    let place = succession::meeting_place(facts);
    let at = |place: String| succession::meetings(facts).map(move |at| (place.clone(), at));
    place.into_iter().flat_map(at).collect()
}

fn meetings_of(world: &World, ids: &BTreeSet<StreamId>) -> Vec<(StreamId, (String, Moment))> {
    let entries = ids.iter().filter_map(|id| Some((id, world.get(id)?.state.agreement()?)));
    entries
        .flat_map(|(id, facts)| meetings(facts).into_iter().map(|meeting| (id.clone(), meeting)))
        .collect()
}

fn agreement_news(
    world: &World,
    id: &StreamId,
    decided: &Decided,
    succession: &Succession,
    fallback: &Reason,
) -> News {
    let Some(entry) = world.get(id) else { return News::new() };
    let Some(facts) = entry.state.agreement() else { return News::new() };
    let offer_id = facts.offer.get().map(StreamId::offer);
    let offer = offer_id.as_ref().and_then(|id| world.get(id)?.state.offer());
    let link = offer_id.as_ref().and_then(|id| link_of(world, &decided.links, id));
    let opportunity = facts.authorization.get().map(StreamId::opportunity);
    let described = opportunity.and_then(|id| world.get(&id)?.state.opportunity());
    let context = AgreementContext {
        offer,
        offer_link: link.map(|link| (&link.basis, link.opportunity.as_ref())),
        opportunity: described,
        succession,
    };
    let at = world.reason(id).unwrap_or(fallback).at;
    judge::agreement(id, &entry.state, context, at, world.judging_time(id))
}

/// A stub has no partner to lock: an agreement that names one writes its row, so that a description conflicts with it.
fn lock_stubs(world: &mut World, agreements: &BTreeSet<StreamId>) {
    let named = agreements.iter().filter_map(|id| world.get(id)?.state.agreement());
    let named: Vec<StreamId> = named
        .flat_map(|facts| facts.authorization.all().map(|said| StreamId::opportunity(&said.value)))
        .collect();
    for id in named {
        let stub = world.get(&id).and_then(|entry| entry.state.opportunity());
        if stub.is_some_and(deal::facts::OpportunityFacts::is_stub) {
            world.touch(&id);
        }
    }
}
