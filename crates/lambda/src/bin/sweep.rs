//! The Lambda function that judges what time changed.

use std::process::ExitCode;

use serde::de::IgnoredAny;

fn main() -> ExitCode {
    lambda::function::run("sweep", |function, invocation, _: IgnoredAny| async move {
        lambda::sweep::handle(&function, invocation).await
    })
}
