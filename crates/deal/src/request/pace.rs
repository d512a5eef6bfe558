//! How often AWS is asked how a change set is: rarer and rarer, and at once when a notification says that it ended.

use super::{OVERDUE_HOURS, SETTLE_SECONDS};
use crate::facts::request::SeenChangeSet;
use crate::moment::Moment;

/// A change set that began fewer seconds ago is asked for after so many seconds again.
const PACE: [(i64, i64); 6] =
    [(30, 30), (90, 60), (210, 120), (510, 300), (3_600, 600), (OVERDUE_HOURS * 3_600, 3_600)];
/// One that began longer ago.
const RARE: i64 = OVERDUE_HOURS * 3_600;

impl SeenChangeSet {
    /// When it began, as far as we know.
    pub(super) fn begun(&self) -> Option<Moment> {
        self.known.get().or(self.noticed.get())
    }

    /// When AWS is to be asked next how it is.
    pub(super) fn poll_at(&self) -> Moment {
        let (known, noticed, polled) = (self.known.get(), self.noticed.get(), self.polled.get());
        let since = known.max(noticed).unwrap_or_default();
        let Some(polled) = polled.filter(|polled| noticed <= Some(*polled)) else {
            let unnoticed = since.plus_seconds(SETTLE_SECONDS);
            // A notification makes it due at once, whatever AWS's clock says.
            return noticed.map_or(unnoticed, |_| known.unwrap_or_default());
        };
        let spent = polled.micros().saturating_sub(since.micros()) / 1_000_000;
        let pace = PACE.iter().find(|(younger, _)| spent < *younger).map(|(_, wait)| *wait);
        polled.plus_seconds(pace.unwrap_or(RARE))
    }
}
