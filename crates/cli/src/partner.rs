//! `resold partner`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use deal::facts::PartnerFacts;
use deal::item::{Agreement, FindingItem, Offer, Opportunity, Partner, Tally};
use deal::key::KeyKind;
use deal::stream::{StreamId, StreamKind};
use marketplace::ids::{AccountId, ProductName};
use serde::Serialize;

use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::listing::{Listed, PageArgs, Step, TypeWord, check_status, collect, print};
use crate::page::{Page, cells};
use crate::reader::{History, Known, RELATED, Reader, STEP, Source, findings};

mod authorize;
mod authorized;
mod playbook;

/// Commands on partners.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List partners, in the order of their accounts, with counts and wholesale value
    #[command(after_help = "\
Type CPPO is a partner that resells your product; PRIVATE is an account of your own that sells directly, which has no
wholesale value. The wholesale value is the sum of the schedules of the opportunities of a partner's agreements, for
each currency: what it owes you. Its markup is not yours to know.

Every opportunity, offer and agreement of the listed partners is read, 200 at a time: a page costs as much as the deals
that it adds up. --limit makes it cheaper.

Statuses: active (an active opportunity, or a live entitlement), inactive.

Examples:
  resold partner list
  resold partner list --type CPPO --status active --format json")]
    List(PartnersArgs),
    /// Show a partner: what it may sell, its opportunities, offers, agreements, findings and the names of its products
    #[command(after_help = "Examples:\n  resold partner show 222233334444")]
    Show {
        /// The partner's account
        #[arg(value_name = "ACCOUNT", value_parser = crate::listing::account)]
        id: AccountId,
    },
    /// Record which product a partner may sell, and what it owes you for it
    #[command(after_help = "\
It changes nothing at AWS: `opportunity create` starts from these terms, and warns when another partner's
opportunity undercuts them. They are prices, or a discount from list prices that stand beside it; or none, and
each opportunity states its own. Said again, the latest word on a product counts. --end ends it; opportunities
that were granted before stay what they are (`resold opportunity restrict`).

Examples:
  resold partner authorize --example > northwind.toml
  resold partner authorize 222233334444 --file northwind.toml --why 'the contract of November'
  resold partner authorize 222233334444 --product prod-k3x9examplesaas --discount 20% \\
      --list-unit-price P12M:seats=600 --list-usage-price gb_stored=0.00025 --why 'the contract of November'
  resold partner authorize 222233334444 --product prod-k3x9examplesaas \\
      --unit-price P12M:seats=480 --why 'agreed in the call of 3 December'
  resold partner authorize 222233334444 --product prod-k3x9examplesaas --end --why 'the contract ended'")]
    Authorize(Box<authorize::AuthorizeArgs>),
    /// Write the page to send to a partner: what it may offer, and how it makes the offer
    #[command(after_help = "\
Markdown (or JSON), from the ledger: each opportunity from which the partner can make an offer now, with its terms;
the steps in AWS's console; what happens next. Nothing else gets into it: not who did something and why, no findings,
no other partner, no list price, discount or name of your own for the partner, no description.

Examples:
  resold partner playbook 222233334444
  resold partner playbook 222233334444 --output northwind.md
  resold --as-of 2026-12-01 partner playbook 222233334444")]
    Playbook {
        /// The partner's account
        #[arg(value_name = "ACCOUNT", value_parser = crate::listing::account)]
        id: AccountId,
        /// Write it to this file, which must not be there yet
        #[arg(long, visible_alias = "out", value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// Which partners are asked for.
#[derive(Debug, Args)]
pub struct PartnersArgs {
    /// Only this type of sale
    #[arg(long = "type", value_name = "TYPE", ignore_case = true)]
    deal_type: Option<TypeWord>,
    /// Only this status; several: repeat it, or separate them by commas
    #[arg(long, value_name = "STATUS", value_delimiter = ',')]
    status: Vec<String>,
    #[command(flatten)]
    page: PageArgs,
}

impl Listed for Partner {
    fn id(&self) -> String {
        self.id.to_string()
    }
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "type",
        "status",
        "opportunities",
        "offers",
        "agreements",
        "live",
        "wholesale",
        "authorized",
        "name",
    ];
    fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.deal_type.word().to_owned(),
            self.status.to_owned(),
            format!("{} ({} active)", self.opportunities, self.active_opportunities),
            self.offers.to_string(),
            self.agreements.to_string(),
            self.live_entitlements.to_string(),
            wholesale(self),
            authorized::products(self),
            authorized::names(self),
        ]
    }
}

/// The sums, and how many agreements they leave out.
fn wholesale(item: &Partner) -> String {
    let sums = item.wholesale.iter().map(|sum| format!("{} {}", sum.amount, sum.currency));
    let sums = cells(&sums.collect::<Vec<_>>(), "-");
    match item.agreements_without_wholesale {
        0 => sums,
        left_out => format!("{sums} ({left_out} unknown)"),
    }
}

/// A partner as shown.
#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    item: Partner,
    /// Names of one product stand together.
    products: BTreeSet<Vec<ProductName>>,
    all_opportunities: Vec<Opportunity>,
    all_offers: Vec<Offer>,
    all_agreements: Vec<Agreement>,
    findings: Vec<FindingItem>,
    /// There are more than are shown.
    truncated: bool,
    history: History,
}

/// Carries out a command.
pub async fn run(context: &mut Context<'_>, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::List(args) => list(context, &args).await,
        Command::Show { id } => show(context, &id).await,
        Command::Authorize(args) => authorize::run(context, *args).await,
        Command::Playbook { id, output } => playbook::run(context, &id, output.as_deref()).await,
    }
}

async fn list(context: &mut Context<'_>, args: &PartnersArgs) -> Result<Exit, Failure> {
    check_status(&args.status, &["active", "inactive"])?;
    let after = args.page.after(StreamKind::Partner)?;
    let source = Source { kind: StreamKind::Partner, key: None };
    let keeps = |item: &Partner| {
        args.deal_type.is_none_or(|word| item.deal_type == word.into())
            && (args.status.is_empty() || args.status.iter().any(|word| word == item.status))
    };
    let mut reader = context.reader().await?;
    // No more partners than the page needs: each one costs as much as its deals.
    let most = args.page.limit.saturating_add(1);
    let listing = collect(&args.page, after, keeps, async |after, limit| {
        let streams = reader.walk(&source, after, limit.min(most)).await?;
        let mut items = Vec::new();
        for known in &streams {
            items.extend(partner(&mut reader, known).await?);
        }
        Ok(Step::over(&streams, items))
    })
    .await?;
    print(context.output, &listing)?;
    Ok(Exit::Done)
}

/// A partner, with what all of its streams add up to.
async fn partner(reader: &mut Reader, known: &Known) -> Result<Option<Partner>, Failure> {
    let Ok(id) = AccountId::new(known.row.stream.id()) else { return Ok(None) };
    let mut tally = Tally::default();
    for kind in [StreamKind::Agreement, StreamKind::Offer, StreamKind::Opportunity] {
        let source = Source { kind, key: Some((KeyKind::Partner, id.to_string())) };
        let mut after: Option<StreamId> = None;
        loop {
            let streams = reader.walk(&source, after.as_ref(), STEP).await?;
            let Some(last) = streams.last() else { break };
            after = Some(last.row.stream.clone());
            add(reader, &mut tally, &streams).await?;
        }
    }
    Ok(Partner::new(&id, &known.state, tally))
}

/// Adds streams of one kind.
async fn add(reader: &mut Reader, tally: &mut Tally, streams: &[Known]) -> Result<(), Failure> {
    reader.opportunities(streams).iter().for_each(|opportunity| tally.opportunity(opportunity));
    let offers = streams.iter().filter(|known| known.state.offer().is_some());
    offers.for_each(|_| tally.offer());
    let agreements = reader.agreements(streams);
    let deals = reader.deals_of_agreements(&agreements).await?;
    agreements.iter().zip(&deals).for_each(|(agreement, deal)| tally.agreement(agreement, deal));
    Ok(())
}

async fn show(context: &mut Context<'_>, id: &AccountId) -> Result<Exit, Failure> {
    let mut reader = context.reader().await?;
    let known = reader.state(&StreamId::partner(id)).await?;
    let missing = || {
        Failure::new(format!("there is no partner `{id}` in the ledger"))
            .hint("`resold partner list` prints them")
    };
    let known = known.ok_or_else(missing)?;
    let item = partner(&mut reader, &known).await?.ok_or_else(missing)?;
    let mut streams = vec![known.clone()];
    let mut truncated = false;
    for kind in [StreamKind::Opportunity, StreamKind::Offer, StreamKind::Agreement] {
        let key = (KeyKind::Partner, id.to_string());
        let mut found = reader.with_key(kind, key, RELATED.saturating_add(1)).await?;
        truncated |= found.len() > RELATED as usize;
        found.truncate(RELATED as usize);
        streams.extend(found);
    }
    let offers: Vec<_> =
        streams.iter().filter(|known| known.state.offer().is_some()).cloned().collect();
    let all_offers = reader.offers(&offers).await?;
    let shown = Shown {
        item,
        products: known.state.partner().map(PartnerFacts::products).unwrap_or_default(),
        all_opportunities: reader.opportunities(&streams),
        all_offers,
        all_agreements: reader.agreements(&streams),
        findings: findings(&streams),
        truncated,
        history: known.history(),
    };
    context.output.show(&shown, page)?;
    if truncated && !context.output.is_json() {
        context.output.note(&format!(
            "Not everything is shown: the first {RELATED} of each; `resold deal list --partner {id}` goes on."
        ));
    }
    Ok(Exit::needs_you_if(!shown.findings.is_empty()))
}

fn page(shown: &Shown) -> Page {
    let item = &shown.item;
    let mut page = Page::new("Partner", item.id.as_str());
    page.field("status", item.status)
        .field("type", item.deal_type.word())
        .known("name", item.name.as_ref())
        .some("called", item.called.as_ref())
        .field(
            "opportunities",
            format!("{} ({} active)", item.opportunities, item.active_opportunities),
        )
        .field("offers", item.offers.to_string())
        .field("agreements", format!("{} ({} live)", item.agreements, item.live_entitlements))
        .field("wholesale", wholesale(item));
    for names in &shown.products {
        page.field("one product", cells(names, "-"));
    }
    authorized::sections(&mut page, &item.authorized);
    crate::opportunity::section(&mut page, &shown.all_opportunities);
    crate::offer::section(&mut page, "Offers", &shown.all_offers);
    crate::agreement::section(&mut page, &shown.all_agreements);
    crate::findings::section(&mut page, &shown.findings);
    page
}
