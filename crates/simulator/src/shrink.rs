//! The smallest run that still fails.

use crate::discrepancy::{Check, Discrepancy};
use crate::examine::Conclusions;
use crate::schedule::Schedule;
use crate::simulation::{Trial, Tried};

/// Takes away what a run that failed can do without: perturbations, many at once and then one by one; processors; the size
/// of batches. A smaller run counts if the check that found something first finds something again; at most `tries` are tried.
pub(crate) fn shrink(
    trial: &Trial<'_>,
    schedule: &Schedule,
    failed: Tried,
    calm: &Conclusions,
    tries: usize,
) -> (Schedule, Vec<Discrepancy>) {
    let check = failed.discrepancies.first().map(|found| found.check);
    let (schedule, found) = (schedule.clone(), failed.discrepancies);
    let mut search = Search { trial, calm, check, tries, schedule, found };
    search.perturbations();
    search.rest();
    // What took several processors, or large batches, may not be needed any more.
    search.perturbations();
    (search.schedule, search.found)
}

struct Search<'a> {
    trial: &'a Trial<'a>,
    calm: &'a Conclusions,
    check: Option<Check>,
    /// So many more smaller runs may be tried.
    tries: usize,
    /// The smallest one that failed so far.
    schedule: Schedule,
    found: Vec<Discrepancy>,
}

impl Search<'_> {
    /// Whether a smaller run fails as well; if so, it is the smallest one from now on.
    fn fails(&mut self, smaller: Schedule) -> bool {
        if self.tries == 0 || smaller == self.schedule {
            return false;
        }
        self.tries = self.tries.saturating_sub(1);
        let tried = self.trial.run(&smaller, Some(self.calm));
        let again = tried.discrepancies.iter().any(|found| Some(found.check) == self.check);
        if again {
            (self.schedule, self.found) = (smaller, tried.discrepancies);
        }
        again
    }

    /// Takes perturbations away: half of them, a quarter, and so on down to single ones.
    fn perturbations(&mut self) {
        let mut size = self.schedule.perturbations.len().div_ceil(2);
        while size > 0 {
            let mut from = 0;
            while from < self.schedule.perturbations.len() {
                let mut smaller = self.schedule.clone();
                let until = from.saturating_add(size).min(smaller.perturbations.len());
                smaller.perturbations.drain(from..until);
                if !self.fails(smaller) {
                    from = until;
                }
            }
            size = if size == 1 { 0 } else { size.div_ceil(2) };
        }
    }

    fn rest(&mut self) {
        for processors in 1..self.schedule.processors {
            if self.fails(Schedule { processors, ..self.schedule.clone() }) {
                break;
            }
        }
        for batch in 1..self.schedule.batch {
            if self.fails(Schedule { batch, ..self.schedule.clone() }) {
                break;
            }
        }
    }
}
