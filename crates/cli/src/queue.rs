//! `resold queue`: messages into a queue, what is in one and why, and back from a dead-letter queue.
//!
//! | file | what it does |
//! |---|---|
//! | `send.rs`, `source.rs` | files become messages; documents are read on a thread of their own |
//! | `peek.rs`, `letter.rs` | what is in a queue; why each message is there |
//! | `redrive.rs` | messages from one queue to another |
//! | `attributes.rs` | what SQS says of a queue itself |
//! | `batch.rs` | bodies, cut into what fits into one call |
//! | `sender.rs`, `again.rs` | a call, and what of it is made again |
//! | `pace.rs` | so many messages a second |
//!
//! Nothing here deletes a message that another queue has not taken, and what SQS did twice is one notification in the ledger.

use aws::queue::{Queue, QueueError};
use aws::queue_url::QueueUrl;
use clap::Subcommand;

use crate::aws_place::endpoint;
use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;

mod again;
mod attributes;
mod batch;
#[cfg(test)]
mod fake;
mod letter;
mod pace;
mod peek;
mod redrive;
mod send;
mod sender;
mod source;

/// Commands on queues.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Send notifications from files, folders or standard input as messages
    #[command(after_help = "\
Inputs are what `resold replay` reads. Each notification is one message with its body as it is; a \
description of an authorization is none (`resold opportunity import`). What SQS would not take \
(nothing, more than 1 MiB, other characters than XML's) is said and left out; what it does not take \
at once is tried a few times. A message that is sent twice is one notification for the ledger.

At the end: found = skipped + sent + refused + unsent. Exit code 1 if not all was sent. Ctrl-C ends \
after the call that is on its way.

Examples:
  QUEUE=https://sqs.us-east-1.amazonaws.com/111122223333/resold-queue
  resold queue send --queue $QUEUE events/happy-path
  resold queue send --queue $QUEUE --dry-run archive.jsonl
  zcat archive.jsonl.gz | resold queue send --queue $QUEUE --rate 50 -")]
    Send(send::SendArgs),
    /// Look at the messages in a queue, and say why each is there; never their bodies
    #[command(after_help = "\
Why: what the ledger knows of the message (without a ledger, that is said), what EventBridge said \
when it could not deliver it, and what is wrong with a body that is no notification. What is not in \
the ledger was never committed: `resold queue redrive` moves it back.

Looking is receiving: messages are hidden from others meanwhile, at most 30 seconds, and each look \
counts as a receipt. Where the queue has a dead-letter queue of its own, too many of them move a \
message there, and a note says so. Exit code 1 if there is a message.

Examples:
  DEAD=https://sqs.us-east-1.amazonaws.com/111122223333/resold-dead-letters
  resold queue peek --queue $DEAD
  resold queue peek --queue $DEAD --limit 100 --format json")]
    Peek(peek::PeekArgs),
    /// Move the messages of a dead-letter queue back
    #[command(after_help = "\
A message is deleted only when the other queue has taken it; after a crash in between it is in both, \
and the ledger counts it once. Only the body moves: the message gets a new id, a new age and no \
receipts, and what EventBridge said beside it is gone (`resold queue peek` shows that before). One \
pass: it ends when the queue shows nothing that was not tried.

In a queue of undelivered events there may be public events too, which do not belong into the queue \
of notifications: --source says which to move. Exit code 1 if a message could not be moved. Ctrl-C \
ends after the call that is on its way.

Examples:
  QUEUE=https://sqs.us-east-1.amazonaws.com/111122223333/resold-queue
  resold queue redrive --queue $QUEUE-dead-letters --dry-run
  resold queue redrive --queue $QUEUE-dead-letters
  resold queue redrive --queue $QUEUE-undelivered --to $QUEUE --source aws.marketplacecatalog")]
    Redrive(redrive::RedriveArgs),
}

/// Carries out a command.
pub async fn run(context: &mut Context<'_>, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Send(args) => send::run(context, args).await,
        Command::Peek(args) => peek::run(context, args).await,
        Command::Redrive(args) => redrive::run(context, args).await,
    }
}

/// A queue, with the credentials that AWS's own programs would find.
async fn queue(url: QueueUrl) -> Queue {
    let credentials = aws::credentials::standard().await;
    Queue::new(url, endpoint("AWS_ENDPOINT_URL_SQS"), credentials)
}

/// That a command ended because of the queue.
fn failed(attempt: &str, error: QueueError) -> Failure {
    let hint = match error.retry {
        aws::queue::Retry::Later => {
            "check the credentials and the network, or try again later: SQS was asked several times"
        }
        aws::queue::Retry::Never => {
            "check the queue's URL, the credentials, and what they may do with this queue"
        }
    };
    Failure::new(attempt).because(error).hint(hint)
}
