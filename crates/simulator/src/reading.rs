//! The rows of a ledger, all of them, page by page.

use deal::state::State;
use deal::stream::StreamId;
use ledger::row::{EventRow, NotificationRow, OutboxRow, Outcome};
use ledger::store::{KeyRow, Snapshot, StoreError};

/// Rows read in one step.
const PAGE: u32 = 500;

/// Every stream with its state, in the order of their ids.
pub async fn states(snapshot: &mut dyn Snapshot) -> Result<Vec<(StreamId, State)>, StoreError> {
    let mut states = Vec::new();
    let mut after: Option<StreamId> = None;
    loop {
        let rows = snapshot.page(None, after.as_ref(), PAGE).await?;
        let Some(last) = rows.last().map(|row| row.stream.clone()) else { return Ok(states) };
        for row in rows {
            let state = State::from_json(row.stream.kind(), &row.facts, &row.concluded);
            let state = state.map_err(|_| StoreError::Inconsistent {
                table: "streams",
                column: "facts",
                key: row.stream.to_string(),
            })?;
            states.push((row.stream, state));
        }
        after = Some(last);
    }
}

/// Every notification with this latest outcome, or with any, in the order of their digests.
pub(crate) async fn notifications(
    snapshot: &mut dyn Snapshot,
    outcome: Option<Outcome>,
) -> Result<Vec<NotificationRow>, StoreError> {
    let mut all: Vec<NotificationRow> = Vec::new();
    loop {
        let after = all.last().map(|row| row.digest);
        let rows = snapshot.notifications(outcome, after.as_ref(), PAGE).await?;
        if rows.is_empty() {
            return Ok(all);
        }
        all.extend(rows);
    }
}

/// Every event, in the order of (stream, version).
pub(crate) async fn events(snapshot: &mut dyn Snapshot) -> Result<Vec<EventRow>, StoreError> {
    let mut all: Vec<EventRow> = Vec::new();
    loop {
        let after = all.last().map(|row| (row.stream.clone(), row.version));
        let after = after.as_ref().map(|(stream, version)| (stream, *version));
        let rows = snapshot.all_events(after, PAGE).await?;
        if rows.is_empty() {
            return Ok(all);
        }
        all.extend(rows);
    }
}

/// Every row of the outbox, in the order of (stream, version).
pub(crate) async fn outbox(snapshot: &mut dyn Snapshot) -> Result<Vec<OutboxRow>, StoreError> {
    let mut all: Vec<OutboxRow> = Vec::new();
    loop {
        let after = all.last().map(|row| (row.stream.clone(), row.version));
        let after = after.as_ref().map(|(stream, version)| (stream, *version));
        let rows = snapshot.outbox(after, PAGE).await?;
        if rows.is_empty() {
            return Ok(all);
        }
        all.extend(rows);
    }
}

/// Every row of the index.
pub(crate) async fn keys(snapshot: &mut dyn Snapshot) -> Result<Vec<KeyRow>, StoreError> {
    let mut all: Vec<KeyRow> = Vec::new();
    loop {
        let rows = snapshot.all_keys(all.last(), PAGE).await?;
        if rows.is_empty() {
            return Ok(all);
        }
        all.extend(rows);
    }
}
