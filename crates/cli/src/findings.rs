//! `resold findings`.

use clap::{Args, Subcommand};
use deal::item::FindingItem;

use crate::args::Person;
use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::listing::Listing;
use crate::page::{Page, table};
use crate::place::Access;
use crate::reader::{STEP, findings, reading};

/// The open findings, or a command on one.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  resold findings
  resold findings acknowledge disbursement-paused:seller/111122223333 --why 'bank details renewed'")]
pub struct FindingsArgs {
    #[command(subcommand)]
    command: Option<Command>,
}

/// Commands on findings.
#[derive(Debug, Subcommand)]
enum Command {
    /// Close a finding that does not close by itself
    Acknowledge {
        /// The finding's id
        id: String,
        #[command(flatten)]
        person: Person,
    },
}

/// Carries out a command.
pub async fn run(context: &mut Context<'_>, args: FindingsArgs) -> Result<Exit, Failure> {
    match args.command {
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
        None => list(context).await,
    }
}

async fn list(context: &mut Context<'_>) -> Result<Exit, Failure> {
    let mut reader = context.reader().await?;
    let mut items: Vec<FindingItem> = Vec::new();
    let mut after = None;
    loop {
        let rows = reader.snapshot.page(None, after.as_ref(), STEP).await.map_err(reading)?;
        let Some(last) = rows.last().map(|row| row.stream.clone()) else { break };
        let ids: Vec<_> = rows.into_iter().map(|row| row.stream).collect();
        items.extend(findings(reader.states(&ids).await?.values()));
        after = Some(last);
    }
    let open = !items.is_empty();
    if context.output.is_json() {
        context.output.json(&Listing { items, next: None })?;
    } else if open {
        let row = |item: &FindingItem| {
            vec![item.severity.word().to_owned(), item.id.clone(), item.since.clone()]
        };
        let rows: Vec<_> = items.iter().map(row).collect();
        context.output.lines(table(["severity", "id", "since"], rows))?;
    } else {
        context.output.note("Nothing needs you.");
    }
    Ok(Exit::needs_you_if(open))
}

/// The findings of an item's page.
pub fn section(page: &mut Page, findings: &[FindingItem]) {
    let row = |item: &FindingItem| {
        vec![item.severity.word().to_owned(), item.id.clone(), item.since.clone()]
    };
    page.section("Findings", ["severity", "id", "since"], findings.iter().map(row).collect());
}
