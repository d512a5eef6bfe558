//! The Lambda function that publishes what stayed in the outbox.

use std::process::ExitCode;

use serde::de::IgnoredAny;

fn main() -> ExitCode {
    lambda::function::run("relay", |function, invocation, _: IgnoredAny| async move {
        lambda::relay::handle(&function, invocation).await
    })
}
