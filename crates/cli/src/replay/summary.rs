//! What became of everything.

use serde::Serialize;

use crate::failure::Failure;
use crate::output::Output;
use crate::page::counts;

/// The end of a replay or of an import, after the sweep.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Notifications in the documents: the sum of the next six.
    pub received: u64,
    /// Applied by now, whatever they had to wait for in between.
    pub applied: u64,
    /// The ledger held their content already, or they came twice.
    pub duplicates: u64,
    /// Waiting for something that is not known yet.
    pub parked: u64,
    /// Kept with the reason why they cannot be used.
    pub quarantined: u64,
    /// Kept: of a type that this version does not know.
    pub unknown: u64,
    /// Not recorded: the ledger failed with each of them alone.
    pub failed: u64,
    /// Documents that were not kept: too long, or refused descriptions.
    pub unreadable: u64,
    /// Live entitlements announced, with `--backfill`.
    pub announced: u64,
    /// Findings open in the ledger now.
    pub findings: u64,
    /// Those of them that were not open at the beginning.
    pub opened: u64,
}

impl Summary {
    /// Prints it.
    pub fn print(&self, output: &mut Output, backfill: bool) -> Result<(), Failure> {
        if output.is_json() {
            return output.json(self);
        }
        let failed = (self.failed > 0).then_some(("failed", self.failed));
        let announced = backfill.then_some(("announced", self.announced));
        let findings = [("findings", self.findings), ("new findings", self.opened)];
        let rows = [
            ("received", self.received),
            ("applied", self.applied),
            ("duplicates", self.duplicates),
            ("parked", self.parked),
            ("quarantined", self.quarantined),
            ("unknown", self.unknown),
        ];
        let unreadable = [("unreadable", self.unreadable)];
        let rest = unreadable.into_iter().chain(announced).chain(findings);
        output.lines(counts(rows.into_iter().chain(failed).chain(rest)))
    }
}
