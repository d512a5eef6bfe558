//! What every function does around its handler: settings, logs, the ledger and the bus on their way while the first event is
//! awaited, and how much time an invocation has.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws::client::CALL_TIME;
use aws::event_bridge::EventBridge;
use deal::moment::Moment;
use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use ledger::store::Store;
use marketplace::ids::AccountId;
use processor::chain::Chain;
use processor::clock::{Clock, SystemClock};
use processor::publisher::Publisher;
use processor::relay::{Relay, Relayed};
use processor::{Processor, Settings as Work};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::connection::Connection;
use crate::metrics::{Metric, Metrics};
use crate::settings::SettingsError;
use crate::{log, settings};

/// What is kept of an invocation's time for the answer's way back; of a shorter time, a fifth.
const RESERVE: Duration = Duration::from_secs(1);

/// The time of an invocation that does not say how much it has: the shortest one in `infra/template.yaml`.
const UNKNOWN: Duration = Duration::from_secs(30);

/// What an invocation is told besides its event.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// Its id: with it a message without an id of its own gets one for the ledger.
    pub request: String,
    /// When Lambda ends it.
    pub deadline: Moment,
}

/// A function with what its invocations share.
pub struct Function {
    /// What it is called in metrics.
    pub name: &'static str,
    /// The ledger.
    pub connection: Connection,
    /// What tells how much time an invocation has left.
    pub clock: Arc<dyn Clock>,
    /// Our own accounts; empty: every account is accepted.
    accounts: BTreeSet<AccountId>,
    /// Whether a sweep asks AWS Marketplace.
    pub marketplace: bool,
    bus: EventBridge,
    is_warm: AtomicBool,
}

impl Function {
    /// A processor of the ledger that gives up against faster writers after this.
    pub fn processor(&self, store: Arc<dyn Store>, patience: Duration) -> Processor {
        let work = Work { accounts: self.accounts.clone(), patience, ..Work::default() };
        Processor::new(store, Arc::clone(&self.clock), work)
    }

    /// A relay to the bus.
    pub fn relay(&self, processor: Processor) -> Relay {
        let bus: Arc<dyn Publisher> = Arc::new(self.bus.clone());
        Relay::new(processor, bus)
    }

    /// Metrics of one invocation, which say whether it is the first.
    pub fn metrics(&self) -> Metrics {
        let mut metrics = Metrics::new(self.name, None);
        let is_cold = !self.is_warm.swap(true, Ordering::Relaxed);
        metrics.add(Metric::ColdStart, u64::from(is_cold));
        metrics
    }

    /// How much of an invocation's time may still be used.
    pub fn usable(&self, invocation: &Invocation) -> Duration {
        usable(invocation.deadline, self.clock.now())
    }

    /// This time from now.
    pub fn at_latest(&self, time: Duration) -> Moment {
        let time = i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
        Moment::from_micros(self.clock.now().micros().saturating_add(time))
    }

    /// Until when a relay may begin requests, so that the last one is over, and noted, within this time from now.
    pub fn until(&self, time: Duration) -> Moment {
        self.at_latest(beginning(time))
    }
}

/// The deadline that was told, in milliseconds since 1970. One that is over as the invocation begins says nothing: `cargo lambda
/// watch` tells a duration.
pub(crate) fn deadline(told: u64, now: Moment) -> Moment {
    let micros = |millis: u128| i64::try_from(millis.saturating_mul(1_000)).unwrap_or(i64::MAX);
    let told = Moment::from_micros(micros(told.into()));
    if told > now {
        return told;
    }
    Moment::from_micros(now.micros().saturating_add(micros(UNKNOWN.as_millis())))
}

/// How much of the time until a deadline an invocation may use.
pub(crate) fn usable(deadline: Moment, now: Moment) -> Duration {
    let left = deadline.micros().saturating_sub(now.micros());
    let left = Duration::from_micros(u64::try_from(left).unwrap_or(0));
    left.saturating_sub(RESERVE.min(left / 5))
}

/// How long requests may begin that are to be over within this time: however long the last one takes, or half of a time that is
/// too short for that. One that is cut off then is sent again.
fn beginning(time: Duration) -> Duration {
    time.saturating_sub(CALL_TIME).max(time / 2)
}

/// Adds what a relay did.
pub(crate) fn count(metrics: &mut Metrics, relayed: Relayed) {
    metrics.add(Metric::Published, relayed.published);
    metrics.add(Metric::PublishFailed, relayed.failed);
    metrics.add(Metric::SetAside, relayed.set_aside);
}

/// The answer of an invocation that failed; logged here, and once.
pub(crate) fn failed(
    error_type: &str,
    what: &'static str,
    error: &(dyn std::error::Error + 'static),
) -> Diagnostic {
    let error_message = Chain(error).to_string();
    tracing::error!(error = error_message, "{what}");
    Diagnostic { error_type: error_type.to_owned(), error_message }
}

/// Runs a function until Lambda ends it.
pub fn run<E, A, F>(
    name: &'static str,
    answer: impl Fn(Arc<Function>, Invocation, E) -> F,
) -> ExitCode
where
    E: DeserializeOwned,
    A: Serialize,
    F: Future<Output = Result<A, Diagnostic>>,
{
    process(settings::read, |settings| {
        let function = Function {
            name,
            connection: Connection::new(&settings.ledger),
            clock: Arc::new(SystemClock),
            accounts: settings.accounts,
            marketplace: settings.marketplace,
            bus: EventBridge::new(settings.bus, settings.endpoint),
            is_warm: AtomicBool::new(false),
        };
        serve(function, answer)
    })
}

/// Reads the settings, and serves until Lambda ends it.
pub(crate) fn process<S, F>(
    read: impl FnOnce(fn(&str) -> Option<String>) -> Result<S, SettingsError>,
    serve: impl FnOnce(S) -> F,
) -> ExitCode
where
    F: Future<Output = Result<(), Error>>,
{
    let variable: fn(&str) -> Option<String> = |name| std::env::var(name).ok();
    log::start(variable("AWS_LAMBDA_LOG_LEVEL").as_deref());
    let settings = match read(variable) {
        Ok(settings) => settings,
        Err(error) => {
            tracing::error!(error = %Chain(&error), "the function cannot start");
            return ExitCode::from(2);
        }
    };
    // One thread: Lambda brings one event at a time.
    let ended = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let serve = |runtime: tokio::runtime::Runtime| runtime.block_on(serve(settings));
    if let Err(error) = ended.map_err(Error::from).and_then(serve) {
        tracing::error!(error = %Chain(&*error), "the function ended");
        return ExitCode::from(2);
    }
    ExitCode::SUCCESS
}

/// Polls for events. Meanwhile it connects to the ledger, and then makes the client of the bus: that keeps a processor busy,
/// which the first poll needs.
async fn serve<E, A, F>(
    function: Function,
    answer: impl Fn(Arc<Function>, Invocation, E) -> F,
) -> Result<(), Error>
where
    E: DeserializeOwned,
    A: Serialize,
    F: Future<Output = Result<A, Diagnostic>>,
{
    let function = Arc::new(function);
    let (connection, bus) = (function.connection.clone(), function.bus.clone());
    tokio::spawn(async move {
        if let Err(error) = connection.store().await {
            tracing::warn!(error = %Chain(&error), "could not open the ledger; each event tries again");
        }
        if let Err(error) = bus.prepare().await {
            tracing::warn!(error = %Chain(&error), "could not make a client of the event bus; each event tries again");
        }
    });
    let handler = service_fn(|LambdaEvent { payload, context }: LambdaEvent<E>| {
        let deadline = deadline(context.deadline, function.clock.now());
        answer(Arc::clone(&function), Invocation { request: context.request_id, deadline }, payload)
    });
    lambda_runtime::run(handler).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_that_is_over_is_unknown() {
        let cases = [
            // told in milliseconds, now in seconds, deadline in milliseconds
            (60_000, 0, 60_000),
            (60_000, 59, 60_000),
            (60_000, 60, 90_000),
            (600_000, 1_700_000_000, 1_700_000_030_000),
            (u64::MAX, 0, i64::MAX / 1_000),
        ];
        for (told, now, expected) in cases {
            let found = deadline(told, Moment::from_micros(now * 1_000_000));
            assert_eq!(found.micros() / 1_000, expected, "{told} at {now}");
        }
    }

    #[test]
    fn requests_begin_only_while_there_is_time_for_them() {
        let cases = [(60_000, 55_000), (10_000, 5_000), (8_000, 4_000), (2_400, 1_200), (0, 0)];
        for (time, expected) in cases {
            let found = beginning(Duration::from_millis(time));
            assert_eq!(found, Duration::from_millis(expected), "{time}");
        }
    }

    #[test]
    fn an_invocation_ends_before_lambda_ends_it() {
        let cases = [
            // deadline in seconds, now in seconds, usable milliseconds
            (60, 0, 59_000),
            (60, 55, 4_000),
            (60, 57, 2_400),
            (60, 60, 0),
            (60, 61, 0),
        ];
        for (deadline, now, expected) in cases {
            let seconds = |seconds: i64| Moment::from_micros(seconds * 1_000_000);
            let found = usable(seconds(deadline), seconds(now));
            assert_eq!(found, Duration::from_millis(expected), "{deadline} at {now}");
        }
    }
}
