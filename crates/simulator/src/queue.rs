//! The queue, by the rules of SQS: at least once, in batches, invisible for a while, and after so many receipts dead.

use std::mem;

use fastrand::Rng;
use processor::delivery::{Delivery, Via};

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) via: Via,
    pub(crate) body: Vec<u8>,
}

/// A message in the queue.
#[derive(Debug)]
struct Held {
    /// What a receipt names: one message may be there twice.
    handle: u64,
    message: Message,
    receipts: u32,
    /// Nobody receives it before this moment.
    visible_at: i64,
}

/// A message as received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) handle: u64,
    pub(crate) delivery: Delivery,
}

/// The queue and its dead-letter queue.
#[derive(Debug)]
pub(crate) struct Queue {
    held: Vec<Held>,
    dead: Vec<Message>,
    next: u64,
    /// A received message stays invisible for so many microseconds.
    visibility: i64,
    /// After so many receipts a message is dead.
    most_receipts: u32,
}

impl Queue {
    pub(crate) fn new(visibility: i64, most_receipts: u32) -> Self {
        Self { held: Vec::new(), dead: Vec::new(), next: 0, visibility, most_receipts }
    }

    /// Takes a message in, visible from a moment on.
    pub(crate) fn send(&mut self, message: Message, visible_at: i64) {
        self.next = self.next.saturating_add(1);
        self.held.push(Held { handle: self.next, message, receipts: 0, visible_at });
    }

    /// Whether there is something to receive.
    pub(crate) fn has_visible(&self, now: i64) -> bool {
        self.held.iter().any(|held| held.visible_at <= now)
    }

    /// When the next message becomes visible.
    pub(crate) fn next_visible(&self) -> Option<i64> {
        self.held.iter().map(|held| held.visible_at).min()
    }

    /// Hands out at most so many messages that came in one way, the oldest first or in any order.
    pub(crate) fn receive(
        &mut self,
        now: i64,
        most: usize,
        shuffle: Option<&mut Rng>,
    ) -> Vec<Received> {
        self.bury(now);
        let visible = self.held.iter().enumerate().filter(|(_, held)| held.visible_at <= now);
        let mut places: Vec<usize> = visible.map(|(place, _)| place).collect();
        if let Some(random) = shuffle {
            random.shuffle(&mut places);
        }
        let mut received: Vec<Received> = Vec::new();
        for place in places {
            let Some(held) = self.held.get_mut(place) else { continue };
            let Message { id, via, body } = held.message.clone();
            let same_way = received.first().is_none_or(|first| first.delivery.via == via);
            if received.len() < most && same_way {
                held.receipts = held.receipts.saturating_add(1);
                held.visible_at = now.saturating_add(self.visibility);
                let delivery = Delivery { id, via, body };
                received.push(Received { handle: held.handle, delivery });
            }
        }
        received
    }

    /// Moves what was received too often to the dead letters.
    fn bury(&mut self, now: i64) {
        let most = self.most_receipts;
        let is_dead = |held: &Held| held.visible_at <= now && held.receipts >= most;
        let (dead, held) = mem::take(&mut self.held).into_iter().partition(is_dead);
        self.held = held;
        self.dead.extend(Vec::into_iter(dead).map(|held: Held| held.message));
    }

    /// Deletes a message that was received.
    pub(crate) fn delete(&mut self, handle: u64) {
        self.held.retain(|held| held.handle != handle);
    }

    /// Sends the dead letters again. Returns how many there were.
    pub(crate) fn redrive(&mut self, now: i64) -> usize {
        let dead = mem::take(&mut self.dead);
        let count = dead.len();
        for message in dead {
            self.send(message, now);
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VISIBILITY: i64 = 30;

    fn queue(vias: &[Via]) -> Queue {
        let mut queue = Queue::new(VISIBILITY, 2);
        for (number, via) in vias.iter().enumerate() {
            let (id, body) = (format!("m{number}"), Vec::new());
            queue.send(Message { id, via: *via, body }, 0);
        }
        queue
    }

    fn ids(received: &[Received]) -> Vec<&str> {
        received.iter().map(|one| one.delivery.id.as_str()).collect()
    }

    #[test]
    fn a_batch_came_in_one_way_and_has_a_size() {
        let mut queue = queue(&[Via::Queue, Via::Import, Via::Queue, Via::Queue]);
        assert_eq!(ids(&queue.receive(0, 2, None)), ["m0", "m2"]);
        assert_eq!(ids(&queue.receive(0, 2, None)), ["m1"]);
        assert_eq!(ids(&queue.receive(0, 2, None)), ["m3"]);
        assert_eq!(ids(&queue.receive(0, 2, None)), Vec::<&str>::new());
    }

    #[test]
    fn what_is_not_deleted_comes_again_and_then_is_dead() {
        let mut queue = queue(&[Via::Queue, Via::Queue]);
        let first = queue.receive(0, 10, None);
        queue.delete(first[0].handle);
        assert!(!queue.has_visible(VISIBILITY - 1));
        assert_eq!(queue.next_visible(), Some(VISIBILITY));
        assert_eq!(ids(&queue.receive(VISIBILITY, 10, None)), ["m1"]);
        assert_eq!(ids(&queue.receive(2 * VISIBILITY, 10, None)), Vec::<&str>::new());
        assert_eq!(queue.next_visible(), None);
        assert_eq!(queue.redrive(99), 1);
        assert_eq!(ids(&queue.receive(99, 10, None)), ["m1"]);
    }

    #[test]
    fn one_message_may_be_there_twice() {
        let mut queue = queue(&[Via::Queue]);
        let again = Message { id: "m0".to_owned(), via: Via::Queue, body: Vec::new() };
        queue.send(again, 5);
        let first = queue.receive(0, 10, None);
        queue.delete(first[0].handle);
        assert_eq!(ids(&queue.receive(5, 10, None)), ["m0"]);
    }
}
