//! `resold opportunity clone`: the like of what there is, which AWS changes no more.

use std::path::PathBuf;

use clap::Args;
use deal::facts::request::WishKind;
use deal::request::RequestId;
use deal::stream::StreamId;
use marketplace::draft::{Form, Limits, NotCarried};
use marketplace::ids::OpportunityId;

use super::change::possible;
use super::create::{self, file, flags};
use super::driver::{Carried, Driver, WaitArgs};
use super::request::{self, carry_out};
use super::wished::{Then, Wisher, again, change, creation, record};
use crate::args::Person;
use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// What `clone` takes.
#[derive(Debug, Args)]
pub struct CloneArgs {
    /// The opportunity (resale authorization) to begin with
    #[arg(value_parser = crate::listing::opportunity)]
    id: OpportunityId,
    /// Read terms from a file in TOML or JSON, each in place of what it had; `-` is standard input
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Make it visible to the partner at once; nothing of it can be changed afterwards
    #[arg(long)]
    publish: bool,
    /// Once there is the clone, let no more offers be made from the original, for good
    #[arg(long)]
    restrict_original: bool,
    /// Correct this request, which failed
    #[arg(long, value_name = "REQUEST", value_parser = request::request)]
    again: Option<RequestId>,
    #[command(flatten)]
    person: Person,
    #[command(flatten)]
    wait: WaitArgs,
    #[command(flatten)]
    terms: flags::Flags,
}

/// Wishes the clone, and carries it out.
pub async fn run(context: &mut Context<'_>, args: CloneArgs) -> Result<Exit, Failure> {
    let wisher = Wisher { who: args.person.who()?, why: args.person.why.clone() };
    let mut driver = Driver::open(context).await?;
    let (mut form, left) = original(context, &driver, &args.id).await?;
    if let Some(file) = &args.file {
        overlay(&mut form, file::read(file)?)?;
    }
    args.terms.apply(&mut form);
    let draft = match form.draft(driver.today(), &Limits::CURRENT) {
        Ok((draft, warnings)) => {
            for warning in warnings {
                context.output.warn(&warning.to_string());
            }
            draft
        }
        Err(problems) => {
            warn(context, &left);
            return Err(create::refuse(context, &problems)?);
        }
    };
    warn(context, &left);
    if args.restrict_original {
        possible(context, &driver, WishKind::Restrict, &args.id).await?;
    }
    let then = Then { publish: args.publish, restrict_original: args.restrict_original };
    let (id, wish) = creation(Some(&args.id), &draft, then, wisher)?;
    let id = match args.again {
        None => {
            record(context, &driver, &id, &wish).await?;
            id
        }
        Some(before) => {
            again(context, &driver, &before, &wish).await?;
            before
        }
    };
    let cloned = carry_out(context, &mut driver, &id, args.wait).await?;
    if !args.restrict_original || args.wait.wait == 0 || cloned != Exit::Done {
        return Ok(cloned);
    }
    let wisher = Wisher { who: wish.who, why: wish.why };
    let (restriction, _) = change(WishKind::Restrict, &args.id, wisher);
    let carried = driver.carry_out(context, &restriction, args.wait).await?;
    if carried == Carried::Through {
        context.output.note(&format!("{} is restricted by request {restriction}.", args.id));
        return Ok(Exit::Done);
    }
    context.output.note(&format!(
        "The restriction of {} is not done: a worker goes on with it, and so does `resold opportunity request resume {restriction}`.",
        args.id
    ));
    Ok(Exit::NeedsYou)
}

/// The terms of the original, as AWS described it last, and what a form cannot say of them.
async fn original(
    context: &Context<'_>,
    driver: &Driver,
    id: &OpportunityId,
) -> Result<(Form, Vec<NotCarried>), Failure> {
    let known = driver.reader(context).await?.state(&StreamId::opportunity(id)).await?;
    let facts = known.as_ref().and_then(|known| known.state.opportunity());
    facts.and_then(|facts| facts.described.get()).map(|described| Form::of(described)).ok_or_else(
        || {
            Failure::new(format!("could not clone opportunity `{id}`"))
                .because("the ledger does not know its terms")
                .hint("`resold opportunity sync` brings in what there is at AWS")
        },
    )
}

/// What the file says takes the place of what the original has, field by field.
fn overlay(form: &mut Form, file: Form) -> Result<(), Failure> {
    let merged = || -> serde_json::Result<Form> {
        let (mut ours, said) = (serde_json::to_value(&*form)?, serde_json::to_value(file)?);
        if let (Some(ours), serde_json::Value::Object(said)) = (ours.as_object_mut(), said) {
            ours.extend(said);
        }
        serde_json::from_value(ours)
    };
    *form = merged()
        .map_err(|why| Failure::new("could not put the file's terms in place").because(why))?;
    Ok(())
}

fn warn(context: &mut Context<'_>, left: &[NotCarried]) {
    for NotCarried { field, why } in left {
        context.output.warn(&format!("{field} was not carried over: {why}"));
    }
}
