//! Bodies on their way into a queue.

use aws::queue::{Queue, QueueError, Refusal, Retry};
use tokio::sync::watch;

use super::again::{TRIES, pause};
use crate::failure::one_line;
use crate::stop::stopped;

/// What became of one body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Nobody knows, or nothing was tried.
    Unsent,
    /// The queue has it, as a message of this id.
    Sent(String),
    /// SQS does not take it; why.
    Refused(String),
}

/// What became of the bodies of one call, and what ended it.
#[derive(Debug)]
pub struct Answer {
    /// Of each body, in their order.
    pub fates: Vec<Fate>,
    /// Why some of them are [`Fate::Unsent`], unless it was stopped.
    pub broken: Option<QueueError>,
}

/// Sends into one queue.
pub struct Sender {
    queue: Queue,
    stop: watch::Receiver<bool>,
}

impl Sender {
    /// Into this queue; `stop` ends the waiting between tries.
    pub const fn new(queue: Queue, stop: watch::Receiver<bool>) -> Self {
        Self { queue, stop }
    }

    /// Sends what fits into one call. What may succeed later is tried again; where SQS refuses the call because of what is in
    /// it, each body is sent alone, so that one does not take the others along.
    pub async fn send(&mut self, bodies: &[&str]) -> Answer {
        let mut fates = vec![Fate::Unsent; bodies.len()];
        let mut at_once = bodies.len().max(1);
        let mut tries = 1;
        loop {
            let is_last = tries == TRIES;
            match self.attempt(bodies, &mut fates, at_once).await {
                Tried::OneByOne => {
                    at_once = 1;
                    continue;
                }
                Tried::Broken(error) if error.retry == Retry::Never || is_last => {
                    return Answer { fates, broken: Some(error) };
                }
                Tried::Answered(refusals) if refusals.is_empty() => break,
                Tried::Answered(refusals) if is_last => {
                    for refusal in refusals {
                        fates[refusal.index] = Fate::Refused(words(&refusal));
                    }
                    break;
                }
                Tried::Answered(_) | Tried::Broken(_) => {}
            }
            if !self.pause(tries).await {
                break;
            }
            tries += 1;
        }
        Answer { fates, broken: None }
    }

    /// Sends what is unsent, so many bodies in a call.
    async fn attempt(&self, bodies: &[&str], fates: &mut [Fate], at_once: usize) -> Tried {
        let unsent = fates.iter().enumerate().filter(|(_, fate)| **fate == Fate::Unsent);
        let unsent: Vec<usize> = unsent.map(|(index, _)| index).collect();
        let mut later = Vec::new();
        for part in unsent.chunks(at_once) {
            let some: Vec<&str> = part.iter().map(|index| bodies[*index]).collect();
            let answers = match self.queue.send(&some).await {
                Ok(answers) => answers,
                Err(error) if error.is_of_content && part.len() > 1 => return Tried::OneByOne,
                Err(error) if error.is_of_content => {
                    fates[part[0]] = Fate::Refused(one_line(&error));
                    continue;
                }
                Err(error) => return Tried::Broken(error),
            };
            for (index, answer) in part.iter().zip(answers) {
                match answer {
                    Ok(id) => fates[*index] = Fate::Sent(id),
                    Err(refusal) if refusal.retry == Retry::Never => {
                        fates[*index] = Fate::Refused(words(&refusal));
                    }
                    Err(refusal) => later.push(Refusal { index: *index, ..refusal }),
                }
            }
        }
        Tried::Answered(later)
    }

    /// Waits before the next try. Whether there is to be one.
    async fn pause(&mut self, tries: u32) -> bool {
        tokio::select! {
            () = stopped(&mut self.stop) => false,
            () = pause(tries) => true,
        }
    }
}

/// What one try came to.
enum Tried {
    /// SQS answered: this is to be tried again.
    Answered(Vec<Refusal>),
    /// SQS refused a call because of one of several bodies.
    OneByOne,
    /// A call failed.
    Broken(QueueError),
}

fn words(refusal: &Refusal) -> String {
    if refusal.message.is_empty() {
        return refusal.code.clone();
    }
    format!("{}: {}", refusal.code, refusal.message)
}
