//! From parsed deliveries to what they say: duplicates, foreign accounts, routing, parking.

use std::collections::{BTreeMap, BTreeSet};

use deal::effects::{Effect, effects};
use deal::key::{KeyKind, KeyQuery};
use deal::moment::Moment;
use deal::route::{Route, other_ids, route, waits_for};
use ledger::row::{
    Cause, Known, NewDelivery, NewNotification, NewOutcome, Outcome, OutcomeRow, Writes,
};
use ledger::store::{StoreError, Transaction};
use marketplace::digest::Digest;
use marketplace::ids::AgreementId;
use marketplace::notification::{Family, Notification};
use marketplace::parse::{MAX_BODY, parse};

use crate::delivery::{Delivery, Processed};
use crate::envelope_ids::EnvelopeIds;
use crate::parsed::{Content, Parsed};
use crate::problem::{UNDECIDABLE, problem, settled};
use crate::settle::Caused;

/// At most so many agreements are looked up for one license or case.
const MAX_AGREEMENTS: u32 = 10;

/// What a batch says, and what of it is written whatever is decided.
#[derive(Debug, Default)]
pub(crate) struct Intake {
    pub(crate) effects: Vec<Caused>,
    pub(crate) writes: Writes,
    /// By the batch's order.
    pub(crate) results: Vec<Processed>,
}

/// A notification to be applied, new or read again from the ledger.
struct Fresh<'a> {
    digest: Digest,
    content: &'a Content,
    /// The number of the outcome to append.
    number: i32,
    /// What became of it before, if it is driven again.
    before: Option<&'a OutcomeRow>,
}

/// A notification that the ledger keeps by the digest of its bytes, and whose content can be told now.
pub(crate) struct Refiled {
    /// The digest of its bytes.
    pub(crate) digest: Digest,
    /// What became of it last.
    pub(crate) before: OutcomeRow,
    /// Its arrival under the digest of its content.
    pub(crate) delivery: Delivery,
    pub(crate) parsed: Parsed,
}

/// Takes a batch in: which deliveries are new, what they say, where they go.
pub(crate) async fn take_in(
    tx: &mut dyn Transaction,
    batch: &[(&Delivery, Parsed)],
    now: Moment,
) -> Result<Intake, StoreError> {
    let (mut intake, fresh) = receive(tx, batch, now).await?;
    apply(tx, &mut intake, fresh, now).await?;
    Ok(intake)
}

/// Notes the arrivals of a batch; returns the notifications that are new, to be applied.
async fn receive<'a>(
    tx: &mut dyn Transaction,
    batch: &'a [(&Delivery, Parsed)],
    now: Moment,
) -> Result<(Intake, Vec<Fresh<'a>>), StoreError> {
    let digests: BTreeSet<Digest> = batch.iter().map(|(_, parsed)| parsed.digest).collect();
    let digests: Vec<Digest> = digests.into_iter().collect();
    let ids: BTreeSet<&String> = batch.iter().map(|(_, parsed)| &parsed.envelope_id).collect();
    let ids: Vec<String> = ids.into_iter().filter(|id| !id.is_empty()).cloned().collect();
    let known = tx.known(&digests, &ids).await?;
    let held: BTreeMap<Digest, Known> =
        known.iter().map(|known| (known.digest, known.clone())).collect();
    let repeated: Vec<String> = batch
        .iter()
        .filter(|(_, parsed)| held.contains_key(&parsed.digest))
        .map(|(delivery, _)| delivery.id.clone())
        .collect();
    let recorded: BTreeMap<String, bool> = if repeated.is_empty() {
        BTreeMap::new()
    } else {
        let recorded = tx.delivered(&repeated).await?.into_iter();
        recorded.map(|delivered| (delivered.id, delivered.first)).collect()
    };
    let mut intake = Intake::default();
    let mut envelopes = EnvelopeIds::new(&known);
    let mut fresh: Vec<Fresh<'_>> = Vec::new();
    let mut new: BTreeSet<Digest> = BTreeSet::new();
    let mut arrived: BTreeSet<&str> = BTreeSet::new();
    for (delivery, parsed) in batch {
        let digest = parsed.digest;
        #[cfg(feature = "planted")]
        let digest = same_id(&known, parsed).unwrap_or(digest);
        let before = held.get(&digest);
        let again = !arrived.insert(&delivery.id) || recorded.contains_key(&delivery.id);
        if !again {
            let slot = envelopes.arrives(digest, parsed);
            intake.writes.deliveries.push(NewDelivery {
                id: delivery.id.clone(),
                digest,
                via: delivery.via.word().to_owned(),
                received_at: now.micros(),
                envelope_id: slot.map_or_else(String::new, |_| parsed.envelope_id.clone()),
                slot: slot.unwrap_or(0),
            });
        }
        let first = before.is_none() && new.insert(digest);
        if first {
            let slot = envelopes.slot(digest, &parsed.envelope_id);
            intake.writes.notifications.push(stored(delivery, parsed, slot, now));
            fresh.push(Fresh { digest, content: &parsed.content, number: 0, before: None });
        }
        let outcome = before.and_then(|known| known.waiting).unwrap_or(Outcome::Applied);
        // The very arrival that brought it was answered with a failure: it is no duplicate, and one beside it is.
        let brought_it = recorded.get(&delivery.id) == Some(&true) && new.insert(digest);
        let duplicate = !first && !brought_it;
        intake.results.push(Processed { digest, outcome, reason: String::new(), duplicate });
    }
    intake.effects.extend(envelopes.contested());
    Ok((intake, fresh))
}

/// The notification with the same EventBridge id, under a planted fault.
#[cfg(feature = "planted")]
fn same_id(known: &[Known], parsed: &Parsed) -> Option<Digest> {
    let stands = deal::planted::stands(deal::planted::Planted::DedupeById);
    let id = Some(&parsed.envelope_id).filter(|id| stands && !id.is_empty())?;
    known.iter().find(|known| known.envelope_id == *id).map(|known| known.digest)
}

/// Takes notifications in again that the ledger holds, each with its latest outcome: driven by a person, or by a fact
/// that was learned.
pub(crate) async fn take_again(
    tx: &mut dyn Transaction,
    bodies: &[(OutcomeRow, Parsed)],
    refiled: &[Refiled],
    now: Moment,
) -> Result<Intake, StoreError> {
    let arrivals: Vec<(&Delivery, Parsed)> =
        refiled.iter().map(|one| (&one.delivery, one.parsed.clone())).collect();
    let (mut intake, mut fresh) = receive(tx, &arrivals, now).await?;
    for (before, parsed) in bodies {
        let digest = parsed.digest;
        let (outcome, reason) = (Outcome::Applied, String::new());
        intake.results.push(Processed { digest, outcome, reason, duplicate: false });
        let number = before.number.saturating_add(1);
        fresh.push(Fresh { digest, content: &parsed.content, number, before: Some(before) });
    }
    apply(tx, &mut intake, fresh, now).await?;
    for (one, result) in refiled.iter().zip(&mut intake.results) {
        let cause = Cause::Notification(one.digest);
        result.digest = one.digest;
        intake.writes.outcomes.push(closed(one, now));
        let over = settled(&one.before, now).into_iter();
        intake.effects.extend(over.map(|effect| Caused { effect, cause: cause.clone() }));
    }
    Ok(intake)
}

/// The end of a notification that is kept again under the digest of its content.
fn closed(one: &Refiled, now: Moment) -> NewOutcome {
    let content = one.parsed.digest;
    NewOutcome {
        digest: one.digest,
        number: one.before.number.saturating_add(1),
        outcome: Outcome::Refiled,
        reason: format!("its content can be told now: it is recorded as {content}"),
        waits_for: String::new(),
        streams: one.before.streams.clone(),
        recorded_at: now.micros(),
    }
}

fn stored(delivery: &Delivery, parsed: &Parsed, slot: i32, now: Moment) -> NewNotification {
    let labels = parsed.labels();
    NewNotification {
        digest: parsed.digest,
        envelope_id: labels.envelope_id,
        slot,
        source: labels.source,
        detail_type: labels.detail_type,
        account: labels.account,
        event_time: labels.event_time,
        received_at: now.micros(),
        body: delivery.body.iter().copied().take(MAX_BODY).collect(),
    }
}

/// Where a fresh notification goes, once its agreements are known.
enum Target {
    Effects(Vec<Option<AgreementId>>),
    Purchase,
    Parked(String),
    Quarantined(&'static str, String),
    Unknown,
}

/// Routes fresh notifications, wakes parked ones that they teach an agreement, and notes every outcome.
async fn apply(
    tx: &mut dyn Transaction,
    intake: &mut Intake,
    fresh: Vec<Fresh<'_>>,
    now: Moment,
) -> Result<(), StoreError> {
    let known = agreements_by_key(tx, &fresh).await?;
    for one in &fresh {
        let target = target(one.content, &known);
        record(intake, one, target, now);
    }
    wake(tx, intake, &fresh, now).await
}

type ByKey = BTreeMap<(KeyKind, String), BTreeSet<AgreementId>>;

/// The agreements of the licenses and cases that notifications without an agreement name: from the ledger and from the
/// batch itself.
async fn agreements_by_key(
    tx: &mut dyn Transaction,
    fresh: &[Fresh<'_>],
) -> Result<ByKey, StoreError> {
    let mut found = ByKey::new();
    let mut wanted: BTreeSet<(KeyKind, String)> = BTreeSet::new();
    for notification in fresh.iter().filter_map(|one| good(one.content)) {
        match route(notification) {
            Route::ByKey(kind, value) => {
                wanted.insert((kind, value));
            }
            Route::Named => {
                if let Family::Agreement(notice) = &notification.family {
                    for key in other_ids(notice) {
                        found.entry(key).or_default().extend(notice.agreement.clone());
                    }
                }
            }
            Route::Purchase | Route::Nowhere | Route::Unknown => {}
        }
    }
    found.retain(|key, _| wanted.contains(key));
    if wanted.is_empty() {
        return Ok(found);
    }
    let queries: Vec<KeyQuery> = wanted
        .iter()
        .map(|(kind, value)| KeyQuery::all(*kind, value.clone(), MAX_AGREEMENTS))
        .collect();
    for (key, hits) in wanted.into_iter().zip(tx.find(&queries).await?) {
        let ids = hits.into_iter().filter_map(|(_, id)| AgreementId::new(id.id()).ok());
        found.entry(key).or_default().extend(ids);
    }
    Ok(found)
}

fn good(content: &Content) -> Option<&Notification> {
    match content {
        Content::Good(notification) => Some(notification),
        Content::Foreign(_) | Content::Malformed(_) | Content::Undecided { .. } => None,
    }
}

fn target(content: &Content, known: &ByKey) -> Target {
    let notification = match content {
        Content::Good(notification) => notification,
        Content::Foreign(notification) => {
            let account = notification.envelope.account.as_ref();
            let account = account.map_or_else(String::new, ToString::to_string);
            let reason = format!("it is for account {account}, which is not configured");
            return Target::Quarantined("foreign-account", reason);
        }
        Content::Malformed(reason) => return Target::Quarantined("malformed", reason.clone()),
        Content::Undecided { why, .. } => return Target::Quarantined(UNDECIDABLE, why.clone()),
    };
    match route(notification) {
        Route::Named => Target::Effects(vec![None]),
        Route::Purchase => Target::Purchase,
        Route::Nowhere => Target::Parked(String::new()),
        Route::Unknown => Target::Unknown,
        Route::ByKey(kind, value) => match known.get(&(kind, value.clone())) {
            Some(agreements) if !agreements.is_empty() => {
                Target::Effects(agreements.iter().cloned().map(Some).collect())
            }
            _ => Target::Parked(waits_for(kind, &value)),
        },
    }
}

/// Notes the outcome of one notification and collects what it says. One that was driven again in vain leaves no trace.
fn record(intake: &mut Intake, one: &Fresh<'_>, target: Target, now: Moment) {
    let cause = Cause::Notification(one.digest);
    let mut said: Vec<Effect> = Vec::new();
    let (mut reason, mut waits) = (String::new(), String::new());
    let outcome = match target {
        Target::Effects(agreements) => {
            for agreement in agreements {
                let notification = good(one.content);
                said.extend(notification.into_iter().flat_map(|n| effects(n, agreement.as_ref())));
            }
            Outcome::Applied
        }
        Target::Purchase => {
            "it tells the buyer of an agreement: a purchase, no sale".clone_into(&mut reason);
            Outcome::Applied
        }
        Target::Parked(wait) => {
            "it names nothing that it could be routed by yet".clone_into(&mut reason);
            waits = wait;
            Outcome::Parked
        }
        Target::Quarantined(problem, why) => {
            said.push(quarantined(one, problem, &why, now));
            reason = why;
            Outcome::Quarantined
        }
        Target::Unknown => {
            "this version does not know its source and detail-type".clone_into(&mut reason);
            said.extend(good(one.content).into_iter().flat_map(|n| effects(n, None)));
            Outcome::Unknown
        }
    };
    for result in intake.results.iter_mut().filter(|result| result.digest == one.digest) {
        result.outcome = outcome;
        result.reason.clone_from(&reason);
    }
    if let Some(before) = one.before {
        if (before.outcome, &before.reason, &before.waits_for) == (outcome, &reason, &waits) {
            return;
        }
        if before.outcome != outcome {
            said.extend(settled(before, now));
        }
    }
    let streams: BTreeSet<&str> = said.iter().map(|effect| effect.stream.as_str()).collect();
    intake.writes.outcomes.push(NewOutcome {
        digest: one.digest,
        number: one.number,
        outcome,
        reason,
        waits_for: waits,
        streams: streams.into_iter().collect::<Vec<_>>().join(" "),
        recorded_at: now.micros(),
    });
    intake.effects.extend(said.into_iter().map(|effect| Caused { effect, cause: cause.clone() }));
}

fn quarantined(one: &Fresh<'_>, kind: &str, why: &str, now: Moment) -> Effect {
    let at = match one.content {
        Content::Good(notification) | Content::Foreign(notification) => {
            Moment::from(notification.envelope.time)
        }
        Content::Malformed(_) | Content::Undecided { .. } => now,
    };
    problem(&one.digest, kind, why, at)
}

/// Applies parked notifications that wait for a license or a case which this batch ties to an agreement.
async fn wake(
    tx: &mut dyn Transaction,
    intake: &mut Intake,
    fresh: &[Fresh<'_>],
    now: Moment,
) -> Result<(), StoreError> {
    let mut awaited: BTreeMap<String, BTreeSet<AgreementId>> = BTreeMap::new();
    for notification in fresh.iter().filter_map(|one| good(one.content)) {
        let Family::Agreement(notice) = &notification.family else { continue };
        let Some(agreement) = &notice.agreement else { continue };
        if route(notification) != Route::Named {
            continue;
        }
        for (kind, value) in other_ids(notice) {
            awaited.entry(waits_for(kind, &value)).or_default().insert(agreement.clone());
        }
    }
    if awaited.is_empty() {
        return Ok(());
    }
    let keys: Vec<String> = awaited.keys().cloned().collect();
    let taken: BTreeSet<Digest> = fresh.iter().map(|one| one.digest).collect();
    let parked = tx.parked(&keys).await?;
    // One that is driven again in this batch has its agreements already.
    for stored in parked.into_iter().filter(|stored| !taken.contains(&stored.digest)) {
        let body = stored.body.unwrap_or_default();
        let Ok(notification) = parse(&body) else { continue };
        let Route::ByKey(kind, value) = route(&notification) else { continue };
        let Some(agreements) = awaited.get(&waits_for(kind, &value)) else { continue };
        let content = Content::Good(Box::new(notification));
        let number = stored.number.saturating_add(1);
        let one = Fresh { digest: stored.digest, content: &content, number, before: None };
        let agreements = agreements.iter().cloned().map(Some).collect();
        record(intake, &one, Target::Effects(agreements), now);
    }
    Ok(())
}
