//! Structured logs on standard error: one JSON object a line, never with a body or the ledger's URL in it.

use std::panic::PanicHookInfo;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Begins to log, at the level that Lambda's logging settings name (`AWS_LAMBDA_LOG_LEVEL`), else `info`.
pub fn start(level: Option<&str>) {
    let level = level.map_or(LevelFilter::INFO, named);
    let quiet = level.min(LevelFilter::WARN);
    let filter = Targets::new()
        .with_default(level)
        // AWS's SDKs and what they are made of tell each step of a request, and may tell what is in it.
        .with_target("aws_", quiet)
        .with_target("hyper", quiet)
        // It says a second time what an invocation failed of.
        .with_target("lambda_runtime::layers::panic", LevelFilter::OFF);
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_writer(std::io::stderr);
    // The only failure is that something logs already.
    let _ = tracing_subscriber::registry().with(lines).with(filter).try_init();
    std::panic::set_hook(Box::new(panicked));
}

/// Lambda's word for a level. Not `trace`: at that level the Lambda runtime logs bodies.
fn named(word: &str) -> LevelFilter {
    match word.to_ascii_uppercase().as_str() {
        "TRACE" | "DEBUG" => LevelFilter::DEBUG,
        "WARN" => LevelFilter::WARN,
        "ERROR" | "FATAL" => LevelFilter::ERROR,
        _ => LevelFilter::INFO,
    }
}

/// Says where, not what: the message of a panic may quote a body.
fn panicked(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    tracing::error!(place, "a panic, a defect of resold");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_level_logs_bodies() {
        let cases = [
            ("TRACE", LevelFilter::DEBUG),
            ("debug", LevelFilter::DEBUG),
            ("INFO", LevelFilter::INFO),
            ("WARN", LevelFilter::WARN),
            ("ERROR", LevelFilter::ERROR),
            ("FATAL", LevelFilter::ERROR),
            ("", LevelFilter::INFO),
            ("loud", LevelFilter::INFO),
        ];
        for (word, level) in cases {
            assert_eq!(named(word), level, "{word}");
        }
    }
}
