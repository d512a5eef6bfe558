//! Holding a ledger against what it must be.

use std::collections::{BTreeMap, BTreeSet};

use ledger::memory::MemoryStore;
use ledger::row::EventRow;
use ledger::store::{Snapshot, Store, StoreError};
use ledger::verify::verify;
use marketplace::digest::Digest;
use marketplace::parse::parse;
use oracle::{Observed, Published, World};
use serde_json::Value;

use crate::conclusions::{of_states, waiting};
use crate::discrepancy::{Check, Discrepancy};
use crate::listed::{Lists, values};
use crate::people::Command;
use crate::reading::{events, keys, notifications, outbox, states};
use crate::shown::Shows;
use crate::traffic::{Traffic, content};
use crate::turn::complete;

/// What a ledger concludes: facts, links, findings, the inbox and the items of the lists, by what they are about.
pub type Conclusions = BTreeMap<String, Value>;

/// A ledger after a run, read once.
#[derive(Debug)]
pub struct Examined {
    /// What it concludes.
    pub conclusions: Conclusions,
    /// What is wrong, whatever other runs conclude.
    pub discrepancies: Vec<Discrepancy>,
}

/// Reads a ledger and holds it against the traffic that it took in, against itself, and against the truth.
pub fn examine(
    world: &World,
    traffic: &Traffic,
    commands: &[Command],
    store: &MemoryStore,
) -> Examined {
    match complete(read(world, traffic, commands, store)) {
        Ok(examined) => examined,
        Err(error) => {
            let found = Discrepancy::new(Check::Seals, "the ledger", "readable", error.to_string());
            Examined { conclusions: Conclusions::new(), discrepancies: vec![found] }
        }
    }
}

async fn read(
    world: &World,
    traffic: &Traffic,
    commands: &[Command],
    store: &MemoryStore,
) -> Result<Examined, StoreError> {
    let mut discrepancies = sound(store).await;
    let mut snapshot = store.snapshot().await?;
    discrepancies.extend(accounts(traffic, commands, &mut *snapshot).await?);
    let states = states(&mut *snapshot).await?;
    let lists = Lists::new(&states, &traffic.accounts, traffic.now);
    let published = published(&mut *snapshot, &mut discrepancies).await?;
    let mut conclusions = of_states(&states)?;
    for (id, _) in conclusions.iter().filter(|(_, value)| value.get("pending").is_some()) {
        let found = "work that is left pending";
        discrepancies.push(Discrepancy::new(Check::End, id, "all of it done by the sweep", found));
    }
    conclusions.extend(waiting(&mut *snapshot).await?);
    conclusions.extend(lists.conclusions());
    let keys = keys(&mut *snapshot).await?;
    conclusions.extend(Shows::new(&states, &keys, &lists).conclusions());
    let observed = Observed {
        opportunities: values(&lists.opportunities),
        offers: values(&lists.offers),
        agreements: values(&lists.agreements),
        entitlements: values(&lists.entitlements),
        findings: values(&lists.findings),
        inbox: inbox(&mut *snapshot).await?,
        published,
    };
    discrepancies.extend(world.judge(&observed).into_iter().map(|fault| {
        let check = Check::Truth(fault.promise);
        Discrepancy::new(check, fault.subject, fault.expected, fault.found)
    }));
    Ok(Examined { conclusions, discrepancies })
}

/// What `ledger verify` finds.
async fn sound(store: &dyn Store) -> Vec<Discrepancy> {
    let wrong = |found: String| Discrepancy::new(Check::Seals, "the ledger", "no fault", found);
    match verify(store, &mut |_| {}).await {
        Ok(report) => report.faults.iter().map(|fault| wrong(fault.to_string())).collect(),
        Err(error) => vec![wrong(error.to_string())],
    }
}

/// Every content that came is a notification, once; nothing else is. A notification without an outcome is none that the
/// store can list.
async fn accounts(
    traffic: &Traffic,
    commands: &[Command],
    snapshot: &mut dyn Snapshot,
) -> Result<Vec<Discrepancy>, StoreError> {
    let erased: BTreeSet<Digest> = commands.iter().filter_map(Command::erased).collect();
    // By content: whether it came, and how often it is kept.
    let mut contents: BTreeMap<String, (bool, usize)> = BTreeMap::new();
    let mut without_body: BTreeMap<Digest, String> = BTreeMap::new();
    for arrival in &traffic.arrivals {
        let digest = parse(&arrival.body).map_or_else(|error| error.digest, |read| read.digest);
        if erased.contains(&digest) {
            without_body.insert(digest, content(&arrival.body));
        }
        contents.entry(content(&arrival.body)).or_default().0 = true;
    }
    for row in notifications(snapshot, None).await? {
        for stored in snapshot.bodies(&[row.digest]).await? {
            let gone = || without_body.get(&row.digest).cloned().unwrap_or_default();
            // A body that is still there although somebody erased it is content that never came.
            let kept = match stored.body {
                Some(body) if erased.contains(&row.digest) => format!("erased: {}", content(&body)),
                Some(body) => content(&body),
                None => gone(),
            };
            let kept = contents.entry(kept).or_default();
            kept.1 = kept.1.saturating_add(1);
        }
    }
    let wrong = contents.into_iter().filter(|(_, (came, kept))| *kept != usize::from(*came));
    let wrong = wrong.map(|(content, (came, kept))| {
        let subject = content.chars().take(200).collect::<String>();
        let expected = if came { "one notification" } else { "none: it never came" };
        Discrepancy::new(Check::Accounts, subject, expected, format!("{kept} notifications"))
    });
    Ok(wrong.collect())
}

/// Notifications by the word of their outcome.
async fn inbox(snapshot: &mut dyn Snapshot) -> Result<BTreeMap<String, usize>, StoreError> {
    let mut inbox: BTreeMap<String, usize> = BTreeMap::new();
    for row in notifications(snapshot, None).await? {
        let count = inbox.entry(row.outcome.outcome.word().to_owned()).or_default();
        *count = count.saturating_add(1);
    }
    Ok(inbox)
}

/// What the outbox publishes, in the order of (stream, version).
async fn published(
    snapshot: &mut dyn Snapshot,
    discrepancies: &mut Vec<Discrepancy>,
) -> Result<Vec<Published>, StoreError> {
    let events = events(snapshot).await?;
    let mut by_id: BTreeMap<&str, &EventRow> = BTreeMap::new();
    for event in &events {
        if by_id.insert(&event.event_id, event).is_some() {
            let found = "two events";
            discrepancies.push(Discrepancy::new(Check::Outbox, &event.event_id, "one", found));
        }
    }
    let mut published = Vec::new();
    for row in outbox(snapshot).await? {
        let Some(event) = by_id.get(row.event_id.as_str()) else {
            let subject = format!("{} version {}", row.stream, row.version);
            discrepancies.push(Discrepancy::new(Check::Outbox, subject, "an event", "none"));
            continue;
        };
        published.push(Published {
            event_id: row.event_id,
            stream: row.stream.to_string(),
            version: row.version,
            detail_type: row.detail_type,
            detail: serde_json::from_str(&event.payload).unwrap_or_default(),
        });
    }
    let public = events.iter().filter(|row| row.kind.starts_with("public/")).count();
    if public != published.len() {
        let (expected, found) = (format!("{public} public events"), published.len().to_string());
        discrepancies.push(Discrepancy::new(Check::Outbox, "the outbox", expected, found));
    }
    discrepancies.extend(repeated(&published));
    Ok(published)
}

/// What was published although it was what had been published last of the same thing: nothing was new.
fn repeated(published: &[Published]) -> Vec<Discrepancy> {
    let mut last: BTreeMap<(&str, String), &Published> = BTreeMap::new();
    let mut found = Vec::new();
    for event in published {
        let noun = event.detail_type.split(' ').next().unwrap_or_default();
        let finding = event.detail.get("id").and_then(Value::as_str).filter(|_| noun == "Finding");
        let about = format!("{noun}{}", finding.unwrap_or_default());
        if let Some(before) = last.insert((&event.stream, about), event)
            && (&before.detail_type, &before.detail) == (&event.detail_type, &event.detail)
        {
            let subject = format!("{} version {}", event.stream, event.version);
            let said = format!("`{}` as in version {}", event.detail_type, before.version);
            found.push(Discrepancy::new(Check::Outbox, subject, "something new", said));
        }
    }
    found
}

/// Where conclusions differ.
pub fn compare(expected: &Conclusions, found: &Conclusions) -> Vec<Discrepancy> {
    let mut keys: Vec<&String> = expected.keys().chain(found.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    let words = |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
    let differs = keys.into_iter().filter(|key| expected.get(*key) != found.get(*key));
    let differs = differs.map(|key| {
        let (expected, found) = (words(expected.get(key)), words(found.get(key)));
        Discrepancy::new(Check::Conclusions, key, expected, found)
    });
    differs.collect()
}

#[cfg(test)]
mod tests;
