//! `resold inbox show`: all that is known of one notification.

use std::fmt::Write as _;

use deal::moment::Moment;
use ledger::row::{NewDelivery, OutcomeRow};
use serde::Serialize;

use super::NotificationItem;
use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::notification::{find, reason, streams};
use crate::page::{NONE, Page, cell};
use crate::reader::reading;

/// At most so many arrivals are shown: the earliest.
const SHOWN: usize = 200;

/// A notification as shown.
#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    item: NotificationItem,
    /// How often it arrived.
    arrivals: usize,
    /// The earliest arrivals.
    deliveries: Vec<Arrival>,
    /// What became of it, the first one first.
    outcomes: Vec<OutcomeItem>,
    /// The raw body, where it was asked for and is text.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    /// The raw body in hexadecimal digits, where it was asked for and is no text.
    #[serde(skip_serializing_if = "Option::is_none")]
    body_hex: Option<String>,
}

/// One arrival.
#[derive(Debug, Serialize)]
struct Arrival {
    id: String,
    /// `queue`, `replay` or `import`.
    via: String,
    received_at: String,
}

/// One outcome.
#[derive(Debug, Serialize)]
struct OutcomeItem {
    status: &'static str,
    reason: String,
    waits_for: Option<String>,
    /// The streams that it wrote.
    streams: Vec<String>,
    recorded_at: String,
}

impl Arrival {
    fn new(row: NewDelivery) -> Self {
        let received_at = Moment::from_micros(row.received_at).to_string();
        Self { id: row.id, via: row.via, received_at }
    }
}

impl OutcomeItem {
    fn new(row: &OutcomeRow) -> Self {
        Self {
            status: row.outcome.word(),
            reason: reason(row),
            waits_for: Some(row.waits_for.clone()).filter(|text| !text.is_empty()),
            streams: streams(row).map(|stream| stream.to_string()).collect(),
            recorded_at: Moment::from_micros(row.recorded_at).to_string(),
        }
    }
}

/// Shows a notification.
pub async fn run(context: &mut Context<'_>, id: &str, with_body: bool) -> Result<Exit, Failure> {
    let mut reader = context.reader().await?;
    let row = find(&mut *reader.snapshot, id).await?;
    let deliveries = reader.snapshot.deliveries(&row.digest).await.map_err(reading)?;
    let outcomes = reader.snapshot.outcomes(&row.digest).await.map_err(reading)?;
    let mut shown = Shown {
        item: NotificationItem::new(&row),
        arrivals: deliveries.len(),
        deliveries: deliveries.into_iter().take(SHOWN).map(Arrival::new).collect(),
        outcomes: outcomes.iter().map(OutcomeItem::new).collect(),
        body: None,
        body_hex: None,
    };
    if with_body {
        let bodies = reader.snapshot.bodies(&[row.digest]).await.map_err(reading)?;
        match bodies.into_iter().next().and_then(|stored| stored.body) {
            Some(bytes) => match String::from_utf8(bytes) {
                Ok(text) => shown.body = Some(text),
                Err(error) => shown.body_hex = Some(hex(error.as_bytes())),
            },
            None => context.output.warn("its body was erased"),
        }
    }
    context.output.show(&shown, page)?;
    Ok(Exit::needs_you_if(row.outcome.outcome.waits()))
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        // Writing to text cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn page(shown: &Shown) -> Page {
    let item = &shown.item;
    let mut page = Page::new("Notification", &item.id);
    page.field("outcome", item.status)
        .some("reason", item.reason.as_ref())
        .known("type", item.detail_type.as_ref())
        .known("source", item.source.as_ref())
        .known("account", item.account.as_ref())
        .known("event id", item.envelope_id.as_ref())
        .known("time", item.time.as_ref())
        .field("size", format!("{} bytes", item.size))
        .field("arrivals", shown.arrivals.to_string());
    let arrivals = shown
        .deliveries
        .iter()
        .map(|arrival| vec![arrival.received_at.clone(), arrival.via.clone(), arrival.id.clone()]);
    page.section("Arrivals", ["when", "via", "id"], arrivals.collect());
    let outcomes = shown.outcomes.iter().map(|outcome| {
        let reason = Some(&outcome.reason).filter(|text| !text.is_empty());
        vec![outcome.recorded_at.clone(), outcome.status.to_owned(), cell(reason)]
    });
    page.section("Outcomes", ["when", "outcome", "reason"], outcomes.collect());
    let streams = shown.outcomes.iter().flat_map(|outcome| &outcome.streams);
    let streams = streams.map(|stream| vec![stream.clone()]).collect();
    page.section("Streams written", ["stream"], streams);
    if let Some(text) = &shown.body {
        page.heading("Body");
        text.lines().for_each(|line| {
            page.text(line);
        });
    }
    if let Some(digits) = &shown.body_hex {
        page.heading("Body (no text: in hexadecimal digits)").text(digits);
    }
    if shown.outcomes.is_empty() {
        page.field("outcomes", NONE);
    }
    page
}
