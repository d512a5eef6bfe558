//! `resold offer`.

use clap::Subcommand;
use deal::correlate::Basis;
use deal::item::{Agreement, FindingItem, Offer, OfferStatus};
use deal::key::KeyKind;
use deal::stream::{StreamId, StreamKind};
use marketplace::ids::{OfferId, OpportunityId};
use serde::Serialize;

use crate::args::Person;
use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::listing::{Faceted, Facets, ListArgs, Listed, list};
use crate::page::{Page, cell, cells};
use crate::place::Access;
use crate::reader::{History, Known, RELATED, Reader, findings};

mod explain;

/// Commands on offers.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List offers, in the order of their ids
    #[command(after_help = "\
Statuses: unknown (its release is not known), open, expired, accepted.

Examples:
  resold offer list --basis ambiguous,unmatched
  resold offer list --partner 222233334444 --status open --format json")]
    List(ListArgs),
    /// Show an offer, its link, and the agreements from it
    #[command(after_help = "Examples:\n  resold offer show offer-happyat9bsd4v")]
    Show {
        /// The offer
        #[arg(value_parser = offer)]
        id: OfferId,
    },
    /// Explain an offer's link: each candidate against each rule, with the two values compared
    #[command(after_help = "Examples:\n  resold offer explain offer-happyat9bsd4v")]
    Explain {
        /// The offer
        #[arg(value_parser = offer)]
        id: OfferId,
    },
    /// Link an offer to its opportunity; an agreement overrules it
    #[command(after_help = "\
Examples:
  resold offer link offer-twouns7c5nt17 resaleauthz-twounsbojs2rf --why 'the partner told us in the call of 3 December'")]
    Link(Decision),
    /// Say that an offer did not come from an opportunity
    #[command(after_help = "\
Examples:
  resold offer unlink offer-twouns7c5nt17 resaleauthz-twounsas3swdz --why 'another region'")]
    Unlink(Decision),
}

/// A person's word on a link.
#[derive(Debug, clap::Args)]
pub struct Decision {
    /// The offer
    #[arg(value_parser = offer)]
    offer: OfferId,
    /// The opportunity (resale authorization)
    #[arg(value_parser = crate::listing::opportunity)]
    opportunity: OpportunityId,
    #[command(flatten)]
    person: Person,
}

fn offer(text: &str) -> Result<OfferId, String> {
    OfferId::new(text).map_err(|error| error.to_string())
}

impl Faceted for Offer {
    fn facets(&self) -> Facets<'_> {
        Facets {
            deal_type: self.deal_type,
            status: self.status.word(),
            basis: self.basis,
            opportunity: self.opportunity.as_ref(),
            partner: self.partner.as_ref(),
            products: &self.products,
            buyers: &self.buyers,
        }
    }
}

impl Listed for Offer {
    fn id(&self) -> String {
        self.id.to_string()
    }
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "type",
        "status",
        "basis",
        "opportunity",
        "partner",
        "product",
        "buyers",
        "released",
        "expires",
    ];
    fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.deal_type.word().to_owned(),
            self.status.word().to_owned(),
            self.basis.map_or("-", Basis::word).to_owned(),
            cell(self.opportunity.as_ref()),
            cell(self.partner.as_ref()),
            cell(self.product.as_ref()),
            cells(&self.buyers, "-"),
            cell(self.released_at.as_ref()),
            cell(self.expires_at.as_ref()),
        ]
    }
}

/// An offer as shown.
#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    item: Offer,
    agreements: Vec<Agreement>,
    findings: Vec<FindingItem>,
    history: History,
}

/// Carries out a command.
pub async fn run(context: &mut Context<'_>, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::List(args) => {
            let statuses = &OfferStatus::ALL.map(OfferStatus::word);
            let items = async |reader: &mut Reader, streams: &[Known]| reader.offers(streams).await;
            list(context, &args, StreamKind::Offer, statuses, items).await
        }
        Command::Show { id } => show(context, &id).await,
        Command::Explain { id } => explain::run(context, &id).await,
        Command::Link(decision) => decide(context, &decision, true).await,
        Command::Unlink(decision) => decide(context, &decision, false).await,
    }
}

/// An offer of the ledger.
async fn find(reader: &mut Reader, id: &OfferId) -> Result<(Known, Offer), Failure> {
    let known = reader.state(&StreamId::offer(id)).await?;
    if let Some(known) = known {
        let offer = reader.offers(std::slice::from_ref(&known)).await?.into_iter().next();
        if let Some(offer) = offer {
            return Ok((known, offer));
        }
    }
    Err(Failure::new(format!("there is no offer `{id}` in the ledger"))
        .hint("`resold offer list` prints them"))
}

async fn show(context: &mut Context<'_>, id: &OfferId) -> Result<Exit, Failure> {
    let mut reader = context.reader().await?;
    let (known, item) = find(&mut reader, id).await?;
    let key = (KeyKind::Offer, id.to_string());
    let agreements = reader.with_key(StreamKind::Agreement, key, RELATED).await?;
    let agreements = reader.agreements(&agreements);
    let shown = Shown { item, agreements, findings: findings([&known]), history: known.history() };
    context.output.show(&shown, page)?;
    Ok(Exit::needs_you_if(!shown.findings.is_empty()))
}

fn page(shown: &Shown) -> Page {
    let item = &shown.item;
    let mut page = Page::new("Offer", item.id.as_str());
    page.field("status", item.status.word())
        .field("type", item.deal_type.word())
        .some("name", item.name.as_ref())
        .field("basis", link_words(item))
        .known("opportunity", item.opportunity.as_ref());
    if item.opportunity.is_none() && !item.candidates.is_empty() {
        page.field("candidates", cells(&item.candidates, "-"));
    }
    page.known("seller", item.seller.as_ref())
        .field("product", cells(&item.products, "-"))
        .some("product title", item.product_title.as_ref())
        .field("buyers", cells(&item.buyers, "-"))
        .some("offer set", item.offer_set.as_ref())
        .known("released", item.released_at.as_ref())
        .known("expires", item.expires_at.as_ref());
    let decisions = item.decisions.iter().map(|decision| {
        let word = if decision.linked { "linked" } else { "excluded" };
        vec![
            decision.opportunity.to_string(),
            word.to_owned(),
            decision.who.clone(),
            decision.why.clone(),
            cell(decision.at.as_ref()),
        ]
    });
    page.section(
        "Decisions",
        ["opportunity", "decision", "who", "why", "when"],
        decisions.collect(),
    );
    crate::agreement::section(&mut page, &shown.agreements);
    crate::findings::section(&mut page, &shown.findings);
    page
}

/// A section of offers.
pub fn section(page: &mut Page, title: &str, items: &[Offer]) {
    let rows = items.iter().map(|offer| {
        vec![
            offer.id.to_string(),
            offer.status.word().to_owned(),
            offer.basis.map_or("-", Basis::word).to_owned(),
            cells(&offer.buyers, "-"),
            cell(offer.released_at.as_ref()),
            cell(offer.expires_at.as_ref()),
        ]
    });
    let columns = ["id", "status", "basis", "buyers", "released", "expires"];
    page.section(title, columns, rows.collect());
}

fn link_words(offer: &Offer) -> String {
    let word = match offer.basis {
        None => return "- (our own sale)".to_owned(),
        Some(basis) => basis.word(),
    };
    let contested = if offer.contested { ", contested by other offers" } else { "" };
    format!("{word}{contested}")
}

async fn decide(
    context: &mut Context<'_>,
    decision: &Decision,
    linked: bool,
) -> Result<Exit, Failure> {
    let (offer, opportunity) = (&decision.offer, &decision.opportunity);
    let who = decision.person.who()?;
    let processor = context.processor(Access::Write, false).await?;
    let why = &decision.person.why;
    processor.decide_link(offer, opportunity, linked, &who, why).await.map_err(|error| {
        let verb = if linked { "link" } else { "unlink" };
        Failure::new(format!("could not {verb} offer `{offer}` and opportunity `{opportunity}`"))
            .because(error)
    })?;
    drop(processor);
    show(context, offer).await
}
