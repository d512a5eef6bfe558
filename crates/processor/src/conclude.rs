//! Draws the conclusions of every stream that was reached, and publishes what differs.

use std::collections::{BTreeMap, BTreeSet};

use deal::correlate::{Candidate, Link};
use deal::facts::{AgreementFacts, PartnerFacts};
use deal::judge::{self, AgreementContext, News, OfferContext, OpportunityContext};
use deal::key::{KeyKind, KeyQuery};
use deal::moment::Moment;
use deal::stream::{StreamId, StreamKind};
use deal::succession::{self, MATCH_HOURS, NEIGHBOURHOOD_HOURS, Succession};
use ledger::store::{StoreError, Transaction};
use marketplace::ids::{AgreementId, OfferId, OpportunityId};

use crate::link::names;
use crate::reach::{REACH, Reached};
use crate::settle::{Decided, is, link_of, partners, related};
use crate::world::{Reason, World};

/// At most so many agreements of one partner and buyer are matched as successors.
const SUCCESSIONS: u32 = 100;

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
    agreements.extend(agreements_of(tx, world, &relinked).await?);
    let succession = successions(tx, world, &mut agreements).await?;
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

/// The agreements of these offers, with what they name.
async fn agreements_of(
    tx: &mut dyn Transaction,
    world: &mut World,
    offers: &[StreamId],
) -> Result<BTreeSet<StreamId>, StoreError> {
    if offers.is_empty() {
        return Ok(BTreeSet::new());
    }
    let limit = u32::try_from(REACH).unwrap_or(u32::MAX);
    let query = |id: &StreamId| KeyQuery::all(KeyKind::Offer, id.id(), limit);
    let queries: Vec<KeyQuery> = offers.iter().map(query).collect();
    let found = world.find(tx, &queries).await?.into_iter().flatten().map(|(_, id)| id);
    let found: BTreeSet<StreamId> = found.filter(|id| is(StreamKind::Agreement)(&id)).collect();
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

/// Matches unnamed successions around these agreements; those whose match may differ are judged with them.
async fn successions(
    tx: &mut dyn Transaction,
    world: &mut World,
    agreements: &mut BTreeSet<StreamId>,
) -> Result<Succession, StoreError> {
    let met: Meetings = agreements
        .iter()
        .filter_map(|id| world.get(id))
        .flat_map(|entry| [entry.before(), &entry.state])
        .filter_map(deal::state::State::agreement)
        .flat_map(meetings)
        .collect();
    let found = around(tx, world, &met).await?;
    // Only those near enough are judged as well: of the outer ones we have not read every match.
    let near = |id: &StreamId| {
        let own = meetings_of(world, [id]);
        own.iter().any(|(place, at)| {
            met.iter().any(|(other, time)| {
                place == other && succession::within(*time, *at, NEIGHBOURHOOD_HOURS - MATCH_HOURS)
            })
        })
    };
    agreements.extend(found.iter().filter(|id| near(id)).cloned());
    // Who is judged may have another meeting, years away: its other match.
    let other: Meetings = meetings_of(world, &*agreements).difference(&met).cloned().collect();
    let outer = around(tx, world, &other).await?;
    let mut by_place: BTreeMap<String, Vec<(AgreementId, AgreementFacts)>> = BTreeMap::new();
    let members: BTreeSet<&StreamId> = agreements.iter().chain(&found).chain(&outer).collect();
    for id in members {
        let facts = world.get(id).and_then(|entry| entry.state.agreement());
        let Some((facts, id)) = facts.zip(AgreementId::new(id.id()).ok()) else { continue };
        let Some(place) = succession::meeting_place(facts) else { continue };
        by_place.entry(place).or_default().push((id, facts.clone()));
    }
    let mut all = Succession::default();
    let nobody = PartnerFacts::default();
    for members in by_place.into_values() {
        let partner = members.first().and_then(|(_, facts)| facts.proposer.get());
        let partner = partner.and_then(|account| world.get(&StreamId::partner(account)));
        let partner = partner.and_then(|entry| entry.state.partner()).unwrap_or(&nobody);
        let members = members.iter().map(|(id, facts)| (id, facts));
        let matched = succession::match_all(partner, members);
        all.successors.extend(matched.successors);
        all.ambiguous.extend(matched.ambiguous);
    }
    Ok(all)
}

/// Where and when agreements may meet.
type Meetings = BTreeSet<(String, Moment)>;

fn meetings(facts: &AgreementFacts) -> Meetings {
    let place = succession::meeting_place(facts);
    let at = |place: String| succession::meetings(facts).map(move |at| (place.clone(), at));
    place.into_iter().flat_map(at).collect()
}

fn meetings_of<'a>(world: &World, ids: impl IntoIterator<Item = &'a StreamId>) -> Meetings {
    let entries = ids.into_iter().filter_map(|id| world.get(id));
    entries.filter_map(|entry| entry.state.agreement()).flat_map(meetings).collect()
}

/// The agreements around these meetings, loaded, in one round trip.
async fn around(
    tx: &mut dyn Transaction,
    world: &mut World,
    meetings: &Meetings,
) -> Result<BTreeSet<StreamId>, StoreError> {
    if meetings.is_empty() {
        return Ok(BTreeSet::new());
    }
    let query = |(place, at): &(String, Moment)| KeyQuery {
        hi_from: at.plus_hours(-NEIGHBOURHOOD_HOURS).micros(),
        hi_to: at.plus_hours(NEIGHBOURHOOD_HOURS).micros(),
        ..KeyQuery::all(KeyKind::Succession, place.clone(), SUCCESSIONS)
    };
    let queries: Vec<KeyQuery> = meetings.iter().map(query).collect();
    let found = world.find(tx, &queries).await?.into_iter().flatten().map(|(_, id)| id);
    let found: BTreeSet<StreamId> = found.collect();
    load_with_related(tx, world, &found).await?;
    Ok(found)
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
