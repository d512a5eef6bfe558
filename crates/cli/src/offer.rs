//! `resold offer`.

use clap::Subcommand;
use deal::correlate::Basis;
use deal::entitlement::DealType;
use deal::item::{Agreement, FindingItem, Offer, OfferStatus};
use deal::key::KeyKind;
use deal::stream::{StreamId, StreamKind};
use marketplace::ids::{AccountId, OfferId, OpportunityId, ProductName};
use serde::Serialize;

use crate::args::Person;
use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::listing::{ListArgs, Listed, Step, collect, print};
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
    #[command(after_help = "Examples:\n  resold offer show offer-happyd6pxpzg")]
    Show {
        /// The offer
        #[arg(value_parser = offer)]
        id: OfferId,
    },
    /// Explain an offer's link: each candidate against each rule, with the two values compared
    #[command(after_help = "Examples:\n  resold offer explain offer-happyd6pxpzg")]
    Explain {
        /// The offer
        #[arg(value_parser = offer)]
        id: OfferId,
    },
    /// Link an offer to its opportunity; an agreement overrules it
    #[command(after_help = "\
Examples:
  resold offer link offer-1 resaleauthz-1 --why 'the partner told us in the call of 3 December'")]
    Link(Decision),
    /// Say that an offer did not come from an opportunity
    #[command(after_help = "\
Examples:
  resold offer unlink offer-1 resaleauthz-2 --why 'another region'")]
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

impl Listed for Offer {
    fn id(&self) -> String {
        self.id.to_string()
    }
    fn deal_type(&self) -> DealType {
        self.deal_type
    }
    fn status(&self) -> String {
        self.status.word().to_owned()
    }
    fn basis(&self) -> Option<Basis> {
        self.basis
    }
    fn opportunity(&self) -> Option<&OpportunityId> {
        self.opportunity.as_ref()
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
        Command::List(args) => list(context, &args).await,
        Command::Show { id } => show(context, &id).await,
        Command::Explain { id } => explain::run(context, &id).await,
        Command::Link(decision) => decide(context, &decision, true).await,
        Command::Unlink(decision) => decide(context, &decision, false).await,
    }
}

async fn list(context: &mut Context<'_>, args: &ListArgs) -> Result<Exit, Failure> {
    args.check_status(&OfferStatus::ALL.map(OfferStatus::word))?;
    let source = args.source(StreamKind::Offer);
    let after = args.page.after(StreamKind::Offer)?;
    let mut reader = context.reader().await?;
    let listing = collect(args, after, async |after, limit| {
        let streams = reader.walk(&source, after, limit).await?;
        let offers = reader.offers(&streams).await?;
        Ok(Step::over(&streams, offers))
    })
    .await?;
    print(context.output, &listing)?;
    Ok(Exit::Done)
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
    let agreements = shown.agreements.iter().map(|agreement| {
        vec![
            agreement.id.to_string(),
            agreement.status.word().to_owned(),
            cell(agreement.buyer.as_ref()),
            cell(agreement.accepted_at.as_ref()),
        ]
    });
    page.section("Agreements", ["id", "status", "buyer", "accepted"], agreements.collect());
    crate::findings::section(&mut page, &shown.findings);
    page
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
