//! `resold opportunity`.

use std::path::PathBuf;

use clap::Subcommand;
use deal::item::{FindingItem, Offer, Opportunity};
use deal::key::KeyKind;
use deal::stream::{StreamId, StreamKind};
use marketplace::ids::{AccountId, OpportunityId};
use serde::Serialize;

use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::listing::{Faceted, Facets, ListArgs, Listed, list};
use crate::page::{Page, cell, cells, money};
use crate::reader::{History, Known, RELATED, Reader, findings};

mod change;
mod clone;
mod create;
mod diff;
mod driver;
mod passing;
mod request;
mod sync;
mod terms;
mod wholesale;
mod wished;

/// Commands on opportunities.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Import what `aws marketplace-catalog describe-entity` or `batch-describe-entities` prints
    #[command(after_help = "\
Signed URLs lose their query string and the agreement token is dropped before anything is kept.

Examples:
  aws marketplace-catalog describe-entity --catalog AWSMarketplace --entity-id resaleauthz-1234 > authorization.json
  resold opportunity import authorization.json")]
    Import {
        /// Files, folders, or `-` for standard input
        #[arg(required = true, value_name = "PATH")]
        files: Vec<PathBuf>,
    },
    /// Authorize a partner: create an opportunity at AWS; or look at what it would be
    #[command(after_help = "\
Every rule that can be told without AWS is checked first, and every problem is told at once (exit
code 2). What only AWS knows of a product (its dimensions, whether it is SaaS) is not. Warnings come
on standard error.

What is wished is recorded before AWS is asked. The same command twice is the same request, and no
crash makes a second opportunity: `opportunity request resume` and a worker go on where it was left.
Exit code 1 if AWS refused it, or it is not done after --wait seconds; what AWS says is shown. A
request that failed is corrected with --again: a draft that it left behind is completed then. With
--effective no time passes while it waits.

With --dry-run the change set goes to standard output as AWS's own tool takes it, whatever --format
says, and nothing is recorded or sent.

Credentials are found as AWS's own programs find them; they need aws-marketplace:StartChangeSet,
DescribeChangeSet, ListChangeSets, ListEntities and DescribeEntity.
AWS_ENDPOINT_URL_MARKETPLACE_CATALOG leads elsewhere, for instance to `resold offline-aws`.

Prices that are not stated are taken from what the partner was authorized with for this product (`resold
partner authorize`), and named on standard error; a stated price always counts. A price that undercuts
what another partner pays for the same, by its terms or by an active opportunity, is a margin conflict:
a warning. For that every opportunity of the ledger is read. Without a ledger nothing is taken or compared.

Examples:
  resold opportunity create --example > acme.toml
  resold opportunity create --file acme.toml --dry-run
  resold opportunity create --file acme.toml --why 'renewal of Acme'
  resold opportunity create --file acme.toml --publish --why 'renewal of Acme' --wait 0
  resold opportunity create --file acme.toml --again req-9k2m4x7c1v5bn --why 'the right partner'
  resold opportunity create --name 'Acme by the seat' --product prod-k3x9examplesaas \\
      --partner 222233334444 --unit-price P12M:seats=480 --eula standard --dry-run > changes.json
  aws marketplace-catalog start-change-set --catalog AWSMarketplace --change-set file://changes.json")]
    Create(Box<create::CreateArgs>),
    /// Make a draft visible to its partner, for good: AWS changes nothing of it afterwards
    #[command(after_help = "\
Recorded and carried out as by `opportunity create`. What the ledger knows not to be a draft is not
sent.

Examples:
  resold opportunity publish resaleauthz-7hq2x9abcd1ef --why 'signed by Northwind'")]
    Publish(change::PublishArgs),
    /// Let no more offers be made from an opportunity, for good; those that there are stay
    #[command(after_help = "\
Asks on a terminal whether it is meant, unless --yes. What the ledger knows to be a draft, restricted
or expired is not sent: AWS refuses it.

Examples:
  resold opportunity restrict resaleauthz-7hq2x9abcd1ef --yes --why 'the partner left'")]
    Restrict(change::RestrictArgs),
    /// Create the like of an opportunity, changed by flags or a file: what was published cannot be changed
    #[command(after_help = "\
Begins with the terms that AWS described last. Documents of your own are not carried over, since AWS
answers with the address of its copy: say --eula. Both opportunities name each other in the ledger.

Examples:
  resold opportunity clone resaleauthz-7hq2x9abcd1ef --offers-until 2027-06-30 --publish \\
      --restrict-original --why 'more time for Acme'
  resold opportunity clone resaleauthz-7hq2x9abcd1ef --file changes.toml --why 'another price'")]
    Clone(Box<clone::CloneArgs>),
    /// Compare an opportunity as it was requested, or is recorded, with what AWS has now
    #[command(after_help = "\
One that was not made from here is compared as the ledger has it. Exit code 1 if they differ.

Examples:
  resold opportunity diff resaleauthz-7hq2x9abcd1ef
  resold opportunity diff resaleauthz-7hq2x9abcd1ef --format json")]
    Diff {
        /// The opportunity (resale authorization)
        #[arg(value_parser = crate::listing::opportunity)]
        id: OpportunityId,
    },
    /// What was asked of AWS: what runs, failed or waits, and what AWS says
    #[command(alias = "requests")]
    Request {
        #[command(subcommand)]
        command: request::Command,
    },
    /// Bring the opportunities in step with AWS: those that were made or changed in its console, too
    #[command(after_help = "\
Asks AWS's Catalog API for the list of your resale authorizations, reads those whole that the ledger
does not know as the list has them, and records what is new; what the ledger knows already is
recorded once. It changes nothing at AWS. Signed URLs and agreement tokens are dropped as by `import`.

Credentials are found as AWS's own programs find them; they need aws-marketplace:ListEntities and
aws-marketplace:DescribeEntity. AWS_ENDPOINT_URL_MARKETPLACE_CATALOG leads elsewhere, for instance
to `resold offline-aws`. Exit code 1 if one could not be read, or a finding was opened.

Examples:
  resold opportunity sync
  resold opportunity sync --changed-after 2026-11-01T00:00:00Z --format json")]
    Sync(sync::SyncArgs),
    /// List opportunities, in the order of their ids
    #[command(after_help = "\
Statuses: unknown (known only by id), draft, active, expired, restricted.

Examples:
  resold opportunity list --status active --partner 222233334444
  resold opportunity list --format json")]
    List(ListArgs),
    /// Show an opportunity with all its terms, and the offers that use it
    #[command(after_help = "Examples:\n  resold opportunity show resaleauthz-happyjioo4641")]
    Show {
        /// The opportunity (resale authorization)
        #[arg(value_parser = crate::listing::opportunity)]
        id: OpportunityId,
    },
}

const STATUSES: [&str; 5] = ["unknown", "draft", "active", "expired", "restricted"];

impl Faceted for Opportunity {
    fn facets(&self) -> Facets<'_> {
        Facets {
            deal_type: self.deal_type,
            status: &self.status,
            basis: None,
            opportunity: Some(&self.id),
            partner: self.partner.as_ref(),
            products: &self.products,
            buyers: &self.buyers,
        }
    }
}

impl Listed for Opportunity {
    fn id(&self) -> String {
        self.id.to_string()
    }
    const COLUMNS: &'static [&'static str] =
        &["id", "type", "status", "partner", "product", "buyers", "wholesale", "ends", "name"];
    fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.deal_type.word().to_owned(),
            self.status.clone(),
            cell(self.partner.as_ref()),
            cell(self.product.as_ref()),
            cells(&self.buyers, "any"),
            money(self.wholesale.as_ref(), self.currency.as_ref()),
            cell(self.end_date.as_ref()),
            cell(self.name.as_ref()),
        ]
    }
}

/// An opportunity as shown.
#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    item: Opportunity,
    offers: Vec<Offer>,
    findings: Vec<FindingItem>,
    history: History,
}

/// Carries out a command.
pub async fn run(context: &mut Context<'_>, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Import { files } => crate::replay::import(context, &files).await,
        Command::Create(args) => create::run(context, *args).await,
        Command::Publish(args) => change::publish(context, args).await,
        Command::Restrict(args) => change::restrict(context, args).await,
        Command::Clone(args) => clone::run(context, *args).await,
        Command::Diff { id } => diff::run(context, &id).await,
        Command::Request { command } => request::run(context, command).await,
        Command::Sync(args) => sync::run(context, args).await,
        Command::List(args) => {
            let statuses = &STATUSES;
            let items =
                async |reader: &mut Reader, streams: &[Known]| Ok(reader.opportunities(streams));
            list(context, &args, StreamKind::Opportunity, statuses, items).await
        }
        Command::Show { id } => show(context, &id).await,
    }
}

async fn show(context: &mut Context<'_>, id: &OpportunityId) -> Result<Exit, Failure> {
    let mut reader = context.reader().await?;
    let known = reader.state(&StreamId::opportunity(id)).await?;
    let found = known.and_then(|known| reader.opportunity(&known).map(|item| (known, item)));
    let Some((known, item)) = found else {
        return Err(Failure::new(format!("there is no opportunity `{id}` in the ledger")).hint(
            "`resold opportunity list` prints them; `resold opportunity import` brings them in",
        ));
    };
    let key = (KeyKind::Opportunity, id.to_string());
    let offers = reader.with_key(StreamKind::Offer, key, RELATED).await?;
    let offers = reader.offers(&offers).await?;
    let shown = Shown { item, offers, findings: findings([&known]), history: known.history() };
    context.output.show(&shown, page)?;
    Ok(Exit::needs_you_if(!shown.findings.is_empty()))
}

fn page(shown: &Shown) -> Page {
    let item = &shown.item;
    let mut page = Page::new("Opportunity", item.id.as_str());
    page.field("status", item.status.clone())
        .field("type", format!("{} ({})", item.deal_type.word(), item.direction.word()))
        .some("name", item.name.as_ref())
        .some("description", item.description.as_ref())
        .field("partner", named(item.partner.as_ref(), item.partner_name.as_ref()))
        .some("partner role", item.partner_role.as_ref())
        .some("manufacturer", item.manufacturer.as_ref())
        .field("product", cells(&item.products, "-"))
        .some("product title", item.product_title.as_ref())
        .field("buyers", cells(&item.buyers, "any"))
        .field("offers until", item.end_date.clone().unwrap_or_else(|| "no end".to_owned()))
        .field("quantity", item.quantity.map_or("any number".to_owned(), |max| max.to_string()))
        .field("renewal", renewal(item))
        .field("wholesale", money(item.wholesale.as_ref(), item.currency.as_ref()))
        .known("created", item.created_at.as_ref())
        .known("changed", item.modified_at.as_ref())
        .some("restricted", item.restricted_at.as_ref());
    let links = [
        ("requested by", words(&item.requested_by)),
        ("cloned from", words(&item.cloned_from)),
        ("cloned to", words(&item.cloned_to)),
    ];
    for (label, ids) in links {
        page.some(label, ids.as_ref());
    }
    terms::add(&mut page, item);
    crate::offer::section(&mut page, "Offers that use it", &shown.offers);
    crate::findings::section(&mut page, &shown.findings);
    page
}

/// Ids, if there are any.
fn words<T: std::fmt::Display>(ids: &[T]) -> Option<String> {
    (!ids.is_empty()).then(|| cells(ids, "-"))
}

/// A section of opportunities.
pub fn section(page: &mut Page, items: &[Opportunity]) {
    let rows = items.iter().map(|opportunity| {
        vec![
            opportunity.id.to_string(),
            opportunity.status.clone(),
            named(opportunity.partner.as_ref(), opportunity.partner_name.as_ref()),
            cells(&opportunity.buyers, "any"),
            money(opportunity.wholesale.as_ref(), opportunity.currency.as_ref()),
            cell(opportunity.end_date.as_ref()),
        ]
    });
    let columns = ["id", "status", "partner", "buyers", "wholesale", "until"];
    page.section("Opportunities", columns, rows.collect());
}

/// An account with its name.
pub fn named(account: Option<&AccountId>, name: Option<&String>) -> String {
    match (account, name) {
        (Some(account), Some(name)) => format!("{account} {name}"),
        (account, _) => cell(account),
    }
}

fn renewal(item: &Opportunity) -> String {
    let Some(before) = item.renewal_of.as_ref().filter(|_| item.renewal) else {
        return "no".to_owned();
    };
    let parts = [before.channel.as_ref(), before.pricing_model.as_ref()];
    let parts: Vec<_> = parts.into_iter().flatten().cloned().collect();
    format!("yes, bought before: {}", cells(&parts, "not told how"))
}
