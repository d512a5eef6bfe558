//! `resold init`: a ledger is made, and on a server the role that processes notifications is given its rights.

use clap::Args;
use ledger_postgres::{Role, grants, roles};

use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Line;

/// How to make a ledger.
#[derive(Debug, Args)]
#[command(after_help = "\
On a server two roles keep the log from being rewritten: the owner makes the tables, and runs `init`
again after an upgrade; the runtime role, as which everything else runs, reads and adds events,
notifications, deliveries and outcomes, and can change or remove none.

Examples:
  resold init
  resold init --ledger sqlite:deals.db
  resold init --runtime-role resold_app --print-grants --ledger postgres://db.example.com/resold
  resold init --runtime-role resold_app --ledger postgres://resold_owner@db.example.com/resold")]
pub struct InitArgs {
    /// Give this role of the server what it needs at run time, and say what it may do beyond that
    #[arg(long, value_name = "ROLE", value_parser = role)]
    runtime_role: Option<Role>,
    /// Print the SQL that makes both roles and gives them their rights, for a database administrator; do nothing else
    #[arg(long, requires = "runtime_role")]
    print_grants: bool,
    /// The role that owns the tables, in what --print-grants prints
    #[arg(long, value_name = "ROLE", value_parser = role, default_value = "resold_owner", requires = "print_grants")]
    owner_role: Role,
}

fn role(text: &str) -> Result<Role, String> {
    Role::new(text).map_err(|error| error.to_string())
}

/// Makes a ledger.
pub async fn run(context: &mut Context<'_>, args: &InitArgs) -> Result<Exit, Failure> {
    let place = &context.global.ledger;
    if args.runtime_role.is_some() && !place.is_server() {
        let attempt = format!("could not set up roles for the ledger {}", place.describe());
        return Err(Failure::new(attempt)
            .because("a file has no roles: who may write it may rewrite it")
            .hint("name a server with --ledger postgres://..., or keep anchors of `resold ledger checkpoint` elsewhere"));
    }
    if let Some(runtime) = args.runtime_role.as_ref().filter(|_| args.print_grants) {
        return print_grants(context, &args.owner_role, runtime);
    }
    let store = place.init().await?;
    let excess = match &args.runtime_role {
        Some(role) => place.grant(role).await?,
        None => Vec::new(),
    };
    let place = store.describe();
    let beyond = excess.iter().map(|excess| format!("{} {}", excess.rights, excess.table));
    let beyond: Vec<String> = beyond.collect();
    let role = args.runtime_role.as_ref().map(Role::as_str);
    if context.output.is_json() {
        let done = match role {
            Some(role) => {
                serde_json::json!({ "ledger": place, "runtime_role": role, "beyond": beyond })
            }
            None => serde_json::json!({ "ledger": place }),
        };
        context.output.json(&done)?;
    } else {
        context.output.note(&format!("The ledger is ready: {place}"));
        if let Some(role) = role {
            context.output.note(&format!("The role `{role}` has what it needs at run time."));
        }
    }
    if let Some(role) = role.filter(|_| !beyond.is_empty()) {
        let beyond = beyond.join("; ");
        context.output.warn(&format!(
            "the role `{role}` may rewrite the log, by other grants, as its owner or as a superuser: {beyond}"
        ));
    }
    Ok(Exit::needs_you_if(!beyond.is_empty()))
}

fn print_grants(context: &mut Context<'_>, owner: &Role, runtime: &Role) -> Result<Exit, Failure> {
    let (made, granted) = (roles(owner, runtime), grants(runtime));
    if context.output.is_json() {
        let sql = serde_json::json!({ "administrator": made, "owner": granted });
        context.output.json(&sql)?;
        return Ok(Exit::Done);
    }
    let heading = |text: String| Line::Heading(format!("-- {text}"));
    let statement = |text: String| Line::Text(format!("{text};"));
    let mut lines =
        vec![heading("1. In the ledger's database, as somebody who may make roles:".into())];
    lines.extend(made.into_iter().map(statement));
    lines.push(heading(format!("2. `resold init` as {owner} makes the tables.")));
    lines.push(heading(format!(
        "3. As {owner}; `resold init --runtime-role {runtime}` does the same:"
    )));
    lines.extend(granted.into_iter().map(statement));
    context.output.lines(lines)?;
    Ok(Exit::Done)
}
