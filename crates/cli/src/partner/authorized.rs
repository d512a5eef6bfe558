//! What a partner may sell, on its page.

use deal::item::{AuthorizedItem, Partner};

use crate::page::{Page, cell};

/// Its names: ours, and the legal one.
pub fn names(item: &Partner) -> String {
    match (&item.called, &item.name) {
        (Some(called), Some(name)) => format!("{called} ({name})"),
        (called, name) => cell(called.as_ref().or(name.as_ref())),
    }
}

/// The products that it may sell now.
pub fn products(item: &Partner) -> String {
    let now = item.authorized.iter().filter(|word| word.status == "authorized");
    let products: Vec<_> = now.map(|word| &word.product).collect();
    crate::page::cells(&products, "-")
}

/// Adds its products, and what it pays for them.
pub fn sections(page: &mut Page, items: &[AuthorizedItem]) {
    let row = |item: &AuthorizedItem| {
        let terms = match (&item.currency, &item.discount) {
            (Some(currency), Some(percent)) => format!("{percent}% off list prices, {currency}"),
            (Some(currency), None) => format!("prices, {currency}"),
            (None, _) => "no prices".to_owned(),
        };
        vec![
            item.product.to_string(),
            item.status.to_owned(),
            terms,
            cell(item.since.as_ref()),
            item.who.clone(),
            item.why.clone(),
        ]
    };
    let columns = ["product", "status", "terms", "since", "who", "why"];
    page.section("Products it may sell", columns, items.iter().map(row).collect());
    let prices = items.iter().flat_map(|item| {
        item.prices.iter().map(move |(place, price)| {
            let currency = cell(item.currency.as_ref());
            let list = item.list_prices.get(place).map(|list| format!("{list} {currency}"));
            let pays = format!("{price} {currency}");
            vec![item.product.to_string(), place.clone(), cell(list.as_ref()), pays]
        })
    });
    page.section("Wholesale prices", ["product", "price", "list", "pays"], prices.collect());
}
