//! Where AWS's services are, and by what a queue is named on the command line.

use aws::queue_url::QueueUrl;

/// Where a service is instead of at AWS, for tests: `variable`, else the one for all of them.
pub fn endpoint(variable: &str) -> Option<String> {
    let named = [variable, "AWS_ENDPOINT_URL"].into_iter();
    named.filter_map(|name| std::env::var(name).ok()).find(|url| !url.is_empty())
}

/// What `--queue` takes.
pub fn queue_url(text: &str) -> Result<QueueUrl, String> {
    QueueUrl::new(text).map_err(|error| error.to_string())
}
