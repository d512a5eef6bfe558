//! Exit codes.

use std::process::ExitCode;

/// How a command ended. The codes are a promise to scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 1: done, and something needs you: an open finding that the command met, a notification that waits, a document
    /// that could not be read.
    NeedsYou,
    /// 2: could not be done. Standard error says what was attempted, why it failed and what to do.
    CouldNot,
}

impl Exit {
    /// `NeedsYou`, if something does.
    pub const fn needs_you_if(something: bool) -> Self {
        if something { Self::NeedsYou } else { Self::Done }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Done => Self::from(0),
            Exit::NeedsYou => Self::from(1),
            Exit::CouldNot => Self::from(2),
        }
    }
}
