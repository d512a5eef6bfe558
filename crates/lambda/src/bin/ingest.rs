//! The Lambda function that takes AWS Marketplace's notifications from the queue into the ledger.

use std::process::ExitCode;
use std::sync::Arc;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use deal::moment::Moment;
use lambda::connection::Connection;
use lambda::ingest::{Ingest, Invocation};
use lambda::{log, settings};
use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use processor::chain::Chain;
use processor::clock::SystemClock;

fn main() -> ExitCode {
    let variable = |name: &str| std::env::var(name).ok();
    log::start(variable("AWS_LAMBDA_LOG_LEVEL").as_deref());
    let settings = match settings::read(variable) {
        Ok(settings) => settings,
        Err(error) => {
            tracing::error!(error = %Chain(&error), "the function cannot start");
            return ExitCode::from(2);
        }
    };
    let ingest = Ingest {
        connection: Connection::new(&settings.ledger),
        clock: Arc::new(SystemClock),
        accounts: settings.accounts,
    };
    // One thread: Lambda brings one batch at a time.
    let ended = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let ended = ended.map_err(Error::from).and_then(|runtime| runtime.block_on(serve(ingest)));
    if let Err(error) = ended {
        tracing::error!(error = %Chain(&*error), "the function ended");
        return ExitCode::from(2);
    }
    ExitCode::SUCCESS
}

/// Polls for batches; connects to the ledger meanwhile.
async fn serve(ingest: Ingest) -> Result<(), Error> {
    let connection = ingest.connection.clone();
    tokio::spawn(async move {
        if let Err(error) = connection.store().await {
            tracing::warn!(error = %Chain(&error), "could not open the ledger; each batch tries again");
        }
    });
    lambda_runtime::run(service_fn(|event| answer(&ingest, event))).await
}

/// Answers one invocation; an error is logged here, and once.
async fn answer(
    ingest: &Ingest,
    LambdaEvent { payload, context }: LambdaEvent<SqsEvent>,
) -> Result<SqsBatchResponse, Diagnostic> {
    let micros = i64::try_from(context.deadline.saturating_mul(1_000)).unwrap_or(i64::MAX);
    let deadline = Moment::from_micros(micros);
    let invocation = Invocation { request: context.request_id, deadline };
    ingest.answer(invocation, payload).await.map_err(|error| {
        let error_message = Chain(&error).to_string();
        tracing::error!(error = error_message, "no message of a batch is acknowledged");
        Diagnostic { error_type: "IngestError".to_owned(), error_message }
    })
}
