//! `resold entitlement`.

mod refresh;

use clap::Subcommand;
use deal::correlate::Basis;
use deal::entitlement::{LicensedQuantity, Status};
use deal::item::{EntitlementItem, FindingItem, License};
use deal::stream::StreamKind;
use marketplace::ids::AgreementId;
use serde::Serialize;

use crate::agreement::{agreement, find, status_words};
use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::listing::{Faceted, Facets, ListArgs, Listed, list};
use crate::page::{Page, cell, cells};
use crate::reader::{History, Known, Reader, findings};

/// Commands on entitlements.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List entitlements, in the order of their ids
    #[command(after_help = "\
Statuses: scheduled, active, ending (the last metering hour runs), ended.

Examples:
  resold entitlement list --status active
  resold entitlement list --effective 2027-01-01 --format json")]
    List(ListArgs),
    /// Show an entitlement with its licenses
    #[command(after_help = "Examples:\n  resold entitlement show agmt-happyg0t2esidvalogd72qnix")]
    Show {
        /// The agreement's id is the entitlement's
        #[arg(value_parser = agreement)]
        id: AgreementId,
    },
    /// Ask AWS what licenses grant, and record what differs
    #[command(after_help = "\
AWS's Entitlement API is asked, license by license. A worker and the function `sweep` do the same by themselves when AWS
says that a license was updated.

Credentials are those that AWS's own programs would find; they may aws-marketplace:GetEntitlements and are the seller's.
AWS_ENDPOINT_URL_MARKETPLACE_ENTITLEMENT_SERVICE names another endpoint, for tests.

Exit code: 1 if AWS did not answer about a license, or a finding was opened.

Examples:
  resold entitlement refresh agmt-happyg0t2esidvalogd72qnix
  resold entitlement refresh l-ad4a879af4b74a531b8f843dcf44ee18
  resold entitlement refresh --due
  resold entitlement refresh --all --format json")]
    Refresh(refresh::RefreshArgs),
}

impl Faceted for EntitlementItem {
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

impl Listed for EntitlementItem {
    fn id(&self) -> String {
        self.id.to_string()
    }
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "type",
        "status",
        "license",
        "basis",
        "opportunity",
        "partner",
        "buyer",
        "product",
        "starts",
        "ends",
    ];
    fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.deal_type.word().to_owned(),
            status_words(self.status.word(), self.reason.as_ref()),
            self.license_state.word().to_owned(),
            self.basis.map_or("-", Basis::word).to_owned(),
            cell(self.opportunity.as_ref()),
            cell(self.partner.as_ref()),
            cell(self.buyer.as_ref()),
            cell(self.product.as_ref()),
            cell(self.starts_at.as_ref()),
            cell(self.ended_at.as_ref().or(self.ends_at.as_ref())),
        ]
    }
}

/// A value with its type where that is not a number's.
pub fn value_words(quantity: &LicensedQuantity) -> String {
    match (&quantity.value, quantity.kind.as_str()) {
        (Some(value), "text") => format!("\"{value}\""),
        (Some(value), _) => value.clone(),
        (None, kind) => kind.to_owned(),
    }
}

/// What licenses grant.
pub fn quantities_section<'a>(
    page: &mut Page,
    quantities: impl IntoIterator<Item = &'a LicensedQuantity>,
) {
    let rows = quantities.into_iter().map(|quantity| {
        vec![
            quantity.license.to_string(),
            quantity.dimension.clone(),
            value_words(quantity),
            cell(quantity.expires_at.as_ref()),
            quantity.read_at.clone(),
        ]
    });
    page.section("Quantities", ["license", "dimension", "value", "until", "read"], rows.collect());
}

/// An entitlement as shown.
#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    item: EntitlementItem,
    all_licenses: Vec<License>,
    findings: Vec<FindingItem>,
    history: History,
}

/// Carries out a command.
pub async fn run(context: &mut Context<'_>, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::List(args) => {
            let statuses = &Status::ALL.map(Status::word);
            let items =
                async |reader: &mut Reader, streams: &[Known]| Ok(reader.entitlements(streams));
            list(context, &args, StreamKind::Agreement, statuses, items).await
        }
        Command::Show { id } => show(context, &id).await,
        Command::Refresh(args) => refresh::run(context, args).await,
    }
}

async fn show(context: &mut Context<'_>, id: &AgreementId) -> Result<Exit, Failure> {
    let mut reader = context.reader().await?;
    let (known, agreement) = find(&mut reader, id).await?;
    let item = reader.entitlements(std::slice::from_ref(&known)).into_iter().next();
    let Some(item) = item else {
        return Err(Failure::new(format!("agreement `{id}` has no entitlement yet"))
            .hint("its creation is not known; `resold agreement show` says what is"));
    };
    let history = known.history();
    let all_licenses = agreement.licenses.clone();
    let shown = Shown { item, all_licenses, findings: findings([&known]), history };
    context.output.show(&shown, |shown| {
        let mut page = page(&shown.item);
        crate::agreement::sections(&mut page, &agreement);
        crate::findings::section(&mut page, &shown.findings);
        page
    })?;
    Ok(Exit::needs_you_if(!shown.findings.is_empty()))
}

fn page(item: &EntitlementItem) -> Page {
    let mut page = Page::new("Entitlement", item.id.as_str());
    page.field("status", status_words(item.status.word(), item.reason.as_ref()))
        .field("type", item.deal_type.word())
        .field("basis", item.basis.map_or("-", Basis::word))
        .known("opportunity", item.opportunity.as_ref())
        .known("offer", item.offer.as_ref())
        .known("partner", item.partner.as_ref())
        .known("buyer", item.buyer.as_ref())
        .field("product", cells(&item.products, "-"))
        .field("license", item.license_state.word())
        .some("registered", item.registered_at.as_ref())
        .known("accepted", item.accepted_at.as_ref())
        .known("starts", item.starts_at.as_ref())
        .known("ends", item.ends_at.as_ref())
        .some("ended", item.ended_at.as_ref())
        .some("follows", item.predecessor.as_ref())
        .some("followed by", item.successor.as_ref());
    if item.advisory {
        page.field("advisory", "issued, not resolved");
    }
    if !item.unknown.is_empty() {
        page.field("not known yet", cells(&item.unknown, "-"));
    }
    page
}
