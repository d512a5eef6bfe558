//! `resold findings`.

use clap::{Args, Subcommand, ValueEnum};
use deal::finding::{FindingKind, Severity};
use deal::item::FindingItem;
use deal::key::{KeyKind, KeyQuery};
use deal::stream::{StreamId, StreamKind};
use serde::Serialize;

use crate::args::Person;
use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::listing::{Listed, Listing, PageArgs, more};
use crate::page::{Page, table};
use crate::place::Access;
use crate::reader::{History, Reader, STEP, findings, reading};

/// The open findings, or a command on one.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Findings are listed in the order of their ids: the kind, then what they are about.

Examples:
  resold findings
  resold findings --severity critical,warning
  resold findings --kind link-ambiguous --format json
  resold findings show link-ambiguous:offer/offer-twouns7c5nt17
  resold findings acknowledge disbursement-paused:seller/111122223333 --why 'bank details renewed'"
)]
pub struct FindingsArgs {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    list: ListArgs,
}

/// Which findings are asked for.
#[derive(Debug, Args)]
struct ListArgs {
    /// Only this severity; several: repeat it, or separate them by commas
    #[arg(long, value_name = "SEVERITY", value_delimiter = ',')]
    severity: Vec<SeverityWord>,
    /// Only this kind (`link-ambiguous`); several: repeat it, or separate them by commas
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = kind, hide_possible_values = true)]
    kind: Vec<FindingKind>,
    /// Only about this id (`offer-...`) or stream (`offer/offer-...`)
    #[arg(long, value_name = "ID")]
    subject: Option<String>,
    #[command(flatten)]
    page: PageArgs,
}

/// How urgent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SeverityWord {
    /// Money or access is at stake
    Critical,
    /// Should be looked at
    Warning,
    /// Worth knowing
    Info,
}

impl From<SeverityWord> for Severity {
    fn from(word: SeverityWord) -> Self {
        match word {
            SeverityWord::Critical => Self::Critical,
            SeverityWord::Warning => Self::Warning,
            SeverityWord::Info => Self::Info,
        }
    }
}

fn kind(text: &str) -> Result<FindingKind, String> {
    FindingKind::from_word(text).ok_or_else(|| {
        let words = FindingKind::ALL.map(FindingKind::word).join(", ");
        format!("a finding is one of {words}")
    })
}

/// Commands on findings.
#[derive(Debug, Subcommand)]
enum Command {
    /// Show a finding with its evidence
    #[command(after_help = "\
Examples:
  resold findings show link-ambiguous:offer/offer-twouns7c5nt17")]
    Show {
        /// The finding's id
        id: String,
    },
    /// Close a finding that does not close by itself
    #[command(after_help = "\
It opens again when new evidence comes.

Examples:
  resold findings acknowledge disbursement-paused:seller/111122223333 --why 'bank details renewed'")]
    Acknowledge {
        /// The finding's id
        id: String,
        #[command(flatten)]
        person: Person,
    },
}

impl Listed for FindingItem {
    fn id(&self) -> String {
        self.id.clone()
    }
    const COLUMNS: &'static [&'static str] = &["severity", "id", "since", "evidence"];
    fn cells(&self) -> Vec<String> {
        let severity = self.severity.word().to_owned();
        vec![severity, self.id.clone(), self.since.clone(), essence(self)]
    }
}

/// The longest evidence that a table shows, in characters.
const ESSENCE: usize = 100;

/// The evidence in a few words.
fn essence(item: &FindingItem) -> String {
    let parts = item.evidence.iter().map(|(name, value)| format!("{name}: {value}"));
    let text = parts.collect::<Vec<_>>().join("; ");
    if text.chars().count() <= ESSENCE {
        return text;
    }
    text.chars().take(ESSENCE.saturating_sub(1)).chain(['…']).collect()
}

/// A finding as shown.
#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    item: FindingItem,
    history: History,
}

/// Carries out a command.
pub async fn run(context: &mut Context<'_>, args: FindingsArgs) -> Result<Exit, Failure> {
    match args.command {
        None => list(context, &args.list).await,
        Some(Command::Show { id }) => show(context, &id).await,
        Some(Command::Acknowledge { id, person }) => {
            let processor = context.processor(Access::Write, false).await?;
            let done = processor.acknowledge(&id, &person.who()?, &person.why).await;
            let finding = done.map_err(|error| {
                Failure::new(format!("could not acknowledge `{id}`"))
                    .because(error)
                    .hint("`resold findings` lists the open ones")
            })?;
            context.output.note(&format!("Acknowledged: {}", finding.id));
            Ok(Exit::Done)
        }
    }
}

impl ListArgs {
    fn keeps(&self, item: &FindingItem) -> bool {
        let severity = |word: &SeverityWord| item.severity == Severity::from(*word);
        (self.severity.is_empty() || self.severity.iter().any(severity))
            && (self.kind.is_empty() || self.kind.contains(&item.kind))
    }

    /// The kinds that may be listed, in the order of their words.
    fn kinds(&self) -> impl Iterator<Item = FindingKind> + '_ {
        let severity =
            |kind: FindingKind| self.severity.iter().any(|word| kind.severity() == (*word).into());
        FindingKind::ALL.into_iter().filter(move |kind| {
            (self.kind.is_empty() || self.kind.contains(kind))
                && (self.severity.is_empty() || severity(*kind))
        })
    }
}

async fn list(context: &mut Context<'_>, args: &ListArgs) -> Result<Exit, Failure> {
    let after = args.page.cursor.as_deref().map(parts).transpose()?;
    let mut reader = context.reader().await?;
    let limit = args.page.limit as usize;
    let mut items = match &args.subject {
        Some(subject) => about(&mut reader, subject).await?,
        None => open(&mut reader, args, after.as_ref(), limit.saturating_add(1)).await?,
    };
    let cursor = args.page.cursor.as_ref();
    items.retain(|item| args.keeps(item) && cursor.is_none_or(|cursor| item.id > *cursor));
    let more_follow = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more_follow).map(Listed::id);
    let found = !items.is_empty();
    if context.output.is_json() {
        context.output.json(&Listing { items, next })?;
    } else if found {
        let rows = items.iter().map(Listed::cells).collect::<Vec<_>>();
        context.output.lines(table(FindingItem::COLUMNS.iter().copied(), rows))?;
        more(context.output, next.as_deref());
    } else {
        context.output.note("Nothing needs you.");
    }
    Ok(Exit::needs_you_if(found))
}

/// A finding's kind and what it is about.
fn parts(id: &str) -> Result<(FindingKind, StreamId), Failure> {
    let found = id.split_once(':').and_then(|(kind, stream)| {
        Some((FindingKind::from_word(kind)?, StreamId::try_from(stream.to_owned()).ok()?))
    });
    found.ok_or_else(|| {
        Failure::new(format!("`{id}` is no id of a finding"))
            .hint("it is a kind, a `:` and a stream: link-ambiguous:offer/offer-twouns7c5nt17")
    })
}

/// Open findings by the index, after one, at most `most`.
async fn open(
    reader: &mut Reader,
    args: &ListArgs,
    after: Option<&(FindingKind, StreamId)>,
    most: usize,
) -> Result<Vec<FindingItem>, Failure> {
    let mut items = Vec::new();
    for kind in args.kinds().filter(|kind| after.is_none_or(|(last, _)| kind.word() >= last.word()))
    {
        let begin = after.filter(|(last, _)| *last == kind).map(|(_, stream)| stream.clone());
        let mut begin = begin;
        while items.len() < most {
            let mut query = KeyQuery::all(KeyKind::Finding, kind.word(), STEP);
            query.after = begin.as_ref().map(|stream| (0, stream.to_string()));
            let found = reader.snapshot.find(&[query]).await.map_err(reading)?;
            let ids: Vec<_> = found.into_iter().flatten().map(|(_, stream)| stream).collect();
            let Some(last) = ids.last().cloned() else { break };
            begin = Some(last);
            let states = reader.states(&ids).await?;
            items.extend(findings(states.values()).into_iter().filter(|item| item.kind == kind));
        }
    }
    items.truncate(most);
    Ok(items)
}

/// The open findings about one id, whatever it is the id of.
async fn about(reader: &mut Reader, subject: &str) -> Result<Vec<FindingItem>, Failure> {
    let whole = StreamId::try_from(subject.to_owned()).ok();
    let kinds = StreamKind::ALL.into_iter();
    let ids =
        kinds.filter_map(|kind| StreamId::try_from(format!("{}/{subject}", kind.word())).ok());
    let ids: Vec<_> = ids.chain(whole).collect();
    Ok(findings(reader.states(&ids).await?.values()))
}

async fn show(context: &mut Context<'_>, id: &str) -> Result<Exit, Failure> {
    let (_, stream) = parts(id)?;
    let mut reader = context.reader().await?;
    let known = reader.state(&stream).await?;
    let found = known.and_then(|known| {
        let finding = known.state.concluded.findings.get(id)?;
        Some(Shown { item: FindingItem::new(finding), history: known.history() })
    });
    let shown = found.ok_or_else(|| {
        Failure::new(format!("no finding `{id}` is open"))
            .hint("`resold findings` lists the open ones; `resold deal show` tells of closed ones")
    })?;
    context.output.show(&shown, page)?;
    Ok(Exit::NeedsYou)
}

fn page(shown: &Shown) -> Page {
    let item = &shown.item;
    let mut page = Page::new("Finding", &item.id);
    let closes = if item.ends_by_itself {
        "by itself, when its condition ends"
    } else {
        "when somebody acknowledges it"
    };
    page.field("kind", item.kind.word())
        .field("severity", item.severity.word())
        .field("about", item.subject.clone())
        .field("since", item.since.clone())
        .field("evidence from", item.first.clone())
        .field("evidence until", item.last.clone())
        .field("closes", closes);
    page.heading("Evidence");
    page.pairs(item.evidence.iter().map(|(name, value)| (name.clone(), value.clone())).collect());
    page
}

/// The findings of an item's page.
pub fn section(page: &mut Page, findings: &[FindingItem]) {
    let rows = findings.iter().map(Listed::cells).collect();
    page.section("Findings", FindingItem::COLUMNS.iter().copied(), rows);
}
