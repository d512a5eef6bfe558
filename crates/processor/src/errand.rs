//! Errands at AWS Marketplace: what is due there, and what is compared now and then.
//!
//! | errand | when | what fails keeps nothing else waiting, and |
//! |---|---|---|
//! | requests are carried on | due | each says itself when it is tried again |
//! | entitlements are read, of licenses that AWS said were updated | due | each says itself when it is asked about again |
//! | our opportunities are read again where AWS changed them | hourly | the next hour reads the whole list again |
//! | a 24th of the live licenses is compared | hourly | it is compared again tomorrow |
//!
//! Errands are run by whoever runs the sweep. Several at once do no harm: what they learn folds, and only one of two drivers of a
//! request makes a call.

use deal::moment::Moment;
use deal::request::RequestId;
use jiff::tz::Offset;

use crate::opportunity_sync::SyncError;
use crate::port::{AuthorizationFilter, CallError, Catalog, Entitlements};
use crate::process::Processor;
use crate::refresh::{Answer, RefreshError, Refreshed};
use crate::request::{DriveError, Driven, changes};

/// Requests that take a step, or agreements that are asked about, before the time is looked at again.
const BATCH: u32 = 20;

/// AWS Marketplace as errands ask it.
pub struct Marketplace<'a> {
    /// Resale authorizations and change sets.
    pub catalog: &'a dyn Catalog,
    /// What licenses grant.
    pub entitlements: &'a dyn Entitlements,
}

/// How much is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errands {
    /// What is due.
    Due,
    /// That, every opportunity, and the licenses of this hour of the day.
    Hourly {
        /// From 0 to 23; the 24 hours together are all licenses.
        hour: u8,
    },
}

impl Errands {
    /// Those of the hour that it is.
    pub fn of_the_hour(now: Moment) -> Self {
        let hours = now.micros().div_euclid(3_600_000_000);
        Self::Hourly { hour: u8::try_from(hours.rem_euclid(24)).unwrap_or(0) }
    }
}

/// What came of them.
#[derive(Debug, Default)]
pub struct Asked {
    /// Steps of requests.
    pub steps: usize,
    /// Licenses that AWS answered about.
    pub licenses: usize,
    /// Opportunities of which something was recorded.
    pub opportunities: usize,
    /// What failed.
    pub failures: Vec<ErrandError>,
    /// The time ran out first.
    pub more: bool,
}

/// Why an errand failed.
#[derive(Debug, thiserror::Error)]
pub enum ErrandError {
    /// Requests could not be found.
    #[error("could not carry requests on")]
    Requests(#[source] DriveError),
    /// One of them could not be carried on.
    #[error("could not carry request `{0}` on")]
    Request(RequestId, #[source] DriveError),
    /// AWS did not do what one of them asks.
    #[error("request `{0}` did not succeed yet")]
    Refused(RequestId, #[source] CallError),
    /// Licenses could not be found.
    #[error("could not read what licenses grant")]
    Licenses(#[source] RefreshError),
    /// One of them could not be asked about, or its answer not recorded.
    #[error("could not read what license `{license}` grants")]
    License {
        /// Its id.
        license: String,
        /// Why.
        #[source]
        why: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Opportunities could not be read.
    #[error("could not bring the opportunities in step")]
    Opportunities(#[source] SyncError),
    /// AWS has one that we cannot read.
    #[error("opportunity `{id}` was left out: {why}")]
    LeftOut {
        /// Its id.
        id: String,
        /// Why.
        why: String,
    },
}

impl Processor {
    /// Runs errands until they are done or it is this time. The last call may take longer.
    pub async fn run_errands(
        &self,
        marketplace: &Marketplace<'_>,
        errands: Errands,
        until: Moment,
    ) -> Asked {
        let mut asked = Asked::default();
        self.carry_on(marketplace.catalog, until, &mut asked).await;
        self.read_due(marketplace.entitlements, until, &mut asked).await;
        if let Errands::Hourly { hour } = errands {
            self.read_opportunities(marketplace.catalog, until, &mut asked).await;
            self.compare(marketplace.entitlements, hour, until, &mut asked).await;
        }
        asked
    }

    fn time_is_up(&self, until: Moment, asked: &mut Asked) -> bool {
        let is_up = self.clock.now() >= until;
        asked.more |= is_up;
        is_up
    }

    async fn carry_on(&self, catalog: &dyn Catalog, until: Moment, asked: &mut Asked) {
        let today = Offset::UTC.to_datetime(self.clock.now().timestamp()).date();
        let (changes, mut moves) = (changes(today), true);
        while moves && !self.time_is_up(until, asked) {
            moves = false;
            let due = self.drive_due(BATCH, catalog, &changes).await;
            let due = match due {
                Ok(due) => due,
                Err(error) => return asked.failures.push(ErrandError::Requests(error)),
            };
            for (id, driven) in due {
                match driven {
                    Ok(Driven::Moved) => {
                        asked.steps = asked.steps.saturating_add(1);
                        moves = true;
                    }
                    Ok(Driven::Waits { .. } | Driven::Done(_)) => {}
                    Ok(Driven::Refused(error)) => {
                        asked.failures.push(ErrandError::Refused(id, error));
                    }
                    Err(error) => asked.failures.push(ErrandError::Request(id, error)),
                }
            }
        }
    }

    async fn read_due(&self, entitlements: &dyn Entitlements, until: Moment, asked: &mut Asked) {
        while !self.time_is_up(until, asked) {
            match self.refresh_due(BATCH, entitlements).await {
                Ok(refreshed) => {
                    let answered = asked.licenses;
                    asked.tell(refreshed);
                    if asked.licenses == answered {
                        return;
                    }
                }
                Err(error) => return asked.failures.push(ErrandError::Licenses(error)),
            }
        }
    }

    async fn read_opportunities(&self, catalog: &dyn Catalog, until: Moment, asked: &mut Asked) {
        let (all, mut from) = (AuthorizationFilter::default(), None);
        while !self.time_is_up(until, asked) {
            match self.sync_opportunities(catalog, &all, from).await {
                Ok(synced) => {
                    asked.opportunities = asked.opportunities.saturating_add(synced.recorded);
                    let left_out = synced.left_out.into_iter();
                    asked.failures.extend(
                        left_out.map(|(id, why)| ErrandError::LeftOut { id: id.to_string(), why }),
                    );
                    from = synced.next;
                    if from.is_none() {
                        return;
                    }
                }
                Err(error) => return asked.failures.push(ErrandError::Opportunities(error)),
            }
        }
    }

    async fn compare(
        &self,
        entitlements: &dyn Entitlements,
        hour: u8,
        until: Moment,
        asked: &mut Asked,
    ) {
        let mut from = None;
        while !self.time_is_up(until, asked) {
            match self.reconcile(Some(hour), from.as_ref(), BATCH, entitlements).await {
                Ok(compared) => {
                    asked.tell(compared.refreshed);
                    from = compared.next;
                    if from.is_none() {
                        return;
                    }
                }
                Err(error) => return asked.failures.push(ErrandError::Licenses(error)),
            }
        }
    }
}

impl Asked {
    fn tell(&mut self, refreshed: Vec<Refreshed>) {
        for Refreshed { license, result, .. } in refreshed {
            let license = license.to_string();
            match result {
                Ok(Answer::Changed | Answer::Unchanged) => {
                    self.licenses = self.licenses.saturating_add(1);
                }
                Ok(Answer::NotAsked(_)) => {}
                Ok(Answer::Unanswered(error)) => {
                    self.failures.push(ErrandError::License { license, why: Box::new(error) });
                }
                Err(error) => {
                    self.failures.push(ErrandError::License { license, why: Box::new(error) });
                }
            }
        }
    }
}
