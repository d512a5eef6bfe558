//! Everything that is wrong with what a person wrote, at once.

use jiff::civil::Date;
use marketplace::draft::{Limits, Problem, Severity};
use serde::Serialize;

use crate::failure::Failure;
use crate::output::Output;
use crate::page::{cell, table};

/// What is wrong, for programs.
#[derive(Serialize)]
struct Problems<'a> {
    /// The day on which AWS's pages were read.
    rules_of: Date,
    problems: &'a [Problem],
}

/// A problem in one sentence.
pub fn sentence(problem: &Problem) -> String {
    let Problem { field, rule, found, source, .. } = problem;
    let found = found.as_ref().map_or_else(String::new, |found| format!(" {found}"));
    format!("{field}{found}: {rule} ({})", source.title())
}

/// Prints every problem: for programs on standard output, for people beside the failure, which it returns.
pub fn refuse(
    output: &mut Output,
    attempt: &str,
    problems: &[Problem],
    way_out: &str,
) -> Result<Failure, Failure> {
    let rules_of = Limits::CURRENT.version;
    if output.is_json() {
        output.json(&Problems { rules_of, problems })?;
    } else {
        let rows = problems.iter().map(|problem| {
            let severity = match problem.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            };
            let found = cell(problem.found.as_ref());
            let source = problem.source.title().to_owned();
            vec![severity.to_owned(), problem.field.clone(), found, problem.rule.clone(), source]
        });
        output.beside(table(["severity", "field", "found", "rule", "source"], rows));
    }
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    let rules = if errors == 1 { "a rule".to_owned() } else { format!("{errors} rules") };
    Ok(Failure::new(attempt)
        .because(format!("it breaks {rules} that AWS's pages had on {rules_of}"))
        .hint(way_out))
}
