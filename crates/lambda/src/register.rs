//! A buyer's browser in, from AWS Marketplace, and on to the ISV's sign-up page, with proof of who it is.
//!
//! | step | what it is | when it fails |
//! |---|---|---|
//! | read | the form's token (`request.rs`) | a page that says so; AWS was not asked, and the token is as good as before |
//! | resolve | AWS says who registers, for which license | a page that sends the buyer back to AWS Marketplace, which gives another token |
//! | record | AWS's answer, as a notification of our own, is in the queue that `ingest` takes from | the same page |
//! | redirect | a signed token for the sign-up page (`redirect.rs`) | |
//!
//! The token works once: after it was exchanged, nothing but the queue keeps the answer, so the redirect comes last. It is in no
//! log, no error, no record.

mod page;
mod redirect;
mod request;
mod settings;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws::api::Access;
use aws::credentials::of_function;
use aws::queue::{Queue, QueueError, Refusal, Retry as QueueRetry};
use aws::registration::MeteringApi;
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use marketplace::digest::Digest;
use marketplace::ids::AccountId;
use marketplace::parse::parse_from;
use marketplace::registration::envelope;
use marketplace::way::Way;
use processor::chain::Chain;
use processor::clock::{Clock, SystemClock};
use processor::port::patience::Patience;
use processor::port::{CallError, CallOutcome, Registrations as _, Retry};
use serde_json::Value;
use tokio::time::timeout;

use self::page::{Page, Response};
use self::redirect::{Claims, Keys, SignUp};
use self::request::{Token, token};
use self::settings::Settings;
use crate::function::{deadline, process, usable};
use crate::metrics::{Metric, Metrics};

/// Somebody waits in front of a browser: a call to AWS is over after this.
const CALL_TIME: Duration = Duration::from_secs(4);

/// How often AWS is asked who registers, where it refused for being busy.
const PATIENCE: Patience = Patience {
    attempts: 4,
    first: Duration::from_millis(250),
    longest: Duration::from_secs(1),
    within: Duration::from_secs(4),
};

/// A message for the queue is taken within this, or sent again: the ledger counts it once.
const SENDING: Duration = Duration::from_secs(3);

/// How often it is sent.
const MAX_SENDS: u32 = 3;

/// What its invocations share.
struct Register {
    aws: MeteringApi,
    queue: Queue,
    sign_up: SignUp,
    keys: Keys,
    clock: Arc<dyn Clock>,
    is_warm: AtomicBool,
}

/// Why a buyer is not sent on.
#[derive(Debug, thiserror::Error)]
enum RegisterError {
    /// It is no form of AWS Marketplace's.
    #[error("could not read the request")]
    Request(#[source] request::Refusal),
    /// AWS does not say who registers.
    #[error("could not learn who registers")]
    Resolve(#[source] CallError),
    /// The token is used up, and what AWS said of it is nowhere.
    #[error("could not record a registration")]
    Queue(#[source] QueueError),
    /// The same, by SQS's word on this message.
    #[error("could not record a registration: the queue refused it as {}", .0.code)]
    Refused(Refusal),
    /// The queue took too long.
    #[error("could not record a registration: the queue did not answer in time")]
    Silent,
    /// The invocation's time ran out.
    #[error("the invocation's time ran out")]
    OutOfTime,
}

impl RegisterError {
    /// What the buyer reads.
    fn page(&self) -> Page {
        match self {
            Self::Request(refusal) => Page::Unread(refusal.status()),
            Self::Resolve(error) => match error.code.as_deref() {
                Some("ExpiredTokenException" | "InvalidTokenException") => Page::Over,
                _ => match (error.retry, error.outcome) {
                    (Retry::Soon | Retry::Later, _) => Page::Later,
                    (Retry::Never, CallOutcome::Refused | CallOutcome::Unknown) => Page::Fault,
                },
            },
            Self::Queue(_) | Self::Refused(_) | Self::Silent | Self::OutOfTime => Page::Later,
        }
    }
}

/// Runs the function until Lambda ends it.
pub fn run() -> ExitCode {
    process(|variable| settings::read(variable), serve)
}

/// Polls for requests.
async fn serve(settings: Settings) -> Result<(), Error> {
    let Settings { queue, sign_up, keys, metering, sqs } = settings;
    let access = Access::new(metering, of_function());
    let access = access.with_call_time(CALL_TIME).with_patience(PATIENCE);
    let register = Register {
        aws: MeteringApi::new(access),
        queue: Queue::new(queue, sqs, of_function()),
        sign_up,
        keys,
        clock: Arc::new(SystemClock),
        is_warm: AtomicBool::new(false),
    };
    let handler = service_fn(|LambdaEvent { payload, context }: LambdaEvent<Value>| {
        let now = register.clock.now();
        let time = usable(deadline(context.deadline, now), now);
        register.answer(account(&context.invoked_function_arn), payload, time)
    });
    lambda_runtime::run(handler).await
}

/// The account that the function is in: that which publishes the product, since AWS answers no other.
fn account(function_arn: &str) -> Option<AccountId> {
    function_arn.split(':').nth(4).and_then(|account| AccountId::new(account).ok())
}

impl Register {
    /// Answers a request. It never fails: a buyer reads no error of Lambda's.
    async fn answer(
        &self,
        account: Option<AccountId>,
        request: Value,
        time: Duration,
    ) -> Result<Response, Error> {
        let work = timeout(time, self.register(account.as_ref(), &request));
        let done = work.await.unwrap_or(Err(RegisterError::OutOfTime));
        let mut metrics = Metrics::new("register", None);
        let is_cold = !self.is_warm.swap(true, Ordering::Relaxed);
        metrics.add(Metric::ColdStart, u64::from(is_cold));
        let response = match done {
            Ok(location) => {
                metrics.add(Metric::Registered, 1);
                Response::redirect(&location)
            }
            Err(error) => {
                let page = error.page();
                if page.is_ours() {
                    metrics.add(Metric::RegistrationsFailed, 1);
                    tracing::error!(error = %Chain(&error), "a buyer was not sent on");
                } else {
                    metrics.add(Metric::RegistrationsRefused, 1);
                    tracing::info!(error = %Chain(&error), "a buyer was not sent on");
                }
                page.response()
            }
        };
        metrics.print(self.clock.now());
        Ok(response)
    }

    /// Exchanges the token, records what AWS says, and tells where the buyer goes on.
    async fn register(
        &self,
        account: Option<&AccountId>,
        request: &Value,
    ) -> Result<String, RegisterError> {
        let token: Token = token(request).map_err(RegisterError::Request)?;
        let who = self.aws.resolve(token.as_str()).await.map_err(RegisterError::Resolve)?;
        let now = self.clock.now();
        let at = Timestamp::from_microsecond(now.micros()).unwrap_or_default();
        let body = envelope(&who, account, at);
        let registration = digest(&body);
        self.record(&String::from_utf8_lossy(&body)).await?;
        tracing::info!(%registration, "a buyer registered");
        let claims = Claims::new(&self.sign_up, &who, &registration, at);
        Ok(self.sign_up.with(&self.keys.sign(&claims)))
    }

    /// Puts a registration into the queue.
    async fn record(&self, body: &str) -> Result<(), RegisterError> {
        let mut sends = 0;
        loop {
            sends += 1;
            let sent = timeout(SENDING, self.queue.send(&[body])).await;
            let (error, retry) = match sent {
                Ok(Ok(fates)) => match fates.into_iter().next() {
                    Some(Err(refusal)) => {
                        let retry = refusal.retry;
                        (RegisterError::Refused(refusal), retry)
                    }
                    Some(Ok(_)) | None => return Ok(()),
                },
                Ok(Err(error)) => {
                    let retry = error.retry;
                    (RegisterError::Queue(error), retry)
                }
                Err(_) => (RegisterError::Silent, QueueRetry::Later),
            };
            match retry {
                QueueRetry::Later if sends < MAX_SENDS => self.clock.back_off(sends).await,
                QueueRetry::Later | QueueRetry::Never => return Err(error),
            }
        }
    }
}

/// What the ledger will know the registration by.
fn digest(body: &[u8]) -> Digest {
    match parse_from(Way::Events, body) {
        Ok(notification) => notification.digest,
        // The ledger keeps it under this, with what is wrong with it.
        Err(malformed) => malformed.digest,
    }
}

#[cfg(test)]
mod tests;
