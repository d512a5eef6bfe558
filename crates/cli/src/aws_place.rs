//! Where AWS's services are, and by what a queue is named on the command line.

use aws::api::Access;
use aws::catalog::CatalogApi;
use aws::endpoint::Endpoint;
use aws::queue_url::QueueUrl;

use crate::failure::Failure;

/// Where a service is instead of at AWS, for tests: `variable`, else the one for all of them.
pub fn endpoint(variable: &str) -> Option<String> {
    let named = [variable, "AWS_ENDPOINT_URL"].into_iter();
    named.filter_map(|name| std::env::var(name).ok()).find(|url| !url.is_empty())
}

/// The Catalog API, with the credentials that AWS's own programs would find.
pub async fn catalog() -> Result<CatalogApi, Failure> {
    let variable = "AWS_ENDPOINT_URL_MARKETPLACE_CATALOG";
    let endpoint = endpoint(variable).map(|url| Endpoint::new(&url)).transpose();
    let endpoint = endpoint.map_err(|error| {
        Failure::new("could not tell where the Catalog API is")
            .because(error)
            .hint(format!("set or unset {variable} or AWS_ENDPOINT_URL"))
    })?;
    let credentials = aws::credentials::standard().await;
    Ok(CatalogApi::new(Access::new(endpoint, credentials)))
}

/// What `--queue` takes.
pub fn queue_url(text: &str) -> Result<QueueUrl, String> {
    QueueUrl::new(text).map_err(|error| error.to_string())
}
