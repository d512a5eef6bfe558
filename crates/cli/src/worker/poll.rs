//! Receives, takes in, deletes what is committed.

use std::time::Duration;

use aws::queue::{MAX_MESSAGES, Message, QueueError, Retry};
use processor::delivery::{Delivery, Via};
use processor::guarded::Guarded;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::health::Task;
use super::{LONGEST_PAUSE, Work, chores, stopped};
use crate::failure::one_line;

/// One call waits so long for a message, and so a stop may.
const WAIT: Duration = Duration::from_secs(5);

/// What a poll loop mostly does.
const RECEIVING: &str = "receiving from the queue";

/// Receives and takes in until the worker stops, or SQS refuses for a reason that only a person can mend.
pub async fn run(mut work: Work) -> Result<(), QueueError> {
    let mut pause = Duration::from_millis(500);
    let task = work.health.task(RECEIVING);
    loop {
        if !work.health.ledger_answers() {
            // What comes again while the ledger is away would end in the dead-letter queue.
            work.until_the_ledger_answers(&task).await;
        }
        if *work.stop.borrow() {
            return Ok(());
        }
        task.now(RECEIVING);
        // Also when the worker is stopped: SQS may hand messages to a call that nobody awaits, and they would be hidden.
        let received = work.queue.receive(MAX_MESSAGES, work.hide, WAIT).await;
        work.health.queue(received.is_ok());
        let messages = match received {
            Ok(messages) => messages,
            Err(error) if error.retry == Retry::Never => return Err(error),
            Err(error) => {
                tracing::warn!(error = one_line(&error), "the queue does not answer");
                task.now("waiting for the queue");
                tokio::select! {
                    () = sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
                    () = stopped(&mut work.stop) => {}
                }
                continue;
            }
        };
        pause = Duration::from_millis(500);
        if messages.is_empty() {
            continue;
        }
        work.metrics.received(messages.len());
        let is_recorded = take_in(&work, &task, &messages).await;
        work.metrics.done();
        if !is_recorded {
            // Whether that is why.
            work.until_the_ledger_answers(&task).await;
        }
    }
}

/// Takes a batch in and deletes what is committed. Whether that is all of it.
async fn take_in(work: &Work, task: &Task, messages: &[Message]) -> bool {
    task.now("recording a batch");
    let began = Instant::now();
    let batch = messages.iter().map(|message| Delivery {
        id: message.id.clone(),
        via: Via::Queue,
        body: message.body.clone().into_bytes(),
    });
    let batch: Vec<Delivery> = batch.collect();
    let guarded = tokio::select! {
        guarded = work.processor.take_in_guarded(batch) => guarded,
        // It never ends: only the batch does.
        () = extend(work, messages) => return false,
    };
    work.metrics.recorded(began.elapsed(), guarded.tally());
    let Guarded { results, unpublished } = guarded;
    let mut committed = Vec::with_capacity(messages.len());
    for (message, result) in messages.iter().zip(results) {
        match result {
            Ok(_) => committed.push(message.receipt.as_str()),
            Err(error) => {
                tracing::error!(
                    message_id = message.id,
                    error = one_line(&error),
                    "a message was not recorded; it will come again"
                );
            }
        }
    }
    task.now("deleting what is recorded");
    delete(work, &committed).await;
    let (received, recorded) = (messages.len(), committed.len());
    tracing::info!(received, recorded, "a batch was taken in");
    if let Some(relay) = &work.relay
        && !unpublished.is_empty()
    {
        task.now("publishing what a batch wrote");
        let relayed = relay.publish(&unpublished, chores::soon()).await;
        chores::tell(&work.metrics, relayed, unpublished.len());
    }
    recorded == received
}

/// Deletes. What is not deleted comes again, and is known then.
async fn delete(work: &Work, receipts: &[&str]) {
    if receipts.is_empty() {
        return;
    }
    match work.queue.delete(receipts).await {
        Ok(refusals) if refusals.is_empty() => {}
        Ok(refusals) => {
            let code = refusals.first().map(|refusal| refusal.code.as_str());
            tracing::warn!(
                messages = refusals.len(),
                code,
                "recorded messages were not deleted; they will come again"
            );
        }
        Err(error) => {
            tracing::warn!(
                error = one_line(&error),
                "recorded messages were not deleted; they will come again"
            );
        }
    }
}

/// Keeps messages from everybody else, for ever.
async fn extend(work: &Work, messages: &[Message]) {
    let receipts: Vec<&str> = messages.iter().map(|message| message.receipt.as_str()).collect();
    let mut ticks = interval(work.hide / 3);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first is at once, and they are hidden already.
    ticks.tick().await;
    loop {
        ticks.tick().await;
        match work.queue.hide(&receipts, work.hide).await {
            Ok(refusals) if refusals.is_empty() => {}
            Ok(refusals) => tracing::warn!(
                messages = refusals.len(),
                "messages may come again before they are recorded"
            ),
            Err(error) => tracing::warn!(
                error = one_line(&error),
                "messages may come again before they are recorded"
            ),
        }
    }
}
