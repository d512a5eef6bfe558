//! The timeline of deals: the events of their streams, with the notifications that caused them.

use std::collections::BTreeMap;

use deal::event::Event;
use deal::item::{CauseItem, Place, TimelineItem};
use deal::moment::Moment;
use ledger::row::{Cause, EventRow, NotificationRow};
use marketplace::digest::Digest;

use super::around::Around;
use crate::failure::Failure;
use crate::notification::{SHORT, beginning};
use crate::page::Page;
use crate::reader::{Reader, reading};

/// At most so many events of one stream are shown: the latest.
pub const EVENTS: u32 = 200;

/// A timeline: by the time at which things happened, then by the time at which we learned them.
pub async fn timeline(
    reader: &mut Reader,
    around: &mut Around,
) -> Result<Vec<TimelineItem>, Failure> {
    let mut rows: Vec<EventRow> = Vec::new();
    let mut truncated = false;
    for known in around.streams.values() {
        let first = known.row.version.saturating_sub(i64::from(EVENTS)).saturating_add(1).max(1);
        truncated |= first > 1;
        let events = reader.snapshot.events(&known.row.stream, first, EVENTS).await;
        rows.extend(events.map_err(reading)?);
    }
    around.truncated |= truncated;
    let mut notifications = Notifications::new();
    for row in &rows {
        if let Some(Cause::Notification(digest)) = Cause::parse(&row.cause)
            && !notifications.contains_key(&digest)
        {
            let found = beginning(&mut *reader.snapshot, &digest.to_string()).await?;
            notifications.insert(digest, found.into_iter().next());
        }
    }
    rows.sort_by(|a, b| place(a, &notifications).cmp(&place(b, &notifications)));
    rows.into_iter().map(|row| item(row, &notifications)).collect()
}

/// By when it happened and when we learned it; what one cause brought stands together, facts first.
fn place<'a>(
    row: &'a EventRow,
    notifications: &Notifications,
) -> (i64, i64, Option<i64>, &'a str, bool, &'a str, i64) {
    let sent = match Cause::parse(&row.cause) {
        Some(Cause::Notification(digest)) => {
            found(notifications, &digest).and_then(|notification| notification.event_time)
        }
        _ => None,
    };
    let concluded = row.kind.starts_with("public/");
    let (at, recorded) = (row.occurred_at, row.recorded_at);
    (at, recorded, sent, &row.cause, concluded, row.stream.as_str(), row.version)
}

/// The notifications that caused events; none for one that the ledger lost.
type Notifications = BTreeMap<Digest, Option<NotificationRow>>;

fn found<'a>(notifications: &'a Notifications, digest: &Digest) -> Option<&'a NotificationRow> {
    notifications.get(digest).and_then(Option::as_ref)
}

fn item(row: EventRow, notifications: &Notifications) -> Result<TimelineItem, Failure> {
    let event = Event::read(row.stream.kind(), &row.kind, row.schema, &row.payload);
    let event = event.map_err(|error| {
        let name = format!("could not read event {} of stream `{}`", row.version, row.stream);
        Failure::new(name).because(error).hint("`resold ledger verify` lists what does not fit")
    })?;
    let cause = match Cause::parse(&row.cause) {
        Some(Cause::Notification(digest)) => {
            of_notification(&digest, found(notifications, &digest))
        }
        Some(Cause::Command(command)) => {
            CauseItem { kind: "command", command: Some(command), ..CauseItem::default() }
        }
        Some(Cause::Time) | None => CauseItem { kind: "time", ..CauseItem::default() },
    };
    let place = Place {
        id: row.event_id,
        stream: row.stream,
        version: row.version,
        occurred_at: Moment::from_micros(row.occurred_at),
        recorded_at: Moment::from_micros(row.recorded_at),
    };
    Ok(TimelineItem::new(place, &event, cause))
}

fn of_notification(digest: &Digest, row: Option<&NotificationRow>) -> CauseItem {
    let text = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    CauseItem {
        kind: "notification",
        notification: Some(digest.to_string()),
        detail_type: row.and_then(|row| text(&row.detail_type)),
        envelope_id: row.and_then(|row| text(&row.envelope_id)),
        time: row.and_then(|row| row.event_time).map(|time| Moment::from_micros(time).to_string()),
        ..CauseItem::default()
    }
}

/// Adds the timeline to a page: what was learned at once, and from one cause, stands together.
pub fn section(page: &mut Page, items: &[TimelineItem]) {
    if items.is_empty() {
        return;
    }
    page.heading("Timeline");
    let same = |a: &TimelineItem, b: &TimelineItem| {
        (&a.occurred_at, &a.recorded_at, &a.cause) == (&b.occurred_at, &b.recorded_at, &b.cause)
    };
    for group in items.chunk_by(same) {
        let Some(first) = group.first() else { continue };
        let cause = &first.cause;
        page.text(&format!("{}  {}", first.occurred_at, headline(first)));
        page.pairs(
            group.iter().map(|item| (item.stream.id().to_owned(), item.what.clone())).collect(),
        );
        page.text(&format!("  recorded {}{}", first.recorded_at, source(cause)));
    }
}

/// What came at that time. What a notification let us conclude of another time is not called by its name.
fn headline(item: &TimelineItem) -> String {
    let cause = &item.cause;
    let unknown = || "a notification that cannot be read".to_owned();
    match cause.kind {
        "notification" if cause.time.as_ref().is_some_and(|time| *time != item.occurred_at) => {
            "concluded".to_owned()
        }
        "notification" => cause.detail_type.clone().unwrap_or_else(unknown),
        "command" => format!("resold {}", cause.command.as_deref().unwrap_or_default()),
        _ => "time passed".to_owned(),
    }
}

fn source(cause: &CauseItem) -> String {
    let mut words = String::new();
    if let Some(digest) = &cause.notification {
        words = format!(" from notification {}", digest.get(..SHORT).unwrap_or(digest));
    }
    if let Some(id) = &cause.envelope_id {
        words = format!("{words}, event {id}");
    }
    if let Some((who, why)) = cause.who.as_ref().zip(cause.why.as_ref()) {
        words = format!("{words} by {who}: {why}");
    }
    words
}
