//! `resold opportunity create`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use deal::request::RequestId;
use jiff::tz::TimeZone;
use marketplace::draft::{Draft, Form, Limits, Problem};
use marketplace::ids::OpportunityId;

use super::driver::{Driver, WaitArgs};
use super::request::{self, carry_out};
use super::wholesale;
use super::wished::{Then, Wisher, again, creation, record};
use crate::args::who;
use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::form_file::{self, Notation};
use crate::problems;

pub mod file;
pub mod flags;

/// What fails where a rule is broken.
const ATTEMPT: &str = "could not make a change set of it";
/// What to do about it.
const WAY_OUT: &str =
    "change what is listed; `resold opportunity create --example` prints one that breaks none";

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
    /// Whether nothing is recorded or sent.
    pub const fn sends_nothing(&self) -> bool {
        self.dry_run || self.example.is_some()
    }
}

/// Prints an example, or the change set of what was asked for; or records the wish and carries it out.
pub async fn run(context: &mut Context<'_>, args: CreateArgs) -> Result<Exit, Failure> {
    let today = TimeZone::UTC.to_datetime(context.clock().now().timestamp()).date();
    if let Some(notation) = args.example {
        form_file::example::<Form>(context, notation, &file::example(today))?;
        return Ok(Exit::Done);
    }
    let mut form = args.file.as_deref().map_or_else(|| Ok(Form::default()), file::read)?;
    args.terms.clone().apply(&mut form);
    wholesale::start(context, &mut form).await?;
    let (draft, warnings) = match form.draft(today, &Limits::CURRENT) {
        Ok(made) => made,
        Err(problems) => return Err(refuse(context, &problems)?),
    };
    wholesale::compare(context, &draft).await?;
    if args.dry_run {
        return change_set(context, &draft, &warnings, args.publish);
    }
    for warning in &warnings {
        context.output.warn(&warning.to_string());
    }
    create(context, args, &draft).await
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
    problems::refuse(context.output, ATTEMPT, problems, WAY_OUT)
}
