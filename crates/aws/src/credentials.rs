//! Credentials, in Lambda and outside.

use aws_config::Region;
use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_sdk_eventbridge::config::SharedCredentialsProvider;

use crate::client::{REGION, https};

/// Those that Lambda gives its functions, in the environment: looking for them elsewhere would be linked into every function.
pub fn of_function() -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new())
}

/// Wherever AWS's own programs look: the environment, the shared files, a web identity, the container's or machine's role. They
/// are looked for at the first call, and renewed before they expire. The functions never name this, so it is not linked there.
pub async fn standard() -> SharedCredentialsProvider {
    let region = Region::from_static(REGION);
    let config = ProviderConfig::without_region().with_http_client(https());
    let chain = DefaultCredentialsChain::builder().region(region).configure(config);
    SharedCredentialsProvider::new(chain.build().await)
}
