//! What is wrong with a draft.

use std::fmt;

use serde::Serialize;

use crate::draft::limits::Source;

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// AWS would refuse it, or could not do what is meant.
    Error,
    /// AWS takes it, and somebody may regret it.
    Warning,
}

/// A rule that a draft breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// How much it matters.
    pub severity: Severity,
    /// The field, as it is written in a form: `commitment.installments[2027-01-15].amount`.
    pub field: String,
    /// The rule, in words.
    pub rule: String,
    /// The value that breaks it; absent where one is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// Who says so.
    pub source: Source,
}

/// The field, the value, the rule and who says so.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.field)?;
        if let Some(found) = &self.found {
            write!(f, " {found}")?;
        }
        write!(f, ": {} ({})", self.rule, self.source.title())
    }
}
