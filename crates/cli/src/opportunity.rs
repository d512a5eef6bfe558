//! `resold opportunity`.

use std::path::PathBuf;

use clap::Subcommand;
use deal::correlate::Basis;
use deal::entitlement::DealType;
use deal::item::{FindingItem, Offer, Opportunity};
use deal::key::KeyKind;
use deal::stream::{StreamId, StreamKind};
use marketplace::ids::{AccountId, OpportunityId, ProductName};
use serde::Serialize;

use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::listing::{ListArgs, Listed, Step, collect, print};
use crate::page::{Page, cell, cells, money};
use crate::reader::{History, RELATED, findings};

mod terms;

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
        /// Files, or `-` for standard input
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
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

impl Listed for Opportunity {
    fn id(&self) -> String {
        self.id.to_string()
    }
    fn deal_type(&self) -> DealType {
        self.deal_type
    }
    fn status(&self) -> String {
        self.status.clone()
    }
    fn basis(&self) -> Option<Basis> {
        None
    }
    fn opportunity(&self) -> Option<&OpportunityId> {
        Some(&self.id)
    }
    fn partner(&self) -> Option<&AccountId> {
        self.partner.as_ref()
    }
    fn products(&self) -> Vec<&ProductName> {
        self.products.iter().collect()
    }
    fn buyers(&self) -> Vec<&AccountId> {
        self.buyers.iter().collect()
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
        Command::List(args) => list(context, &args).await,
        Command::Show { id } => show(context, &id).await,
    }
}

async fn list(context: &mut Context<'_>, args: &ListArgs) -> Result<Exit, Failure> {
    args.check_status(&STATUSES)?;
    let source = args.source(StreamKind::Opportunity);
    let after = args.page.after(StreamKind::Opportunity)?;
    let mut reader = context.reader().await?;
    let listing = collect(args, after, async |after, limit| {
        let streams = reader.walk(&source, after, limit).await?;
        Ok(Step::over(&streams, reader.opportunities(&streams)))
    })
    .await?;
    print(context.output, &listing)?;
    Ok(Exit::Done)
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
    let needs_you = !shown.findings.is_empty();
    if context.output.is_json() {
        context.output.json(&shown)?;
    } else {
        context.output.lines(page(&shown).finish())?;
    }
    Ok(Exit::needs_you_if(needs_you))
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
    terms::add(&mut page, item);
    let columns = ["id", "status", "basis", "buyers", "released", "expires"];
    let rows = shown.offers.iter().map(|offer| {
        vec![
            offer.id.to_string(),
            offer.status.word().to_owned(),
            offer.basis.map_or("-", Basis::word).to_owned(),
            cells(&offer.buyers, "-"),
            cell(offer.released_at.as_ref()),
            cell(offer.expires_at.as_ref()),
        ]
    });
    page.section("Offers that use it", columns, rows.collect());
    crate::findings::section(&mut page, &shown.findings);
    page
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
