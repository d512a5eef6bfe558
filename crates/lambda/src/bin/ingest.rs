//! The Lambda function that takes AWS Marketplace's notifications from the queue into the ledger.

use std::process::ExitCode;

fn main() -> ExitCode {
    lambda::function::run("ingest", |function, invocation, event| async move {
        lambda::ingest::handle(&function, invocation, event).await
    })
}
