//! Notifications with their bodies, deliveries, outcomes and inbox rows.

use std::collections::{BTreeMap, BTreeSet};

use marketplace::digest::Digest;
use marketplace::notification::Notification;
use marketplace::parse::{Malformed, is_filed, of_bytes, parse};

use super::anchor::Against;
use super::{FaultKind, Report, Subject, VerifyError};
use crate::MAX_BODY;
use crate::labels::{Labels, UNDECIDABLE};
use crate::progress::total;
use crate::row::{NotificationRow, Outcome, OutcomeRow, StoredBody};
use crate::store::{Counts, Snapshot, StoreError};

/// Notifications read at once, without their bodies.
const PAGE: u32 = 500;

/// Bytes of bodies read at once; a single one may have more.
const BYTES: i64 = 4 * 1_048_576;

/// Walks through every notification.
pub(super) async fn walk(
    snapshot: &mut dyn Snapshot,
    counts: &Counts,
    mut against: Option<&mut Against<'_>>,
    report: &mut Report,
    progress: &mut dyn FnMut(u64),
) -> Result<(), VerifyError> {
    let mut waiting = BTreeMap::new();
    let mut after = None;
    loop {
        let rows = snapshot.notifications(None, after.as_ref(), PAGE).await?;
        let Some(last) = rows.last() else { break };
        after = Some(last.digest);
        inbox(snapshot, &rows, &mut waiting, report).await?;
        let mut undecided = BTreeSet::new();
        for row in &rows {
            if let Some(against) = against.as_deref_mut() {
                against.notification(Some(&row.digest), report)?;
            }
            if history(snapshot, row, report).await? {
                undecided.insert(row.digest);
            }
        }
        let mut rest = rows.as_slice();
        while !rest.is_empty() {
            let (chunk, later) = rest.split_at(chunk(rest));
            let digests: Vec<Digest> = chunk.iter().map(|row| row.digest).collect();
            let stored = snapshot.bodies(&digests).await?;
            let mut stored: BTreeMap<Digest, StoredBody> =
                stored.into_iter().map(|body| (body.digest, body)).collect();
            for row in chunk {
                let body = stored.remove(&row.digest).and_then(|stored| stored.body);
                identity(row, body.as_deref(), undecided.contains(&row.digest), report);
            }
            rest = later;
        }
        report.notifications =
            report.notifications.saturating_add(u64::try_from(rows.len()).unwrap_or(0));
        progress(report.notifications);
    }
    if let Some(against) = against {
        against.notification(None, report)?;
    }
    sums(counts, &waiting, report);
    Ok(())
}

/// How many of these notifications' bodies are read at once: at least one.
fn chunk(rows: &[NotificationRow]) -> usize {
    let mut bytes = 0_i64;
    let fits = |row: &&NotificationRow| {
        bytes = bytes.saturating_add(row.size.max(0));
        bytes <= BYTES
    };
    rows.iter().take_while(fits).count().max(1)
}

/// The latest outcome against the inbox.
async fn inbox(
    snapshot: &mut dyn Snapshot,
    rows: &[NotificationRow],
    waiting: &mut BTreeMap<Outcome, i64>,
    report: &mut Report,
) -> Result<(), StoreError> {
    let digests: Vec<Digest> = rows.iter().map(|row| row.digest).collect();
    let known = snapshot.known(&digests, &[]).await?;
    let inbox: BTreeMap<Digest, Option<Outcome>> =
        known.into_iter().map(|known| (known.digest, known.waiting)).collect();
    for row in rows {
        let found = inbox.get(&row.digest).copied().flatten();
        if let Some(outcome) = found {
            let count = waiting.entry(outcome).or_insert(0_i64);
            *count = count.saturating_add(1);
        }
        let wanted = Some(row.outcome.outcome).filter(|outcome| outcome.waits());
        if found != wanted {
            let word = |outcome: Option<Outcome>| outcome.map_or("nothing", Outcome::word);
            let detail = format!(
                "the inbox has {}, its latest outcome asks for {}",
                word(found),
                word(wanted)
            );
            report.fault(FaultKind::Inbox, Subject::Notification(row.digest), detail);
        }
    }
    Ok(())
}

/// At least one delivery; outcomes without gaps. Returns whether the notification could not be decided when it came.
async fn history(
    snapshot: &mut dyn Snapshot,
    row: &NotificationRow,
    report: &mut Report,
) -> Result<bool, StoreError> {
    let deliveries = snapshot.deliveries(&row.digest).await?.len();
    let subject = || Subject::Notification(row.digest);
    if deliveries == 0 {
        report.fault(FaultKind::Delivery, subject(), "it has no delivery");
    }
    report.deliveries =
        report.deliveries.saturating_add(u64::try_from(deliveries).unwrap_or(u64::MAX));
    if row.outcome.number == 0 {
        return Ok(is_undecided(&row.outcome));
    }
    let outcomes = snapshot.outcomes(&row.digest).await?;
    let numbers = outcomes.iter().map(|outcome| outcome.number);
    if !numbers.eq(0..=row.outcome.number) {
        let detail = format!(
            "its latest outcome has number {}, and {} outcomes are there",
            row.outcome.number,
            outcomes.len()
        );
        report.fault(FaultKind::Outcome, subject(), detail);
    }
    Ok(outcomes.first().is_some_and(is_undecided))
}

fn is_undecided(first: &OutcomeRow) -> bool {
    first.outcome == Outcome::Quarantined && first.reason.starts_with(UNDECIDABLE)
}

/// The digest of the body is the key; only an erased body is gone. Of a body that was too long to be kept whole,
/// the digest can no longer be computed.
fn identity(row: &NotificationRow, body: Option<&[u8]>, undecided: bool, report: &mut Report) {
    let subject = Subject::Notification(row.digest);
    let erased = row.outcome.outcome == Outcome::Erased;
    report.erased = report.erased.saturating_add(u64::from(erased));
    let Some(body) = body else {
        if !erased {
            let detail = format!("its latest outcome is {}", row.outcome.outcome.word());
            report.fault(FaultKind::BodyMissing, subject, detail);
        }
        return;
    };
    if erased {
        let detail = format!("{} bytes are kept", body.len());
        report.fault(FaultKind::BodyKept, subject.clone(), detail);
    }
    let parsed = parse(body);
    let is_whole = is_filed(&row.digest, body);
    // What is too long is never used.
    if !is_whole && body.len() >= MAX_BODY && row.outcome.outcome == Outcome::Quarantined {
        report.cut = report.cut.saturating_add(1);
        return;
    }
    if !is_whole {
        let detail = format!("its body has the digest {}", digest(&parsed));
        report.fault(FaultKind::Body, subject, detail);
        return;
    }
    let size = usize::try_from(row.size).ok();
    if size != Some(body.len()) {
        let detail = format!("its row says {} bytes, its body has {}", row.size, body.len());
        report.fault(FaultKind::Label, subject.clone(), detail);
    }
    let labels = labels(row);
    let by_bytes = row.digest == of_bytes(body);
    let fits = if labels == Labels::default() {
        by_bytes || undecided || labels.fits(&parsed)
    } else {
        !by_bytes && labels.fits(&parsed)
    };
    if !fits {
        let detail = "id, source, type, account or time in its row are not those of its body";
        report.fault(FaultKind::Label, subject, detail);
    }
}

/// The digest that a body is kept under, unless it may not be used: that is kept by the digest of its bytes, whatever they say.
pub(crate) const fn digest(parsed: &Result<Notification, Malformed>) -> Digest {
    match parsed {
        Ok(notification) => notification.digest,
        Err(malformed) => malformed.digest,
    }
}

fn labels(row: &NotificationRow) -> Labels {
    Labels {
        envelope_id: row.envelope_id.clone(),
        source: row.source.clone(),
        detail_type: row.detail_type.clone(),
        account: row.account.clone(),
        event_time: row.event_time,
    }
}

/// Rows that no notification leads to show only in the sums.
fn sums(counts: &Counts, waiting: &BTreeMap<Outcome, i64>, report: &mut Report) {
    let notifications = total(counts.notifications);
    if notifications != report.notifications {
        let detail = format!(
            "{notifications} notifications, of which {} have an outcome",
            report.notifications
        );
        report.fault(FaultKind::Outcome, Subject::Table("outcomes"), detail);
    }
    let deliveries = total(counts.deliveries);
    if deliveries != report.deliveries {
        let detail =
            format!("{deliveries} deliveries, of which {} have a notification", report.deliveries);
        report.fault(FaultKind::Delivery, Subject::Table("deliveries"), detail);
    }
    for outcome in Outcome::ALL.into_iter().filter(|outcome| outcome.waits()) {
        let counted = counts.waiting.iter().filter(|(of, _)| *of == outcome);
        let counted = counted.fold(0_i64, |sum, (_, count)| sum.saturating_add(*count));
        let seen = waiting.get(&outcome).copied().unwrap_or(0);
        if counted != seen {
            let detail = format!(
                "{counted} rows are {}, of which {seen} have a notification",
                outcome.word()
            );
            report.fault(FaultKind::Inbox, Subject::Table("inbox"), detail);
        }
    }
}
