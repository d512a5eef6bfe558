//! A notification that waits: the finding of it, and how that closes.

use deal::effects::Effect;
use deal::facts::{Facts, NotificationFacts, NotificationTypeFacts};
use deal::lattice::{Authority, First, Fixed, Register, Witness};
use deal::moment::Moment;
use deal::stream::{StreamId, StreamKind};
use ledger::row::{Cause, NewOutcome, Outcome, OutcomeRow};
use marketplace::digest::Digest;

use crate::intake::Intake;
use crate::settle::Caused;

/// The problem of a notification whose decision fails each time.
pub(crate) const UNDECIDABLE: &str = "undecidable";

/// The stream that carries the finding of a notification that could not be used.
pub(crate) fn problem(digest: &Digest, problem: &str, why: &str, at: Moment) -> Effect {
    let said = Witness::new(Authority::Other, at, digest);
    let facts = NotificationFacts {
        problem: Fixed::said(Some(problem.to_owned()), &said),
        reason: Register::said(Some(why.to_owned()), &said),
        ..NotificationFacts::default()
    };
    let stream = StreamId::notification(digest);
    Effect { stream, slug: "quarantined".to_owned(), facts: Facts::Notification(facts), at }
}

/// A notification waits no longer for what it waited for: the finding of it, or of its type, closes.
pub(crate) fn settled(before: &OutcomeRow, now: Moment) -> Vec<Effect> {
    let settled = First::at(now);
    let effect = |stream: StreamId| {
        let facts = match stream.kind() {
            StreamKind::Notification => {
                Facts::Notification(NotificationFacts { settled, ..NotificationFacts::default() })
            }
            StreamKind::NotificationType => {
                let facts = NotificationTypeFacts { settled, ..NotificationTypeFacts::default() };
                Facts::NotificationType(facts)
            }
            _ => return None,
        };
        Some(Effect { stream, slug: "settled".to_owned(), facts, at: now })
    };
    let streams = before.streams.split(' ');
    streams.filter_map(|id| StreamId::try_from(id.to_owned()).ok()).filter_map(effect).collect()
}

/// A notification that waits is quarantined, since it cannot be decided; nothing, if that is what it waits for already.
pub(crate) fn undecided(digest: Digest, before: &OutcomeRow, reason: &str, now: Moment) -> Intake {
    let mut intake = Intake::default();
    if before.outcome == Outcome::Quarantined && before.reason == reason {
        return intake;
    }
    let effect = problem(&digest, UNDECIDABLE, reason, now);
    intake.writes.outcomes.push(NewOutcome {
        digest,
        number: before.number.saturating_add(1),
        outcome: Outcome::Quarantined,
        reason: reason.to_owned(),
        waits_for: String::new(),
        streams: effect.stream.to_string(),
        recorded_at: now.micros(),
    });
    let mut said = vec![effect];
    if before.outcome != Outcome::Quarantined {
        said.extend(settled(before, now));
    }
    let cause = Cause::Notification(digest);
    intake.effects =
        said.into_iter().map(|effect| Caused { effect, cause: cause.clone() }).collect();
    intake
}
