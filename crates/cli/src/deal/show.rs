//! `resold deal show`: everything around one id.

use deal::correlate::Basis;
use deal::item::{
    Agreement, Deal, EntitlementItem, FindingItem, License, Offer, OfferStatus, Opportunity,
    TimelineItem,
};
use deal::stream::StreamKind;
use serde::Serialize;

use super::around::{SHOWN, around};
use super::timeline::{self, timeline};
use crate::agreement::{read_words, status_words};
use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::listing::Listed;
use crate::page::{NONE, Page, cell, cells, money};
use crate::reader::{Reader, findings};

/// The deals that an id belongs to.
#[derive(Debug, Serialize)]
struct Shown {
    /// The id that was asked for.
    id: String,
    deals: Vec<Deal>,
    opportunities: Vec<Opportunity>,
    offers: Vec<Offer>,
    agreements: Vec<Agreement>,
    entitlements: Vec<EntitlementItem>,
    licenses: Vec<License>,
    findings: Vec<FindingItem>,
    timeline: Vec<TimelineItem>,
    /// Not everything is shown.
    truncated: bool,
}

/// Shows the deals of an id.
pub async fn run(context: &mut Context<'_>, id: &str) -> Result<Exit, Failure> {
    let mut reader = context.reader().await?;
    let shown = gather(&mut reader, id).await?;
    context.output.show(&shown, page)?;
    if shown.truncated && !context.output.is_json() {
        context.output.note(&format!(
            "Not everything is shown: at most {SHOWN} offers, {SHOWN} agreements and the latest {} events of each.",
            timeline::EVENTS
        ));
    }
    Ok(Exit::needs_you_if(!shown.findings.is_empty()))
}

async fn gather(reader: &mut Reader, id: &str) -> Result<Shown, Failure> {
    let mut around = around(reader, id).await?;
    let opportunities = reader.opportunities(&around.of(StreamKind::Opportunity));
    let offers = reader.offers(&around.of(StreamKind::Offer)).await?;
    let streams = around.of(StreamKind::Agreement);
    let agreements = reader.agreements(&streams);
    let entitlements = reader.entitlements(&streams);
    let open: Vec<_> =
        offers.iter().filter(|offer| offer.status != OfferStatus::Accepted).cloned().collect();
    let mut deals = reader.deals_of_agreements(&agreements).await?;
    deals.extend(reader.deals_of_offers(&open).await?);
    let licenses = agreements.iter().flat_map(|agreement| agreement.licenses.clone()).collect();
    let findings = findings(around.streams.values());
    let timeline = timeline(reader, &mut around).await?;
    Ok(Shown {
        id: id.to_owned(),
        deals,
        opportunities,
        offers,
        agreements,
        entitlements,
        licenses,
        findings,
        timeline,
        truncated: around.truncated,
    })
}

fn page(shown: &Shown) -> Page {
    let mut page = match shown.deals.as_slice() {
        [deal] => {
            let mut page = summary(deal);
            let registered = shown.entitlements.iter().find_map(|it| it.registered_at.as_ref());
            page.some("registered", registered);
            page
        }
        deals => {
            let mut page = Page::new("Deals of", &shown.id);
            if deals.is_empty() {
                page.field("deals", "none yet");
            }
            let rows = deals.iter().map(Listed::cells).collect();
            page.section("Deals", Deal::COLUMNS.iter().copied(), rows);
            page
        }
    };
    parts(&mut page, shown);
    let licenses = shown.licenses.iter().map(|license| {
        vec![
            license.id.to_string(),
            license.agreement.to_string(),
            license.status.to_owned(),
            cell(license.updated_at.as_ref()),
            read_words(license),
            cell(license.deprovisioned_at.as_ref()),
        ]
    });
    let columns = ["id", "agreement", "status", "updated", "read", "deprovisioned"];
    page.section("Licenses", columns, licenses.collect());
    let quantities = shown.licenses.iter().filter_map(|license| license.quantities.as_ref());
    crate::entitlement::quantities_section(&mut page, quantities.flatten());
    crate::findings::section(&mut page, &shown.findings);
    timeline::section(&mut page, &shown.timeline);
    page
}

fn summary(deal: &Deal) -> Page {
    let mut page = Page::new("Deal", &deal.id);
    page.field("status", deal.status)
        .field("type", deal.deal_type.word())
        .field("basis", deal.basis.map_or("-", Basis::word))
        .known("opportunity", deal.opportunity.as_ref())
        .known("offer", deal.offer.as_ref())
        .known("agreement", deal.agreement.as_ref())
        .known("partner", deal.partner.as_ref())
        .known("buyer", deal.buyer.as_ref())
        .known("product", deal.product.as_ref())
        .field("wholesale", money(deal.wholesale.as_ref(), deal.currency.as_ref()));
    page
}

/// Opportunities, offers, agreements and entitlements.
fn parts(page: &mut Page, shown: &Shown) {
    crate::opportunity::section(page, &shown.opportunities);
    crate::offer::section(page, "Offers", &shown.offers);
    crate::agreement::section(page, &shown.agreements);
    let entitlements = shown.entitlements.iter().map(|entitlement| {
        let none = if entitlement.status.is_live() { "awaited" } else { NONE };
        vec![
            entitlement.id.to_string(),
            status_words(entitlement.status.word(), entitlement.reason.as_ref()),
            cells(&entitlement.licenses, none),
            cell(entitlement.starts_at.as_ref()),
            cell(entitlement.ended_at.as_ref().or(entitlement.ends_at.as_ref())),
        ]
    });
    let columns = ["id", "status", "license", "starts", "ends"];
    page.section("Entitlements", columns, entitlements.collect());
}
