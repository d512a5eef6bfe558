//! `resold agreement`.

use clap::Subcommand;
use deal::correlate::Basis;
use deal::entitlement::DealType;
use deal::item::{Agreement, EntitlementItem, FindingItem};
use deal::stream::{StreamId, StreamKind};
use marketplace::ids::{AccountId, AgreementId, OpportunityId, ProductName};
use serde::Serialize;

use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::listing::{ListArgs, Listed, Step, collect, print};
use crate::page::{Page, cell, cells, money};
use crate::reader::{History, Known, Reader, findings};

/// Commands on agreements.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List agreements, in the order of their ids
    #[command(after_help = "\
Statuses: unknown (its creation is not known), scheduled, active, ending, ended.

Examples:
  resold agreement list --status active,scheduled
  resold agreement list --buyer 555566667777 --format json")]
    List(ListArgs),
    /// Show an agreement with its licenses, cancellation requests and billing adjustments
    #[command(after_help = "Examples:\n  resold agreement show agmt-happyxb1a5ei6vs3c8z5x6")]
    Show {
        /// The agreement
        #[arg(value_parser = agreement)]
        id: AgreementId,
    },
}

pub fn agreement(text: &str) -> Result<AgreementId, String> {
    AgreementId::new(text).map_err(|error| error.to_string())
}

/// Statuses of agreements.
pub const STATUSES: [&str; 5] = ["unknown", "scheduled", "active", "ending", "ended"];

impl Listed for Agreement {
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
        self.buyer.iter().collect()
    }
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "type",
        "status",
        "intent",
        "basis",
        "opportunity",
        "offer",
        "partner",
        "buyer",
        "starts",
        "ends",
    ];
    fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.deal_type.word().to_owned(),
            status_words(self.status.word(), self.reason.as_ref()),
            cell(self.intent.as_ref()),
            self.basis.map_or("-", Basis::word).to_owned(),
            cell(self.opportunity.as_ref()),
            cell(self.offer.as_ref()),
            cell(self.partner.as_ref()),
            cell(self.buyer.as_ref()),
            cell(self.starts_at.as_ref()),
            cell(self.ended_at.as_ref().or(self.ends_at.as_ref())),
        ]
    }
}

/// A status with why it is so.
pub fn status_words(status: &str, reason: Option<&String>) -> String {
    reason.map_or_else(|| status.to_owned(), |reason| format!("{status} ({reason})"))
}

/// An agreement as shown.
#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    item: Agreement,
    entitlement: Option<EntitlementItem>,
    findings: Vec<FindingItem>,
    history: History,
}

/// Carries out a command.
pub async fn run(context: &mut Context<'_>, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::List(args) => list(context, &args).await,
        Command::Show { id } => show(context, &id).await,
    }
}

async fn list(context: &mut Context<'_>, args: &ListArgs) -> Result<Exit, Failure> {
    args.check_status(&STATUSES)?;
    let source = args.source(StreamKind::Agreement);
    let after = args.page.after(StreamKind::Agreement)?;
    let mut reader = context.reader().await?;
    let listing = collect(args, after, async |after, limit| {
        let streams = reader.walk(&source, after, limit).await?;
        Ok(Step::over(&streams, reader.agreements(&streams)))
    })
    .await?;
    print(context.output, &listing)?;
    Ok(Exit::Done)
}

/// An agreement of the ledger.
pub async fn find(reader: &mut Reader, id: &AgreementId) -> Result<(Known, Agreement), Failure> {
    let known = reader.state(&StreamId::agreement(id)).await?;
    if let Some(known) = known {
        let agreement = reader.agreements(std::slice::from_ref(&known)).into_iter().next();
        if let Some(agreement) = agreement {
            return Ok((known, agreement));
        }
    }
    Err(Failure::new(format!("there is no agreement `{id}` in the ledger"))
        .hint("`resold agreement list` prints them; `resold deal show` takes any id"))
}

async fn show(context: &mut Context<'_>, id: &AgreementId) -> Result<Exit, Failure> {
    let mut reader = context.reader().await?;
    let (known, item) = find(&mut reader, id).await?;
    let entitlement = reader.entitlements(std::slice::from_ref(&known)).into_iter().next();
    let findings = findings([&known]);
    let shown = Shown { item, entitlement, findings, history: known.history() };
    let needs_you = !shown.findings.is_empty();
    if context.output.is_json() {
        context.output.json(&shown)?;
    } else {
        let mut page = page(&shown.item);
        crate::findings::section(&mut page, &shown.findings);
        context.output.lines(page.finish())?;
    }
    Ok(Exit::needs_you_if(needs_you))
}

fn page(item: &Agreement) -> Page {
    let mut page = Page::new("Agreement", item.id.as_str());
    page.field("status", status_words(item.status.word(), item.reason.as_ref()))
        .field("type", item.deal_type.word())
        .known("intent", item.intent.as_ref())
        .field("basis", item.basis.map_or("-", Basis::word))
        .known("opportunity", item.opportunity.as_ref())
        .known("offer", item.offer.as_ref())
        .known("seller", item.seller.as_ref())
        .known("buyer", item.buyer.as_ref())
        .field("product", cells(&item.products, "-"))
        .known("accepted", item.accepted_at.as_ref())
        .known("starts", item.starts_at.as_ref())
        .known("ends", item.ends_at.as_ref())
        .some("ended", item.ended_at.as_ref())
        .some("amended", item.amended_at.as_ref())
        .some("renews by itself", item.auto_renew.as_ref())
        .some("follows", item.predecessor.as_ref())
        .some("followed by", item.successor.as_ref())
        .some("ending notice (days)", item.ending_notice_days.as_ref())
        .some("renewal upcoming", item.renewal_upcoming_at.as_ref())
        .some("renewal terms final", item.renewal_terms_at.as_ref());
    if item.advisory {
        page.field("advisory", "issued, not resolved");
    }
    sections(&mut page, item);
    page
}

/// Licenses, cancellation requests, billing adjustments.
pub fn sections(page: &mut Page, item: &Agreement) {
    let licenses = item.licenses.iter().map(|license| {
        vec![
            license.id.to_string(),
            license.status.to_owned(),
            cell(license.updated_at.as_ref()),
            cell(license.deprovisioned_at.as_ref()),
        ]
    });
    page.section("Licenses", ["id", "status", "updated", "deprovisioned"], licenses.collect());
    let cancellations = item.cancellations.iter().map(|request| {
        vec![
            request.id.to_string(),
            request.status.clone(),
            cell(request.reason_code.as_ref()),
            cell(request.at.as_ref()),
        ]
    });
    let columns = ["id", "status", "reason", "since"];
    page.section("Cancellation requests", columns, cancellations.collect());
    let adjustments = item.adjustments.iter().map(|adjustment| {
        vec![
            adjustment.id.to_string(),
            adjustment.status.to_owned(),
            money(adjustment.amount.as_ref(), adjustment.currency.as_ref()),
            cell(adjustment.reason_code.as_ref()),
            cell(adjustment.invoice.as_ref()),
            cell(adjustment.at.as_ref()),
        ]
    });
    let columns = ["id", "status", "amount", "reason", "invoice", "when"];
    page.section("Billing adjustments", columns, adjustments.collect());
}
