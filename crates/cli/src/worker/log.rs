//! The worker's log on standard error: one JSON object a line, never with a body or the ledger's URL in it.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Begins to log.
pub fn start() {
    let filter = Targets::new()
        .with_default(LevelFilter::INFO)
        // AWS's SDKs and what they are made of tell each step of a request, and may tell what is in it.
        .with_target("aws_", LevelFilter::WARN)
        .with_target("hyper", LevelFilter::WARN);
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_writer(std::io::stderr);
    // The only failure is that something logs already.
    let _ = tracing_subscriber::registry().with(lines).with(filter).try_init();
    // Where, not what: the message of a panic may quote a body.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "a panic, a defect of resold");
    }));
}
