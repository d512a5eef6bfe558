//! What every client is made of.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_eventbridge::config::{SharedCredentialsProvider, SharedHttpClient};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

use crate::credentials::of_function;

/// The region of AWS Marketplace's notifications, and so of all that we run.
pub const REGION: &str = "us-east-1";

/// A call is over after this, whatever happened.
pub const CALL_TIME: Duration = Duration::from_secs(5);

/// A connection is there within this, or not at all.
const CONNECT_TIME: Duration = Duration::from_secs(2);

/// The settings of a client of one service, in a function. `endpoint` is where the service is instead of at AWS, for tests.
pub(crate) fn settings(endpoint: Option<&str>) -> SdkConfig {
    settings_with(endpoint, of_function())
}

/// The same with other credentials: a container has them elsewhere.
pub(crate) fn settings_with(
    endpoint: Option<&str>,
    credentials: SharedCredentialsProvider,
) -> SdkConfig {
    let mut settings = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .credentials_provider(credentials)
        .http_client(https())
        .timeout_config(times(CALL_TIME))
        .retry_config(RetryConfig::disabled());
    settings.set_endpoint_url(endpoint.map(str::to_owned));
    settings.build()
}

/// The same with calls that are over after another time.
pub(crate) fn with_call_time(settings: SdkConfig, time: Duration) -> SdkConfig {
    settings.into_builder().timeout_config(times(time)).build()
}

fn times(call: Duration) -> TimeoutConfig {
    let times = TimeoutConfig::builder().connect_timeout(CONNECT_TIME);
    times.operation_attempt_timeout(call).operation_timeout(call).build()
}

/// HTTPS, which reads the root certificates.
pub(crate) fn https() -> SharedHttpClient {
    Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
}
