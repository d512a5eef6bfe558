//! One API of AWS Marketplace: how it is reached, at what pace, and with how much patience.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_marketplacecatalog::config::SharedCredentialsProvider;
use aws_sdk_marketplacecatalog::error::{ProvideErrorMetadata, SdkError};
use processor::port::patience::{Patience, full_jitter};
use processor::port::{CallError, CallOutcome, Retry};
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;

use crate::client;
use crate::endpoint::Endpoint;
use crate::failure::{Documented, call_error};
use crate::operation::Operation;
use crate::pace::Pace;

/// A call is over after this, whatever happened. It is long because of `StartChangeSet`: a start that we gave up waiting for has to
/// be searched for.
pub const CALL_TIME: Duration = Duration::from_secs(15);

/// How an API is asked. Its client is made when it is first needed; clones share it, and their pace.
#[derive(Clone)]
pub struct Access {
    endpoint: Option<Endpoint>,
    credentials: SharedCredentialsProvider,
    call_time: Duration,
    patience: Patience,
    pace: Arc<Pace>,
}

impl Access {
    /// With these credentials; `endpoint` is where the API is instead of at AWS. One for all APIs of an account.
    pub fn new(endpoint: Option<Endpoint>, credentials: SharedCredentialsProvider) -> Self {
        let (call_time, patience) = (CALL_TIME, Patience::default());
        Self { endpoint, credentials, call_time, patience, pace: Arc::default() }
    }

    /// The same with other patience.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// The same with calls that are over after another time.
    #[must_use]
    pub fn with_call_time(self, call_time: Duration) -> Self {
        Self { call_time, ..self }
    }
}

/// An API with its SDK's client.
#[derive(Clone)]
pub(crate) struct Api<C> {
    access: Access,
    client_of: fn(&SdkConfig) -> C,
    errors: &'static [Documented],
    client: Arc<OnceCell<C>>,
}

impl<C: Clone + Send + Sync + 'static> Api<C> {
    /// The API whose client comes of its settings so, and that documents these errors.
    pub(crate) fn new(
        access: Access,
        client_of: fn(&SdkConfig) -> C,
        errors: &'static [Documented],
    ) -> Self {
        Self { access, client_of, errors, client: Arc::default() }
    }

    /// Asks at our pace and again while that helps. A success is what the SDK read of it.
    pub(crate) async fn ask<T, E, F>(
        &self,
        operation: Operation,
        send: impl Fn(C) -> F + Sync,
    ) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, SdkError<E>>> + Send,
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let call = || async {
            self.access.pace.turn(operation).await;
            let client = self.client(operation.doing()).await?;
            let answer = send(client).await;
            answer.map_err(|error| call_error(operation.doing(), self.errors, &error))
        };
        self.access.patience.call(operation.repeat(), full_jitter, call).await
    }

    async fn client(&self, doing: &'static str) -> Result<C, CallError> {
        let make = || async {
            let (access, client_of) = (self.access.clone(), self.client_of);
            let made = spawn_blocking(move || {
                let endpoint = access.endpoint.as_ref().map(Endpoint::as_str);
                let settings = client::settings_with(endpoint, access.credentials);
                client_of(&client::with_call_time(settings, access.call_time))
            });
            made.await.map_err(|error| CallError {
                doing,
                outcome: CallOutcome::Refused,
                retry: Retry::Soon,
                code: None,
                cause: Box::new(error),
            })
        };
        self.client.get_or_try_init(make).await.cloned()
    }
}
