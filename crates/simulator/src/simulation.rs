//! Worlds, each delivered several times, and held against the truth and against each other.

use fastrand::Rng;
use oracle::{Size, World};
use serde::Serialize;

use crate::discrepancy::{Check, Discrepancy};
use crate::examine::{Conclusions, compare, examine};
use crate::people::Command;
use crate::run::{Stuck, run};
use crate::schedule::Schedule;
use crate::shrink::shrink;
use crate::tally::Tally;
use crate::traffic::Traffic;

/// So many times a world is delivered with perturbations, after once without any.
const PERTURBED: usize = 2;

/// What is simulated.
#[derive(Debug, Clone, Copy)]
pub struct Simulation {
    /// So many processors in every perturbed run; drawn if absent.
    pub processors: Option<usize>,
    /// After a failure at most so many smaller runs are tried.
    pub tries: usize,
}

impl Default for Simulation {
    fn default() -> Self {
        Self { processors: None, tries: 600 }
    }
}

/// A world in which something is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The world's seed.
    pub seed: u64,
    /// What is not as it should be, in the smallest run that still fails so.
    pub discrepancies: Vec<Discrepancy>,
    /// So many processors in the smallest run.
    pub processors: usize,
    /// So many messages at once in the smallest run.
    pub batch: usize,
    /// What is left of what went wrong, in words; nothing: the calm run fails.
    pub perturbations: Vec<String>,
    /// So many perturbations were there at first.
    pub drawn: usize,
}

impl Simulation {
    /// Delivers one world, first calmly, then with perturbations; the first run that is not as it should be is made
    /// smaller as long as it still fails.
    pub fn world(&self, seed: u64) -> Result<Tally, Box<Failure>> {
        let world = World::generate(seed, Size::default());
        let delivered = Traffic::of(&world).and_then(|of| Ok((of, Command::all(&world)?)));
        let (traffic, commands) = match delivered {
            Ok(delivered) => delivered,
            Err(found) => {
                let check = Check::Traffic;
                let found = vec![Discrepancy::new(check, "the world", "deliverable", found)];
                let nothing = Traffic::default();
                return Err(Box::new(failure(seed, &nothing, &Schedule::calm(), found, 0)));
            }
        };
        let trial = Trial { world: Some(&world), traffic: &traffic, commands: &commands };
        let calm = trial.run(&Schedule::calm(), None);
        if !calm.discrepancies.is_empty() {
            let found = calm.discrepancies;
            return Err(Box::new(failure(seed, &traffic, &Schedule::calm(), found, 0)));
        }
        let mut tallies = vec![calm.tally];
        let mut seeds = Rng::with_seed(seed);
        for _ in 0..PERTURBED {
            let schedule = Schedule::draw(seeds.u64(..), &traffic, &calm.tally, self.processors);
            let perturbed = trial.run(&schedule, Some(&calm.conclusions));
            if !perturbed.discrepancies.is_empty() {
                let smallest = shrink(&trial, &schedule, perturbed, &calm.conclusions, self.tries);
                let (schedule, found, drawn) =
                    (smallest.0, smallest.1, schedule.perturbations.len());
                return Err(Box::new(failure(seed, &traffic, &schedule, found, drawn)));
            }
            tallies.push(perturbed.tally);
        }
        let all: Tally = tallies.into_iter().sum();
        Ok(Tally { worlds: 1, ..all })
    }
}

fn failure(
    seed: u64,
    traffic: &Traffic,
    schedule: &Schedule,
    discrepancies: Vec<Discrepancy>,
    drawn: usize,
) -> Failure {
    let words = |perturbation: &crate::perturbation::Perturbation| {
        perturbation.words(|arrival| traffic.name(arrival))
    };
    Failure {
        seed,
        discrepancies,
        processors: schedule.processors,
        batch: schedule.batch,
        perturbations: schedule.perturbations.iter().map(words).collect(),
        drawn,
    }
}

/// Traffic that can be delivered again and again.
#[derive(Debug)]
pub struct Trial<'a> {
    /// The truth, if it is known.
    pub world: Option<&'a World>,
    /// What arrives.
    pub traffic: &'a Traffic,
    /// What people decide.
    pub commands: &'a [Command],
}

/// What came of a run.
#[derive(Debug)]
pub struct Tried {
    /// What was counted.
    pub tally: Tally,
    /// What the ledger concludes.
    pub conclusions: Conclusions,
    /// What is not as it should be.
    pub discrepancies: Vec<Discrepancy>,
}

impl Trial<'_> {
    /// Delivers the traffic by a schedule and examines the ledger. `calm`: the conclusions that it must reach.
    pub fn run(&self, schedule: &Schedule, calm: Option<&Conclusions>) -> Tried {
        let ran = match run(self.traffic, self.commands, schedule) {
            Ok(ran) => ran,
            Err(stuck) => {
                let found = match stuck {
                    Stuck::Turns => "processors that move on and on".to_owned(),
                    Stuck::Sweeps => "a sweep that always finds something to do".to_owned(),
                    Stuck::Sweep(error) => error.to_string(),
                };
                let found = Discrepancy::new(Check::End, "the run", "an end", found);
                let (tally, conclusions) = (Tally::default(), Conclusions::new());
                return Tried { tally, conclusions, discrepancies: vec![found] };
            }
        };
        let mut examined = examine(self.world, self.traffic, self.commands, &ran.store);
        let refused = ran.refused.into_iter();
        examined.discrepancies.extend(refused.map(|command| {
            Discrepancy::new(Check::End, command, "carried out at last", "refused to the end")
        }));
        if let Some(calm) = calm {
            examined.discrepancies.extend(compare(calm, &examined.conclusions));
        }
        let (conclusions, discrepancies) = (examined.conclusions, examined.discrepancies);
        Tried { tally: ran.tally, conclusions, discrepancies }
    }
}
