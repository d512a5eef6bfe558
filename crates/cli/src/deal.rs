//! `resold deal`.

use clap::Subcommand;
use deal::correlate::Basis;
use deal::item::{Deal, OfferStatus};
use deal::stream::{StreamId, StreamKind};

use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::listing::{Faceted, Facets, ListArgs, Listed, Step, check_status, collect, print};
use crate::page::{cell, money};
use crate::reader::Reader;

pub mod around;
mod show;
pub mod timeline;

/// Commands on deals.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List deals: agreements, then offers that nobody accepted yet, each in the order of their ids
    #[command(after_help = "\
Statuses: unknown, scheduled, active, ending, ended of agreements; unknown, open, expired of offers.

The wholesale value is the sum of the opportunity's schedule: what the partner owes you. Its markup is not yours to know.

Examples:
  resold deal list
  resold deal list --type CPPO --partner 222233334444 --format json")]
    List(ListArgs),
    /// Show the deals that an id belongs to: what they consist of, and when we learned what from which notification
    #[command(after_help = "\
An id is that of an opportunity, offer, offer set, agreement (an entitlement has the same), license (`l-...` or its
ARN), cancellation request, billing adjustment or finding; a notification's digest (12 digits or more); or the id that
EventBridge gave it.

Examples:
  resold deal show agmt-happyg0t2esidvalogd72qnix
  resold deal show resaleauthz-happyjioo4641 --format json")]
    Show {
        /// Any id that appears in a deal
        #[arg(value_name = "ANY-ID")]
        id: String,
    },
}

impl Faceted for Deal {
    fn facets(&self) -> Facets<'_> {
        Facets {
            deal_type: self.deal_type,
            status: self.status,
            basis: self.basis,
            opportunity: self.opportunity.as_ref(),
            partner: self.partner.as_ref(),
            products: self.product.as_slice(),
            buyers: self.buyer.as_slice(),
        }
    }
}

impl Listed for Deal {
    fn id(&self) -> String {
        self.id.clone()
    }
    const COLUMNS: &'static [&'static str] =
        &["id", "type", "status", "basis", "opportunity", "partner", "buyer", "wholesale"];
    fn cells(&self) -> Vec<String> {
        vec![
            self.id.clone(),
            self.deal_type.word().to_owned(),
            self.status.to_owned(),
            self.basis.map_or("-", Basis::word).to_owned(),
            cell(self.opportunity.as_ref()),
            cell(self.partner.as_ref()),
            cell(self.buyer.as_ref()),
            money(self.wholesale.as_ref(), self.currency.as_ref()),
        ]
    }
}

/// Statuses of agreements, and of offers that nobody accepted yet.
const STATUSES: [&str; 7] =
    ["unknown", "scheduled", "active", "ending", "ended", "open", "expired"];

/// Carries out a command.
pub async fn run(context: &mut Context<'_>, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::List(args) => list(context, &args).await,
        Command::Show { id } => show::run(context, id.trim()).await,
    }
}

async fn list(context: &mut Context<'_>, args: &ListArgs) -> Result<Exit, Failure> {
    check_status(&args.status, &STATUSES)?;
    let mut reader = context.reader().await?;
    let after = after(&mut reader, args).await?;
    let listing = collect(
        &args.page,
        after,
        |item| args.keeps(item),
        async |after, limit| {
            let accepted = after.is_none_or(|id| id.kind() == StreamKind::Agreement);
            let agreements = if accepted {
                reader.walk(&args.source(StreamKind::Agreement), after, limit).await?
            } else {
                Vec::new()
            };
            if !agreements.is_empty() {
                let items = reader.agreements(&agreements);
                return Ok(Step::over(&agreements, reader.deals_of_agreements(&items).await?));
            }
            let after = after.filter(|_| !accepted);
            let offers = reader.walk(&args.source(StreamKind::Offer), after, limit).await?;
            let mut items = reader.offers(&offers).await?;
            items.retain(|offer| offer.status != OfferStatus::Accepted);
            Ok(Step::over(&offers, reader.deals_of_offers(&items).await?))
        },
    )
    .await?;
    print(context.output, &listing)?;
    Ok(Exit::Done)
}

/// The stream that the cursor names: an agreement, or else an offer.
async fn after(reader: &mut Reader, args: &ListArgs) -> Result<Option<StreamId>, Failure> {
    let agreement = args.page.after(StreamKind::Agreement)?;
    if let Some(id) = &agreement
        && reader.state(id).await?.is_none()
    {
        return args.page.after(StreamKind::Offer);
    }
    Ok(agreement)
}
