//! `resold doctor`: a verdict on each thing that can be wrong, and what to do.

use std::collections::BTreeSet;

use deal::finding::Severity;
use deal::moment::Moment;
use ledger::row::Outcome;
use ledger::store::Counts;
use serde::Serialize;

use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Line;
use crate::page::table;
use crate::place::Access;
use crate::reader::{Reader, reading};

/// Streams that are due, counted at most.
const DUE: u32 = 1_000;

/// How one thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Verdict {
    /// As it should be.
    Ok,
    /// Worth knowing.
    Note,
    /// Something needs you.
    Warn,
    /// The ledger cannot be used.
    Fail,
}

impl Verdict {
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Check {
    /// What was looked at.
    name: &'static str,
    verdict: Verdict,
    /// What was found.
    found: String,
    /// What to do; null: nothing.
    todo: Option<String>,
}

impl Check {
    fn new(name: &'static str, verdict: Verdict, found: impl Into<String>) -> Self {
        Self { name, verdict, found: found.into(), todo: None }
    }

    fn todo(mut self, todo: impl Into<String>) -> Self {
        self.todo = Some(todo.into());
        self
    }
}

/// All that was looked at.
#[derive(Debug, Serialize)]
struct Report {
    /// The worst verdict.
    verdict: Verdict,
    checks: Vec<Check>,
}

/// Looks at everything and prints it.
pub async fn run(context: &mut Context<'_>) -> Result<Exit, Failure> {
    let version = format!("resold {}", env!("CARGO_PKG_VERSION"));
    let mut checks = vec![Check::new("version", Verdict::Ok, version), time(context)];
    if let Err(failure) = ledger(context, &mut checks).await {
        checks.push(broken(&failure));
    }
    let verdict = checks.iter().map(|check| check.verdict).max().unwrap_or(Verdict::Ok);
    let report = Report { verdict, checks };
    print(context, &report)?;
    Ok(match verdict {
        Verdict::Ok | Verdict::Note => Exit::Done,
        Verdict::Warn => Exit::NeedsYou,
        Verdict::Fail => Exit::CouldNot,
    })
}

fn time(context: &Context<'_>) -> Check {
    let now = context.clock().now();
    match context.global.effective {
        Some(_) => Check::new("time", Verdict::Note, format!("judged as of {now}, by --effective")),
        None => Check::new("time", Verdict::Ok, format!("{now}, by this machine's clock")),
    }
}

/// A ledger that cannot be used: why, and what to do.
fn broken(failure: &Failure) -> Check {
    let mut found = failure.to_string();
    for reason in failure.reasons() {
        found = format!("{found}: {reason}");
    }
    let check = Check::new("ledger", Verdict::Fail, found);
    match failure.way_out() {
        Some(hint) => check.todo(hint),
        None => check,
    }
}

async fn ledger(context: &mut Context<'_>, checks: &mut Vec<Check>) -> Result<(), Failure> {
    let store = context.store(Access::Read).await?;
    let now = context.clock().now();
    let accounts = context.global.accounts();
    let mut reader = Reader::open(&*store, now, accounts.clone()).await?;
    let counts = reader.snapshot.counts().await.map_err(reading)?;
    let schema = context.global.ledger.schema();
    let place = format!("{}, schema version {schema}", store.describe());
    checks.push(Check::new("ledger", Verdict::Ok, place));
    checks.push(rows(&counts));
    checks.push(nouns(&counts));
    let configured: BTreeSet<String> = accounts.iter().map(ToString::to_string).collect();
    checks.push(self::accounts(&counts, &configured));
    checks.push(inbox(&counts));
    checks.push(outbox(&counts));
    checks.push(open_findings(&mut reader).await?);
    checks.push(due(&mut reader, now).await?);
    Ok(())
}

fn rows(counts: &Counts) -> Check {
    let streams: i64 = counts.streams.iter().map(|(_, count)| count).sum();
    let words = format!(
        "{} notifications in {} deliveries, {} events in {streams} streams",
        counts.notifications, counts.deliveries, counts.events
    );
    if counts.notifications == 0 {
        return Check::new("rows", Verdict::Note, "nothing was taken in yet").todo(
            "`resold opportunity import` brings authorizations in, `resold replay` notifications",
        );
    }
    Check::new("rows", Verdict::Ok, words)
        .todo("`resold ledger verify` holds every row against what it must follow from")
}

fn nouns(counts: &Counts) -> Check {
    let kinds = counts.streams.iter().map(|(kind, count)| format!("{} {count}", kind.word()));
    let kinds: Vec<_> = kinds.collect();
    Check::new("streams", Verdict::Ok, crate::page::cells(&kinds, "none"))
}

/// Which accounts notifications came for, and which of them are ours.
fn accounts(counts: &Counts, configured: &BTreeSet<String>) -> Check {
    let named = counts.accounts.iter().filter(|(account, _)| !account.is_empty());
    let seen: Vec<_> = named.map(|(account, count)| format!("{account} ({count})")).collect();
    let seen = if seen.is_empty() { "none".to_owned() } else { seen.join(", ") };
    if configured.is_empty() {
        let found = format!("seen: {seen}; configured: none, so every account is accepted");
        return Check::new("accounts", Verdict::Note, found)
            .todo("name your own with --account or RESOLD_ACCOUNTS");
    }
    let ours = configured.iter().cloned().collect::<Vec<_>>().join(", ");
    let found = format!("seen: {seen}; configured: {ours}");
    let knows = |account: &String| counts.accounts.iter().any(|(seen, _)| seen == account);
    let foreign =
        counts.accounts.iter().any(|(seen, _)| !seen.is_empty() && !configured.contains(seen));
    if foreign {
        return Check::new("accounts", Verdict::Warn, found)
            .todo("add the accounts that are yours to --account; others are quarantined");
    }
    if configured.iter().all(knows) {
        return Check::new("accounts", Verdict::Ok, found);
    }
    Check::new("accounts", Verdict::Note, found)
        .todo("no notification came for some of your accounts yet: check their EventBridge rules")
}

fn inbox(counts: &Counts) -> Check {
    let waiting = counts.waiting.iter().filter(|(_, count)| *count > 0);
    let words: Vec<_> =
        waiting.clone().map(|(outcome, count)| format!("{count} {}", outcome.word())).collect();
    if words.is_empty() {
        return Check::new("inbox", Verdict::Ok, "nothing waits");
    }
    let for_a_person = waiting.clone().any(|(outcome, _)| *outcome != Outcome::Parked);
    let verdict = if for_a_person { Verdict::Warn } else { Verdict::Note };
    Check::new("inbox", verdict, words.join(", "))
        .todo("`resold inbox list` says why; `resold inbox redrive` takes them in again")
}

/// What waits to be published; what never can be has findings of its own, until they are acknowledged.
fn outbox(counts: &Counts) -> Check {
    let refused = match counts.refused {
        0 => String::new(),
        count => format!("; set aside, since they can never be: {count}"),
    };
    match counts.unpublished {
        0 if refused.is_empty() => Check::new("outbox", Verdict::Ok, "nothing is to be published"),
        0 => Check::new("outbox", Verdict::Note, format!("nothing is to be published{refused}"))
            .todo("`resold findings` names the events: tell who listens to them by other means"),
        count => {
            let found = format!("{count} public events are not published{refused}");
            Check::new("outbox", Verdict::Note, found)
                .todo("they stay in the outbox until a relay publishes them")
        }
    }
}

async fn open_findings(reader: &mut Reader) -> Result<Check, Failure> {
    let counts = ledger::findings::count(&mut *reader.snapshot).await.map_err(reading)?;
    let open = counts.iter().filter(|(_, count)| *count > 0);
    let words: Vec<_> =
        open.clone().map(|(severity, count)| format!("{count} {}", severity.word())).collect();
    if words.is_empty() {
        return Ok(Check::new("findings", Verdict::Ok, "none is open"));
    }
    let urgent = open.clone().any(|(severity, _)| *severity != Severity::Info);
    let verdict = if urgent { Verdict::Warn } else { Verdict::Note };
    Ok(Check::new("findings", verdict, format!("open: {}", words.join(", ")))
        .todo("`resold findings` lists them with their evidence"))
}

/// Streams that time has changed and that nobody judged since.
async fn due(reader: &mut Reader, now: Moment) -> Result<Check, Failure> {
    let due = reader.snapshot.due(now.micros(), DUE).await.map_err(reading)?;
    let Some(first) = due.first() else {
        return Ok(Check::new("sweep", Verdict::Ok, "nothing is due"));
    };
    let many = u32::try_from(due.len()).is_ok_and(|count| count >= DUE);
    let or_more = if many { " or more" } else { "" };
    let since = first.due_at.map(Moment::from_micros).filter(|at| at.micros() > 0);
    let since = since.map(|at| format!(", the first since {at}")).unwrap_or_default();
    let found = format!("{}{or_more} streams are due{since}", due.len());
    Ok(Check::new("sweep", Verdict::Warn, found)
        .todo("every replay sweeps, also an empty one: `resold replay - < /dev/null`"))
}

fn print(context: &mut Context<'_>, report: &Report) -> Result<(), Failure> {
    if context.output.is_json() {
        return context.output.json(report);
    }
    let rows = report.checks.iter().map(|check| {
        vec![check.verdict.word().to_owned(), check.name.to_owned(), check.found.clone()]
    });
    let mut lines = table(["verdict", "what", "found"], rows.collect::<Vec<_>>());
    let todo = report.checks.iter().filter_map(|check| Some((check, check.todo.as_ref()?)));
    let todo: Vec<_> =
        todo.map(|(check, todo)| vec![check.name.to_owned(), todo.clone()]).collect();
    if !todo.is_empty() {
        lines.push(Line::Text(String::new()));
        lines.extend(table(["what", "to do"], todo));
    }
    context.output.lines(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outbox_says_what_waits_and_what_never_will() {
        let cases = [
            // unpublished, refused, verdict, found
            (0, 0, Verdict::Ok, "nothing is to be published"),
            (3, 0, Verdict::Note, "3 public events are not published"),
            (
                0,
                1,
                Verdict::Note,
                "nothing is to be published; set aside, since they can never be: 1",
            ),
            (
                3,
                2,
                Verdict::Note,
                "3 public events are not published; set aside, since they can never be: 2",
            ),
        ];
        for (unpublished, refused, verdict, found) in cases {
            let check = outbox(&Counts { unpublished, refused, ..Counts::default() });
            assert_eq!((check.verdict, check.found.as_str()), (verdict, found));
        }
    }
}
