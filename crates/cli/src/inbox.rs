//! `resold inbox`: notifications that wait, and what became of each one.

use clap::{Args, Subcommand, ValueEnum};
use deal::moment::Moment;
use ledger::row::{NotificationRow, Outcome};
use ledger::store::Snapshot;
use marketplace::digest::Digest;
use serde::Serialize;

use crate::args::Person;
use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::listing::{Listed, Listing, PageArgs, print};
use crate::notification::{find, reason, short};
use crate::page::NONE;
use crate::place::Access;
use crate::reader::{STEP, reading};

mod redrive;
mod show;

/// Commands on notifications.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the notifications that wait, and why, in the order of their digests
    #[command(after_help = "\
parked: known, but it names nothing yet that it could be routed by; applied by itself once that is learned.
quarantined: malformed, for an account that is not yours, or undecidable; kept for a person.
unknown: of a type that this version does not know; redrive it after an upgrade.

Examples:
  resold inbox list
  resold inbox list --outcome quarantined --reason account --format json")]
    List(ListArgs),
    /// Show a notification: its envelope, arrivals, outcomes, and the streams that it wrote
    #[command(after_help = "\
Examples:
  resold inbox show 1701536c9063
  resold inbox show 1701536c9063 --body --format json")]
    Show {
        /// The notification's digest, or at least its first 12 digits
        #[arg(value_name = "DIGEST")]
        id: String,
        /// Print its raw body too
        #[arg(long)]
        body: bool,
    },
    /// Take waiting notifications in again: after an upgrade, a change of --account, or a mended cause
    #[command(after_help = "\
In the order in which AWS sent them. Nothing that was applied is applied again; what waits for the
same as before stays as it is.

Examples:
  resold inbox redrive 1701536c9063
  resold inbox redrive --outcome unknown
  resold inbox redrive --outcome quarantined --reason account --account 111122223333
  resold inbox redrive --all")]
    Redrive(redrive::RedriveArgs),
    /// Erase a notification's raw body; its digest and what was concluded from it stay, so seals still hold
    #[command(after_help = "\
This cannot be taken back.

Examples:
  resold inbox erase 1701536c9063 --why 'the buyer asked for it, ticket 4711'")]
    Erase {
        /// The notification's digest, or at least its first 12 digits
        #[arg(value_name = "DIGEST")]
        id: String,
        #[command(flatten)]
        person: Person,
    },
}

/// What became of a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum OutcomeWord {
    /// Its facts are in the streams that it names
    Applied,
    /// It names nothing yet that it could be routed by
    Parked,
    /// Malformed, for an account that is not yours, or undecidable
    Quarantined,
    /// Of a type that this version does not know
    Unknown,
    /// Its raw body was erased
    Erased,
    /// Its content can be told by now: it is recorded under the content's digest
    Refiled,
}

impl From<OutcomeWord> for Outcome {
    fn from(word: OutcomeWord) -> Self {
        match word {
            OutcomeWord::Applied => Self::Applied,
            OutcomeWord::Parked => Self::Parked,
            OutcomeWord::Quarantined => Self::Quarantined,
            OutcomeWord::Unknown => Self::Unknown,
            OutcomeWord::Erased => Self::Erased,
            OutcomeWord::Refiled => Self::Refiled,
        }
    }
}

/// Which notifications are meant.
#[derive(Debug, Clone, Args)]
pub struct Which {
    /// Only those with this outcome; several: by commas [default: parked,quarantined,unknown]
    #[arg(long, value_name = "OUTCOME", value_delimiter = ',')]
    outcome: Vec<OutcomeWord>,
    /// Only those whose reason contains this word
    #[arg(long, value_name = "WORD")]
    reason: Option<String>,
}

impl Which {
    /// Whether no filter is given.
    fn is_any(&self) -> bool {
        self.outcome.is_empty() && self.reason.is_none()
    }

    fn outcomes(&self) -> Vec<Outcome> {
        if self.outcome.is_empty() {
            return Outcome::ALL.into_iter().filter(|outcome| outcome.waits()).collect();
        }
        self.outcome.iter().map(|word| Outcome::from(*word)).collect()
    }

    fn keeps(&self, row: &NotificationRow) -> bool {
        let word = self.reason.as_ref().map(|word| word.to_lowercase());
        word.is_none_or(|word| reason(&row.outcome).to_lowercase().contains(&word))
    }

    /// Those after a digest, in order, at most `limit`.
    async fn after(
        &self,
        snapshot: &mut dyn Snapshot,
        mut after: Option<Digest>,
        limit: usize,
    ) -> Result<Vec<NotificationRow>, Failure> {
        let mut kept = Vec::new();
        while kept.len() < limit {
            let mut rows = Vec::new();
            for outcome in self.outcomes() {
                let found = snapshot.notifications(Some(outcome), after.as_ref(), STEP).await;
                rows.extend(found.map_err(reading)?);
            }
            rows.sort_by_key(|row| row.digest);
            rows.dedup_by_key(|row| row.digest);
            // Beyond a full step of one outcome, rows of the others may come first.
            rows.truncate(STEP as usize);
            let Some(last) = rows.last() else { break };
            after = Some(last.digest);
            kept.extend(rows.into_iter().filter(|row| self.keeps(row)));
        }
        kept.truncate(limit);
        Ok(kept)
    }
}

/// What to list.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    page: PageArgs,
}

/// A notification as listed.
#[derive(Debug, Serialize)]
struct NotificationItem {
    /// Its digest.
    id: String,
    /// Its detail-type; null where it cannot be read.
    #[serde(rename = "type")]
    detail_type: Option<String>,
    /// Its latest outcome.
    status: &'static str,
    /// Why; for a parked one what it waits for.
    reason: Option<String>,
    /// What it waits for, as `license:l-...` or `case:...`.
    waits_for: Option<String>,
    source: Option<String>,
    account: Option<String>,
    /// The id that EventBridge gave it.
    envelope_id: Option<String>,
    /// The envelope's time.
    time: Option<String>,
    /// When it first arrived.
    received_at: String,
    /// Bytes of its body as it came.
    size: i64,
}

impl NotificationItem {
    fn new(row: &NotificationRow) -> Self {
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Self {
            id: row.digest.to_string(),
            detail_type: text(&row.detail_type),
            status: row.outcome.outcome.word(),
            reason: text(&reason(&row.outcome)),
            waits_for: text(&row.outcome.waits_for),
            source: text(&row.source),
            account: text(&row.account),
            envelope_id: text(&row.envelope_id),
            time: row.event_time.map(|time| Moment::from_micros(time).to_string()),
            received_at: Moment::from_micros(row.received_at).to_string(),
            size: row.size,
        }
    }
}

impl Listed for NotificationItem {
    fn id(&self) -> String {
        self.id.clone()
    }
    const COLUMNS: &'static [&'static str] =
        &["id", "outcome", "type", "account", "time", "reason"];
    fn cells(&self) -> Vec<String> {
        let known = |value: Option<&String>| value.cloned().unwrap_or_else(|| NONE.to_owned());
        vec![
            self.id.get(..crate::notification::SHORT).unwrap_or(&self.id).to_owned(),
            self.status.to_owned(),
            known(self.detail_type.as_ref()),
            known(self.account.as_ref()),
            known(self.time.as_ref()),
            known(self.reason.as_ref()),
        ]
    }
}

/// Carries out a command.
pub async fn run(context: &mut Context<'_>, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::List(args) => list(context, &args).await,
        Command::Show { id, body } => show::run(context, &id, body).await,
        Command::Redrive(args) => redrive::run(context, &args).await,
        Command::Erase { id, person } => erase(context, &id, &person).await,
    }
}

async fn list(context: &mut Context<'_>, args: &ListArgs) -> Result<Exit, Failure> {
    let mut reader = context.reader().await?;
    let after = match &args.page.cursor {
        Some(cursor) => Some(Digest::try_from(cursor.clone()).map_err(|error| {
            Failure::new(format!("`{cursor}` is no cursor"))
                .because(error)
                .hint("take the `next` of the page before")
        })?),
        None => None,
    };
    let limit = args.page.limit as usize;
    let mut rows = args.which.after(&mut *reader.snapshot, after, limit.saturating_add(1)).await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|row| row.digest.to_string());
    let waits = rows.iter().any(|row| row.outcome.outcome.waits());
    let items = rows.iter().map(NotificationItem::new).collect();
    print(context.output, &Listing { items, next })?;
    Ok(Exit::needs_you_if(waits))
}

async fn erase(context: &mut Context<'_>, id: &str, person: &Person) -> Result<Exit, Failure> {
    let row = find(&mut *context.reader().await?.snapshot, id).await?;
    let who = person.who()?;
    let processor = context.processor(Access::Write, false).await?;
    processor.erase(&row.digest, &who, &person.why).await.map_err(|error| {
        Failure::new(format!("could not erase notification `{}`", row.digest)).because(error)
    })?;
    let digest = row.digest.to_string();
    if context.output.is_json() {
        context.output.json(&serde_json::json!({ "id": digest, "status": "erased" }))?;
    } else {
        let short = short(&row.digest);
        context.output.note(&format!("Erased: the body of {short}, {} bytes", row.size));
    }
    Ok(Exit::Done)
}
