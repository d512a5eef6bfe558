//! The one place that reads the clock, and that waits.

use std::time::Duration;

use async_trait::async_trait;
use deal::moment::Moment;

/// What tells the time, and lets it pass.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Moment;

    /// Waits before a writer that others overtook for the `attempts`th time (from 1 on) tries again. How long is drawn:
    /// that parts writers that collided.
    async fn back_off(&self, attempts: u32);
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that may read the clock")]
    fn now(&self) -> Moment {
        Moment::from(jiff::Timestamp::now())
    }

    async fn back_off(&self, attempts: u32) {
        sleep(attempts).await;
    }
}

/// A clock that stands: for tests, and for `--effective`. Other writers are as real as ever, so it waits for them.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(pub Moment);

#[async_trait]
impl Clock for FixedClock {
    fn now(&self) -> Moment {
        self.0
    }

    async fn back_off(&self, attempts: u32) {
        sleep(attempts).await;
    }
}

/// Sleeps between 0 and 2, 4, 8 ... 128 ms.
async fn sleep(attempts: u32) {
    let most = 1_u64 << attempts.min(7);
    tokio::time::sleep(Duration::from_millis(fastrand::u64(0..=most))).await;
}
