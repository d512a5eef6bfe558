//! `resold opportunity publish` and `restrict`: both for good.

use std::io::{BufRead as _, IsTerminal as _};

use clap::Args;
use deal::facts::request::WishKind;
use deal::request::{Status, status};
use deal::stream::StreamId;
use marketplace::ids::OpportunityId;

use super::driver::{Driver, WaitArgs};
use super::request::carry_out;
use super::wished::{Wisher, change, record};
use crate::args::Person;
use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// What to publish.
#[derive(Debug, Args)]
pub struct PublishArgs {
    /// The opportunity (resale authorization), a draft
    #[arg(value_parser = crate::listing::opportunity)]
    id: OpportunityId,
    #[command(flatten)]
    person: Person,
    #[command(flatten)]
    wait: WaitArgs,
}

/// What to restrict.
#[derive(Debug, Args)]
pub struct RestrictArgs {
    /// The opportunity (resale authorization), an active one
    #[arg(value_parser = crate::listing::opportunity)]
    id: OpportunityId,
    /// Do not ask whether it is meant
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    person: Person,
    #[command(flatten)]
    wait: WaitArgs,
}

/// Publishes a draft.
pub async fn publish(context: &mut Context<'_>, args: PublishArgs) -> Result<Exit, Failure> {
    let PublishArgs { id, person, wait } = args;
    run(context, WishKind::Publish, &id, &person, true, wait).await
}

/// Restricts what is active.
pub async fn restrict(context: &mut Context<'_>, args: RestrictArgs) -> Result<Exit, Failure> {
    let RestrictArgs { id, yes, person, wait } = args;
    run(context, WishKind::Restrict, &id, &person, yes, wait).await
}

async fn run(
    context: &mut Context<'_>,
    kind: WishKind,
    id: &OpportunityId,
    person: &Person,
    is_meant: bool,
    wait: WaitArgs,
) -> Result<Exit, Failure> {
    let wisher = Wisher { who: person.who()?, why: person.why.clone() };
    let mut driver = Driver::open(context).await?;
    let (request, wish) = change(kind, id, wisher);
    let known = driver.known(context, &request).await?;
    let far = known.as_ref().and_then(|known| status(known.state.request()?));
    if matches!(far, None | Some(Status::Failed | Status::Cancelled)) {
        possible(context, &driver, kind, id).await?;
        if !is_meant {
            ask(id)?;
        }
    }
    record(context, &driver, &request, &wish).await?;
    carry_out(context, &mut driver, &request, wait).await
}

/// Refuses what AWS would refuse, as far as the ledger knows.
pub async fn possible(
    context: &Context<'_>,
    driver: &Driver,
    kind: WishKind,
    id: &OpportunityId,
) -> Result<(), Failure> {
    let mut reader = driver.reader(context).await?;
    let known = reader.state(&StreamId::opportunity(id)).await?;
    let item = known.and_then(|known| reader.opportunity(&known));
    let status = item.as_ref().map_or("missing", |item| item.status.as_str());
    let why = match (kind, status) {
        (_, "missing") => "it is not in the ledger",
        (_, "unknown") => "the ledger knows its id alone",
        (WishKind::Publish, "active") => "it is active: it was published before",
        (WishKind::Publish, "expired") => "it was published before, and has expired",
        (WishKind::Publish, "restricted") => "it is restricted, and stays so",
        (WishKind::Restrict, "draft") => "it is a draft, which no partner sees",
        (WishKind::Restrict, "restricted") => "it is restricted already",
        (WishKind::Restrict, "expired") => {
            "it has expired: no more offers are made from it anyhow, and AWS restricts no such"
        }
        // A word of AWS's that we do not know is AWS's to judge.
        _ => return Ok(()),
    };
    let hint = match status {
        "missing" | "unknown" => "`resold opportunity sync` brings in what there is at AWS",
        "draft" => "publish it, or leave it: AWS keeps a draft, and nobody else sees it",
        _ => "to change what was published, `resold opportunity clone --restrict-original` it",
    };
    let attempt = format!("could not {} opportunity `{id}`", kind.word());
    Err(Failure::new(attempt).because(why).hint(hint))
}

/// Asks on a terminal whether it is meant.
fn ask(id: &OpportunityId) -> Result<(), Failure> {
    let attempt = || Failure::new(format!("could not restrict opportunity `{id}`"));
    let stdin = std::io::stdin();
    if !(stdin.is_terminal() && std::io::stderr().is_terminal()) {
        return Err(attempt().because("it cannot be undone, and there is no terminal to ask on").hint(
            "say --yes if it is meant: no more offers are made from it, those that there are stay",
        ));
    }
    crate::output::ask(&format!(
        "No more offers can be made from {id}, for good; those that there are stay. Restrict it? [y/N] "
    ));
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer).map_err(|error| attempt().because(error))?;
    if matches!(answer.trim(), "y" | "Y" | "yes") {
        return Ok(());
    }
    Err(attempt().because("it was not meant").hint("nothing was asked of AWS"))
}
