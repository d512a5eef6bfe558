//! `resold ledger`.

use std::io::Write as _;

use clap::Subcommand;
use ledger::export::export;
use ledger::rebuild::rebuild;
use ledger::verify::verify;

use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::place::Access;

/// Commands on the ledger itself.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Hold every row against what it must follow from, and tell every fault
    #[command(after_help = "Examples:\n  resold ledger verify")]
    Verify,
    /// Fold all streams and keys again from the events; verify first
    #[command(after_help = "Examples:\n  resold ledger rebuild")]
    Rebuild,
    /// Print every event as a line of JSON
    #[command(after_help = "Examples:\n  resold ledger export > events.jsonl")]
    Export,
}

/// Carries out a command.
pub async fn run(context: &mut Context<'_>, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Verify => check(context).await,
        Command::Rebuild => {
            let store = context.store(Access::Write).await?;
            let built = rebuild(&*store, &mut |_| {}).await;
            let built = built
                .map_err(|error| Failure::new("could not rebuild the ledger").because(error))?;
            context.output.note(&format!(
                "Folded {} events into {} streams with {} keys.",
                built.events, built.streams, built.keys
            ));
            Ok(Exit::Done)
        }
        Command::Export => {
            let store = context.store(Access::Read).await?;
            let mut stdout = std::io::BufWriter::new(std::io::stdout());
            let written = export(&*store, &mut |line| writeln!(stdout, "{line}")).await;
            written.map_err(|error| Failure::new("could not export the ledger").because(error))?;
            stdout.flush().map_err(|error| {
                Failure::new("could not write to standard output").because(error)
            })?;
            Ok(Exit::Done)
        }
    }
}

async fn check(context: &mut Context<'_>) -> Result<Exit, Failure> {
    let store = context.store(Access::Read).await?;
    let report = verify(&*store, &mut |_| {}).await;
    let report =
        report.map_err(|error| Failure::new("could not verify the ledger").because(error))?;
    for fault in &report.faults {
        context.output.warn(&fault.to_string());
    }
    context.output.note(&format!(
        "Verified {} events in {} streams, {} keys, {} notifications, {} deliveries: {} faults.",
        report.events,
        report.streams,
        report.keys,
        report.notifications,
        report.deliveries,
        report.faults.len()
    ));
    Ok(Exit::needs_you_if(!report.is_sound()))
}
