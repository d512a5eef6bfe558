//! An attempt to carry a request out, as shown.

use marketplace::ids::{ChangeSetId, OpportunityId};
use serde::Serialize;

use super::{ChangeErrorItem, text};
use crate::facts::RequestFacts;
use crate::facts::request::{Attempt, End, Hope};

/// An attempt: one change set, sent until AWS took it or refused it for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AttemptItem {
    /// Its number, from 1.
    pub number: u32,
    /// When it was sent last.
    pub called_at: Option<String>,
    /// The draft that it completes.
    pub completes: Option<OpportunityId>,
    /// Its change set; more than one if AWS took it twice.
    pub change_sets: Vec<ChangeSetId>,
    /// `succeeded`, `failed`, `cancelled`, `applying`, `refused`, `put off`, or `not answered`.
    pub outcome: &'static str,
    /// AWS's code.
    pub code: Option<String>,
    /// AWS's own text.
    pub reason: Option<String>,
    /// When its change set ended, by AWS's clock.
    pub ended_at: Option<String>,
    /// What AWS says of single changes.
    pub errors: Vec<ChangeErrorItem>,
}

impl AttemptItem {
    /// Every attempt of a request, in order.
    pub fn all(facts: &RequestFacts) -> Vec<Self> {
        facts.attempts.iter().map(|(number, attempt)| Self::new(*number, attempt)).collect()
    }

    fn new(number: u32, attempt: &Attempt) -> Self {
        let mut reports: Vec<_> =
            attempt.change_sets.values().filter_map(|seen| seen.report.get()).collect();
        reports.sort_by_key(|report| report.end);
        // What succeeded counts, whatever became of a second one.
        let report = reports.first();
        let refusal = attempt.refused.get().filter(|_| attempt.change_sets.is_empty());
        let outcome = match (report.map(|report| report.end), refusal.map(|it| it.hope)) {
            (Some(End::Succeeded), _) => "succeeded",
            (Some(End::Failed), _) => "failed",
            (Some(End::Cancelled), _) => "cancelled",
            (None, _) if !attempt.change_sets.is_empty() => "applying",
            (None, Some(Hope::Never)) => "refused",
            (None, Some(Hope::Soon | Hope::Later)) => "put off",
            (None, None) => "not answered",
        };
        let errors = report.map(|report| report.errors.as_slice()).unwrap_or_default();
        let errors = errors.iter().map(|error| ChangeErrorItem {
            change: error.change.clone(),
            code: error.code.clone(),
            reason: error.text.clone(),
        });
        let code = report.and_then(|report| report.failure_code.clone());
        let reason = report.and_then(|report| report.failure.clone());
        Self {
            number,
            called_at: text(attempt.called_at()),
            completes: attempt.intended.get().and_then(|intended| intended.draft.clone()),
            change_sets: attempt.change_sets.keys().cloned().collect(),
            outcome,
            code: code.or_else(|| refusal.and_then(|refusal| refusal.code.clone())),
            reason: reason.or_else(|| refusal.map(|refusal| refusal.text.clone())),
            ended_at: text(report.and_then(|report| report.ended)),
            errors: errors.collect(),
        }
    }
}
