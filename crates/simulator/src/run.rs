//! One run: a world's traffic, delivered by a schedule to processors that take turns.
//!
//! Nothing here waits for anything outside: one loop draws who moves, time passes when nobody can. The same schedule gives
//! the same ledger, byte for byte.

use std::cmp::Reverse;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use deal::moment::Moment;
use fastrand::Rng;
use ledger::memory::MemoryStore;
use processor::delivery::ProcessError;
use processor::{Processor, Settings};

use crate::control::Control;
use crate::people::{Answer, Command, People, Wish};
use crate::perturbation::{Blow, Perturbation};
use crate::queue::{Message, Queue};
use crate::schedule::Schedule;
use crate::stepped::SteppedStore;
use crate::tally::Tally;
use crate::time::{SkewedClock, Time};
use crate::traffic::Traffic;
use crate::turn::complete;

/// A run that takes more turns than this does not come to an end.
const MAX_TURNS: u64 = 2_000_000;
/// A sweep on the way, and at the end, judges so many streams at once.
const SWEPT: u32 = 100;
/// The sweep at the end has nothing left to do after so many rounds.
const MAX_SWEEPS: usize = 1_000;
/// A turn takes at most so many microseconds.
const TURN: i64 = 20_000;

/// A run that came to its end.
#[derive(Debug)]
pub struct Ran {
    /// The ledger.
    pub store: MemoryStore,
    /// What was counted.
    pub tally: Tally,
    /// Commands of people, in words, that were refused to the end.
    pub refused: Vec<String>,
}

/// Why a run did not come to its end.
#[derive(Debug)]
pub enum Stuck {
    /// Processors moved on and on.
    Turns,
    /// The sweep at the end always found something to do.
    Sweeps,
    /// The sweep at the end failed.
    Sweep(ProcessError),
}

/// Delivers traffic by a schedule, sends dead letters again, and sweeps until nothing is left to do. People give their
/// commands meanwhile; those that depend on what they see, before the sweep.
pub fn run(traffic: &Traffic, commands: &[Command], schedule: &Schedule) -> Result<Ran, Stuck> {
    let mut run = Run::new(traffic, commands, schedule);
    run.until_quiet()?;
    // Whatever went wrong is over: all the rest is taken in, and judged at one time.
    run.control.rest();
    let now = run.time.now();
    let redriven = run.queue.redrive(now);
    run.tally.redriven = u64::try_from(redriven).unwrap_or(u64::MAX);
    run.people.learned();
    run.until_quiet()?;
    run.people.see();
    run.control.strike(schedule);
    run.until_quiet()?;
    run.control.rest();
    run.time.reach(traffic.now.micros());
    let last = run.processor(0);
    for _ in 0..MAX_SWEEPS {
        if complete(last.sweep(SWEPT)).map_err(Stuck::Sweep)? == 0 {
            return Ok(run.end());
        }
    }
    Err(Stuck::Sweeps)
}

/// What a processor works on.
struct Task {
    work: Pin<Box<dyn Future<Output = Ended>>>,
    /// So many messages at once.
    messages: usize,
    /// The command that it carries out.
    wish: Option<Wish>,
}

/// How a task ended.
enum Ended {
    /// These messages may be deleted.
    Kept(Vec<u64>),
    /// A person hears this.
    Answered(Answer),
    /// A sweep.
    Swept,
}

/// A processor.
struct Worker {
    processor: Processor,
    task: Option<Task>,
    stalled_until: i64,
}

struct Run<'a> {
    traffic: &'a Traffic,
    schedule: &'a Schedule,
    store: MemoryStore,
    control: Arc<Control>,
    time: Time,
    queue: Queue,
    people: People,
    /// The next one last.
    sweeps: Vec<Moment>,
    outages: Vec<(i64, i64)>,
    shuffled: bool,
    workers: Vec<Worker>,
    random: Rng,
    tally: Tally,
}

impl<'a> Run<'a> {
    fn new(traffic: &'a Traffic, commands: &[Command], schedule: &'a Schedule) -> Self {
        let mut run = Self {
            traffic,
            schedule,
            store: MemoryStore::new(),
            control: Arc::new(Control::new(schedule)),
            time: Time::new(traffic.begin().micros()),
            queue: Queue::new(schedule.visibility, schedule.most_receipts),
            people: People::new(commands),
            sweeps: Vec::new(),
            outages: Vec::new(),
            shuffled: false,
            workers: Vec::new(),
            random: Rng::with_seed(schedule.seed),
            tally: Tally { runs: 1, ..Tally::default() },
        };
        let emitted = traffic.arrivals.len();
        run.tally.notifications = u64::try_from(emitted).unwrap_or(u64::MAX);
        let mut skews = vec![0; schedule.processors];
        for perturbation in &schedule.perturbations {
            match perturbation {
                Perturbation::Shuffled => run.shuffled = true,
                Perturbation::Sweep { at } => run.sweeps.push(*at),
                Perturbation::Outage { from, until } => {
                    run.outages.push((from.micros(), until.micros()));
                }
                Perturbation::Skewed { processor, by } => {
                    if let Some(skew) = skews.get_mut(*processor) {
                        *skew = *by;
                    }
                }
                _ => {}
            }
        }
        run.sweeps.sort_unstable_by_key(|at| Reverse(*at));
        run.send();
        let worker = |skew| Worker { processor: run.processor(skew), task: None, stalled_until: 0 };
        run.workers = skews.into_iter().map(worker).collect();
        run
    }

    /// Puts everything into the queue, visible from the moment on at which it comes.
    fn send(&mut self) {
        let mut comes: Vec<(i64, Message)> = Vec::new();
        for (number, arrival) in self.traffic.arrivals.iter().enumerate() {
            let mut at = arrival.at.micros();
            let mut message = Message {
                id: format!("message-{number}"),
                via: arrival.via,
                body: arrival.body.clone(),
            };
            let mut more: Vec<(i64, String)> = Vec::new();
            let replay = || arrival.replayed(&format!("replayed-{number}"));
            for perturbation in &self.schedule.perturbations {
                match perturbation {
                    Perturbation::Late { arrival, by } if *arrival == number => {
                        at = at.saturating_add(*by);
                    }
                    Perturbation::Dropped { arrival: one, replayed_after } if *one == number => {
                        message.body = replay().unwrap_or(message.body);
                        at = at.saturating_add(*replayed_after);
                    }
                    Perturbation::Replayed { arrival: one, after } if *one == number => {
                        let id = format!("message-{number}-replayed");
                        let body = replay().unwrap_or_else(|| arrival.body.clone());
                        let message = Message { id, via: arrival.via, body };
                        comes.push((arrival.at.micros().saturating_add(*after), message));
                    }
                    Perturbation::Doubled { arrival, after } if *arrival == number => {
                        more.push((*after, format!("message-{number}-doubled")));
                    }
                    Perturbation::Redelivered { arrival, after } if *arrival == number => {
                        more.push((*after, message.id.clone()));
                    }
                    _ => {}
                }
            }
            for (after, id) in more {
                comes.push((at.saturating_add(after), Message { id, ..message.clone() }));
            }
            comes.push((at, message));
        }
        comes.sort_by_key(|(at, _)| *at);
        for (at, message) in comes {
            self.queue.send(message, at);
        }
    }

    /// A processor whose clock goes so many microseconds before.
    fn processor(&self, skew: i64) -> Processor {
        self.by_clock(SkewedClock { time: self.time.clone(), skew, last: self.traffic.now })
    }

    fn by_clock(&self, clock: SkewedClock) -> Processor {
        let steps = Arc::clone(&self.control);
        let store = SteppedStore::new(Arc::new(self.store.clone()), steps);
        let settings = Settings { accounts: self.traffic.accounts.clone(), ..Settings::default() };
        Processor::new(Arc::new(store), Arc::new(clock), settings)
    }

    /// Lets everybody move until there is nothing more to do.
    fn until_quiet(&mut self) -> Result<(), Stuck> {
        for _ in 0..MAX_TURNS {
            let able = self.able();
            if able.is_empty() {
                match self.next_moment() {
                    Some(moment) => self.time.reach(moment),
                    None => return Ok(()),
                }
            } else if let Some(number) = self.random.choice(able) {
                self.begin(number);
                self.advance(number);
                self.time.pass(self.random.i64(1..=TURN));
            }
        }
        Err(Stuck::Turns)
    }

    /// Who can move now.
    fn able(&self) -> Vec<usize> {
        let now = self.time.now();
        let wished = self.people.next().is_some_and(|at| at <= now);
        let begins =
            !self.is_out(now) && (wished || self.is_sweep_due(now) || self.queue.has_visible(now));
        let able = |worker: &Worker| match worker.task {
            Some(_) => worker.stalled_until <= now,
            None => begins,
        };
        let workers = self.workers.iter().enumerate();
        workers.filter(|(_, worker)| able(worker)).map(|(number, _)| number).collect()
    }

    fn is_out(&self, now: i64) -> bool {
        self.outages.iter().any(|(from, until)| *from <= now && now < *until)
    }

    fn is_sweep_due(&self, now: i64) -> bool {
        self.sweeps.last().is_some_and(|at| at.micros() <= now)
    }

    /// When somebody can move next, if nobody can now.
    fn next_moment(&self) -> Option<i64> {
        let now = self.time.now();
        let stalled = self.workers.iter().filter(|worker| worker.task.is_some());
        let stalled = stalled.map(|worker| worker.stalled_until);
        let begins = self.queue.next_visible().into_iter();
        let begins = begins.chain(self.sweeps.last().map(|at| at.micros()));
        let begins = begins.chain(self.people.next());
        let outages = self.outages.iter().filter(|_| self.is_out(now));
        let ends = outages.map(|(_, until)| *until);
        // During an outage nobody begins.
        begins.filter(|at| *at > now).chain(stalled).chain(ends).filter(|at| *at > now).min()
    }

    /// Gives an idle processor something to do: a command, a sweep that is due, or messages.
    fn begin(&mut self, number: usize) {
        let now = self.time.now();
        if self.workers.get(number).is_none_or(|worker| worker.task.is_some()) {
            return;
        }
        let task = self.people.take(now).map(|wish| self.command(wish));
        let Some(worker) = self.workers.get_mut(number) else { return };
        if task.is_some() {
            worker.task = task;
            return;
        }
        let processor = worker.processor.clone();
        if let Some(_due) = self.sweeps.pop_if(|at| at.micros() <= now) {
            self.tally.sweeps = self.tally.sweeps.saturating_add(1);
            let work = Box::pin(async move {
                // A sweep that fails on the way is followed by another one, at the latest at the end.
                let _ = processor.sweep(SWEPT).await;
                Ended::Swept
            });
            worker.task = Some(Task { work, messages: 0, wish: None });
            return;
        }
        let most = self.random.usize(1..=self.schedule.batch.max(1));
        let shuffle = self.shuffled.then_some(&mut self.random);
        let received = self.queue.receive(now, most, shuffle);
        if received.is_empty() {
            return;
        }
        let messages = received.len();
        let receipts = u64::try_from(messages).unwrap_or(u64::MAX);
        self.tally.receipts = self.tally.receipts.saturating_add(receipts);
        let (handles, batch): (Vec<u64>, Vec<_>) =
            received.into_iter().map(|one| (one.handle, one.delivery)).unzip();
        let work = Box::pin(async move {
            let results = processor.process(&batch).await;
            let kept = handles.into_iter().zip(results).filter(|(_, result)| result.is_ok());
            Ended::Kept(kept.map(|(handle, _)| handle).collect())
        });
        worker.task = Some(Task { work, messages, wish: None });
    }

    /// A person's command, by a clock that shows the time of their word.
    fn command(&mut self, wish: Wish) -> Task {
        self.tally.commands = self.tally.commands.saturating_add(1);
        let last = wish.command.at.min(self.traffic.now);
        let processor = self.by_clock(SkewedClock { time: self.time.clone(), skew: 0, last });
        let given = wish.clone();
        let work = Box::pin(async move { Ended::Answered(given.give(&processor).await) });
        Task { work, messages: 0, wish: Some(wish) }
    }

    /// Moves a processor by one step.
    fn advance(&mut self, number: usize) {
        let Some(worker) = self.workers.get_mut(number) else { return };
        let Some(task) = &mut worker.task else { return };
        self.control.watch(task.messages);
        let mut context = Context::from_waker(Waker::noop());
        let moved = task.work.as_mut().poll(&mut context);
        match (moved, self.control.met()) {
            (Poll::Ready(ended), _) => {
                worker.task = None;
                match ended {
                    Ended::Kept(handles) => {
                        for handle in handles {
                            self.queue.delete(handle);
                        }
                        self.people.learned();
                    }
                    Ended::Answered(answer) => self.people.hear(answer),
                    Ended::Swept => {}
                }
            }
            (Poll::Pending, Some(Blow::Crash)) => {
                let wish = task.wish.take();
                worker.task = None;
                if let Some(wish) = wish {
                    self.people.repeat(wish);
                }
            }
            (Poll::Pending, Some(Blow::Stalled(span))) => {
                worker.stalled_until = self.time.now().saturating_add(span);
            }
            // From now on it takes them one by one. One that is refused as well would wait for a person.
            (Poll::Pending, Some(Blow::Refused)) => task.messages = 1,
            (Poll::Pending, _) => {}
        }
    }

    fn end(mut self) -> Ran {
        let counts = self.control.counts();
        let tally = Tally {
            calls: counts.calls,
            commits: counts.committed,
            failures: counts.failures,
            crashes: counts.crashes,
            ..self.tally
        };
        let refused = self.people.refused().map(Command::words).collect();
        Ran { store: mem::take(&mut self.store), tally, refused }
    }
}
