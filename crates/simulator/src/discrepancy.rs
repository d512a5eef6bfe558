//! What is not as it should be after a run.

use std::fmt;

use oracle::Promise;
use serde::Serialize;

/// By which check something was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// The world's traffic can be delivered.
    Traffic,
    /// The run comes to its end.
    End,
    /// Every content that was delivered is a notification of the ledger, once, with its outcome; nothing else is.
    Accounts,
    /// `ledger verify` finds nothing; the ledger can be read.
    Seals,
    /// One outbox row a public event, no event id twice, nothing published that was published last.
    Outbox,
    /// The oracle, which knows the truth.
    Truth(Promise),
    /// The conclusions are those of the calm run.
    Conclusions,
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Traffic => f.write_str("traffic"),
            Self::End => f.write_str("end"),
            Self::Accounts => f.write_str("accounts"),
            Self::Seals => f.write_str("seals"),
            Self::Outbox => f.write_str("outbox"),
            Self::Truth(promise) => {
                write!(f, "truth, {}", format!("{promise:?}").to_ascii_lowercase())
            }
            Self::Conclusions => f.write_str("conclusions"),
        }
    }
}

impl Serialize for Check {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Discrepancy {
    /// By which check it was found.
    pub check: Check,
    /// What it is about.
    pub subject: String,
    /// How it should be.
    pub expected: String,
    /// How it is.
    pub found: String,
}

impl Discrepancy {
    /// By its parts.
    pub(crate) fn new(
        check: Check,
        subject: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        let (subject, expected, found) = (subject.into(), expected.into(), found.into());
        Self { check, subject, expected, found }
    }
}

impl fmt::Display for Discrepancy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { check, subject, expected, found } = self;
        write!(f, "{check}: {subject}: expected {expected}, found {found}")
    }
}
