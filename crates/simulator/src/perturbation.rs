//! One thing that does not go as it should.

use std::fmt;

use deal::moment::Moment;

use crate::time::{DAY, HOUR, MINUTE, SECOND};

/// One thing that does not go as it should. Spans are in microseconds; arrivals, processors and points count from 1 when
/// they are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Perturbation {
    /// EventBridge delivers twice: two messages with one content.
    Doubled {
        /// Which arrival of the traffic.
        arrival: usize,
        /// The second comes so much later.
        after: i64,
    },
    /// SQS hands out a message once more, though it was deleted.
    Redelivered {
        /// Which arrival of the traffic.
        arrival: usize,
        /// So much later than its message was sent.
        after: i64,
    },
    /// It comes late.
    Late {
        /// Which arrival of the traffic.
        arrival: usize,
        /// By so much.
        by: i64,
    },
    /// It never comes; a replay of EventBridge's archive brings it under another id.
    Dropped {
        /// Which arrival of the traffic.
        arrival: usize,
        /// The replay is so much later.
        replayed_after: i64,
    },
    /// A replay of EventBridge's archive brings it once more, under another id: before it, if it comes late enough.
    Replayed {
        /// Which arrival of the traffic.
        arrival: usize,
        /// So much later than AWS sent it first.
        after: i64,
    },
    /// The queue hands messages out in any order.
    Shuffled,
    /// A processor's clock goes before (positive) or after.
    Skewed {
        /// Which processor.
        processor: usize,
        /// By so much.
        by: i64,
    },
    /// Nothing is processed; what arrives piles up, and everybody begins at once.
    Outage {
        /// From this moment on.
        from: Moment,
        /// Until this one.
        until: Moment,
    },
    /// A sweep runs on the way.
    Sweep {
        /// At this moment.
        at: Moment,
    },
    /// A person's command is struck, after everything was told.
    Interrupted {
        /// At which step of such commands.
        at: Point,
        /// By what.
        blow: Blow,
    },
    /// A processor is struck at a step of its work with the store.
    Struck {
        /// At which step.
        at: Point,
        /// By what.
        blow: Blow,
    },
}

/// A step of all processors' work with the store, counted from 1 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    /// At a call, of whatever kind.
    Call(u64),
    /// Before a commit.
    Commit(u64),
    /// After a commit, before the processor is told.
    Committed(u64),
}

/// What strikes a processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    /// It crashes: everything that it had in mind is gone.
    Crash,
    /// The connection is lost; after a commit: a commit that succeeded is reported as failed.
    Lost,
    /// Another writer was faster.
    Overtaken,
    /// It stands still for so long, which may be longer than its messages stay invisible.
    Stalled(i64),
    /// The database refuses a batch of several messages for a reason that a retry does not mend: it is split.
    Refused,
}

/// A span of time in its largest unit.
struct Span(i64);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s"), (1_000, "ms")];
        let size = self.0.saturating_abs();
        let unit = units.iter().find(|(unit, _)| size >= *unit).unwrap_or(&(1, "us"));
        let (whole, rest) = (size.div_euclid(unit.0), size.rem_euclid(unit.0));
        let tenths = rest.saturating_mul(10).div_euclid(unit.0);
        if tenths == 0 {
            write!(f, "{whole} {}", unit.1)
        } else {
            write!(f, "{whole}.{tenths} {}", unit.1)
        }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(number) => write!(f, "at call {number} to the store"),
            Self::Commit(number) => write!(f, "before commit {number}"),
            Self::Committed(number) => write!(f, "after commit {number}, before it is told"),
        }
    }
}

impl fmt::Display for Blow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Crash => f.write_str("the processor crashes"),
            Self::Lost => f.write_str("the connection is lost"),
            Self::Overtaken => f.write_str("another writer is said to be faster"),
            Self::Stalled(span) => write!(f, "the processor stands still for {}", Span(*span)),
            Self::Refused => f.write_str("the database refuses the batch"),
        }
    }
}

impl Perturbation {
    /// The same where arrivals have other places, or none: then it is none.
    pub(crate) fn moved(&self, place: impl Fn(usize) -> Option<usize>) -> Option<Self> {
        let mut moved = self.clone();
        match &mut moved {
            Self::Doubled { arrival, .. }
            | Self::Redelivered { arrival, .. }
            | Self::Late { arrival, .. }
            | Self::Replayed { arrival, .. }
            | Self::Dropped { arrival, .. } => *arrival = place(*arrival)?,
            Self::Shuffled
            | Self::Skewed { .. }
            | Self::Outage { .. }
            | Self::Sweep { .. }
            | Self::Interrupted { .. }
            | Self::Struck { .. } => {}
        }
        Some(moved)
    }

    /// In words. `name`: what an arrival is called.
    pub fn words(&self, name: impl Fn(usize) -> String) -> String {
        match self {
            Self::Doubled { arrival, after } => {
                format!("{} comes again {} later", name(*arrival), Span(*after))
            }
            Self::Redelivered { arrival, after } => {
                format!("{} is handed out again {} later", name(*arrival), Span(*after))
            }
            Self::Late { arrival, by } => format!("{} comes {} late", name(*arrival), Span(*by)),
            Self::Dropped { arrival, replayed_after } => format!(
                "{} is dropped, and replayed under another id {} later",
                name(*arrival),
                Span(*replayed_after)
            ),
            Self::Replayed { arrival, after } => format!(
                "{} is replayed under another id {} after AWS sent it",
                name(*arrival),
                Span(*after)
            ),
            Self::Shuffled => "the queue hands messages out in any order".to_owned(),
            Self::Skewed { processor, by } => {
                let direction = if *by < 0 { "after" } else { "before" };
                let number = processor.saturating_add(1);
                format!("the clock of processor {number} goes {} {direction}", Span(*by))
            }
            Self::Outage { from, until } => {
                format!("nothing is processed from {from} until {until}")
            }
            Self::Sweep { at } => format!("a sweep runs at {at}"),
            Self::Interrupted { at, blow } => format!("of people's last commands, {at}: {blow}"),
            Self::Struck { at, blow } => format!("{at}: {blow}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Blow, Perturbation, Point, Span};
    use crate::time::{DAY, HOUR, MINUTE, SECOND};

    #[test]
    fn spans_are_shown_in_their_largest_unit() {
        let cases = [
            (0, "0 us"),
            (999, "999 us"),
            (1_500, "1.5 ms"),
            (SECOND, "1 s"),
            (90 * SECOND, "1.5 min"),
            (-90 * MINUTE, "1.5 h"),
            (47 * HOUR, "1.9 d"),
            (30 * DAY, "30 d"),
        ];
        for (micros, shown) in cases {
            assert_eq!(Span(micros).to_string(), shown);
        }
    }

    #[test]
    fn each_is_said_in_words() {
        let cases = [
            (Perturbation::Late { arrival: 2, by: HOUR }, "no. 2 comes 1 h late"),
            (
                Perturbation::Skewed { processor: 0, by: -HOUR },
                "the clock of processor 1 goes 1 h after",
            ),
            (
                Perturbation::Struck { at: Point::Committed(7), blow: Blow::Lost },
                "after commit 7, before it is told: the connection is lost",
            ),
            (
                Perturbation::Interrupted { at: Point::Call(3), blow: Blow::Crash },
                "of people's last commands, at call 3 to the store: the processor crashes",
            ),
        ];
        for (perturbation, words) in cases {
            assert_eq!(perturbation.words(|arrival| format!("no. {arrival}")), words);
        }
    }
}
