//! `resold opportunity request`: what was asked of AWS, how far it is, and what AWS says.

use clap::{Subcommand, ValueEnum};
use deal::item::{AttemptItem, FindingItem, Request, TimelineItem};
use deal::request::{RequestId, Status};
use deal::stream::StreamKind;
use serde::Serialize;

use super::driver::{Carried, Driver, WaitArgs};
use crate::command::Context;
use crate::deal::around::Around;
use crate::deal::timeline::{self, timeline};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::listing::{Listed, Listing, PageArgs, Step, collect, print};
use crate::page::{Page, cell, cells};
use crate::reader::{History, Known, Reader, Source, findings};

/// Commands on requests.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List requests, in the order of their ids
    #[command(after_help = "\
Statuses: wished (recorded, not sent), sending, waiting (AWS is busy with something else of yours, or
a quota is used up), applying, succeeded, failed, cancelled.

Examples:
  resold opportunity request list
  resold opportunity request list --status wished,sending,waiting,applying --format json")]
    List {
        /// Only this status; several: repeat it, or separate them by commas
        #[arg(long, value_name = "STATUS", value_delimiter = ',')]
        status: Vec<StatusWord>,
        #[command(flatten)]
        page: PageArgs,
    },
    /// Show a request: who wished it, each attempt, AWS's own words, and its timeline
    #[command(after_help = "\
Exit code 1 if it failed, or has been under way for a day.

Examples:
  resold opportunity request show req-9k2m4x7c1v5bn")]
    Show {
        /// The request
        #[arg(value_parser = request)]
        id: RequestId,
    },
    /// Carry one request on, or take the next step of all that are due
    #[command(after_help = "\
A worker and a sweep do the same by themselves. What a stopped program left in the middle is found
again: a call that nobody heard the answer of is looked for by its name before it is made again, so
that nothing is made twice. Without a request, nothing is waited for. Exit code 1 if one failed or is
not done.

Examples:
  resold opportunity request resume req-9k2m4x7c1v5bn
  resold opportunity request resume")]
    Resume {
        /// The request [default: all that are due]
        #[arg(value_parser = request)]
        id: Option<RequestId>,
        #[command(flatten)]
        wait: WaitArgs,
    },
}

/// How far a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StatusWord {
    /// Recorded, not sent
    Wished,
    /// A call is under way, or is tried again
    Sending,
    /// AWS is busy with something else of yours, or a quota is used up
    Waiting,
    /// AWS has it
    Applying,
    /// Done
    Succeeded,
    /// AWS refused it, or could not do it
    Failed,
    /// It was cancelled at AWS
    Cancelled,
}

impl From<StatusWord> for Status {
    fn from(word: StatusWord) -> Self {
        match word {
            StatusWord::Wished => Self::Wished,
            StatusWord::Sending => Self::Sending,
            StatusWord::Waiting => Self::Waiting,
            StatusWord::Applying => Self::Applying,
            StatusWord::Succeeded => Self::Succeeded,
            StatusWord::Failed => Self::Failed,
            StatusWord::Cancelled => Self::Cancelled,
        }
    }
}

/// A request's id.
pub fn request(text: &str) -> Result<RequestId, String> {
    RequestId::new(text).map_err(|error| error.to_string())
}

impl Listed for Request {
    fn id(&self) -> String {
        self.id.to_string()
    }
    const COLUMNS: &'static [&'static str] =
        &["id", "type", "status", "opportunity", "partner", "name", "wished", "next", "code"];
    fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            cell(self.kind.as_ref()),
            self.status.to_owned(),
            cell(self.opportunity.as_ref().or(self.cloned_from.as_ref())),
            cell(self.partner.as_ref()),
            cell(self.name.as_ref()),
            cell(self.wished_at.as_ref()),
            cell(self.next_at.as_ref()),
            cell(self.code.as_ref()),
        ]
    }
}

/// A request as shown.
#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    item: Request,
    tried: Vec<AttemptItem>,
    findings: Vec<FindingItem>,
    timeline: Vec<TimelineItem>,
    history: History,
}

/// Carries out a command.
pub async fn run(context: &mut Context<'_>, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::List { status, page } => list(context, &status, &page).await,
        Command::Show { id } => {
            let reader = context.reader().await?;
            let item = show(context, reader, &id).await?;
            Ok(Exit::needs_you_if(matches!(item.status, "failed" | "cancelled")))
        }
        Command::Resume { id: Some(id), wait } => {
            let mut driver = Driver::open(context).await?;
            if driver.known(context, &id).await?.is_none() {
                return Err(none(&id));
            }
            carry_out(context, &mut driver, &id, wait).await
        }
        Command::Resume { id: None, .. } => resume(context).await,
    }
}

fn none(id: &RequestId) -> Failure {
    Failure::new(format!("there is no request `{id}` in the ledger"))
        .hint("`resold opportunity request list` prints them")
}

/// Requests of these streams.
fn items(streams: &[Known]) -> Vec<Request> {
    let item = |known: &Known| {
        let id = RequestId::new(known.row.stream.id()).ok()?;
        Some(Request::new(id, known.state.request()?))
    };
    streams.iter().filter_map(item).collect()
}

async fn list(
    context: &mut Context<'_>,
    status: &[StatusWord],
    page: &PageArgs,
) -> Result<Exit, Failure> {
    let words: Vec<&str> = status.iter().map(|word| Status::from(*word).word()).collect();
    let source = Source { kind: StreamKind::Request, key: None };
    let after = page.after(StreamKind::Request)?;
    let mut reader = context.reader().await?;
    let keeps = |item: &Request| words.is_empty() || words.contains(&item.status);
    let listing = collect(page, after, keeps, async |after, limit| {
        let streams = reader.walk(&source, after, limit).await?;
        Ok(Step::over(&streams, items(&streams)))
    });
    print(context.output, &listing.await?)?;
    Ok(Exit::Done)
}

/// One step after the other of all that are due.
async fn resume(context: &mut Context<'_>) -> Result<Exit, Failure> {
    let mut driver = Driver::open(context).await?;
    let mut found = Vec::new();
    for id in driver.carry_on_all().await? {
        found.extend(items(driver.known(context, &id).await?.as_slice()));
    }
    let open = found.iter().any(|item| item.status != "succeeded");
    print(context.output, &Listing { items: found, next: None })?;
    Ok(Exit::needs_you_if(open))
}

/// Carries a request out, shows it, and says what is to be done.
pub async fn carry_out(
    context: &mut Context<'_>,
    driver: &mut Driver,
    id: &RequestId,
    wait: WaitArgs,
) -> Result<Exit, Failure> {
    let carried = driver.carry_out(context, id, wait).await?;
    let reader = driver.reader(context).await?;
    let item = show(context, reader, id).await?;
    if carried == Carried::Through && item.status == "succeeded" {
        return Ok(Exit::Done);
    }
    context.output.note(&next(&item));
    // Whoever does not want to wait is not told that there is something to wait for.
    Ok(Exit::needs_you_if(wait.wait > 0))
}

/// What is to be done about a request that did not succeed.
fn next(item: &Request) -> String {
    let id = &item.id;
    let mended = match item.kind {
        Some("create") => {
            format!("`resold opportunity create --again {id}` with what is corrected")
        }
        Some("clone") => format!("`resold opportunity clone --again {id}` with what is corrected"),
        _ => "the same command again, once that is mended,".to_owned(),
    };
    match item.status {
        "failed" | "cancelled" => format!("It is over: {mended} tries once more."),
        "wished" if item.reason.is_some() => format!("It was not sent: {mended} mends it."),
        _ => format!(
            "It is not done: a worker goes on with it, and so does `resold opportunity request resume {id}`."
        ),
    }
}

async fn show(
    context: &mut Context<'_>,
    mut reader: Reader,
    id: &RequestId,
) -> Result<Request, Failure> {
    let known = reader.state(&deal::stream::StreamId::request(id)).await?;
    let known = known.ok_or_else(|| none(id))?;
    let facts = known.state.request().ok_or_else(|| none(id))?;
    let (item, tried) = (Request::new(id.clone(), facts), AttemptItem::all(facts));
    let (findings, history) = (findings([&known]), known.history());
    let streams = [(known.row.stream.clone(), known)].into_iter().collect();
    let mut around = Around { streams, truncated: false };
    let timeline = timeline(&mut reader, &mut around).await?;
    let shown = Shown { item, tried, findings, timeline, history };
    context.output.show(&shown, page)?;
    Ok(shown.item)
}

fn page(shown: &Shown) -> Page {
    let item = &shown.item;
    let mut page = Page::new("Request", item.id.as_str());
    page.field("type", cell(item.kind.as_ref()))
        .field("status", item.status)
        .known("opportunity", item.opportunity.as_ref())
        .some("cloned from", item.cloned_from.as_ref())
        .some("name", item.name.as_ref())
        .some("partner", item.partner.as_ref())
        .some("product", item.product.as_ref())
        .known("who", item.who.as_ref())
        .known("why", item.why.as_ref())
        .known("wished", item.wished_at.as_ref())
        .some("next", item.next_at.as_ref())
        .some("code", item.code.as_ref())
        .some("reason", item.reason.as_ref())
        .some("draft left", item.draft.as_ref().filter(|_| item.opportunity.is_none()));
    if !item.candidates.is_empty() {
        page.field("drafts that may be left", cells(&item.candidates, "-"));
    }
    let tried = shown.tried.iter().map(|tried| {
        let number = tried.number.to_string();
        let (sets, called) = (cells(&tried.change_sets, "-"), cell(tried.called_at.as_ref()));
        vec![
            number,
            called,
            sets,
            tried.outcome.to_owned(),
            cell(tried.code.as_ref()),
            cell(tried.reason.as_ref()),
        ]
    });
    let columns = ["attempt", "sent", "change set", "outcome", "code", "aws says"];
    page.section("Attempts", columns, tried.collect());
    let errors = shown.tried.iter().flat_map(|tried| {
        tried.errors.iter().map(|error| {
            let number = tried.number.to_string();
            vec![number, error.change.clone(), error.code.clone(), error.reason.clone()]
        })
    });
    page.section("Errors", ["attempt", "change", "code", "aws says"], errors.collect());
    crate::findings::section(&mut page, &shown.findings);
    timeline::section(&mut page, &shown.timeline);
    page
}
