//! `resold agreement`.

use clap::Subcommand;
use deal::correlate::Basis;
use deal::item::{Agreement, EntitlementItem, FindingItem, License};
use deal::stream::{StreamId, StreamKind};
use marketplace::ids::AgreementId;
use serde::Serialize;

use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::listing::{Faceted, Facets, ListArgs, Listed, list};
use crate::page::{NONE, Page, cell, cells, money};
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
    #[command(after_help = "Examples:\n  resold agreement show agmt-happyg0t2esidvalogd72qnix")]
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

impl Faceted for Agreement {
    fn facets(&self) -> Facets<'_> {
        Facets {
            deal_type: self.deal_type,
            status: self.status.word(),
            basis: self.basis,
            opportunity: self.opportunity.as_ref(),
            partner: self.partner.as_ref(),
            products: &self.products,
            buyers: self.buyer.as_slice(),
        }
    }
}

impl Listed for Agreement {
    fn id(&self) -> String {
        self.id.to_string()
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
        Command::List(args) => {
            let statuses = &STATUSES;
            let items =
                async |reader: &mut Reader, streams: &[Known]| Ok(reader.agreements(streams));
            list(context, &args, StreamKind::Agreement, statuses, items).await
        }
        Command::Show { id } => show(context, &id).await,
    }
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
    context.output.show(&shown, page)?;
    Ok(Exit::needs_you_if(!shown.findings.is_empty()))
}

fn page(shown: &Shown) -> Page {
    let item = &shown.item;
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
    crate::findings::section(&mut page, &shown.findings);
    page
}

/// A section of agreements.
pub fn section(page: &mut Page, items: &[Agreement]) {
    let rows = items.iter().map(|agreement| {
        vec![
            agreement.id.to_string(),
            status_words(agreement.status.word(), agreement.reason.as_ref()),
            cell(agreement.buyer.as_ref()),
            cell(agreement.accepted_at.as_ref()),
        ]
    });
    page.section("Agreements", ["id", "status", "buyer", "accepted"], rows.collect());
}

/// When AWS first said what the license grants, or why it does not say it.
pub fn read_words(license: &License) -> String {
    match (&license.read_at, &license.not_read) {
        (Some(at), Some(_)) => format!("{at}, not again since"),
        (Some(at), None) => at.clone(),
        (None, Some(_)) => "refused".to_owned(),
        (None, None) => NONE.to_owned(),
    }
}

/// Licenses, cancellation requests, billing adjustments.
pub fn sections(page: &mut Page, item: &Agreement) {
    let licenses = item.licenses.iter().map(|license| {
        vec![
            license.id.to_string(),
            license.status.to_owned(),
            cell(license.updated_at.as_ref()),
            read_words(license),
            cell(license.deprovisioned_at.as_ref()),
        ]
    });
    let columns = ["id", "status", "updated", "read", "deprovisioned"];
    page.section("Licenses", columns, licenses.collect());
    let quantities = item.licenses.iter().filter_map(|license| license.quantities.as_ref());
    crate::entitlement::quantities_section(page, quantities.flatten());
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
