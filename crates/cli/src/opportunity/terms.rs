//! The terms of an opportunity on its page.

use deal::item::Opportunity;
use marketplace::catalog::{LegalDocument, Terms};

use crate::page::{Page, cell, cells};

/// Adds all terms.
pub fn add(page: &mut Page, item: &Opportunity) {
    if let Some(counters) = &item.counters {
        let made = cell(counters.offers_created.as_ref());
        page.field(
            "AWS counts",
            format!("{made} offers made, {}", cell(counters.extended_status.as_ref())),
        );
    }
    let Some(terms) = &item.terms else { return };
    page.some("net payment", terms.net_payment.as_ref())
        .some("starts at the latest", terms.latest_start.as_ref())
        .field("EULA", documents(&terms.buyer_legal))
        .field("reseller contract", documents(&terms.resale_legal));
    if !terms.unknown.is_empty() {
        page.field("other terms", cells(&terms.unknown, "-"));
    }
    prices(page, terms, item.currency.as_ref().map_or("", String::as_str));
}

fn prices(page: &mut Page, terms: &Terms, currency: &str) {
    let amount = |amount: &dyn std::fmt::Display| format!("{amount} {currency}").trim().to_owned();
    let schedule =
        terms.schedule.iter().map(|part| vec![part.date.to_string(), amount(&part.amount)]);
    page.section("Schedule", ["day", "amount"], schedule.collect());
    let usage = terms.usage.iter().map(|price| vec![price.dimension.clone(), amount(&price.price)]);
    page.section("Usage prices", ["dimension", "per unit"], usage.collect());
    let configurable = terms.configurable.iter().flat_map(|card| {
        let row = |price: &marketplace::catalog::DimensionPrice| {
            vec![card.duration.clone(), price.dimension.clone(), amount(&price.price)]
        };
        card.prices.iter().map(row)
    });
    page.section(
        "Configurable prices",
        ["duration", "dimension", "per unit"],
        configurable.collect(),
    );
    let fixed = terms.fixed.iter().flat_map(|fixed| {
        let price = fixed.price.as_ref().map_or_else(|| "-".to_owned(), |price| amount(price));
        let row = move |(dimension, quantity): &(String, Option<u64>)| {
            let quantity = quantity.map_or("unlimited".to_owned(), |most| most.to_string());
            vec![cell(fixed.duration.as_ref()), price.clone(), dimension.clone(), quantity]
        };
        fixed.grants.iter().map(row)
    });
    page.section(
        "Fixed commitment",
        ["duration", "price", "dimension", "quantity"],
        fixed.collect(),
    );
}

fn documents(documents: &[LegalDocument]) -> String {
    let words = documents.iter().map(|document| match &document.url {
        Some(url) => format!("{} {url}", document.kind),
        None => document.kind.clone(),
    });
    cells(&words.collect::<Vec<_>>(), "-")
}
