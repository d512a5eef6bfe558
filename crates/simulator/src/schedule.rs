//! How a world is delivered in one run.

use deal::moment::Moment;
use fastrand::Rng;

use crate::perturbation::{Blow, Perturbation, Point};
use crate::tally::Tally;
use crate::time::{DAY, HOUR, MINUTE, SECOND};
use crate::traffic::Traffic;

/// At most so many processors run at once.
pub const MAX_PROCESSORS: usize = 8;
/// SQS hands out at most so many messages at once.
pub const MAX_BATCH: usize = 10;
/// About as many calls to the store as people's last commands take.
const LAST_CALLS: u64 = 40;
/// About as many commits.
const LAST_COMMITS: u64 = 4;

/// How a world is delivered in one run. The same schedule is the same run, step by step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// From it follows who moves when.
    pub seed: u64,
    /// So many processors.
    pub processors: usize,
    /// A processor takes at most so many messages at once.
    pub batch: usize,
    /// A received message stays invisible for so many microseconds.
    pub visibility: i64,
    /// After so many receipts a message is a dead letter.
    pub most_receipts: u32,
    /// What does not go as it should.
    pub perturbations: Vec<Perturbation>,
}

impl Schedule {
    /// Nothing goes wrong: one processor takes everything in order.
    pub fn calm() -> Self {
        Self {
            seed: 0,
            processors: 1,
            batch: 1,
            visibility: 5 * MINUTE,
            most_receipts: 3,
            perturbations: Vec::new(),
        }
    }

    /// Draws how a world is delivered. `calm`: what was counted when nothing went wrong. `processors`: so many, if they are
    /// not drawn too.
    pub fn draw(seed: u64, traffic: &Traffic, calm: &Tally, processors: Option<usize>) -> Self {
        let random = &mut Rng::with_seed(seed);
        let drawn = random.usize(1..=MAX_PROCESSORS);
        let mut schedule = Self {
            seed: random.u64(..),
            processors: processors.unwrap_or(drawn).clamp(1, MAX_PROCESSORS),
            batch: random.usize(1..=MAX_BATCH),
            visibility: random.i64(30 * SECOND..10 * MINUTE),
            most_receipts: random.u32(1..=5),
            perturbations: Vec::new(),
        };
        let perturbations = &mut schedule.perturbations;
        deliveries(random, traffic, perturbations);
        passing(random, traffic, schedule.processors, perturbations);
        blows(random, calm, perturbations);
        schedule
    }
}

/// A span of time: from a second to a month, each size about as often as another.
fn span(random: &mut Rng) -> i64 {
    let sizes = [SECOND, MINUTE, HOUR, DAY];
    let size = random.choice(sizes).unwrap_or(SECOND);
    random.i64(size..size.saturating_mul(30))
}

/// What EventBridge and SQS do to single notifications. How much of it there is is drawn first: few runs are like another.
fn deliveries(random: &mut Rng, traffic: &Traffic, perturbations: &mut Vec<Perturbation>) {
    let [doubled, redelivered, late, dropped, replayed] = [0_u8; 5].map(|_| random.u8(..80));
    for (number, arrival) in traffic.arrivals.iter().enumerate() {
        let mut happens = |of_256: u8| random.u8(..) < of_256;
        let (doubled, redelivered) = (happens(doubled), happens(redelivered));
        let (late, dropped, replayed) = (happens(late), happens(dropped), happens(replayed));
        if doubled {
            perturbations.push(Perturbation::Doubled { arrival: number, after: span(random) });
        }
        if redelivered {
            perturbations.push(Perturbation::Redelivered { arrival: number, after: span(random) });
        }
        if replayed && arrival.replayable {
            perturbations.push(Perturbation::Replayed { arrival: number, after: span(random) });
        }
        if dropped && arrival.replayable && !arrival.shares_id {
            let replayed_after = span(random);
            perturbations.push(Perturbation::Dropped { arrival: number, replayed_after });
        } else if late {
            perturbations.push(Perturbation::Late { arrival: number, by: span(random) });
        }
    }
}

/// What concerns the whole run: its time, its clocks, its order.
fn passing(
    random: &mut Rng,
    traffic: &Traffic,
    processors: usize,
    perturbations: &mut Vec<Perturbation>,
) {
    let (begin, end) = (traffic.begin().micros(), traffic.now.micros());
    let end = end.max(begin);
    if random.bool() {
        perturbations.push(Perturbation::Shuffled);
    }
    // What piles up is what processors meet over.
    for _ in 0..random.usize(..4) {
        let (one, other) = (random.i64(begin..=end), random.i64(begin..=end));
        let (from, until) = (one.min(other), one.max(other));
        let (from, until) = (Moment::from_micros(from), Moment::from_micros(until));
        perturbations.push(Perturbation::Outage { from, until });
    }
    for _ in 0..random.usize(..6) {
        let at = Moment::from_micros(random.i64(begin..=end));
        perturbations.push(Perturbation::Sweep { at });
    }
    for processor in 0..processors {
        if random.u8(..3) == 0 {
            let by = if random.bool() { span(random) } else { span(random).saturating_neg() };
            perturbations.push(Perturbation::Skewed { processor, by });
        }
    }
}

/// What strikes processors, spread over about as many steps as the run will have, and people's last commands.
fn blows(random: &mut Rng, calm: &Tally, perturbations: &mut Vec<Perturbation>) {
    for _ in 0..random.usize(..16) {
        let (at, blow) = blow(random, calm.calls, calm.commits);
        perturbations.push(Perturbation::Struck { at, blow });
    }
    for _ in 0..random.usize(..4) {
        let (at, blow) = blow(random, LAST_CALLS, LAST_COMMITS);
        perturbations.push(Perturbation::Interrupted { at, blow });
    }
}

/// Something that strikes within so many calls and commits.
fn blow(random: &mut Rng, calls: u64, commits: u64) -> (Point, Blow) {
    let at = match random.u8(..3) {
        0 => Point::Call(random.u64(1..=calls.max(1))),
        1 => Point::Commit(random.u64(1..=commits.max(1))),
        _ => Point::Committed(random.u64(1..=commits.max(1))),
    };
    let blow = match (random.u8(..5), at) {
        (0, _) => Blow::Crash,
        (1, _) => Blow::Stalled(random.i64(SECOND..20 * MINUTE)),
        (2, Point::Call(_) | Point::Commit(_)) => Blow::Overtaken,
        (3, Point::Call(_) | Point::Commit(_)) => Blow::Refused,
        _ => Blow::Lost,
    };
    (at, blow)
}
