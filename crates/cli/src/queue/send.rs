//! `resold queue send`: notifications from files become messages.

use std::path::PathBuf;
use std::time::Duration;

use aws::body;
use aws::queue::MAX_MESSAGES;
use aws::queue_url::QueueUrl;
use clap::Args;
use marketplace::arrival::{Arrival, ArrivalKind};
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::sleep;

use super::batch::Batch;
use super::pace::Pace;
use super::sender::{Answer, Fate, Sender};
use super::source::{self, Read};
use super::{failed, queue};
use crate::aws_place::queue_url;
use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::page::counts;
use crate::replay::bar::Bar;
use crate::replay::source::Sources;
use crate::replay::{TOO_LONG, say_which_are_empty};
use crate::stop::{on_signal, stopped};

/// What is gathered for a call is sent when nothing more comes for so long.
const IDLE: Duration = Duration::from_millis(500);

/// What to send, and where.
#[derive(Debug, Args)]
pub struct SendArgs {
    /// Files, folders, or `-` for standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The queue
    #[arg(long, value_name = "URL", value_parser = queue_url)]
    queue: QueueUrl,
    /// At most so many messages a second [default: as fast as it goes]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    rate: Option<u32>,
    /// Send nothing, and ask nothing of SQS: say how many messages, calls and bytes it would be
    #[arg(long)]
    dry_run: bool,
}

/// What became of everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
struct Summary {
    /// Notifications and descriptions in the documents: the sum of the next four.
    found: u64,
    /// Nothing that SQS would take.
    skipped: u64,
    /// The queue has them.
    sent: u64,
    /// SQS did not take them.
    refused: u64,
    /// Not tried, or not to the end: with --dry-run all of them.
    unsent: u64,
    /// Documents that were too long.
    unreadable: u64,
    /// Calls of at most 10 messages, without those that were made again.
    calls: u64,
    /// Bytes of the bodies in them.
    bytes: u64,
}

/// Sends.
pub async fn run(context: &mut Context<'_>, args: SendArgs) -> Result<Exit, Failure> {
    let sources = Sources::find(&args.paths)?;
    say_which_are_empty(context.output, &sources);
    let mut stop = on_signal()?;
    let bar = Bar::new(context.output.is_quiet(), sources.size());
    let sender =
        if args.dry_run { None } else { Some(Sender::new(queue(args.queue).await, stop.clone())) };
    let pace = Pace::new(args.rate.filter(|_| !args.dry_run));
    let batch = Batch::new(pace.at_once(MAX_MESSAGES));
    let mut run = Run {
        sender,
        pace,
        batch,
        stop: stop.clone(),
        summary: Summary::default(),
        bar: bar.clone(),
    };
    let mut documents = source::begin(sources.inputs);
    let ended = loop {
        let read = tokio::select! {
            biased;
            () = stopped(&mut stop) => break Ok(()),
            read = documents.recv() => read,
            // Whoever writes line by line is not kept waiting until a call is full.
            () = sleep(IDLE), if !run.batch.is_empty() => match run.rest(context.output).await {
                Ok(()) => continue,
                failed => break failed,
            },
        };
        let taken = match read {
            None => break run.rest(context.output).await,
            Some(Ok(read)) => run.take(context.output, read).await,
            // What was read before is sent.
            Some(Err(failure)) => run.rest(context.output).await.and(Err(failure)),
        };
        if taken.is_err() {
            break taken;
        }
    };
    drop(bar);
    let was_stopped = *stop.borrow();
    run.end(context.output, ended, args.dry_run, was_stopped)
}

/// Messages on their way.
struct Run {
    /// None: a dry run.
    sender: Option<Sender>,
    pace: Pace,
    /// With each body goes where it was found.
    batch: Batch<String>,
    stop: watch::Receiver<bool>,
    summary: Summary,
    bar: Bar,
}

impl Run {
    /// Takes what is in one document.
    async fn take(&mut self, output: &mut Output, read: Read) -> Result<(), Failure> {
        let Some(arrivals) = read.arrivals else {
            self.summary.unreadable += 1;
            self.warn(output, &read.place, &format!("left out: {TOO_LONG}"));
            return Ok(());
        };
        for arrival in arrivals {
            self.summary.found += 1;
            self.summary.unsent += 1;
            match sendable(arrival) {
                Ok(body) => {
                    if let Some(full) = self.batch.add(body, read.place.clone()) {
                        self.send(output, full).await?;
                    }
                }
                Err(why) => {
                    self.summary.unsent -= 1;
                    self.summary.skipped += 1;
                    self.warn(output, &read.place, &format!("left out: {why}"));
                }
            }
            if *self.stop.borrow() {
                break;
            }
        }
        self.bar.at(read.bytes, self.summary.sent);
        Ok(())
    }

    /// Sends what is left.
    async fn rest(&mut self, output: &mut Output) -> Result<(), Failure> {
        let rest = self.batch.take();
        if rest.is_empty() { Ok(()) } else { self.send(output, rest).await }
    }

    async fn send(
        &mut self,
        output: &mut Output,
        messages: Vec<(String, String)>,
    ) -> Result<(), Failure> {
        if self.sender.is_some() {
            tokio::select! {
                biased;
                () = stopped(&mut self.stop) => return Ok(()),
                () = self.pace.ready() => self.pace.went(messages.len()),
            }
        }
        self.summary.calls += 1;
        self.summary.bytes += messages.iter().map(|(body, _)| body.len() as u64).sum::<u64>();
        let Some(sender) = &mut self.sender else { return Ok(()) };
        let bodies: Vec<&str> = messages.iter().map(|(body, _)| body.as_str()).collect();
        let Answer { fates, broken } = sender.send(&bodies).await;
        for ((_, place), fate) in messages.iter().zip(fates) {
            let counted = match fate {
                Fate::Unsent => continue,
                Fate::Sent(_) => &mut self.summary.sent,
                Fate::Refused(why) => {
                    self.warn(output, place, &format!("not sent: {why}"));
                    &mut self.summary.refused
                }
            };
            *counted += 1;
            self.summary.unsent -= 1;
        }
        broken.map_or(Ok(()), |error| Err(failed("could not send to the queue", error)))
    }

    fn warn(&self, output: &mut Output, place: &str, words: &str) {
        let text = format!("{place}: {words}");
        self.bar.aside(&[text], |text| output.warn(text));
    }

    /// Says what was done, however it ended.
    fn end(
        self,
        output: &mut Output,
        ended: Result<(), Failure>,
        dry_run: bool,
        was_stopped: bool,
    ) -> Result<Exit, Failure> {
        let summary = self.summary;
        if let Err(failure) = ended {
            output.warn(&format!("before that, {} messages were sent", summary.sent));
            return Err(failure);
        }
        print(output, &summary)?;
        if was_stopped {
            output.warn("it was stopped; send the same again: what came twice is one notification for the ledger");
        }
        let is_left = summary.unsent > 0 && !dry_run;
        let is_lost = summary.skipped > 0 || summary.refused > 0 || summary.unreadable > 0;
        Ok(Exit::needs_you_if(is_left || is_lost || was_stopped))
    }
}

/// The body of an arrival as text for SQS, or why there is none.
fn sendable(arrival: Arrival) -> Result<String, String> {
    match arrival.kind {
        ArrivalKind::Notification => body::text(arrival.body).map_err(|error| error.to_string()),
        ArrivalKind::Description => {
            Err("a description is no notification: `resold opportunity import` takes it".to_owned())
        }
    }
}

fn print(output: &mut Output, summary: &Summary) -> Result<(), Failure> {
    if output.is_json() {
        return output.json(summary);
    }
    output.lines(counts([
        ("found", summary.found),
        ("skipped", summary.skipped),
        ("sent", summary.sent),
        ("refused", summary.refused),
        ("unsent", summary.unsent),
        ("unreadable", summary.unreadable),
        ("calls", summary.calls),
        ("bytes", summary.bytes),
    ]))
}
