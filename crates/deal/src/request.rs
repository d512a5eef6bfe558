//! A request of ours to AWS: its status, and what is to be done next. Both are functions of its facts.
//!
//! | so far | next |
//! |---|---|
//! | a wish, no attempt | start the first attempt |
//! | a call began and nothing is known of its answer | wait for it; then look for its change set by name |
//! | a call was not answered, and no change set has its name | start the same attempt again: same token, same body |
//! | refused, with hope | start the same attempt again, later |
//! | refused, without hope | failed; another wish makes another attempt |
//! | a change set | ask AWS, rarer and rarer, until it ended; at once when a notification says so |
//! | it failed | look for the draft that it left; after a fault of AWS start another attempt, which completes the draft |
//! | it succeeded | read what it made back from AWS |
//! | that is in the ledger | done |
//!
//! So no two tokens are ever under way: a new attempt begins only after the last one ended, and a call whose answer nobody heard
//! is doubted until a search by name, which is later than the call, found nothing.

mod name;
mod pace;
pub mod record;

use marketplace::ids::{ChangeSetId, OpportunityId};

pub use self::name::{InvalidRequestId, RequestId, change_set_name, named, token};
use crate::facts::request::{Attempt, End, Hope, Refusal, Report, ReportedError, RequestFacts};
use crate::moment::Moment;

/// At most so many attempts are made for one request.
pub const MAX_ATTEMPTS: u32 = 6;
/// So many attempts are made for one wish while AWS has faults of its own.
const FAULTS: usize = 3;
/// An answer comes within so many seconds, or never: longer than any call is tried.
pub const CALL_SECONDS: i64 = 300;
/// Lists of AWS show what happened so many seconds ago.
pub const SETTLE_SECONDS: i64 = 30;
/// A change set that is not done after so many hours is a finding.
pub const OVERDUE_HOURS: i64 = 24;
/// Seconds until a call is tried again that AWS refused, by how often in a row.
const SOON: [i64; 5] = [30, 60, 120, 300, 600];
/// The same for what is locked or used up.
const LATER: [i64; 5] = [120, 300, 600, 900, 1_800];
/// The same for a question without hope: somebody may mend a permission.
const NEVER: [i64; 1] = [3_600];
/// The same for an attempt after one that met a fault of AWS.
const FAULT: [i64; 2] = [60, 600];

/// How far a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Recorded, not sent.
    Wished,
    /// A call is under way, or is tried again.
    Sending,
    /// Something else locks what it is about, or a quota is used up.
    Waiting,
    /// AWS has it.
    Applying,
    /// Done.
    Succeeded,
    /// AWS refused it, or could not do it.
    Failed,
    /// It was cancelled at AWS.
    Cancelled,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 7] = [
        Self::Wished,
        Self::Sending,
        Self::Waiting,
        Self::Applying,
        Self::Succeeded,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The shown word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Wished => "wished",
            Self::Sending => "sending",
            Self::Waiting => "waiting",
            Self::Applying => "applying",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What is to be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Nothing before this time; [`Moment::MAX`]: nothing until something else is known.
    Wait {
        /// Until when.
        until: Moment,
    },
    /// Record the attempt, or that it is called again; then send its change set.
    Start {
        /// Which attempt.
        attempt: u32,
    },
    /// Look for the change set of an attempt by its name.
    Search {
        /// Which attempt.
        attempt: u32,
        /// It was started after this.
        after: Moment,
    },
    /// Ask how a change set is.
    Poll {
        /// Which one.
        id: ChangeSetId,
    },
    /// Look for the draft that an attempt left behind.
    FindDraft {
        /// Which attempt.
        attempt: u32,
        /// The draft that AWS named, to be confirmed.
        reported: Option<OpportunityId>,
        /// It was changed after this.
        after: Moment,
    },
    /// Read what it made back from AWS into the ledger.
    ReadBack {
        /// What was created, published or restricted.
        opportunity: OpportunityId,
    },
    /// Nothing more.
    Done(Outcome),
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The opportunity is as wished; AWS names it unless it is the one that was wished about.
    Succeeded(Option<OpportunityId>),
    /// See [`failure`]. Another wish may correct it.
    Failed,
    /// It was cancelled at AWS. Another wish may begin again.
    Cancelled,
}

/// What is to be done at this time.
pub fn next(facts: &RequestFacts, now: Moment) -> Step {
    match plan(facts) {
        None => Step::Wait { until: Moment::MAX },
        Some((at, step)) if at <= now => step,
        Some((until, _)) => Step::Wait { until },
    }
}

/// When something is to be done next; `None`: nothing, until something else is known.
pub fn due(facts: &RequestFacts) -> Option<Moment> {
    plan(facts).filter(|(_, step)| !matches!(step, Step::Done(_))).map(|(at, _)| at)
}

/// How far it is; `None`: a stub, of which nobody here wished anything.
pub fn status(facts: &RequestFacts) -> Option<Status> {
    Some(match stage(facts)? {
        Stage::Done(_) => Status::Succeeded,
        Stage::Applying { .. } => Status::Applying,
        Stage::New { .. } => Status::Wished,
        Stage::Called { attempt, .. } => match answer(attempt) {
            Answer::Refused(refusal) if refusal.hope == Hope::Later => Status::Waiting,
            _ => Status::Sending,
        },
        Stage::Ended { number, attempt, ending } => match again(facts, number, attempt, ending) {
            Some(Again::Wished(_)) => Status::Wished,
            Some(Again::Fault(_)) => Status::Sending,
            None if matches!(ending, Ending::Cancelled) => Status::Cancelled,
            None => Status::Failed,
        },
    })
}

/// Since when its change set has been applying.
pub fn applying_since(facts: &RequestFacts) -> Option<Moment> {
    let running = facts.change_sets().filter(|(_, _, seen)| seen.report.is_empty());
    let applying = status(facts) == Some(Status::Applying);
    running.filter_map(|(_, _, seen)| seen.begun()).min().filter(|_| applying)
}

/// Why a request failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure<'a> {
    /// When we learned it.
    pub at: Moment,
    /// AWS's code.
    pub code: Option<&'a str>,
    /// AWS's words for it.
    pub text: Option<&'a str>,
    /// What AWS says of single changes.
    pub errors: &'a [ReportedError],
}

/// Why the last attempt failed, if it did.
pub fn failure(facts: &RequestFacts) -> Option<Failure<'_>> {
    match stage(facts)? {
        Stage::Ended { ending: Ending::Refused(at, refusal), .. } => Some(Failure {
            at,
            code: refusal.code.as_deref(),
            text: Some(&refusal.text),
            errors: &[],
        }),
        Stage::Ended { ending: Ending::Failed(at, report), .. } => Some(Failure {
            at,
            code: report.failure_code.as_deref(),
            text: report.failure.as_deref(),
            errors: &report.errors,
        }),
        _ => None,
    }
}

/// How often in a row a question was not answered, if the last one was not.
pub fn trouble(facts: &RequestFacts) -> Option<(Moment, &Refusal)> {
    let (at, trouble) = facts.trouble.at().zip(facts.trouble.get())?;
    let wished = facts.wish().map(|(_, _, at)| at);
    let answered = facts.attempts.values().flat_map(Attempt::records);
    (answered.chain(facts.read_back.get()).chain(wished).max() <= Some(at)).then_some((at, trouble))
}

/// How far it is, with what is needed to go on.
enum Stage<'a> {
    Done(Option<&'a OpportunityId>),
    Applying { id: &'a ChangeSetId, poll: Moment },
    New { at: Moment },
    Called { number: u32, attempt: &'a Attempt },
    Ended { number: u32, attempt: &'a Attempt, ending: Ending<'a> },
}

/// How an attempt ended that did not succeed.
#[derive(Clone, Copy)]
enum Ending<'a> {
    Refused(Moment, &'a Refusal),
    Failed(Moment, &'a Report),
    Cancelled,
}

fn stage(facts: &RequestFacts) -> Option<Stage<'_>> {
    let (_, _, wished_at) = facts.wish()?;
    if facts.attempts.values().any(Attempt::has_succeeded) {
        return Some(Stage::Done(facts.made().next().map(|(made, _)| made)));
    }
    // Of every attempt: one that was thought to be refused may turn up.
    let running = facts.change_sets().filter(|(_, _, seen)| seen.report.is_empty());
    if let Some((poll, id)) = running.map(|(_, id, seen)| (seen.poll_at(), id)).min() {
        return Some(Stage::Applying { id, poll });
    }
    let Some((number, attempt)) = facts.attempts.last_key_value() else {
        return Some(Stage::New { at: wished_at });
    };
    let number = *number;
    Some(match ending(attempt) {
        Some(ending) => Stage::Ended { number, attempt, ending },
        None => Stage::Called { number, attempt },
    })
}

/// What is to be done next, and from when on.
fn plan(facts: &RequestFacts) -> Option<(Moment, Step)> {
    let step = match stage(facts)? {
        Stage::Done(made) => done(facts, made),
        Stage::Applying { id, poll } => (poll, Step::Poll { id: id.clone() }),
        Stage::New { at } => (at, Step::Start { attempt: 1 }),
        Stage::Called { number, attempt } => called(number, attempt),
        Stage::Ended { number, attempt, ending } => ended(facts, number, attempt, ending),
    };
    if matches!(step.1, Step::Done(_)) {
        return Some(step);
    }
    let held = trouble(facts).map(|(at, trouble)| at.plus_seconds(patience(trouble)));
    Some((held.map_or(step.0, |held| held.max(step.0)), step.1))
}

/// What follows success. AWS may have made something without naming it: then there is nothing to be read.
fn done(facts: &RequestFacts, made: Option<&OpportunityId>) -> (Moment, Step) {
    let reports = facts.change_sets().filter_map(|(_, _, seen)| seen.report.at());
    match made.filter(|_| facts.read_back.is_empty()) {
        Some(made) => {
            (reports.max().unwrap_or_default(), Step::ReadBack { opportunity: made.clone() })
        }
        None => (Moment::MIN, Step::Done(Outcome::Succeeded(made.cloned()))),
    }
}

/// What is known of the answer to an attempt's last call.
enum Answer<'a> {
    Awaited,
    Lost,
    Refused(&'a Refusal),
}

fn answer(attempt: &Attempt) -> Answer<'_> {
    let called = attempt.called_at();
    match attempt.refused.get() {
        Some(refusal) if attempt.refused.at() >= called => Answer::Refused(refusal),
        _ if attempt.unanswered.get() >= called => Answer::Lost,
        _ => Answer::Awaited,
    }
}

/// What follows a call that led to no change set yet.
fn called(number: u32, attempt: &Attempt) -> (Moment, Step) {
    let called = attempt.called_at().unwrap_or_default();
    // A call whose answer nobody heard, this one or one before it, may have been taken.
    let is_doubted = attempt.is_doubted();
    let wait = match answer(attempt) {
        Answer::Awaited => CALL_SECONDS,
        Answer::Lost => SETTLE_SECONDS,
        Answer::Refused(refusal) if refusal.hope == Hope::Never => SETTLE_SECONDS,
        Answer::Refused(refusal) if is_doubted => patience(refusal).max(SETTLE_SECONDS),
        Answer::Refused(refusal) => patience(refusal),
    };
    let at = called.plus_seconds(wait);
    if !is_doubted {
        return (at, Step::Start { attempt: number });
    }
    if let Some(searched) = attempt.searched_at() {
        return (searched, Step::Start { attempt: number });
    }
    let first = attempt.intended.witness().map_or(called, |said| said.at);
    (at, Step::Search { attempt: number, after: earlier(first) })
}

/// What follows an attempt that did not succeed.
fn ended(
    facts: &RequestFacts,
    number: u32,
    attempt: &Attempt,
    ending: Ending<'_>,
) -> (Moment, Step) {
    let creates = facts.wish_of(attempt).is_some_and(|wish| wish.kind.creates());
    if let Ending::Failed(at, report) = ending
        && creates
        && facts.reusable().is_none()
        && attempt.sought.is_empty()
    {
        let first = attempt.intended.witness().map_or(at, |said| said.at);
        let step = Step::FindDraft {
            attempt: number,
            reported: report.opportunity.clone(),
            after: earlier(first),
        };
        return (at.plus_seconds(SETTLE_SECONDS), step);
    }
    match again(facts, number, attempt, ending) {
        Some(Again::Wished(at) | Again::Fault(at)) => {
            (at, Step::Start { attempt: number.saturating_add(1) })
        }
        None if matches!(ending, Ending::Cancelled) => {
            (Moment::MIN, Step::Done(Outcome::Cancelled))
        }
        None => (Moment::MIN, Step::Done(Outcome::Failed)),
    }
}

/// Why there is another attempt, and from when on.
enum Again {
    /// A person corrected the wish.
    Wished(Moment),
    /// AWS had a fault.
    Fault(Moment),
}

fn again(
    facts: &RequestFacts,
    number: u32,
    attempt: &Attempt,
    ending: Ending<'_>,
) -> Option<Again> {
    let (wish, _, wished_at) = facts.wish()?;
    let carried_out = attempt.intended.get().map_or(wish, |intended| intended.wish);
    if number >= MAX_ATTEMPTS {
        return None;
    }
    if wish > carried_out {
        return Some(Again::Wished(wished_at));
    }
    let Ending::Failed(at, report) = ending else { return None };
    let of_wish = facts.attempts.values().filter(|attempt| {
        attempt.intended.get().is_some_and(|intended| intended.wish == carried_out)
    });
    let tried = of_wish.count();
    // Which of several drafts was left is for a person to say.
    let is_clear = facts.candidates.is_empty() || facts.reusable().is_some();
    let is_fault = report.failure_code.as_deref() == Some("SERVER_FAULT");
    let wait = nth(&FAULT, tried);
    (is_fault && is_clear && tried < FAULTS).then(|| Again::Fault(at.plus_seconds(wait)))
}

/// How an attempt ended, if it did and did not succeed.
fn ending(attempt: &Attempt) -> Option<Ending<'_>> {
    if attempt.change_sets.is_empty() {
        let Answer::Refused(refusal) = answer(attempt) else { return None };
        let is_over = !attempt.is_doubted() || attempt.searched_at().is_some();
        let at = attempt.called_at()?;
        return (refusal.hope == Hope::Never && is_over).then_some(Ending::Refused(at, refusal));
    }
    let reports = attempt.change_sets.values().map(|seen| &seen.report);
    let last = reports.max_by_key(|report| report.order());
    let (at, report) = last.and_then(|report| report.at().zip(report.get()))?;
    match report.end {
        End::Failed => Some(Ending::Failed(at, report)),
        End::Cancelled => Some(Ending::Cancelled),
        End::Succeeded => None,
    }
}

/// Seconds until it is tried again.
fn patience(refusal: &Refusal) -> i64 {
    let times = usize::try_from(refusal.times).unwrap_or(usize::MAX);
    match refusal.hope {
        Hope::Soon => nth(&SOON, times),
        Hope::Later => nth(&LATER, times),
        Hope::Never => nth(&NEVER, times),
    }
}

/// The entry of a number from 1 on; beyond the end the last one.
fn nth(table: &[i64], number: usize) -> i64 {
    let entry = table.get(number.saturating_sub(1)).or(table.last());
    entry.copied().unwrap_or_default()
}

/// What began at this time by our clock, by AWS's clock.
const fn earlier(at: Moment) -> Moment {
    at.plus_minutes(-crate::correlate::SKEW_MINUTES)
}

impl Attempt {
    /// The last call. What is intended is called: both are recorded at once.
    pub fn called_at(&self) -> Option<Moment> {
        self.called.get().max(self.intended.witness().map(|said| said.at))
    }

    /// Whether AWS may have taken a call that it did not answer.
    pub fn is_doubted(&self) -> bool {
        !self.unanswered.is_empty() || !matches!(answer(self), Answer::Refused(_))
    }

    /// When it was searched for by name since the last call, in vain.
    fn searched_at(&self) -> Option<Moment> {
        self.searched.get().filter(|at| Some(*at) > self.called_at())
    }

    /// When what was recorded of it was recorded, as far as that is told.
    fn records(&self) -> impl Iterator<Item = Moment> {
        let sets = self.change_sets.values();
        let sets = sets.flat_map(|seen| [seen.known.get(), seen.polled.get(), seen.report.at()]);
        let own = [self.called_at(), self.searched.get(), self.sought.get()];
        sets.chain(own).flatten().collect::<Vec<_>>().into_iter()
    }
}

#[cfg(test)]
mod tests;
