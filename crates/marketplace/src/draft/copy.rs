//! From a described authorization to a form, to make the like of it.

use std::collections::BTreeMap;
use std::fmt::Display;

use serde::Serialize;

use crate::catalog::{DimensionPrice, FixedUpfront, LegalDocument, ResaleAuthorization, Terms};
use crate::draft::{
    CommitmentForm, Eula, Form, InstallmentForm, RenewalForm, ResellerContract, Text,
};
use crate::ids::ProductName;

/// Something of an authorization that a form cannot say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotCarried {
    /// The field that it would be in, or AWS's word.
    pub field: String,
    /// What it is, and why.
    pub why: String,
}

impl Form {
    /// A form with the terms of a described authorization, and what could not be carried over.
    ///
    /// Days are carried over as they are: the form is held against today when it becomes a draft.
    pub fn of(described: &ResaleAuthorization) -> (Self, Vec<NotCarried>) {
        let mut copy = Copy::default();
        let form = copy.form(described);
        (form, copy.left)
    }
}

#[derive(Default)]
struct Copy {
    left: Vec<NotCarried>,
}

impl Copy {
    fn leave(&mut self, field: impl Into<String>, why: impl Into<String>) {
        self.left.push(NotCarried { field: field.into(), why: why.into() });
    }

    fn form(&mut self, described: &ResaleAuthorization) -> Form {
        let terms = &described.terms;
        for term in &terms.unknown {
            self.leave(term.as_str(), "terms of a type that this version does not know");
        }
        Form {
            name: described.name.as_deref().map(Text::from),
            description: described.description.as_deref().map(Text::from),
            product: self.product(described),
            partner: self.partner(described),
            buyers: described.buyers.iter().map(text).collect(),
            currency: terms.currency.as_deref().map(Text::from),
            offers_until: described.end_date.as_ref().map(text),
            single_use: self.single_use(described.max_offers),
            latest_start: terms.latest_start.as_ref().map(text),
            net_payment: terms.net_payment.as_deref().map(Text::from),
            eula: self.eula(&terms.buyer_legal),
            reseller_contract: self.reseller_contract(&terms.resale_legal),
            commitment: self.commitment(terms),
            unit_prices: self.unit_prices(terms),
            usage_prices: self.prices("usage_prices", &terms.usage),
            renewal: Self::renewal(described),
        }
    }

    /// A product has several names; a change set takes its entity id.
    fn product(&mut self, described: &ResaleAuthorization) -> Option<Text> {
        let names = &described.products;
        let mut entities = names.iter().filter(|name| name.as_str().starts_with("prod-"));
        match (names.as_slice(), entities.next(), entities.next()) {
            ([only], _, _) | (_, Some(only), None) => Some(text(only)),
            ([], _, _) => {
                self.leave("product", "the description names none");
                None
            }
            _ => {
                let names: Vec<&str> = names.iter().map(ProductName::as_str).collect();
                let names = names.join(", ");
                self.leave("product", format!("it has several names: {names}"));
                None
            }
        }
    }

    fn partner(&mut self, described: &ResaleAuthorization) -> Option<Text> {
        if let Some(role) = described.reseller_role.as_deref().filter(|it| *it != "ChannelPartner")
        {
            let why = format!("the role `{role}`: from here a partner is a channel partner");
            self.leave("partner", why);
        }
        if described.reseller.is_none() {
            self.leave("partner", "the description names none");
        }
        described.reseller.as_ref().map(text)
    }

    fn single_use(&mut self, most: Option<u32>) -> Option<bool> {
        if let Some(most) = most.filter(|most| *most != 1) {
            let why = format!("it may be used {most} times: AWS takes one, or any number");
            self.leave("single_use", why);
            return None;
        }
        Some(most.is_some())
    }

    fn eula(&mut self, documents: &[LegalDocument]) -> Option<Text> {
        let words = [(Eula::Standard.kind(), "standard"), (Eula::Enterprise.kind(), "enterprise")];
        self.document("eula", documents, &words)
    }

    fn reseller_contract(&mut self, documents: &[LegalDocument]) -> Option<Text> {
        let words = [(ResellerContract::Standard.kind(), "standard")];
        self.document("reseller_contract", documents, &words)
    }

    fn document(
        &mut self,
        field: &str,
        documents: &[LegalDocument],
        words: &[(&str, &str)],
    ) -> Option<Text> {
        let kinds: Vec<&str> = documents.iter().map(|document| document.kind.as_str()).collect();
        let [kind] = kinds.as_slice() else {
            if !kinds.is_empty() {
                self.leave(field, format!("it has several documents: {}", kinds.join(", ")));
            }
            return None;
        };
        let word = words.iter().find(|(known, _)| known == kind).map(|(_, word)| Text::from(*word));
        if word.is_none() {
            let why = "AWS answers with the address of its own copy: give that of your document";
            self.leave(field, format!("{kind}: {why}"));
        }
        word
    }

    fn commitment(&mut self, terms: &Terms) -> Option<CommitmentForm> {
        let installment = |part: &crate::catalog::Installment| InstallmentForm {
            date: Some(text(&part.date)),
            amount: Some(text(&part.amount)),
        };
        let installments: Vec<_> = terms.schedule.iter().map(installment).collect();
        let Some(fixed) = &terms.fixed else {
            if !installments.is_empty() {
                self.leave("commitment", "installments without a fixed price");
            }
            return None;
        };
        if let Some(price) = fixed.price.filter(|price| !price.is_zero()) {
            let why = format!("a fixed price of {price}: from here the installments carry it");
            self.leave("commitment", why);
        }
        let duration = fixed.duration.as_deref().map(Text::from);
        Some(CommitmentForm { duration, granted: self.granted(fixed), installments })
    }

    fn granted(&mut self, fixed: &FixedUpfront) -> BTreeMap<String, Text> {
        let mut granted = BTreeMap::new();
        for (dimension, quantity) in &fixed.grants {
            match quantity {
                Some(quantity) => {
                    granted.insert(dimension.clone(), text(quantity));
                }
                None => self.leave(
                    format!("commitment.granted.{dimension}"),
                    "an unlimited quantity: AWS's page asks for a number",
                ),
            }
        }
        granted
    }

    fn unit_prices(&mut self, terms: &Terms) -> BTreeMap<String, BTreeMap<String, Text>> {
        let mut cards = BTreeMap::new();
        for card in &terms.configurable {
            let field = format!("unit_prices.{}", card.duration);
            let prices = self.prices(&field, &card.prices);
            if cards.contains_key(&card.duration) {
                self.leave(field, "a second list of prices for this duration");
            } else {
                cards.insert(card.duration.clone(), prices);
            }
        }
        cards
    }

    fn prices(&mut self, field: &str, prices: &[DimensionPrice]) -> BTreeMap<String, Text> {
        let mut found = BTreeMap::new();
        for DimensionPrice { dimension, price } in prices {
            if found.contains_key(dimension) {
                let why = format!("a second price of the dimension: {price}");
                self.leave(format!("{field}.{dimension}"), why);
            } else {
                found.insert(dimension.clone(), text(price));
            }
        }
        found
    }

    /// AWS may answer that it does not know.
    fn renewal(described: &ResaleAuthorization) -> Option<RenewalForm> {
        let before = described.renewal.as_ref()?;
        let known = |word: &&String| *word != "Unknown";
        let channel = before.channel.as_ref().filter(known);
        let pricing_model = before.pricing_model.as_ref().filter(known);
        if channel.is_none() && pricing_model.is_none() {
            return None;
        }
        Some(RenewalForm { channel: channel.map(text), pricing_model: pricing_model.map(text) })
    }
}

fn text(value: &impl Display) -> Text {
    Text::from(value.to_string())
}
