//! A command that could not be carried out: what was attempted, why it failed, what to do.

use std::error::Error;
use std::fmt;
use std::io;

use ledger::store::StoreError;
use processor::command::CommandError;
use processor::delivery::ProcessError;

/// The cause of a failure.
pub type Cause = Box<dyn Error + Send + Sync>;

/// What went wrong. Its text is what was attempted; the source is why.
#[derive(Debug)]
pub struct Failure {
    attempt: String,
    cause: Option<Cause>,
    hint: Option<String>,
}

impl Failure {
    /// An attempt that failed.
    pub fn new(attempt: impl Into<String>) -> Self {
        Self { attempt: attempt.into(), cause: None, hint: None }
    }

    /// Why. What to do is derived from it where it is known.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Cause>) -> Self {
        let cause = cause.into();
        if self.hint.is_none() {
            self.hint = chain(&*cause).find_map(hint_of);
        }
        self.cause = Some(cause);
        self
    }

    /// What to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What to do.
    pub fn way_out(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Whether it may be over within seconds without anybody's doing: the ledger's server starts again.
    pub fn is_outage(&self) -> bool {
        let cause = self.source();
        let found = cause.into_iter().flat_map(chain).find_map(store_error);
        found.is_some_and(StoreError::is_outage)
    }

    /// The reasons, from the nearest to the deepest.
    pub fn reasons(&self) -> Vec<String> {
        let cause: Option<&(dyn Error + 'static)> =
            self.cause.as_deref().map(|cause| cause as &(dyn Error + 'static));
        cause.map_or_else(Vec::new, reasons)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.attempt)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as &(dyn Error + 'static))
    }
}

/// An error and its sources.
pub fn chain<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| (*error).source())
}

/// The texts of an error and its sources, each in one line. Some libraries end theirs with that of its source: it is said once.
fn reasons(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut reasons: Vec<String> = Vec::new();
    for text in chain(error).map(|error| in_one_line(&error.to_string())) {
        if !reasons.last().is_some_and(|before| before.ends_with(&text)) {
            reasons.push(text);
        }
    }
    reasons
}

/// A text that a library laid out in lines.
fn in_one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("; ").replace(":; ", ": ")
}

/// An error's text with the reasons, in one line.
pub fn one_line(error: &(dyn Error + 'static)) -> String {
    reasons(error).join(": ")
}

/// A failure of the store. What the processor was not able to record holds one that it shares.
fn store_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a StoreError> {
    match error.downcast_ref::<ProcessError>() {
        Some(ProcessError::Ledger(error)) => Some(error),
        _ => error.downcast_ref::<StoreError>(),
    }
}

fn hint_of(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(error) = store_error(error) {
        return Some(store_hint(error).to_owned());
    }
    if let Some(error) = error.downcast_ref::<CommandError>() {
        return command_hint(error).map(str::to_owned);
    }
    let error = error.downcast_ref::<io::Error>()?;
    io_hint(error.kind()).map(str::to_owned)
}

const fn store_hint(error: &StoreError) -> &'static str {
    match error {
        StoreError::Conflict { .. } => "other programs are writing to this ledger; try again",
        StoreError::Unavailable { .. } => {
            "check that --ledger names the right place, and that its server runs or its disk works; then try again"
        }
        StoreError::Locked { .. } => {
            "let the other program finish, or end it, and try again; nothing is half done"
        }
        StoreError::Full { .. } => {
            "make room on the disk that the ledger is on, and try again; nothing is half done"
        }
        StoreError::Missing { .. } => {
            "`resold init` makes a ledger; --ledger or RESOLD_LEDGER names another one"
        }
        StoreError::Foreign { .. } => {
            "--ledger or RESOLD_LEDGER names another place; `resold init` makes a ledger where there is nothing"
        }
        StoreError::Schema { found, wanted } if *found > *wanted => {
            "a newer resold wrote this ledger: use that version, or a newer one"
        }
        StoreError::Schema { .. } => {
            "`resold init` brings the ledger up to date; make a copy of it before"
        }
        StoreError::EventSchema { found, wanted } if *found > *wanted => {
            "a newer resold wrote this ledger: use that version, or a newer one"
        }
        StoreError::EventSchema { .. } => {
            "an earlier resold wrote this ledger: that version still reads it; `resold init` makes a new one, and `resold replay` takes in what was archived"
        }
        StoreError::Refused { .. } => {
            "check who owns the ledger and its folder, and what they permit; --ledger names another one"
        }
        StoreError::Inconsistent { .. } => {
            "`resold ledger verify` lists everything that does not fit; `resold ledger rebuild` makes streams and keys anew"
        }
        StoreError::Unstorable { .. } => {
            "the notification stays where it is; `resold doctor` looks at the ledger, whose database refuses it"
        }
        StoreError::Failed { .. } => {
            "`resold doctor` looks at the ledger; if it is a ledger of resold, a copy of the file helps to find the cause"
        }
    }
}

const fn command_hint(error: &CommandError) -> Option<&'static str> {
    match error {
        CommandError::NoSuchOffer(_) => Some("`resold offer list` prints the offers"),
        CommandError::NoSuchOpportunity(_) => {
            Some("`resold opportunity list` prints the opportunities")
        }
        CommandError::NoSuchFinding(_) => Some("`resold findings` prints the open ones"),
        CommandError::ClosesByItself(_) => {
            Some("end its condition; nobody needs to acknowledge it")
        }
        CommandError::NoSuchNotification(_) => {
            Some("`resold inbox list` prints what waits; `resold deal show` names what was applied")
        }
        CommandError::ErasedBefore(_) => Some("nothing is left to erase"),
        CommandError::Process(_) => None,
    }
}

const fn io_hint(kind: io::ErrorKind) -> Option<&'static str> {
    match kind {
        io::ErrorKind::NotFound => Some("check the name; paths count from the current folder"),
        io::ErrorKind::PermissionDenied => Some("check who owns it and what it permits"),
        io::ErrorKind::IsADirectory => Some("name a file in the folder"),
        io::ErrorKind::NotADirectory => Some("a part of the path is a file, not a folder"),
        io::ErrorKind::BrokenPipe => {
            Some("whoever read it has ended; write to a file to keep all of it")
        }
        io::ErrorKind::StorageFull => Some("make room on the disk and try again"),
        _ => None,
    }
}
