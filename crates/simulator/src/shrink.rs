//! The smallest run that still fails.

use std::collections::BTreeSet;

use crate::discrepancy::{Check, Discrepancy};
use crate::examine::Conclusions;
use crate::schedule::Schedule;
use crate::simulation::{Trial, Tried};

/// The smallest run that still fails so.
#[derive(Debug)]
pub(crate) struct Smallest {
    pub(crate) trial: Trial,
    pub(crate) schedule: Schedule,
    pub(crate) found: Vec<Discrepancy>,
}

/// Takes away what a run that failed can do without: perturbations, many at once and then one by one; parts of the world
/// with what depends on them; processors; the size of batches. A smaller run counts if the check that found something
/// first finds something again; at most `tries` are tried. `calm`: the conclusions that the run should have reached.
pub(crate) fn shrink(
    trial: Trial,
    schedule: Schedule,
    found: Vec<Discrepancy>,
    calm: Option<Conclusions>,
    tries: usize,
) -> Smallest {
    let check = found.first().map(|found| found.check);
    let mut search = Search { calm, check, tries, smallest: Smallest { trial, schedule, found } };
    search.perturbations();
    search.world();
    search.rest();
    // What took several processors, large batches, or much of the world, may not be needed any more.
    search.perturbations();
    search.smallest
}

struct Search {
    calm: Option<Conclusions>,
    check: Option<Check>,
    /// So many more smaller runs may be tried.
    tries: usize,
    smallest: Smallest,
}

impl Search {
    /// Whether a smaller run fails as well; if so, it is the smallest one from now on.
    fn fails(&mut self, smaller: Schedule) -> bool {
        if self.tries == 0 || smaller == self.smallest.schedule {
            return false;
        }
        self.tries = self.tries.saturating_sub(1);
        let tried = self.smallest.trial.run(&smaller, self.calm.as_ref());
        let again = self.is_again(&tried);
        if again {
            (self.smallest.schedule, self.smallest.found) = (smaller, tried.discrepancies);
        }
        again
    }

    fn is_again(&self, tried: &Tried) -> bool {
        tried.discrepancies.iter().any(|found| Some(found.check) == self.check)
    }

    /// The same in a smaller world, of which a calm run is as it should be, unless it was the calm run that failed.
    fn fails_without(&mut self, parts: &BTreeSet<String>) -> bool {
        let Ok(trial) = Trial::of(self.smallest.trial.world.without(parts)) else { return false };
        if self.tries == 0 {
            return false;
        }
        self.tries = self.tries.saturating_sub(1);
        let schedule = self.smallest.trial.moved(&self.smallest.schedule, &trial);
        let mut calm = None;
        if self.calm.is_some() {
            let tried = trial.run(&Schedule::calm(), None);
            if !tried.discrepancies.is_empty() {
                return false;
            }
            calm = Some(tried.conclusions);
        }
        let tried = trial.run(&schedule, calm.as_ref());
        let again = self.is_again(&tried);
        if again {
            self.smallest = Smallest { trial, schedule, found: tried.discrepancies };
            self.calm = calm;
        }
        again
    }

    /// Takes parts of the world away: half of them, a quarter, and so on down to single ones.
    fn world(&mut self) {
        let mut size = self.smallest.trial.world.parts().len().div_ceil(2);
        while size > 0 {
            let mut from = 0;
            loop {
                let parts = self.smallest.trial.world.parts().into_iter();
                let parts: BTreeSet<String> = parts.skip(from).take(size).collect();
                if parts.is_empty() {
                    break;
                }
                if !self.fails_without(&parts) {
                    from = from.saturating_add(size);
                }
            }
            size = if size == 1 { 0 } else { size.div_ceil(2) };
        }
    }

    /// Takes perturbations away: half of them, a quarter, and so on down to single ones.
    fn perturbations(&mut self) {
        let mut size = self.smallest.schedule.perturbations.len().div_ceil(2);
        while size > 0 {
            let mut from = 0;
            while from < self.smallest.schedule.perturbations.len() {
                let mut smaller = self.smallest.schedule.clone();
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
        for processors in 1..self.smallest.schedule.processors {
            if self.fails(Schedule { processors, ..self.smallest.schedule.clone() }) {
                break;
            }
        }
        for batch in 1..self.smallest.schedule.batch {
            if self.fails(Schedule { batch, ..self.smallest.schedule.clone() }) {
                break;
            }
        }
    }
}
