//! Where AWS's authorization differs from what we meant, or from what we knew.
//!
//! By value, not by text: what AWS answers is written otherwise than what it takes. A custom EULA is compared by its
//! kind alone, since AWS answers with the address of a copy of its own.

use std::collections::BTreeMap;
use std::fmt::Display;

use rust_decimal::Decimal;
use serde::Serialize;

use crate::catalog::{LegalDocument, ResaleAuthorization, Terms};
use crate::draft::{Draft, Duration, Eula, ResellerContract};

/// Our side of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ours<'a> {
    /// What was asked for.
    Draft(&'a Draft),
    /// What AWS said before.
    Described(&'a ResaleAuthorization),
}

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The field, as it is written in a form.
    pub field: String,
    /// Our value; absent if there is none.
    pub ours: Option<String>,
    /// AWS's value; absent if there is none.
    pub theirs: Option<String>,
}

/// Every field that differs, in the order of their names.
///
/// With a draft on our side, what a draft says nothing about (the status, AWS's counters) is left out.
pub fn diff(ours: Ours<'_>, theirs: &ResaleAuthorization) -> Vec<Difference> {
    let (mut our_values, mut their_values) = (Values::default(), Values::default());
    match ours {
        Ours::Draft(draft) => our_values.draft(draft),
        Ours::Described(before) => {
            our_values.described(before);
            our_values.word("status", before.status.as_ref());
            their_values.word("status", theirs.status.as_ref());
        }
    }
    their_values.described(theirs);
    same_product(ours, theirs, &mut our_values, &their_values);
    let (ours, theirs) = (our_values.0, their_values.0);
    let mut fields: Vec<&String> = ours.keys().chain(theirs.keys()).collect();
    fields.sort_unstable();
    fields.dedup();
    let difference = |field: &String| Difference {
        field: field.clone(),
        ours: ours.get(field).cloned(),
        theirs: theirs.get(field).cloned(),
    };
    let all = fields.into_iter().map(difference);
    all.filter(|difference| difference.ours != difference.theirs).collect()
}

/// AWS's word for what is not released.
const DRAFT: &str = "Draft";

impl Draft {
    /// What keeps an authorization that was left behind from becoming this one: a released one is changed no more, a product
    /// and a partner never, and no change takes an end or a quantity away, or terms that we do not know.
    pub fn misfits(&self, left: &ResaleAuthorization) -> Vec<Difference> {
        let word = |text: &str| Some(text.to_owned());
        let mut misfits = diff(Ours::Draft(self), left);
        misfits.retain(|it| match it.field.as_str() {
            "product" | "partner" | "partner_role" | "other_terms" => true,
            "offers_until" | "quantity" => it.ours.is_none(),
            _ => false,
        });
        if left.status.as_deref() != Some(DRAFT) {
            let field = "status".to_owned();
            misfits.push(Difference { field, ours: word(DRAFT), theirs: left.status.clone() });
        }
        misfits
    }
}

/// One name in common is enough: a product has several.
fn same_product(
    ours: Ours<'_>,
    theirs: &ResaleAuthorization,
    our_values: &mut Values,
    their_values: &Values,
) {
    let is_theirs = match ours {
        Ours::Draft(draft) => theirs.products.contains(&draft.product),
        Ours::Described(before) => before.products.iter().any(|it| theirs.products.contains(it)),
    };
    if let Some(product) = their_values.0.get("product").filter(|_| is_theirs) {
        our_values.0.insert("product".to_owned(), product.clone());
    }
}

/// Fields and their values, each written in one way.
#[derive(Default)]
struct Values(BTreeMap<String, String>);

impl Values {
    /// Adds a value. Two values of one field stand side by side.
    fn add(&mut self, field: impl Into<String>, value: impl Display) {
        let value = value.to_string();
        let slot = self.0.entry(field.into()).or_default();
        if slot.is_empty() {
            *slot = value;
        } else {
            slot.push_str(", ");
            slot.push_str(&value);
        }
    }

    fn word(&mut self, field: &str, value: Option<&impl Display>) {
        if let Some(value) = value {
            self.add(field, value);
        }
    }

    fn price(&mut self, field: String, price: Decimal) {
        self.add(field, price.normalize());
    }

    fn draft(&mut self, draft: &Draft) {
        self.add("name", &draft.name);
        self.word("description", draft.description.as_ref());
        self.add("product", &draft.product);
        self.add("partner", &draft.partner);
        let draft = &draft.normalized();
        for buyer in &draft.buyers {
            self.add("buyers", buyer);
        }
        self.add("currency", &draft.currency);
        self.word("offers_until", draft.offers_until.as_ref());
        self.word("quantity", draft.single_use.then_some(1).as_ref());
        self.word("latest_start", draft.latest_start.as_ref());
        self.word("net_payment", draft.net_payment.as_ref());
        self.add("eula", eula(draft.eula.kind()));
        let contract = draft.reseller_contract.as_ref().map(ResellerContract::kind);
        self.word("reseller_contract", contract.map(contract_word).as_ref());
        if let Some(commitment) = &draft.commitment {
            self.add("commitment.duration", commitment.duration);
            self.add("commitment.price", 0);
            for (dimension, quantity) in &commitment.granted {
                self.add(format!("commitment.granted.{dimension}"), quantity);
            }
            for part in &commitment.installments {
                self.price(installment(part.date), part.amount);
            }
        }
        for (duration, prices) in &draft.unit_prices {
            for (dimension, price) in prices {
                self.price(format!("unit_prices.{duration}.{dimension}"), *price);
            }
        }
        for (dimension, price) in &draft.usage_prices {
            self.price(format!("usage_prices.{dimension}"), *price);
        }
        if let Some(before) = draft.renewal {
            self.add("renewal.channel", before.channel);
            self.add("renewal.pricing_model", before.pricing_model);
        }
    }

    fn described(&mut self, described: &ResaleAuthorization) {
        self.word("name", described.name.as_ref());
        self.word("description", described.description.as_ref());
        for product in &described.products {
            self.add("product", product);
        }
        self.word("partner", described.reseller.as_ref());
        // Leaving the role out means a channel partner.
        let role = described.reseller_role.as_ref().filter(|role| *role != "ChannelPartner");
        self.word("partner_role", role);
        for buyer in &described.buyers {
            self.add("buyers", buyer);
        }
        self.word("offers_until", described.end_date.as_ref());
        self.word("quantity", described.max_offers.as_ref());
        if let Some(before) = &described.renewal {
            let known = |word: &&String| *word != "Unknown";
            self.word("renewal.channel", before.channel.as_ref().filter(known));
            self.word("renewal.pricing_model", before.pricing_model.as_ref().filter(known));
        }
        self.terms(&described.terms);
    }

    fn terms(&mut self, terms: &Terms) {
        self.word("currency", terms.currency.as_ref());
        self.word("latest_start", terms.latest_start.as_ref());
        self.word("net_payment", terms.net_payment.as_ref());
        self.legal("eula", &terms.buyer_legal, eula);
        self.legal("reseller_contract", &terms.resale_legal, contract_word);
        if let Some(fixed) = &terms.fixed {
            self.word("commitment.duration", fixed.duration.as_deref().map(duration).as_ref());
            self.word("commitment.price", fixed.price.map(|price| price.normalize()).as_ref());
            for (dimension, quantity) in &fixed.grants {
                let quantity = quantity.map_or("unlimited".to_owned(), |most| most.to_string());
                self.add(format!("commitment.granted.{dimension}"), quantity);
            }
        }
        for part in &terms.schedule {
            self.price(installment(part.date), part.amount);
        }
        for card in &terms.configurable {
            for price in &card.prices {
                let duration = duration(&card.duration);
                self.price(format!("unit_prices.{duration}.{}", price.dimension), price.price);
            }
        }
        for price in &terms.usage {
            self.price(format!("usage_prices.{}", price.dimension), price.price);
        }
        for term in &terms.unknown {
            self.add("other_terms", term);
        }
    }

    fn legal(&mut self, field: &str, documents: &[LegalDocument], word: fn(&str) -> &str) {
        for document in documents {
            self.add(field, word(&document.kind));
        }
    }
}

fn installment(day: jiff::civil::Date) -> String {
    format!("commitment.installments[{day}]")
}

/// `P1Y` and `P12M` are one duration.
fn duration(text: &str) -> String {
    text.parse::<Duration>().map_or_else(|_| text.to_owned(), |duration| duration.to_string())
}

/// Our word for AWS's word for a EULA.
fn eula(kind: &str) -> &str {
    match kind {
        _ if kind == Eula::Standard.kind() => "standard",
        _ if kind == Eula::Enterprise.kind() => "enterprise",
        "CustomEula" => "custom",
        other => other,
    }
}

/// Our word for AWS's word for a contract with the partner.
fn contract_word(kind: &str) -> &str {
    match kind {
        _ if kind == ResellerContract::Standard.kind() => "standard",
        "CustomResellerContract" => "custom",
        other => other,
    }
}
