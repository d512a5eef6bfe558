//! What becomes of an agreement: it runs, ends in one of AWS's ways, loses its licenses, is renewed or replaced.

use jiff::Timestamp;

use crate::draw::{DAY, HOUR, later};
use crate::market::{Sale, Step, What};

use super::agreement::Life;

/// How an agreement goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Runs,
    Expires,
    /// Its end time passes, and AWS does not say so.
    Overruns,
    Cancelled,
    Terminated,
    /// It ended less than an hour ago.
    JustEnded,
    Renewed,
    Replaced,
    /// Its licenses go, and AWS does not say that it ended.
    Deprovisioned,
    /// As [`Self::Deprovisioned`], and then comes a newer license.
    Revived,
}

const FATES: [Fate; 12] = [
    Fate::Runs,
    Fate::Runs,
    Fate::Runs,
    Fate::Expires,
    Fate::Overruns,
    Fate::Cancelled,
    Fate::Terminated,
    Fate::JustEnded,
    Fate::Renewed,
    Fate::Replaced,
    Fate::Deprovisioned,
    Fate::Revived,
];

/// That another agreement follows.
#[derive(Debug)]
pub(super) struct Succession {
    pub(super) at: Timestamp,
    pub(super) replaces: bool,
}

impl Succession {
    pub(super) const fn intent(&self) -> &'static str {
        if self.replaces { "REPLACE" } else { "RENEW" }
    }
}

impl Fate {
    pub(super) fn draw(life: &mut Life<'_>) -> Self {
        life.draw.one(&FATES).copied().unwrap_or(Self::Runs)
    }

    /// Says what there is to say of an agreement with this fate.
    pub(super) fn happen(self, life: &mut Life<'_>) -> Option<Succession> {
        if matches!(self, Self::Expires | Self::Overruns) {
            // Short enough to be over by now.
            let days = life.draw.seconds(2, 20);
            life.agreement.ends = Some(later(life.agreement.starts, days * DAY));
        }
        // Notices get lost; then we hear of an agreement by its licenses or its end, or not at all.
        if life.draw.percent(95) {
            life.say(life.agreement.accepted, What::Created);
        }
        let mut license = first_license(life);
        if life.draw.percent(15) {
            amend(life, &mut license);
        }
        incidents(life);
        self.end(life, license)
    }

    fn end(self, life: &mut Life<'_>, license: Option<String>) -> Option<Succession> {
        let early = later(life.agreement.starts, life.draw.seconds(2 * DAY, 25 * DAY));
        match self {
            Self::Runs | Self::Overruns => None,
            Self::Expires => {
                let ends = life.agreement.ends.unwrap_or(early);
                ended(life, ends, "EXPIRED", license);
                None
            }
            Self::Cancelled => {
                request_cancellation(life, early, Step::Approved);
                ended(life, early, "CANCELLED", license);
                None
            }
            Self::Terminated => {
                ended(life, early, "TERMINATED", license);
                None
            }
            Self::JustEnded => {
                let at = later(life.now, -life.draw.seconds(120, HOUR - 60));
                ended(life, at.max(later(life.agreement.accepted, 60)), "CANCELLED", license);
                None
            }
            Self::Renewed | Self::Replaced => {
                let replaces = self == Self::Replaced;
                let word = if replaces { "REPLACED" } else { "RENEWED" };
                ended(life, early, word, license);
                (early < life.now).then_some(Succession { at: early, replaces })
            }
            Self::Deprovisioned | Self::Revived => {
                deprovision(life, early, license);
                if self == Self::Revived {
                    grant(life, later(early, HOUR));
                }
                None
            }
        }
    }
}

/// AWS says that it ended, and some seconds later that the license goes; one of the two may get lost.
fn ended(life: &mut Life<'_>, at: Timestamp, word: &'static str, license: Option<String>) {
    let told = life.draw.percent(93);
    let at = if told { life.say(at, What::Ended { word }).unwrap_or(at) } else { at };
    if life.draw.percent(75) {
        deprovision(life, later(at, 31), license);
    }
}

fn deprovision(life: &mut Life<'_>, at: Timestamp, license: Option<String>) {
    let Some(license) = license else { return };
    life.say(at, What::LicenseDeprovisioned { license: license.clone() });
    // A stale signal, or one that AWS sends for no reason: it revives nothing.
    if life.draw.percent(20) {
        life.say(later(at, 40), What::LicenseUpdated { license });
    }
}

/// A license at the start, as the manufacturer hears it.
fn first_license(life: &mut Life<'_>) -> Option<String> {
    let awaited = life.draw.percent(10);
    if awaited {
        return None;
    }
    grant(life, later(life.agreement.starts, 61))
}

/// A new license; AWS may signal it again.
fn grant(life: &mut Life<'_>, at: Timestamp) -> Option<String> {
    if life.sale == Sale::Resold {
        return None;
    }
    let license = format!("l-{}", life.draw.hex());
    life.say(at, What::LicenseUpdated { license: license.clone() })?;
    if life.draw.percent(25) {
        life.say(later(at, 300), What::LicenseUpdated { license: license.clone() });
    }
    Some(license)
}

/// Another end, and mostly another license in place of the first one.
fn amend(life: &mut Life<'_>, license: &mut Option<String>) {
    let at = later(life.agreement.starts, life.draw.seconds(HOUR, DAY));
    let ends = life.agreement.ends.map(|ends| later(ends, life.draw.seconds(DAY, 200 * DAY)));
    if life.say(at, What::Amended { ends }).is_none() || life.draw.percent(40) {
        return;
    }
    let old = license.take();
    if life.draw.percent(80) {
        deprovision(life, later(at, 30), old);
    }
    *license = grant(life, later(at, 60));
}

/// What happens on the way and changes no access.
fn incidents(life: &mut Life<'_>) {
    let started = life.agreement.starts;
    // AWS tells only the manufacturer of advisories.
    if life.sale != Sale::Resold && life.draw.percent(12) {
        let issued = life.draw.after(started, HOUR, 20 * HOUR);
        life.say(issued, What::Advisory { issued: true, at: issued });
        if life.draw.percent(60) {
            let resolved = life.draw.after(issued, HOUR, 10 * HOUR);
            life.say(resolved, What::Advisory { issued: false, at: resolved });
        }
    }
    if life.draw.percent(12) {
        let at = life.draw.after(started, 30 * HOUR, 40 * HOUR);
        let request = format!("ba-{}", life.draw.text(25));
        let completed = life.draw.percent(70);
        life.say(at, What::Adjusted { request, completed, amount: "-1250.00" });
    }
    if life.draw.percent(10) {
        let at = life.draw.after(started, 41 * HOUR, 44 * HOUR);
        let step = if life.draw.percent(50) { Step::Rejected } else { Step::Cancelled };
        request_cancellation(life, at, step);
    }
    if life.sale != Sale::Partner && life.draw.percent(30) {
        let at = later(started, 45 * HOUR);
        let ends = life.ends();
        life.say(at, What::Ending { days: 90, ends });
        life.say(later(at, 60), What::RenewalTermsFinalized);
        life.say(later(at, 120), What::RenewalUpcoming);
    }
}

/// A request to cancel, and what comes of it.
fn request_cancellation(life: &mut Life<'_>, decided: Timestamp, outcome: Step) {
    if life.draw.percent(40) {
        return;
    }
    let request = format!("acr-{}", life.draw.text(25));
    let asked = later(decided, -HOUR);
    let pending = Step::PendingApproval;
    life.say(asked, What::Cancellation { request: request.clone(), step: pending, at: asked });
    let at = later(decided, -60);
    life.say(at, What::Cancellation { request, step: outcome, at });
}
