//! `resold replay` and `resold opportunity import`: documents from files, folders and standard input into the processor.
//!
//! | file | what it does |
//! |---|---|
//! | `source.rs` | what the paths name, looked at before anything is done |
//! | `intake.rs` | documents to bodies, bodies to batches, batches into the ledger |
//! | `summary.rs` | what became of everything |
//! | `bar.rs` | how far it is, on a terminal |
//! | `patience.rs` | waiting for a ledger whose server goes away and comes back |
//!
//! Each batch is one transaction: a replay that is cut off (Ctrl-C, a crash, a full disk, a server that stays away) leaves
//! whole batches, and when it is run again what was recorded counts as a duplicate.

use std::path::PathBuf;
use std::time::Duration;

use marketplace::catalog::describe;
use marketplace::document::{Documents, MAX_DOCUMENT};

use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::opened::OpenBefore;
use crate::output::Output;
use crate::place::Access;
use crate::reader::Reader;

pub mod bar;
mod intake;
mod patience;
pub mod source;
mod summary;

use bar::Bar;
use intake::Intake;
use patience::Patience;
use source::{Source, Sources};

/// What to replay.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
An input holds JSON documents, one after the other: one a line, or each over several lines. A \
document is an EventBridge event, an SQS message, a Lambda SQS event, what `aws sqs \
receive-message` or `aws marketplace-catalog describe-entity` prints, or a JSON array of those, of \
at most 16 MiB. Of folders, files that end in .json, .jsonl and .ndjson are read, in the order of \
their names. What is no such document is kept too, as malformed: `resold inbox list`.

At the end: received = applied + duplicates + parked + quarantined + unknown + failed. Exit code 1 if a \
notification waits, something was not kept, or a finding was opened; 2 if one could not be \
recorded: it is named, and the others are recorded.

Examples:
  resold replay events/happy-path
  resold replay archive.jsonl --backfill
  zcat archive.jsonl.gz | resold replay -")]
pub struct ReplayArgs {
    /// Files, folders, or `-` for standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Deliveries written in one transaction
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=100))]
    batch: u16,
    /// Load history: record its public events without publishing them, then announce what is live
    #[arg(long)]
    backfill: bool,
    /// Wait at most so many seconds for a ledger that cannot be reached any more, once the replay has begun
    #[arg(long, value_name = "SECONDS", default_value_t = WAIT)]
    wait: u32,
}

/// So many seconds a run waits for its ledger, unless it is told otherwise: a server starts again in less.
const WAIT: u32 = 30;

/// Replays.
pub async fn run(context: &mut Context<'_>, args: &ReplayArgs) -> Result<Exit, Failure> {
    let sources = Sources::find(&args.paths)?;
    say_which_are_empty(context.output, &sources);
    let bar = Bar::new(context.output.is_quiet(), sources.size());
    let patience = patience(context, args.wait, bar.clone());
    let mut run = Run::begin(context, usize::from(args.batch), args.backfill, patience).await?;
    let mut before = 0;
    for source in &sources.inputs {
        before = run.take(context, source, &bar, before).await?;
    }
    let not_kept = run.intake.flush().await?;
    bar.aside(&not_kept, |words| context.output.warn(words));
    bar.now("judging");
    run.intake.settle().await?;
    if args.backfill {
        bar.now("announcing what is live");
        run.intake.announce().await?;
    }
    drop(bar);
    run.end(context, args.backfill).await
}

/// Warns of folders in which there is nothing to read.
pub fn say_which_are_empty(output: &mut Output, sources: &Sources) {
    for folder in &sources.empty {
        output.warn(&format!(
            "there is no .json, .jsonl or .ndjson file in `{}`; name other files themselves",
            folder.display()
        ));
    }
}

/// Imports described resale authorizations. If anything cannot be read as that, nothing at all is taken in.
pub async fn import(context: &mut Context<'_>, paths: &[PathBuf]) -> Result<Exit, Failure> {
    let mut read = Vec::new();
    for source in &Sources::find(paths)?.inputs {
        let mut documents = Documents::new(source.open()?);
        while let Some(found) = documents.next().map_err(|error| source.failed(error))? {
            let place = place(source, found.line);
            let attempt = || Failure::new(format!("could not import {place}"));
            let Some(document) = found.document else {
                return Err(attempt().because(TOO_LONG).hint(SMALLER));
            };
            let described = describe(document);
            let described = described.map_err(|error| attempt().because(error).hint(DESCRIBED))?;
            read.push((place, described));
        }
    }
    let patience = patience(context, WAIT, Bar::new(true, None));
    let mut run = Run::begin(context, 100, false, patience).await?;
    for (place, described) in read {
        run.intake.at(&place);
        for words in run.intake.description(described).await? {
            context.output.warn(&words);
        }
    }
    for words in run.intake.flush().await? {
        context.output.warn(&words);
    }
    run.intake.settle().await?;
    run.end(context, false).await
}

/// Of a document that is passed over.
pub const TOO_LONG: &str = "a document may have at most 16 MiB";
const SMALLER: &str = "give a large array in pieces: `jq -c '.[]' FILE | resold replay -`";
const DESCRIBED: &str =
    "give it what `aws marketplace-catalog describe-entity` or `batch-describe-entities` prints";
const _: () = assert!(MAX_DOCUMENT == 16 << 20, "the texts say so");

/// Where something is, in words.
pub fn place(source: &Source, line: u64) -> String {
    format!("`{}`, line {line}", source.name)
}

fn patience(context: &Context<'_>, seconds: u32, bar: Bar) -> Patience {
    Patience { wait: Duration::from_secs(seconds.into()), talk: context.output.talk(), bar }
}

/// One run of either command.
struct Run {
    intake: Intake,
    open: OpenBefore,
}

impl Run {
    async fn begin(
        context: &Context<'_>,
        size: usize,
        backfill: bool,
        patience: Patience,
    ) -> Result<Self, Failure> {
        let store = context.store(Access::Begin).await?;
        let reader = Reader::open(&*store, context.clock().now(), context.global.accounts());
        let open = OpenBefore::look(reader.await?).await?;
        let processor = context.processor_on(store.clone(), backfill);
        Ok(Self { intake: Intake::new(store, processor, size, patience), open })
    }

    /// Takes one input in, after so many bytes of others; returns the bytes of all of them.
    async fn take(
        &mut self,
        context: &mut Context<'_>,
        source: &Source,
        bar: &Bar,
        before: u64,
    ) -> Result<u64, Failure> {
        let mut documents = Documents::new(source.open()?);
        loop {
            let read = before.saturating_add(documents.read());
            let Some(found) = documents.next().map_err(|error| source.failed(error))? else {
                return Ok(before.saturating_add(documents.read()));
            };
            self.intake.at(&place(source, found.line));
            let not_kept = match found.document {
                Some(document) => self.intake.document(document).await?,
                None => vec![self.intake.too_long()],
            };
            bar.aside(&not_kept, |words| context.output.warn(words));
            bar.at(read, self.intake.summary.received);
        }
    }

    async fn end(self, context: &mut Context<'_>, backfill: bool) -> Result<Exit, Failure> {
        let Self { mut intake, open } = self;
        let reading: &Context<'_> = context;
        let compared = async || open.compare(reading.reader().await?).await;
        (intake.summary.findings, intake.summary.opened) =
            intake.patience.attempt(compared).await?;
        let summary = intake.summary;
        summary.print(context.output, backfill)?;
        if intake.waits {
            context
                .output
                .note("Notifications wait: `resold inbox list` prints them, with the reasons.");
        }
        if summary.opened > 0 {
            context.output.note("Findings were opened: `resold findings` prints them.");
        }
        if let Some(failure) = intake.failed {
            return Err(failure);
        }
        let refused = intake.left_out || summary.unreadable > 0;
        Ok(Exit::needs_you_if(intake.waits || refused || summary.opened > 0))
    }
}
