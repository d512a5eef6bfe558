//! Worlds, each delivered several times, and held against the truth and against each other.

use fastrand::Rng;
use oracle::{Size, World};
use serde::Serialize;

use crate::discrepancy::{Check, Discrepancy};
use crate::examine::{Conclusions, compare, examine};
use crate::people::Command;
use crate::run::{Stuck, run};
use crate::schedule::Schedule;
use crate::shrink::{Smallest, shrink};
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
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
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
    /// What is left of the world's notifications, in the order of time.
    pub notifications: Vec<String>,
    /// What is left of people's commands.
    pub commands: Vec<String>,
    /// So many notifications were there at first.
    pub arrivals: usize,
}

impl Simulation {
    /// Delivers one world, first calmly, then with perturbations; the first run that is not as it should be is made
    /// smaller as long as it still fails.
    pub fn world(&self, seed: u64) -> Result<Tally, Box<Failure>> {
        let trial = Trial::of(World::generate(seed, Size::default())).map_err(|found| {
            let check = Check::Traffic;
            Box::new(Failure {
                seed,
                discrepancies: vec![Discrepancy::new(check, "the world", "deliverable", found)],
                ..Failure::default()
            })
        })?;
        let calm = trial.run(&Schedule::calm(), None);
        if !calm.discrepancies.is_empty() {
            let found = calm.discrepancies;
            return Err(self.failure(seed, trial, Schedule::calm(), found, None));
        }
        let mut tallies = vec![calm.tally];
        let mut seeds = Rng::with_seed(seed);
        for _ in 0..PERTURBED {
            let drawn = seeds.u64(..);
            let schedule = Schedule::draw(drawn, &trial.traffic, &calm.tally, self.processors);
            let perturbed = trial.run(&schedule, Some(&calm.conclusions));
            if !perturbed.discrepancies.is_empty() {
                let (found, calm) = (perturbed.discrepancies, Some(calm.conclusions));
                return Err(self.failure(seed, trial, schedule, found, calm));
            }
            tallies.push(perturbed.tally);
        }
        let all: Tally = tallies.into_iter().sum();
        Ok(Tally { worlds: 1, ..all })
    }

    /// The smallest run that fails like this one.
    fn failure(
        &self,
        seed: u64,
        trial: Trial,
        schedule: Schedule,
        found: Vec<Discrepancy>,
        calm: Option<Conclusions>,
    ) -> Box<Failure> {
        let (drawn, arrivals) = (schedule.perturbations.len(), trial.traffic.arrivals.len());
        let Smallest { trial, schedule, found } = shrink(trial, schedule, found, calm, self.tries);
        let name = |arrival| trial.traffic.name(arrival);
        let perturbations = schedule.perturbations.iter();
        Box::new(Failure {
            seed,
            discrepancies: found,
            processors: schedule.processors,
            batch: schedule.batch,
            perturbations: perturbations.map(|one| one.words(name)).collect(),
            drawn,
            notifications: (0..trial.traffic.arrivals.len()).map(name).collect(),
            commands: trial.commands.iter().map(Command::words).collect(),
            arrivals,
        })
    }
}

/// A world that can be delivered again and again.
#[derive(Debug)]
pub struct Trial {
    /// The truth.
    pub(crate) world: World,
    /// What arrives.
    traffic: Traffic,
    /// What people decide.
    commands: Vec<Command>,
}

impl Trial {
    /// Of a world; or why it cannot be delivered.
    pub fn of(world: World) -> Result<Self, String> {
        let (traffic, commands) = (Traffic::of(&world)?, Command::all(&world)?);
        Ok(Self { world, traffic, commands })
    }

    /// The same schedule for a smaller world: what does not arrive any more is not perturbed.
    pub(crate) fn moved(&self, schedule: &Schedule, smaller: &Self) -> Schedule {
        let place = |number: usize| {
            let arrival = self.traffic.arrivals.get(number)?;
            smaller.traffic.arrivals.iter().position(|other| other.body == arrival.body)
        };
        let moved = schedule.perturbations.iter().filter_map(|one| one.moved(place));
        Schedule { perturbations: moved.collect(), ..schedule.clone() }
    }
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

impl Trial {
    /// Delivers the traffic by a schedule and examines the ledger. `calm`: the conclusions that it must reach.
    pub fn run(&self, schedule: &Schedule, calm: Option<&Conclusions>) -> Tried {
        let ran = match run(&self.traffic, &self.commands, schedule) {
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
        let mut examined = examine(&self.world, &self.traffic, &self.commands, &ran.store);
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
