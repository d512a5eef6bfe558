//! `resold queue peek`: what is in a queue, and why.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws::queue::{MAX_MESSAGES, Queue, QueueError};
use aws::queue_url::QueueUrl;
use clap::Args;
use marketplace::digest::Digest;
use serde::Serialize;
use tokio::sync::watch;

use super::again::{again, show_again};
use super::attributes::Attributes;
use super::letter::{Held, Letter};
use super::{failed, queue};
use crate::aws_place::queue_url;
use crate::command::Context;
use crate::exit::Exit;
use crate::failure::{Failure, one_line};
use crate::notification;
use crate::page::{NONE, cell, table};
use crate::place::Access;
use crate::reader::reading;
use crate::stop::on_signal;

/// For so long nobody else gets what is looked at, unless it is let go before.
const HIDDEN: Duration = Duration::from_secs(30);

/// So long SQS looks for messages on all of its servers.
const WAIT: Duration = Duration::from_secs(1);

/// What to look at.
#[derive(Debug, Args)]
pub struct PeekArgs {
    /// The queue
    #[arg(long, value_name = "URL", value_parser = queue_url)]
    queue: QueueUrl,
    /// At most so many messages
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=500))]
    limit: u16,
}

/// What was seen.
#[derive(Debug, Serialize)]
struct Seen {
    /// The oldest first.
    items: Vec<Letter>,
    /// The queue, before it was looked into.
    queue: Attributes,
}

/// Looks.
pub async fn run(context: &mut Context<'_>, args: PeekArgs) -> Result<Exit, Failure> {
    let attempt = "could not look into the queue";
    let stop = on_signal()?;
    let queue = queue(args.queue).await;
    let attributes = Attributes::of(&queue).await.map_err(|error| failed(attempt, error))?;
    if let Some(most) = attributes.max_receive_count {
        context.output.warn(&format!(
            "each look counts as a receipt, and after {most} of them this queue gives a message to its dead-letter queue"
        ));
    }
    let Looked { mut letters, receipts, broken } =
        look(&queue, usize::from(args.limit), &stop).await;
    let hidden = show_again(&queue, &receipts).await;
    if hidden > 0 {
        context.output.warn(&format!(
            "{hidden} messages could not be let go: others get them in {} seconds",
            HIDDEN.as_secs()
        ));
    }
    if let Some(error) = broken {
        return Err(failed(attempt, error));
    }
    if !letters.is_empty()
        && let Err(failure) = ask(context, &mut letters).await
    {
        context.output.warn(&format!("no ledger was asked: {}", one_line(&failure)));
        for letter in &mut letters {
            letter.ledger = None;
        }
    }
    letters.iter_mut().for_each(Letter::explain);
    letters.sort_by(|one, other| (&one.sent_at, &one.id).cmp(&(&other.sent_at, &other.id)));
    let is_any = !letters.is_empty();
    let was_stopped = *stop.borrow();
    print(context, &Seen { items: letters, queue: attributes })?;
    if was_stopped {
        context.output.warn("it was stopped before it had seen everything");
    }
    Ok(Exit::needs_you_if(is_any || was_stopped))
}

/// What was received.
struct Looked {
    letters: Vec<Letter>,
    /// The latest one of each.
    receipts: Vec<String>,
    /// What ended it too early.
    broken: Option<QueueError>,
}

/// Receives until there is nothing new, or enough. A call is never given up in the middle: what SQS hands out meanwhile would stay
/// hidden.
async fn look(queue: &Queue, limit: usize, stop: &watch::Receiver<bool>) -> Looked {
    let mut looked = Looked { letters: Vec::new(), receipts: Vec::new(), broken: None };
    let mut seen = BTreeMap::new();
    while looked.letters.len() < limit && !*stop.borrow() {
        let most = MAX_MESSAGES.min(limit - looked.letters.len());
        let messages = match again(async || queue.receive(most, HIDDEN, WAIT).await).await {
            Ok(messages) => messages,
            Err(error) => {
                looked.broken = Some(error);
                break;
            }
        };
        let before = looked.letters.len();
        for message in messages {
            if seen.insert(message.id.clone(), message.receipt.clone()).is_none() {
                looked.letters.push(Letter::new(&message));
            }
        }
        if looked.letters.len() == before {
            break;
        }
    }
    looked.receipts = seen.into_values().collect();
    looked
}

/// Asks the ledger what it knows of them.
async fn ask(context: &Context<'_>, letters: &mut [Letter]) -> Result<(), Failure> {
    let store = context.global.ledger.open(Access::Read).await?;
    let mut snapshot = store.snapshot().await.map_err(reading)?;
    let ids: Vec<String> = letters.iter().map(|letter| letter.id.clone()).collect();
    let arrived = snapshot.delivered(&ids).await.map_err(reading)?;
    let arrived: BTreeSet<String> = arrived.into_iter().map(|delivered| delivered.id).collect();
    for letter in letters {
        let row = match Digest::try_from(letter.digest.clone()) {
            Ok(digest) => notification::with_digest(&mut *snapshot, &digest).await?,
            Err(_) => None,
        };
        letter.ledger = Some(Held::new(row.as_ref(), arrived.contains(&letter.id)));
    }
    Ok(())
}

fn print(context: &mut Context<'_>, seen: &Seen) -> Result<(), Failure> {
    if context.output.is_json() {
        return context.output.json(seen);
    }
    let columns =
        ["id", "sent", "receipts", "bytes", "digest", "source", "type", "ledger", "reason"];
    let row = |letter: &Letter| {
        vec![
            letter.id.clone(),
            cell(letter.sent_at.as_ref()),
            cell(letter.receipts.as_ref()),
            letter.size.to_string(),
            letter.digest.get(..notification::SHORT).unwrap_or_default().to_owned(),
            cell(letter.source.as_ref()),
            cell(letter.detail_type.as_ref()),
            letter.ledger.as_ref().map_or(NONE, Held::word).to_owned(),
            letter.reason.clone(),
        ]
    };
    if !seen.items.is_empty() {
        context.output.lines(table(columns, seen.items.iter().map(row)))?;
    }
    let (shown, all) = (seen.items.len(), seen.queue.messages());
    let in_flight = seen.queue.in_flight;
    context.output.note(&match (shown, all) {
        (0, 0) => "The queue is empty.".to_owned(),
        _ => format!("Seen: {shown} of about {all}, of which others had {in_flight} in hand."),
    });
    Ok(())
}
