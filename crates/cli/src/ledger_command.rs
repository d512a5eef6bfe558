//! `resold ledger`.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use ledger::export::export;
use ledger::rebuild::rebuild;
use ledger::verify::{Fault, Report, verify, verify_against};
use marketplace::ids::AgreementId;

use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::JsonLines;
use crate::place::Access;

mod anchor;
mod proof;

/// Commands on the ledger itself.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Hold every row against what it must follow from, and tell every fault
    #[command(after_help = "\
Without an anchor this shows clumsy tampering only: who can write the ledger can seal it anew. With
an anchor that was kept where the ledger's writers cannot reach, it shows every event and
notification before the anchor that was changed or removed.

Examples:
  resold ledger verify
  resold ledger verify --against 2026-12-20.anchor")]
    Verify {
        /// Hold the ledger against this anchor too, and the heads file beside it
        #[arg(long, value_name = "ANCHOR")]
        against: Option<PathBuf>,
        /// Streams that an older version folded may differ from what their events fold to now
        #[arg(long)]
        allow_stale: bool,
    },
    /// Write down what the ledger holds: an anchor to be kept elsewhere, and the heads that it stands for
    #[command(after_help = "\
Writes FILE, the anchor (a few lines of JSON: counts and two Merkle roots), and FILE.heads, the
sorted list of every stream's version and hash and of every notification. Processors may run
meanwhile. Verify before, and keep the anchor where nobody who can write the ledger can change it.

Examples:
  resold ledger checkpoint 2026-12-20.anchor")]
    Checkpoint {
        /// The anchor to write; it must not exist yet
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Write an evidence bundle of one entitlement: its events, the raw notifications, and their place in an anchor
    #[command(after_help = "\
The bundle is one JSON document with the agreement's events, those of the offers and opportunities
that it was decided with, and the raw notifications that caused them; of those that tell of another
agreement only the digest. `resold ledger verify-proof` checks it.

Examples:
  resold ledger proof agmt-happyg0t2esidvalogd72qnix > proof.json
  resold ledger proof agmt-happyg0t2esidvalogd72qnix --checkpoint 2026-12-20.anchor --output proof.json")]
    Proof {
        /// The agreement's id is the entitlement's
        #[arg(value_name = "ENTITLEMENT", value_parser = crate::agreement::agreement)]
        id: AgreementId,
        /// Show its place in this anchor, or in the latest one in this folder; the heads file is read beside it
        #[arg(long, value_name = "ANCHOR")]
        checkpoint: Option<PathBuf>,
        /// Write to this file, which must not exist yet, instead of standard output
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Check an evidence bundle without the ledger that it is from, and say what it proves
    #[command(after_help = "\
Needs no ledger. Computes every digest, hash, chain and path again and tells every fault. Without
an anchor that you kept, a bundle proves only that it is whole in itself: who can write a ledger
can make one. With --anchor, all of it must have been in the ledger when that anchor was made.

Exit codes: 0 it holds, 1 it does not, 2 it could not be read.

Examples:
  resold ledger verify-proof proof.json --anchor 2026-12-20.anchor")]
    VerifyProof {
        /// The bundle
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The anchor that was kept where nobody who writes the ledger could change it
        #[arg(long, value_name = "ANCHOR")]
        anchor: Option<PathBuf>,
    },
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
        Command::Verify { against, allow_stale } => {
            check(context, against.as_deref(), allow_stale).await
        }
        Command::Checkpoint { file } => anchor::make(context, &file).await,
        Command::Proof { id, checkpoint, output } => {
            proof::make(context, &id, checkpoint.as_deref(), output.as_deref()).await
        }
        Command::VerifyProof { file, anchor } => proof::check(context, &file, anchor.as_deref()),
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
            let mut lines = JsonLines::begin();
            let written = export(&*store, &mut |line| lines.line(line)).await;
            written.map_err(|error| Failure::new("could not export the ledger").because(error))?;
            lines.finish()?;
            Ok(Exit::Done)
        }
    }
}

async fn check(
    context: &mut Context<'_>,
    against: Option<&Path>,
    allow_stale: bool,
) -> Result<Exit, Failure> {
    let mut against = against.map(anchor::read).transpose()?;
    let store = context.store(Access::Read).await?;
    let report = match &mut against {
        None => verify(&*store, &mut |_| {}).await,
        Some((anchor, lines)) => verify_against(&*store, anchor, lines, &mut |_| {}).await,
    };
    let report =
        report.map_err(|error| Failure::new("could not verify the ledger").because(error))?;
    let is_stale = report.stale > 0 && !allow_stale;
    let exit = Exit::needs_you_if(!report.is_sound() || is_stale);
    if context.output.is_json() {
        context.output.json(&summary(&report))?;
        return Ok(exit);
    }
    for fault in &report.faults {
        context.output.warn(&fault.to_string());
    }
    if is_stale {
        context.output.warn(&format!(
            "{} streams were folded by an older version, as their rows say, and hold something else than their events fold to now: \
             `resold ledger rebuild` folds them again; --allow-stale passes them over",
            report.stale
        ));
    }
    if report.cut > 0 {
        context.output.note(&format!(
            "Of {} notifications only the beginning is kept, since they were too long: it proves nothing of the rest.",
            report.cut
        ));
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
    Ok(exit)
}

/// A fault, for programs.
fn fault(fault: &Fault) -> serde_json::Value {
    serde_json::json!({
        "type": fault.kind.word(),
        "subject": fault.subject.to_string(),
        "detail": fault.detail,
    })
}

/// What was looked at and what is wrong, for programs.
fn summary(report: &Report) -> serde_json::Value {
    serde_json::json!({
        "sound": report.is_sound(),
        "events": report.events,
        "streams": report.streams,
        "stale": report.stale,
        "keys": report.keys,
        "outbox": report.outbox,
        "notifications": report.notifications,
        "erased": report.erased,
        "cut": report.cut,
        "deliveries": report.deliveries,
        "faults": report.faults.iter().map(fault).collect::<Vec<_>>(),
        "untold": report.untold,
    })
}
