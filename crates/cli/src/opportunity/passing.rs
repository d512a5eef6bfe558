//! Time that passes while a command waits: the machine's, or that of `--effective`, which passes as far as is waited for.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use deal::moment::Moment;
use processor::clock::{Clock, SystemClock};

/// At most so long is slept at a time: what others record meanwhile is seen then.
const SLEEP: Duration = Duration::from_secs(5);

/// A clock to wait by.
#[derive(Debug, Clone)]
pub enum Passing {
    /// The machine's.
    Machine,
    /// One that began at `--effective`, in microseconds.
    Effective(Arc<AtomicI64>),
}

impl Passing {
    /// From this time on; `None`: the machine's.
    pub fn begin(effective: Option<Moment>) -> Self {
        let hands = |at: Moment| Self::Effective(Arc::new(AtomicI64::new(at.micros())));
        effective.map_or(Self::Machine, hands)
    }

    /// Waits until this time, or until it is worth a look at what others did.
    pub async fn wait(&self, until: Moment) {
        match self {
            Self::Machine => {
                let left = until.micros().saturating_sub(self.now().micros());
                let left = Duration::from_micros(u64::try_from(left).unwrap_or(0));
                tokio::time::sleep(left.min(SLEEP)).await;
            }
            Self::Effective(hands) => {
                hands.fetch_max(until.micros(), Ordering::SeqCst);
            }
        }
    }
}

#[async_trait]
impl Clock for Passing {
    fn now(&self) -> Moment {
        match self {
            Self::Machine => SystemClock.now(),
            Self::Effective(hands) => Moment::from_micros(hands.load(Ordering::SeqCst)),
        }
    }

    async fn back_off(&self, attempts: u32) {
        SystemClock.back_off(attempts).await;
    }
}
