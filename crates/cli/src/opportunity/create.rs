//! `resold opportunity create`.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};
use deal::request::RequestId;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use marketplace::draft::{Draft, Form, Limits, Problem, Severity};
use marketplace::ids::OpportunityId;
use serde::Serialize;

use super::driver::{Driver, WaitArgs};
use super::request::{self, carry_out};
use super::wished::{Then, Wisher, again, creation, record};
use crate::args::who;
use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Line;
use crate::page::{cell, table};

pub mod file;
pub mod flags;

/// What `create` takes.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Print a file to begin with, its days counted from today
    #[arg(
        long,
        value_name = "NOTATION",
        num_args = 0..=1,
        default_missing_value = "toml",
        conflicts_with_all = ["file", "dry_run", "publish", "again", "draft", "why", "who", "wait", "Flags"]
    )]
    example: Option<Notation>,
    /// Read the terms from a file in TOML or JSON; `-` is standard input
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Print the change set and send nothing
    #[arg(long, conflicts_with_all = ["again", "draft", "wait"])]
    dry_run: bool,
    /// Make it visible to the partner at once; nothing of it can be changed afterwards
    #[arg(long)]
    publish: bool,
    /// Correct this request, which failed; a draft that it left behind is completed
    #[arg(long, value_name = "REQUEST", value_parser = request::request)]
    again: Option<RequestId>,
    /// Complete this draft, where several may have been left behind
    #[arg(long, value_name = "OPPORTUNITY", requires = "again", value_parser = crate::listing::opportunity)]
    draft: Option<OpportunityId>,
    /// Why; kept in the ledger
    #[arg(long, value_name = "TEXT", required_unless_present_any = ["example", "dry_run"], value_parser = NonEmptyStringValueParser::new())]
    why: Option<String>,
    /// Who wishes it [default: your login name]
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    who: Option<String>,
    #[command(flatten)]
    wait: WaitArgs,
    #[command(flatten)]
    terms: flags::Flags,
}

impl CreateArgs {
    /// Whether neither the ledger nor AWS is asked anything.
    pub const fn sends_nothing(&self) -> bool {
        self.dry_run || self.example.is_some()
    }
}

/// How a file is written.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Notation {
    /// With a comment on each field
    Toml,
    /// For programs
    Json,
}

/// What is wrong, for programs.
#[derive(Serialize)]
struct Problems<'a> {
    /// The day on which AWS's pages were read.
    rules_of: Date,
    problems: &'a [Problem],
}

/// Prints an example, or the change set of what was asked for; or records the wish and carries it out.
pub async fn run(context: &mut Context<'_>, args: CreateArgs) -> Result<Exit, Failure> {
    let today = TimeZone::UTC.to_datetime(context.clock().now().timestamp()).date();
    if let Some(notation) = args.example {
        return example(context, notation, today);
    }
    let mut form = args.file.as_deref().map_or_else(|| Ok(Form::default()), file::read)?;
    args.terms.clone().apply(&mut form);
    match form.draft(today, &Limits::CURRENT) {
        Ok((draft, warnings)) if args.dry_run => {
            change_set(context, &draft, &warnings, args.publish)
        }
        Ok((draft, warnings)) => {
            for warning in &warnings {
                context.output.warn(&warning.to_string());
            }
            create(context, args, &draft).await
        }
        Err(problems) => Err(refuse(context, &problems)?),
    }
}

/// Records the wish and carries it out.
async fn create(
    context: &mut Context<'_>,
    args: CreateArgs,
    draft: &Draft,
) -> Result<Exit, Failure> {
    let wisher = Wisher { who: who(args.who)?, why: args.why.unwrap_or_default() };
    let then = Then { publish: args.publish, restrict_original: false };
    let (id, mut wish) = creation(None, draft, then, wisher)?;
    let mut driver = Driver::open(context).await?;
    let id = match args.again {
        None => {
            record(context, &driver, &id, &wish).await?;
            id
        }
        Some(before) => {
            wish.opportunity = args.draft;
            again(context, &driver, &before, &wish).await?;
            before
        }
    };
    carry_out(context, &mut driver, &id, args.wait).await
}

fn example(context: &mut Context<'_>, notation: Notation, today: Date) -> Result<Exit, Failure> {
    let text = file::example(today);
    match notation {
        Notation::Toml => {
            context.output.lines(text.lines().map(|line| Line::Text(line.to_owned())))?;
        }
        Notation::Json => {
            let form = file::parse(&text)
                .map_err(|why| Failure::new("could not write the example as JSON").because(why))?;
            context.output.json(&form)?;
        }
    }
    Ok(Exit::Done)
}

/// Prints the change set: whatever `--format` says, it is what AWS's own tool takes.
fn change_set(
    context: &mut Context<'_>,
    draft: &Draft,
    warnings: &[Problem],
    publish: bool,
) -> Result<Exit, Failure> {
    let output = &mut *context.output;
    output.json(&draft.changes(None, publish))?;
    for warning in warnings {
        output.warn(&warning.to_string());
    }
    let reach = if publish { "visible to" } else { "a draft for" };
    output.note(&format!(
        "Nothing was sent. This is an opportunity, {reach} {}{}. AWS's own tool takes it: aws marketplace-catalog \
         start-change-set --catalog AWSMarketplace --change-set file://FILE",
        draft.partner,
        worth(draft),
    ));
    Ok(Exit::Done)
}

/// What the commitment is worth to us.
fn worth(draft: &Draft) -> String {
    let Some(commitment) = &draft.commitment else { return String::new() };
    let Some(amount) = commitment.amount() else { return String::new() };
    let parts = match commitment.installments.len() {
        1 => "paid at once".to_owned(),
        count => format!("in {count} installments"),
    };
    format!(", wholesale {amount} {} {parts}", draft.currency)
}

/// Prints every problem: for programs on standard output, for people beside the failure.
pub fn refuse(context: &mut Context<'_>, problems: &[Problem]) -> Result<Failure, Failure> {
    let output = &mut *context.output;
    let rules_of = Limits::CURRENT.version;
    if output.is_json() {
        output.json(&Problems { rules_of, problems })?;
    } else {
        let rows = problems.iter().map(|problem| {
            let severity = match problem.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            };
            let found = cell(problem.found.as_ref());
            let source = problem.source.title().to_owned();
            vec![severity.to_owned(), problem.field.clone(), found, problem.rule.clone(), source]
        });
        output.beside(table(["severity", "field", "found", "rule", "source"], rows));
    }
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    let rules = if errors == 1 { "a rule".to_owned() } else { format!("{errors} rules") };
    Ok(Failure::new("could not make a change set of it")
        .because(format!("it breaks {rules} that AWS's pages had on {rules_of}"))
        .hint("change what is listed; `resold opportunity create --example` prints one that breaks none"))
}
