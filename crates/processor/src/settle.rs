//! From what a batch says to everything that follows from it, in a fixed number of reads.
//!
//! | phase | what it does | reads |
//! |---|---|---|
//! | learn | facts join the streams that they name | those streams |
//! | forward | the known half of a pair is told to the other half | the other halves, partners |
//! | reach | which offers and agreements a change may concern | keys, then those streams |
//! | link | each offer is judged against its candidates | keys, candidates, who uses and contests them |
//! | conclude | statuses, entitlements, findings; what differs is published | successions, if there are any |
//!
//! Every partner whose links might change is touched: its row is the lock that two processors conflict on.

use std::collections::{BTreeMap, BTreeSet};

use deal::correlate::Link;
use deal::effects::{Effect, Part};
use deal::facts::{AgreementFacts, Facts};
use deal::forward::{forwarded, told_to_agreements};
use deal::stream::{StreamId, StreamKind};
use ledger::row::Cause;
use ledger::store::{StoreError, Transaction};

use crate::conclude;
use crate::link;
use crate::reach::{self, Reached};
use crate::world::{Reason, World};

/// An effect with its cause.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Caused {
    pub(crate) effect: Effect,
    pub(crate) cause: Cause,
}

/// Applies effects and draws every conclusion that follows, for the streams they name, for those in `due`, and for
/// whatever those concern.
pub(crate) async fn settle(
    tx: &mut dyn Transaction,
    world: &mut World,
    effects: Vec<Caused>,
    due: &BTreeSet<StreamId>,
) -> Result<(), StoreError> {
    let fallback = fallback_reason(world, &effects);
    learn(tx, world, effects, due).await?;
    forward(tx, world, due).await?;
    let reached = reach::reach(tx, world, due, &fallback).await?;
    tell_agreements(world, &reached.agreements, &fallback);
    let (links, rivals) = link::link_offers(tx, world, &reached).await?;
    conclude::conclude(tx, world, &reached, &Decided { links, rivals }, &fallback).await
}

/// Why streams that nobody named are written: the last thing that was said, or time.
fn fallback_reason(world: &World, effects: &[Caused]) -> Reason {
    let last =
        effects.last().map(|caused| Reason { cause: caused.cause.clone(), at: caused.effect.at });
    last.unwrap_or(Reason { cause: Cause::Time, at: world.now })
}

async fn learn(
    tx: &mut dyn Transaction,
    world: &mut World,
    effects: Vec<Caused>,
    due: &BTreeSet<StreamId>,
) -> Result<(), StoreError> {
    let named = effects.iter().map(|caused| caused.effect.stream.clone());
    // Read ahead: what the facts name is told as well.
    let told = effects.iter().flat_map(|caused| related(&caused.effect.facts));
    world.load(tx, named.chain(told).chain(due.iter().cloned())).await?;
    for id in due {
        world.touch(id);
    }
    for Caused { effect, cause } in effects {
        let reason = Reason { cause, at: effect.at };
        world.learn(&effect.stream, &effect.slug, effect.facts, &reason);
    }
    Ok(())
}

/// In which order streams tell others. A change set and its request each may know whose it is before the other, so the change set
/// speaks twice; what an agreement says reaches its offer and its opportunity, and what those say then reaches their partners.
const FORWARDS: [StreamKind; 6] = [
    StreamKind::ChangeSet,
    StreamKind::Request,
    StreamKind::ChangeSet,
    StreamKind::Agreement,
    StreamKind::Offer,
    StreamKind::Opportunity,
];

/// Tells the other halves.
async fn forward(
    tx: &mut dyn Transaction,
    world: &mut World,
    due: &BTreeSet<StreamId>,
) -> Result<(), StoreError> {
    let named = related_of(world, |id| due.contains(id));
    world.load(tx, named).await?;
    for kind in FORWARDS {
        let overflowed = world.take_overflowed();
        let parts = forwards(world, kind).into_iter().chain(overflowed).collect();
        tell(tx, world, parts).await?;
    }
    loop {
        let overflowed = world.take_overflowed();
        if overflowed.is_empty() {
            break;
        }
        tell(tx, world, overflowed).await?;
    }
    let partners: Vec<StreamId> =
        world.iter().flat_map(|(_, entry)| partners(&entry.state.facts)).collect();
    world.load(tx, partners).await
}

async fn tell(
    tx: &mut dyn Transaction,
    world: &mut World,
    parts: Vec<(Part, Reason)>,
) -> Result<(), StoreError> {
    world.load(tx, parts.iter().map(|(part, _)| part.0.clone())).await?;
    for ((stream, facts), reason) in parts {
        world.learn(&stream, "named", facts, &reason);
    }
    Ok(())
}

/// The offers, opportunities and partners that the agreements and offers of this transaction name, in one round trip.
fn related_of(world: &World, is_due: impl Fn(&StreamId) -> bool) -> Vec<StreamId> {
    let concerned = world.iter().filter(|(id, entry)| entry.is_changed() || is_due(id));
    concerned.flat_map(|(_, entry)| related(&entry.state.facts)).collect()
}

/// The streams that facts name.
pub(crate) fn related(facts: &Facts) -> Vec<StreamId> {
    let mut named = partners(facts);
    match facts {
        Facts::Agreement(agreement) => {
            named.extend(agreement.offer.all().map(|said| StreamId::offer(&said.value)));
            let authorizations = agreement.authorization.all();
            named.extend(authorizations.map(|said| StreamId::opportunity(&said.value)));
        }
        Facts::Offer(offer) => named.extend(offer.uses().map(StreamId::opportunity)),
        _ => {}
    }
    named
}

/// The partners that facts name: the locks of their links.
pub(crate) fn partners(facts: &Facts) -> Vec<StreamId> {
    let accounts = match facts {
        Facts::Agreement(facts) => &facts.proposer,
        Facts::Offer(facts) => &facts.seller,
        Facts::Opportunity(facts) => &facts.reseller,
        _ => return Vec::new(),
    };
    accounts.all().map(|said| StreamId::partner(&said.value)).collect()
}

/// What the changed streams of one kind tell others: each part with what taught it, the first of several.
fn forwards(world: &World, kind: StreamKind) -> Vec<(Part, Reason)> {
    let mut parts = Vec::new();
    for (id, entry) in world.changed().filter(|(id, _)| id.kind() == kind) {
        for (facts, reason) in entry.learned() {
            let told = forwarded(id, &facts).into_iter();
            parts.extend(told.map(|part| (part, reason.clone())));
        }
    }
    parts
}

/// Tells agreements what their offer and their opportunity know of the product.
fn tell_agreements(world: &mut World, agreements: &BTreeSet<StreamId>, fallback: &Reason) {
    for id in agreements {
        let Some(entry) = world.get(id) else { continue };
        let sources: BTreeSet<StreamId> = related(&entry.state.facts).into_iter().collect();
        let told = sources.iter().filter_map(|source| world.get(source));
        let told: Vec<AgreementFacts> =
            told.filter_map(|entry| told_to_agreements(&entry.state.facts)).collect();
        let reason = world.reason(id).unwrap_or(fallback).clone();
        for facts in told {
            world.learn(id, "product-named", Facts::Agreement(Box::new(facts)), &reason);
        }
    }
}

/// Links by offer, as decided in this transaction.
pub(crate) type Links = BTreeMap<StreamId, link::Linked>;

/// What was decided between streams.
#[derive(Debug)]
pub(crate) struct Decided {
    pub(crate) links: Links,
    pub(crate) rivals: link::Rivals,
}

/// The link of an offer: as decided now, else as last concluded.
pub(crate) fn link_of<'a>(
    world: &'a World,
    links: &'a Links,
    offer: &StreamId,
) -> Option<&'a Link> {
    links.get(offer).map(|linked| &linked.link).or_else(|| {
        let news = world.get(offer)?.state.concluded.offer.as_ref()?;
        news.link.as_ref()
    })
}

/// Whether a stream is of this kind.
pub(crate) fn is(kind: StreamKind) -> impl Fn(&&StreamId) -> bool {
    move |id| id.kind() == kind
}

/// What a walk found, by kind.
pub(crate) fn sort_into(reached: &mut Reached, id: StreamId) {
    match id.kind() {
        StreamKind::Offer => {
            reached.offers.insert(id);
        }
        StreamKind::Agreement => {
            reached.agreements.insert(id);
        }
        StreamKind::Opportunity => {
            reached.opportunities.insert(id);
        }
        _ => {
            reached.others.insert(id);
        }
    }
}
