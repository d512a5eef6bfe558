//! The page. The steps and their words are those of "Creating private offers as an AWS Marketplace Channel Partner" and "Creating
//! and managing private offers" of AWS's Seller Guide; what a partner may change is said by "Work with channel partner private
//! offers using the AWS Marketplace APIs".

use deal::item::{Playbook, PlaybookEntry};
use marketplace::catalog::{LegalDocument, Renewal};

use super::escape::{address, id, text};

/// The steps that every partner takes.
const STEPS: &str = include_str!("steps.md");

/// The whole page.
pub fn page(playbook: &Playbook) -> String {
    let partner = match &playbook.partner_name {
        Some(name) => format!("{} (AWS account {})", text(name), playbook.partner),
        None => format!("AWS account {}", playbook.partner),
    };
    let day = playbook.at.get(..10).unwrap_or(&playbook.at);
    let mut page = format!(
        "# Private offers in AWS Marketplace: what you may offer, and how\n\nFor {partner}, as of {day} (UTC).\n\n## What you may offer\n\n"
    );
    if playbook.opportunities.is_empty() {
        page.push_str("There is no selling authorization at this time. Ask us for one.\n\n");
    } else {
        page.push_str(
            "Each of these is a selling authorization in AWS Marketplace. Prices are what you pay us: your price for the buyer is yours, and nobody tells us.\n\n",
        );
    }
    for entry in &playbook.opportunities {
        page.push_str(&section(entry));
    }
    page.push_str(&STEPS.replace("{account}", playbook.partner.as_str()));
    page
}

/// One opportunity.
fn section(entry: &PlaybookEntry) -> String {
    let name = entry.name.as_deref().map_or_else(|| id(entry.id.as_str()), text);
    let mut section = format!("### {name}\n\n| | |\n|---|---|\n");
    for (label, value) in rows(entry) {
        section.push_str(&["| ", label, " | ", &value, " |\n"].concat());
    }
    section.push('\n');
    let currency = entry.currency.as_deref().map(text).unwrap_or_default();
    let money = |amount: &dyn std::fmt::Display| format!("{amount} {currency}").trim().to_owned();
    let granted = entry.fixed.iter().flat_map(|fixed| {
        let duration = fixed.duration.as_deref().map_or_else(|| "-".to_owned(), text);
        fixed.grants.iter().map(move |(dimension, most)| {
            let most = most.map_or_else(|| "unlimited".to_owned(), |most| most.to_string());
            vec![text(dimension), most, duration.clone()]
        })
    });
    table(
        &mut section,
        "What the buyer commits to",
        &["Dimension", "Quantity", "Duration"],
        granted,
    );
    let schedule = entry.schedule.iter();
    let schedule = schedule.map(|part| vec![part.date.to_string(), money(&part.amount)]);
    table(&mut section, "What you pay us when", &["Day of the charge", "Amount"], schedule);
    let unit = entry.unit_prices.iter().flat_map(|card| {
        card.prices
            .iter()
            .map(|price| vec![text(&price.dimension), text(&card.duration), money(&price.price)])
    });
    let columns = ["Dimension", "Duration", "You pay us, per unit"];
    table(&mut section, "Prices per unit", &columns, unit);
    let usage = entry.usage_prices.iter();
    let usage = usage.map(|price| vec![text(&price.dimension), money(&price.price)]);
    table(&mut section, "Prices of usage", &["Dimension", "You pay us, per unit"], usage);
    section
}

/// What is said of an opportunity in one line each.
fn rows(entry: &PlaybookEntry) -> Vec<(&'static str, String)> {
    let product = match (&entry.product_title, &entry.product) {
        (Some(title), Some(product)) => format!("{} ({})", text(title), id(product.as_str())),
        (Some(title), None) => text(title),
        (None, Some(product)) => id(product.as_str()),
        (None, None) => "-".to_owned(),
    };
    let buyers: Vec<&str> = entry.buyers.iter().map(marketplace::ids::AccountId::as_str).collect();
    let buyers = if buyers.is_empty() {
        "any".to_owned()
    } else {
        format!("AWS account {}", buyers.join(", "))
    };
    let until = entry.end_date.as_ref();
    let until = until.map_or_else(|| "no end".to_owned(), |day| format!("{day}, 23:59:59 UTC"));
    let offers = match entry.quantity {
        None => "any number of offers".to_owned(),
        Some(1) => "one offer".to_owned(),
        Some(most) => format!("{most} offers"),
    };
    let mut rows = vec![
        ("Selling authorization", id(entry.id.as_str())),
        ("Product", product),
        ("Buyers", buyers),
        ("Make your offer until", until),
        ("It is good for", offers),
        ("Currency", entry.currency.as_deref().map_or_else(|| "-".to_owned(), text)),
    ];
    if let Some(amount) = &entry.wholesale {
        let currency = entry.currency.as_deref().map(text).unwrap_or_default();
        rows.push(("You pay us for the commitment", format!("{amount} {currency}")));
    }
    if let Some(day) = &entry.latest_start {
        rows.push(("The agreement starts at the latest on", day.clone()));
    }
    if let Some(due) = &entry.net_payment {
        rows.push(("The buyer's invoice is due after", text(due)));
    }
    rows.push(("License agreement with the buyer (EULA)", documents(&entry.eula)));
    rows.push(("Contract between us", documents(&entry.reseller_contract)));
    rows.push(("Renewal", renewal(entry.renewal_of.as_ref())));
    rows
}

fn table(
    section: &mut String,
    title: &str,
    columns: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
) {
    let rows: Vec<String> = rows.map(|row| format!("| {} |\n", row.join(" | "))).collect();
    if rows.is_empty() {
        return;
    }
    let rule = columns.iter().map(|_| "---").collect::<Vec<_>>().join("|");
    let columns = columns.join(" | ");
    section.push_str(&[title, ":\n\n| ", &columns, " |\n|", &rule, "|\n"].concat());
    section.push_str(&rows.concat());
    section.push('\n');
}

fn documents(documents: &[LegalDocument]) -> String {
    let words = documents.iter().map(|document| {
        let kind = match document.kind.as_str() {
            "StandardEula" => "AWS's standard contract".to_owned(),
            "EnterpriseEula" => "AWS's enterprise contract".to_owned(),
            "StandardResellerContract" => "AWS's standard contract for resellers".to_owned(),
            "CustomEula" | "CustomResellerContract" => "our document".to_owned(),
            other => text(other),
        };
        match &document.url {
            Some(url) => format!("{kind} {}", address(url)),
            None => kind,
        }
    });
    let words: Vec<String> = words.collect();
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

fn renewal(before: Option<&Renewal>) -> String {
    let Some(before) = before else { return "no".to_owned() };
    let place = match before.channel.as_deref() {
        Some("AwsMarketplace") => " in AWS Marketplace".to_owned(),
        Some("External") => " outside AWS Marketplace".to_owned(),
        Some(other) => format!(": {}", text(other)),
        None => String::new(),
    };
    let model = before.pricing_model.as_deref().map(|model| format!(" ({})", text(model)));
    format!("yes, the buyer bought before{place}{}", model.unwrap_or_default())
}

#[cfg(test)]
mod tests;
