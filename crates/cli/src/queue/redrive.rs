//! `resold queue redrive`: messages from a dead-letter queue to where they should have gone.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws::queue::{MAX_MESSAGES, Message, Queue};
use aws::queue_url::QueueUrl;
use clap::Args;
use marketplace::parse::parse;
use serde::Serialize;
use tokio::sync::watch;

use super::again::{again, show_again};
use super::attributes::Attributes;
use super::batch::Batch;
use super::pace::Pace;
use super::sender::{Answer, Fate, Sender};
use super::{failed, queue};
use crate::aws_place::queue_url;
use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::page::counts;
use crate::stop::{on_signal, stopped};

#[cfg(test)]
mod tests;

/// For so long nobody else gets a message that is being moved.
const HIDDEN: Duration = Duration::from_secs(30);

/// So long SQS looks for messages on all of its servers.
const WAIT: Duration = Duration::from_secs(1);

/// What to move, and where to.
#[derive(Debug, Args)]
pub struct RedriveArgs {
    /// The queue to take messages from: a dead-letter queue
    #[arg(long, value_name = "URL", value_parser = queue_url)]
    queue: QueueUrl,
    /// The queue to give them to [default: the one queue that has --queue as its dead-letter queue]
    #[arg(long, value_name = "URL", value_parser = queue_url)]
    to: Option<QueueUrl>,
    /// At most so many messages a second
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    rate: u32,
    /// At most so many messages [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    max: Option<u64>,
    /// Only events of this source; several: by commas. The others stay [default: whatever it is]
    #[arg(long, value_name = "SOURCE", value_delimiter = ',')]
    source: Vec<String>,
    /// Move nothing: say about how many messages there are, and how long it takes
    #[arg(long)]
    dry_run: bool,
}

/// What was moved.
#[derive(Debug, Default, Serialize)]
struct Summary {
    /// About so many messages were in the queue at the beginning.
    messages: u64,
    /// The other queue has them, and this one has not.
    moved: u64,
    /// Both have them, since they could not be deleted here.
    in_both: u64,
    /// Of another source.
    left: u64,
    /// The other queue did not take them: they are here.
    refused: u64,
}

/// Moves.
pub async fn run(context: &mut Context<'_>, args: RedriveArgs) -> Result<Exit, Failure> {
    let attempt = "could not move the messages";
    let same = || {
        Failure::new(attempt)
            .because("--queue and --to name the same queue")
            .hint("name with --to the queue that the messages came from")
    };
    if args.to.as_ref() == Some(&args.queue) {
        return Err(same());
    }
    let stop = on_signal()?;
    let from = queue(args.queue.clone()).await;
    let to = match &args.to {
        Some(to) => to.clone(),
        None => source_of(&from).await?,
    };
    let to = queue(to).await;
    let ask = async |queue| Attributes::of(queue).await.map_err(|error| failed(attempt, error));
    let (source, target) = (ask(&from).await?, ask(&to).await?);
    if source.arn.is_some() && source.arn == target.arn {
        return Err(same());
    }
    if args.dry_run {
        return plan(context, &args, &source);
    }
    let mut redrive = Redrive {
        sender: Sender::new(to, stop.clone()),
        from,
        pace: Pace::new(Some(args.rate)),
        sources: args.source.into_iter().collect(),
        stop: stop.clone(),
        known: BTreeSet::new(),
        kept: BTreeMap::new(),
        reasons: BTreeSet::new(),
        summary: Summary { messages: source.messages(), ..Summary::default() },
    };
    let ended = redrive.pass(args.max.unwrap_or(u64::MAX)).await;
    let kept: Vec<String> = redrive.kept.into_values().collect();
    let hidden = show_again(&redrive.from, &kept).await;
    for reason in &redrive.reasons {
        context.output.warn(&format!("not moved: {reason}"));
    }
    if hidden > 0 {
        context.output.warn(&format!(
            "{hidden} messages could not be let go: others get them in {} seconds",
            HIDDEN.as_secs()
        ));
    }
    let summary = redrive.summary;
    if let Err(failure) = ended {
        let Summary { moved, in_both, .. } = summary;
        context.output.warn(&format!(
            "before that, {moved} messages were moved, and {in_both} are in both queues"
        ));
        return Err(failure);
    }
    print(context, &summary)?;
    let was_stopped = *stop.borrow();
    if was_stopped {
        context.output.warn("it was stopped; run the same again for the rest");
    }
    Ok(Exit::needs_you_if(summary.refused > 0 || summary.in_both > 0 || was_stopped))
}

/// The queue whose dead letters come here.
async fn source_of(queue: &Queue) -> Result<QueueUrl, Failure> {
    let attempt = "could not tell where the messages came from";
    let sources = again(async || queue.sources().await).await;
    let sources =
        sources.map_err(|error| failed(attempt, error).hint("say with --to where they go"))?;
    match sources.as_slice() {
        [one] => QueueUrl::new(one).map_err(|error| Failure::new(attempt).because(error)),
        [] => Err(Failure::new(attempt)
            .because("no queue has this one as its dead-letter queue")
            .hint("say with --to where they go")),
        several => Err(Failure::new(attempt)
            .because("several queues have this one as their dead-letter queue")
            .hint(format!("say with --to where they go: {}", several.join(" or ")))),
    }
}

/// Says what would be done. That is not looked for in the messages: each look is a receipt.
fn plan(
    context: &mut Context<'_>,
    args: &RedriveArgs,
    source: &Attributes,
) -> Result<Exit, Failure> {
    let messages = source.visible.min(args.max.unwrap_or(u64::MAX));
    let seconds = messages.div_ceil(args.rate.into());
    if context.output.is_json() {
        let plan = serde_json::json!({ "messages": messages, "seconds": seconds, "queue": source });
        context.output.json(&plan)?;
    } else {
        context.output.lines(counts([("messages", messages), ("seconds", seconds)]))?;
    }
    let words =
        if args.source.is_empty() { "" } else { ", if all have the source that is asked for" };
    context.output.note(&format!("About so many would be moved{words}. Nothing was moved."));
    Ok(Exit::Done)
}

/// A pass over a queue.
struct Redrive {
    from: Queue,
    sender: Sender,
    pace: Pace,
    /// Empty: any.
    sources: BTreeSet<String>,
    stop: watch::Receiver<bool>,
    /// Messages that were received, and those that were sent: what of them comes again ends the pass.
    known: BTreeSet<String>,
    /// What stays, hidden until the pass is over: the latest receipts, by id.
    kept: BTreeMap<String, String>,
    /// Why messages were not taken, each once.
    reasons: BTreeSet<String>,
    summary: Summary,
}

impl Redrive {
    /// Moves until nothing comes that was not tried, or so many were moved.
    async fn pass(&mut self, max: u64) -> Result<(), Failure> {
        let attempt = "could not move the messages";
        loop {
            tokio::select! {
                biased;
                () = stopped(&mut self.stop) => return Ok(()),
                () = self.pace.ready() => {}
            }
            let done = self.summary.moved + self.summary.in_both + self.summary.refused;
            let more = usize::try_from(max.saturating_sub(done)).unwrap_or(usize::MAX);
            let most = self.pace.at_once(MAX_MESSAGES).min(more);
            if most == 0 {
                return Ok(());
            }
            let received = again(async || self.from.receive(most, HIDDEN, WAIT).await).await;
            let received = received.map_err(|error| failed(attempt, error))?;
            let mut new = Vec::new();
            for message in received {
                if self.known.insert(message.id.clone()) {
                    new.push(message);
                } else {
                    self.kept.insert(message.id, message.receipt);
                }
            }
            if new.is_empty() {
                return Ok(());
            }
            let wanted = self.wanted(new);
            self.pace.went(wanted.len());
            self.give(wanted).await?;
        }
    }

    /// Those of a source that is asked for.
    fn wanted(&mut self, messages: Vec<Message>) -> Vec<Message> {
        if self.sources.is_empty() {
            return messages;
        }
        let is_wanted = |message: &Message| {
            let read = parse(message.body.as_bytes());
            read.is_ok_and(|read| self.sources.contains(&read.envelope.source))
        };
        let (wanted, others): (Vec<_>, Vec<_>) = messages.into_iter().partition(is_wanted);
        self.summary.left += others.len() as u64;
        self.kept.extend(others.into_iter().map(|message| (message.id, message.receipt)));
        wanted
    }

    /// Gives messages to the other queue, in as few calls as they fit into.
    async fn give(&mut self, messages: Vec<Message>) -> Result<(), Failure> {
        let mut batch = Batch::new(MAX_MESSAGES);
        let mut calls: Vec<_> = messages
            .into_iter()
            .filter_map(|message| batch.add(message.body, (message.id, message.receipt)))
            .collect();
        calls.push(batch.take());
        let mut ended = Ok(());
        for call in calls.into_iter().filter(|call| !call.is_empty()) {
            if ended.is_ok() {
                ended = self.give_call(call).await;
            } else {
                self.kept.extend(call.into_iter().map(|(_, message)| message));
            }
        }
        ended
    }

    /// Gives what fits into one call, and deletes what was taken.
    async fn give_call(&mut self, call: Vec<(String, (String, String))>) -> Result<(), Failure> {
        let bodies: Vec<&str> = call.iter().map(|(body, _)| body.as_str()).collect();
        let Answer { fates, broken } = self.sender.send(&bodies).await;
        let mut taken = Vec::new();
        for ((_, (id, receipt)), fate) in call.iter().zip(fates) {
            match fate {
                Fate::Sent(sent) => {
                    self.known.insert(sent);
                    taken.push(receipt.as_str());
                    continue;
                }
                Fate::Refused(why) => {
                    self.summary.refused += 1;
                    self.reasons.insert(why);
                }
                Fate::Unsent => {}
            }
            self.kept.insert(id.clone(), receipt.clone());
        }
        let deleted = self.delete(&taken).await;
        let attempt = "could not give the messages to the other queue";
        broken.map_or(deleted, |error| Err(failed(attempt, error)))
    }

    async fn delete(&mut self, taken: &[&str]) -> Result<(), Failure> {
        if taken.is_empty() {
            return Ok(());
        }
        let deleted = again(async || self.from.delete(taken).await).await;
        let undeleted = deleted.as_ref().map_or(taken.len(), Vec::len);
        self.summary.in_both += undeleted as u64;
        self.summary.moved += (taken.len() - undeleted) as u64;
        let attempt = "could not delete messages that the other queue has taken";
        deleted.map(drop).map_err(|error| {
            failed(attempt, error)
                .hint("they are in both queues; the ledger counts what comes twice once")
        })
    }
}

fn print(context: &mut Context<'_>, summary: &Summary) -> Result<(), Failure> {
    if context.output.is_json() {
        return context.output.json(summary);
    }
    context.output.lines(counts([
        ("messages", summary.messages),
        ("moved", summary.moved),
        ("in both", summary.in_both),
        ("left", summary.left),
        ("refused", summary.refused),
    ]))
}
