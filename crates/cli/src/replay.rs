//! `resold replay`: documents from files, folders and standard input into the processor.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use ledger::row::Outcome;
use marketplace::arrival::{ArrivalKind, unwrap};
use marketplace::catalog::describe;
use processor::Processor;
use processor::delivery::{Delivery, Via};
use serde::Serialize;

use crate::command::Context;
use crate::exit::Exit;
use crate::failure::{Failure, one_line};
use crate::output::Line;
use crate::place::Access;

/// The longest document, in bytes: a Lambda event of SQS messages holds at most 6 MiB of bodies, escaped.
const MAX_DOCUMENT: u64 = 16 * 1_048_576;

/// What to replay.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A file that ends in .jsonl or .ndjson, and standard input, hold one document a line; another file is one document. A
document is an EventBridge event, an SQS message, a Lambda SQS event, a JSON array of those, or what `aws
marketplace-catalog describe-entity` prints. Folders are read in the order of their files' names.

Examples:
  resold replay events/happy-path
  resold replay archive.jsonl --backfill
  cat archive.jsonl | resold replay -")]
pub struct ReplayArgs {
    /// Files, folders, or `-` for standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Deliveries written in one transaction
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=100))]
    batch: u16,
    /// Load history: record its public events without publishing them, then announce what is live
    #[arg(long)]
    backfill: bool,
}

/// What became of everything.
#[derive(Debug, Default, Serialize)]
struct Summary {
    received: u64,
    applied: u64,
    duplicates: u64,
    parked: u64,
    quarantined: u64,
    unknown: u64,
    unreadable: u64,
    announced: usize,
}

/// Replays.
pub async fn run(context: &mut Context<'_>, args: &ReplayArgs) -> Result<Exit, Failure> {
    let processor = context.processor(Access::Begin, args.backfill).await?;
    let mut replay = Replay {
        processor,
        batch: Vec::new(),
        size: usize::from(args.batch),
        summary: Summary::default(),
    };
    for file in files(&args.paths)? {
        replay.file(context, &file).await?;
    }
    replay.flush().await?;
    sweep(&replay.processor).await?;
    if args.backfill {
        let announced = replay.processor.announce().await;
        replay.summary.announced =
            announced.map_err(|error| Failure::new("could not announce").because(error))?;
    }
    print(context, &replay.summary)?;
    let summary = &replay.summary;
    let waits = summary.parked + summary.quarantined + summary.unknown + summary.unreadable;
    Ok(Exit::needs_you_if(waits > 0))
}

/// Imports described resale authorizations; anything else is refused, and nothing of its file is taken in.
pub async fn import(context: &mut Context<'_>, paths: &[PathBuf]) -> Result<Exit, Failure> {
    let mut bodies = Vec::new();
    let mut refused = false;
    for path in paths {
        let attempt = || format!("could not import `{}`", path.display());
        let mut document = Vec::new();
        let read = if path == Path::new("-") {
            std::io::stdin().take(MAX_DOCUMENT).read_to_end(&mut document)
        } else {
            std::fs::File::open(path)
                .and_then(|file| file.take(MAX_DOCUMENT).read_to_end(&mut document))
        };
        read.map_err(|error| Failure::new(attempt()).because(error))?;
        let found = describe(&document).map_err(|error| {
            Failure::new(attempt()).because(error).hint(
                "give it what `aws marketplace-catalog describe-entity` or `batch-describe-entities` prints",
            )
        })?;
        for (id, words) in &found.errors {
            refused = true;
            context.output.warn(&format!("AWS could not describe {id}: {words}"));
        }
        for (id, kind) in &found.skipped {
            refused = true;
            context.output.warn(&format!("{id} is a {kind}, not a resale authorization: left out"));
        }
        bodies.extend(found.envelopes);
    }
    let processor = context.processor(Access::Begin, false).await?;
    let mut replay =
        Replay { processor, batch: Vec::new(), size: 100, summary: Summary::default() };
    for body in bodies {
        replay.deliver(Via::Import, body).await?;
    }
    replay.flush().await?;
    sweep(&replay.processor).await?;
    print(context, &replay.summary)?;
    Ok(Exit::needs_you_if(refused || replay.summary.quarantined > 0))
}

/// Judges until nothing is due.
pub async fn sweep(processor: &Processor) -> Result<(), Failure> {
    while processor
        .sweep(100)
        .await
        .map_err(|error| Failure::new("could not sweep").because(error))?
        > 0
    {}
    Ok(())
}

fn print(context: &mut Context<'_>, summary: &Summary) -> Result<(), Failure> {
    if context.output.is_json() {
        return context.output.json(summary);
    }
    let line = |name: &str, count: u64| Line::Text(format!("{name:<12}{count:>10}"));
    context.output.lines([
        line("received", summary.received),
        line("applied", summary.applied),
        line("duplicates", summary.duplicates),
        line("parked", summary.parked),
        line("quarantined", summary.quarantined),
        line("unknown", summary.unknown),
        line("unreadable", summary.unreadable),
    ])
}

/// The files that paths name, in order; a folder stands for the documents below it.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            below(path, &mut files)?;
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn below(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let failed = |error| {
        Failure::new(format!("could not read the folder `{}`", folder.display())).because(error)
    };
    let entries: Result<Vec<PathBuf>, std::io::Error> = std::fs::read_dir(folder)
        .map_err(failed)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect();
    let mut entries = entries.map_err(failed)?;
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            below(&entry, files)?;
        } else if entry.extension().is_some_and(|end| end == "json") || is_lines(&entry) {
            files.push(entry);
        }
    }
    Ok(())
}

fn is_lines(path: &Path) -> bool {
    path == Path::new("-") || path.extension().is_some_and(|end| end == "jsonl" || end == "ndjson")
}

/// A replay in progress.
struct Replay {
    processor: Processor,
    batch: Vec<Delivery>,
    size: usize,
    summary: Summary,
}

impl Replay {
    async fn file(&mut self, context: &mut Context<'_>, path: &Path) -> Result<(), Failure> {
        let failed = |error: std::io::Error| {
            Failure::new(format!("could not read `{}`", path.display()))
                .because(error)
                .hint("check the path and that you may read it")
        };
        let source: Box<dyn Read> = if path == Path::new("-") {
            Box::new(std::io::stdin())
        } else {
            Box::new(std::fs::File::open(path).map_err(failed)?)
        };
        let mut source = BufReader::with_capacity(1 << 16, source);
        let mut number: u64 = 0;
        let mut document = Vec::new();
        loop {
            document.clear();
            number = number.saturating_add(1);
            let mut limited = source.by_ref().take(MAX_DOCUMENT);
            let read = if is_lines(path) {
                limited.read_until(b'\n', &mut document)
            } else {
                limited.read_to_end(&mut document)
            };
            if read.map_err(failed)? == 0 {
                return Ok(());
            }
            if u64::try_from(document.len()).is_ok_and(|length| length >= MAX_DOCUMENT) {
                self.summary.unreadable = self.summary.unreadable.saturating_add(1);
                let place = format!("{}:{number}", path.display());
                context.output.warn(&format!(
                    "{place} is longer than {MAX_DOCUMENT} bytes; the rest of its line is left out"
                ));
                if is_lines(path) {
                    source.skip_until(b'\n').map_err(failed)?;
                    continue;
                }
                return Ok(());
            }
            if !document.trim_ascii().is_empty() {
                let place = format!("{}:{number}", path.display());
                self.document(context, &place, &document).await?;
            }
        }
    }

    async fn document(
        &mut self,
        context: &mut Context<'_>,
        place: &str,
        document: &[u8],
    ) -> Result<(), Failure> {
        for arrival in unwrap(document) {
            match arrival.kind {
                ArrivalKind::Notification => self.deliver(Via::Replay, arrival.body).await?,
                ArrivalKind::Description => self.describe(context, place, &arrival.body).await?,
            }
        }
        Ok(())
    }

    /// Takes a description in. One that is refused is not kept: what must be dropped from it (signed URLs, the agreement
    /// token) is known only once it is understood.
    async fn describe(
        &mut self,
        context: &mut Context<'_>,
        place: &str,
        body: &[u8],
    ) -> Result<(), Failure> {
        match describe(body) {
            Ok(found) => {
                for body in found.envelopes {
                    self.deliver(Via::Import, body).await?;
                }
            }
            Err(error) => {
                self.summary.unreadable = self.summary.unreadable.saturating_add(1);
                let reason = one_line(&error);
                context
                    .output
                    .warn(&format!("{place} is a description that is not kept: {reason}"));
            }
        }
        Ok(())
    }

    async fn deliver(&mut self, via: Via, body: Vec<u8>) -> Result<(), Failure> {
        self.batch.push(Delivery { id: new_id(), via, body });
        if self.batch.len() >= self.size { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), Failure> {
        for result in self.processor.process(&self.batch).await {
            let processed = result.map_err(|error| {
                Failure::new("could not record a notification")
                    .because(error)
                    .hint("nothing is lost: replay the same files again, what is recorded counts as a duplicate")
            })?;
            let summary = &mut self.summary;
            summary.received = summary.received.saturating_add(1);
            let counted = match processed.outcome {
                _ if processed.duplicate => &mut summary.duplicates,
                Outcome::Applied | Outcome::Erased => &mut summary.applied,
                Outcome::Parked => &mut summary.parked,
                Outcome::Quarantined => &mut summary.quarantined,
                Outcome::Unknown => &mut summary.unknown,
            };
            *counted = counted.saturating_add(1);
        }
        self.batch.clear();
        Ok(())
    }
}

/// The id of an arrival that brings none.
#[expect(clippy::disallowed_methods, reason = "the edge: a line of a file has no id of its own")]
pub fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}
