//! Setting aside what can never be published, with a finding of its stream.

use std::collections::BTreeSet;

use deal::effects::Effect;
use deal::facts::{Facts, Unpublishable};
use deal::finding::FindingKind;
use deal::judge;
use deal::lattice::{Authority, Register, Witness};
use deal::moment::Moment;
use deal::public::PublicEvent;
use ledger::row::{Cause, MarkResult, Unpublished};
use ledger::store::StoreError;
use marketplace::digest::Digest;

use super::{Relay, RelayError, Sent, mark, short};
use crate::chain::Chain;
use crate::intake::Intake;
use crate::publisher::{MAX_ENTRY_BYTES, Refusal};
use crate::settle::Caused;

impl Relay {
    /// A row can never be published: it is set aside with its finding, or else tried again.
    pub(super) async fn refuse(
        &self,
        row: &Unpublished,
        attempts: i32,
        refusal: &Refusal,
        sent: &mut Sent<'_>,
    ) -> Result<(), RelayError> {
        let (stream, event_id) = (row.event.stream.as_str(), row.event.event_id.as_str());
        match self.processor.with_retry(|| self.set_aside(row, attempts, refusal)).await {
            Ok(()) => {
                let code = &refusal.code;
                tracing::error!(stream, event_id, code, "an event can never be published");
                sent.relayed.set_aside = sent.relayed.set_aside.saturating_add(1);
                Ok(())
            }
            // Its finding cannot be recorded: never without one.
            Err(error) if error.is_alone() => {
                tracing::error!(stream, event_id, error = %Chain(&error), "could not set an event aside");
                sent.fail(row, attempts, short(&refusal.to_string()));
                Ok(())
            }
            Err(error) => Err(RelayError::Note(error)),
        }
    }

    /// Sets a row aside and opens the finding of it, in one transaction, unless another relay was faster.
    async fn set_aside(
        &self,
        row: &Unpublished,
        attempts: i32,
        refusal: &Refusal,
    ) -> Result<(), StoreError> {
        let (now, event) = (self.processor.clock.now(), &row.event);
        let mut tx = self.processor.store.begin().await?;
        let before = event.version.saturating_sub(1);
        let held = tx.outbox(Some((&event.stream, before)), 1).await?.pop();
        let waits = held.is_some_and(|held| {
            held.event_id == event.event_id && held.published_at.is_none() && !held.set_aside
        });
        if !waits {
            return Ok(());
        }
        let mut intake = Intake::default();
        let error = short(&refusal.to_string());
        intake.writes.marks.push(mark(row, attempts, MarkResult::SetAside(error)));
        let cause = Cause::Command("relay".to_owned());
        let effect = told(row, refusal, now);
        intake.effects.extend(effect.map(|effect| Caused { effect, cause }));
        self.processor.finish(tx, intake, &BTreeSet::new(), now).await.map(drop)
    }
}

/// What the stream learns of it; nothing, if the event itself tells of such an event: that would have no end.
fn told(row: &Unpublished, refusal: &Refusal, now: Moment) -> Option<Effect> {
    let public = PublicEvent::from_json(&row.detail_type, &row.event.payload);
    if let Some(Ok(PublicEvent::FindingRaised(finding) | PublicEvent::FindingClosed(finding))) =
        public
        && finding.kind == FindingKind::EventNotPublished
    {
        return None;
    }
    let (event, stream) = (row.event.event_id.clone(), row.event.stream.clone());
    let said = Witness::new(Authority::Other, now, &Digest::of(event.as_bytes()));
    let (detail_type, why) = (row.detail_type.clone(), refusal.code.clone());
    let word = Register::said(Some(Unpublishable { event, detail_type, why }), &said);
    let mut facts = Facts::none(stream.kind());
    let slug = "event-not-published".to_owned();
    judge::refuse(&mut facts, word).then_some(Effect { stream, slug, facts, at: now })
}

pub(super) fn too_large(size: usize) -> Refusal {
    let code = format!("its entry has {size} bytes, the most are {MAX_ENTRY_BYTES}");
    Refusal { code, message: String::new() }
}

pub(super) fn not_json(error: &serde_json::Error) -> Refusal {
    Refusal { code: "its payload is not JSON".to_owned(), message: error.to_string() }
}
