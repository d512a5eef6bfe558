//! Where AWS's services are, and by what a queue is named on the command line.

use aws::api::Access;
use aws::catalog::{self, CatalogApi};
use aws::endpoint::Endpoint;
use aws::entitlements::{self, EntitlementApi};
use aws::queue_url::QueueUrl;

use crate::failure::Failure;

/// Where a service is instead of at AWS, for tests: `variable`, else the one for all of them.
pub fn endpoint(variable: &str) -> Option<String> {
    let named = [variable, "AWS_ENDPOINT_URL"].into_iter();
    named.filter_map(|name| std::env::var(name).ok()).find(|url| !url.is_empty())
}

/// The Catalog API, with the credentials that AWS's own programs would find.
pub async fn catalog() -> Result<CatalogApi, Failure> {
    reach(catalog::ENDPOINT).await.map(CatalogApi::new)
}

/// The Entitlement API, with the same credentials.
pub async fn entitlements() -> Result<EntitlementApi, Failure> {
    reach(entitlements::ENDPOINT).await.map(EntitlementApi::new)
}

async fn reach(variable: &'static str) -> Result<Access, Failure> {
    let endpoint = Endpoint::named(variable, |name| std::env::var(name).ok());
    let endpoint = endpoint.map_err(|error| {
        let hint = format!("set or unset {} or AWS_ENDPOINT_URL", error.variable);
        Failure::new("could not tell where AWS Marketplace is").because(error).hint(hint)
    })?;
    Ok(Access::new(endpoint, aws::credentials::standard().await))
}

/// What `--queue` takes.
pub fn queue_url(text: &str) -> Result<QueueUrl, String> {
    QueueUrl::new(text).map_err(|error| error.to_string())
}
