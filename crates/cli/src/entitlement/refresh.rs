//! `resold entitlement refresh`: what AWS's Entitlement API says of licenses, into the ledger.

use std::collections::BTreeSet;
use std::time::Duration;

use aws::api::Access as Reach;
use aws::endpoint::Endpoint;
use aws::entitlements::EntitlementApi;
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget};
use processor::Processor;
use processor::port::{CallError, Retry};
use processor::refresh::{Answer, RefreshError, Refreshed};
use serde::Serialize;

use crate::aws_place::endpoint;
use crate::command::Context;
use crate::exit::Exit;
use crate::failure::{Failure, one_line};
use crate::opened::OpenBefore;
use crate::page::counts;
use crate::place::Access;
use crate::reader::Reader;

/// Agreements asked about at once.
const BATCH: u32 = 50;
/// Licenses that are named one by one; of more it says how many.
const NAMED: usize = 10;

/// Which licenses to ask about.
#[derive(Debug, Args)]
pub struct RefreshArgs {
    /// Agreements, or licenses by their id or ARN
    #[arg(value_name = "ID", conflicts_with_all = ["all", "due"])]
    ids: Vec<String>,
    /// Every license that is not deprovisioned, of every agreement that has not ended
    #[arg(long, conflicts_with = "due")]
    all: bool,
    /// Those that AWS said were updated, and those that it did not answer about before
    #[arg(long)]
    due: bool,
}

/// What was done.
#[derive(Debug, Default, Serialize)]
struct Summary {
    /// Licenses that AWS answered about.
    read: usize,
    /// Those of them that grant something else than before, or were read for the first time.
    changed: usize,
    /// Licenses that AWS was not asked about.
    not_asked: Vec<Left>,
    /// Licenses that AWS did not answer about.
    not_answered: Vec<Left>,
    /// Findings open in the ledger now.
    findings: u64,
    /// Those of them that were not open at the beginning.
    opened: u64,
}

#[derive(Debug, Serialize)]
struct Left {
    agreement: String,
    license: String,
    why: String,
}

impl Summary {
    /// Counts what became of licenses; the ledger's failure ends the run.
    fn add(&mut self, refreshed: Vec<Refreshed>) -> Result<Option<CallError>, Failure> {
        let mut refusal = None;
        for Refreshed { agreement, license, result } in refreshed {
            let left = |why: String| {
                let (agreement, license) = (agreement.to_string(), license.to_string());
                Left { agreement, license, why }
            };
            let answer = result.map_err(|error| {
                Failure::new(format!("could not record what license `{license}` grants"))
                    .because(error)
            })?;
            match answer {
                Answer::Changed => {
                    self.read += 1;
                    self.changed += 1;
                }
                Answer::Unchanged => self.read += 1,
                Answer::NotAsked(why) => self.not_asked.push(left(why.to_string())),
                Answer::Unanswered(error) => {
                    self.not_answered.push(left(one_line(&error)));
                    refusal = Some(error);
                }
            }
        }
        Ok(refusal)
    }

    fn asked(&self) -> usize {
        self.read + self.not_answered.len()
    }
}

/// Asks, and records what differs.
pub async fn run(context: &mut Context<'_>, args: RefreshArgs) -> Result<Exit, Failure> {
    if args.ids.is_empty() && !args.all && !args.due {
        return Err(Failure::new("nothing says what to refresh")
            .hint("give ids of agreements or licenses, --due, or --all"));
    }
    let api = entitlements().await?;
    let store = context.store(Access::Write).await?;
    let reader = Reader::open(&*store, context.clock().now(), context.global.accounts());
    let open = OpenBefore::look(reader.await?).await?;
    let mut run = Run {
        processor: context.processor_on(store, false),
        api,
        bar: bar(context.output.is_quiet()),
        summary: Summary::default(),
        refusal: None,
        without: BTreeSet::new(),
    };
    let ended = run.ask(&args).await;
    run.bar.finish_and_clear();
    let Run { mut summary, refusal, without, .. } = run;
    for id in without {
        context.output.warn(&format!("{id} has no license yet"));
    }
    warn(context, "AWS was not asked about", &summary.not_asked);
    warn(context, "no answer about", &summary.not_answered);
    ended?;
    (summary.findings, summary.opened) = open.compare(context.reader().await?).await?;
    print(context, &summary)?;
    if let Some(error) = refusal {
        context.output.note(hint(&error));
    }
    if summary.opened > 0 {
        context.output.note("Findings were opened: `resold findings` prints them.");
    }
    Ok(Exit::needs_you_if(!summary.not_answered.is_empty() || summary.opened > 0))
}

/// A run that is under way.
struct Run {
    processor: Processor,
    api: EntitlementApi,
    bar: ProgressBar,
    summary: Summary,
    /// The last refusal: what to do follows from it.
    refusal: Option<CallError>,
    /// Agreements that were named and have no license.
    without: BTreeSet<String>,
}

impl Run {
    async fn ask(&mut self, args: &RefreshArgs) -> Result<(), Failure> {
        for id in &args.ids {
            let refreshed = self.processor.refresh(id, &self.api).await.map_err(failed)?;
            if refreshed.is_empty() {
                self.without.insert(id.clone());
            }
            self.take(refreshed)?;
        }
        if args.due {
            self.ask_due().await?;
        }
        if args.all {
            self.ask_all().await?;
        }
        Ok(())
    }

    /// Until nothing was asked: whatever was is due no more, or only later.
    async fn ask_due(&mut self) -> Result<(), Failure> {
        loop {
            let refreshed = self.processor.refresh_due(BATCH, &self.api).await.map_err(failed)?;
            let before = self.summary.asked();
            self.take(refreshed)?;
            if self.summary.asked() == before {
                return Ok(());
            }
        }
    }

    async fn ask_all(&mut self) -> Result<(), Failure> {
        let mut place = None;
        loop {
            let part = self.processor.reconcile(None, place.as_ref(), BATCH, &self.api).await;
            let part = part.map_err(failed)?;
            self.take(part.refreshed)?;
            place = part.next;
            if place.is_none() {
                return Ok(());
            }
        }
    }

    fn take(&mut self, refreshed: Vec<Refreshed>) -> Result<(), Failure> {
        if let Some(error) = self.summary.add(refreshed)? {
            self.refusal = Some(error);
        }
        let Summary { read, changed, .. } = &self.summary;
        self.bar.set_message(format!("{read} licenses read, {changed} changed"));
        Ok(())
    }
}

fn bar(quiet: bool) -> ProgressBar {
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(None, target);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn failed(error: RefreshError) -> Failure {
    let failure = Failure::new("could not refresh");
    match error {
        RefreshError::NoSuch(_) => failure
            .because(error)
            .hint("`resold entitlement list` prints them; `resold deal show` takes any id"),
        RefreshError::Read(_) => failure.because(error),
    }
}

const fn hint(error: &CallError) -> &'static str {
    match error.retry {
        Retry::Soon | Retry::Later => "AWS was asked several times; try again later.",
        Retry::Never => {
            "Check the credentials: they must be the seller's, and may aws-marketplace:GetEntitlements."
        }
    }
}

fn warn(context: &mut Context<'_>, what: &str, left: &[Left]) {
    for Left { agreement, license, why } in left.iter().take(NAMED) {
        context.output.warn(&format!("{what} {license} of {agreement}: {why}"));
    }
    let more = left.len().saturating_sub(NAMED);
    if more > 0 {
        context.output.warn(&format!("{what} {more} more; --format json lists them"));
    }
}

/// The Entitlement API, with the credentials that AWS's own programs would find.
async fn entitlements() -> Result<EntitlementApi, Failure> {
    let variable = "AWS_ENDPOINT_URL_MARKETPLACE_ENTITLEMENT_SERVICE";
    let endpoint = endpoint(variable).map(|url| Endpoint::new(&url)).transpose();
    let endpoint = endpoint.map_err(|error| {
        Failure::new("could not tell where the Entitlement API is")
            .because(error)
            .hint(format!("set or unset {variable} or AWS_ENDPOINT_URL"))
    })?;
    let credentials = aws::credentials::standard().await;
    Ok(EntitlementApi::new(Reach::new(endpoint, credentials)))
}

fn print(context: &mut Context<'_>, summary: &Summary) -> Result<(), Failure> {
    if context.output.is_json() {
        return context.output.json(summary);
    }
    let many = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    context.output.lines(counts([
        ("read", many(summary.read)),
        ("changed", many(summary.changed)),
        ("not asked", many(summary.not_asked.len())),
        ("not answered", many(summary.not_answered.len())),
        ("findings", summary.findings),
        ("new findings", summary.opened),
    ]))
}
