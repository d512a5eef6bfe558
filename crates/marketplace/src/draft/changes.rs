//! From a draft to the changes that make it.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::changeset::Change;
use crate::draft::{Commitment, Draft};
use crate::ids::OpportunityId;

/// The name of the create among the changes of its set.
const CREATED: &str = "RA";

/// How the other changes name what the create makes.
const OF_CREATED: &str = "$RA.Entity.Identifier";

impl Change {
    fn of(identifier: &str, change_type: &str, details: Value) -> Self {
        let identifier = Some(identifier.to_owned());
        let change_type = change_type.to_owned();
        Self { change_type, identifier, change_name: None, details }
    }

    /// Makes a draft visible to its partner. For good: AWS changes nothing of it afterwards.
    pub fn publish(id: &OpportunityId) -> Self {
        Self::of(id.as_str(), "ReleaseResaleAuthorization", json!({}))
    }

    /// Lets no more offers be made. For good; offers that there are stay as they are.
    pub fn restrict(id: &OpportunityId) -> Self {
        Self::of(id.as_str(), "RestrictResaleAuthorization", json!({}))
    }
}

impl Draft {
    /// The changes that make it; with `release`, visible to its partner at once.
    ///
    /// With `reuse`, no other is created: a draft that a failed change set left behind becomes this one. Terms that this one
    /// does not have are cleared. What no change clears is told by [`Draft::misfits`]: ask that before.
    pub fn changes(&self, reuse: Option<&OpportunityId>, release: bool) -> Vec<Change> {
        let target = reuse.map_or(OF_CREATED, OpportunityId::as_str);
        let mut changes = Vec::new();
        let mut update = |change_type: &str, details: Option<Value>| {
            changes.extend(details.map(|details| Change::of(target, change_type, details)));
        };
        update("UpdateInformation", self.information(reuse.is_some()));
        let cleared = || reuse.map(|_| json!({"Terms": []}));
        update("UpdateBuyerTargetingTerms", self.targeting().or_else(cleared));
        update("UpdateAvailability", self.availability());
        update("UpdatePricingTerms", Some(self.pricing()));
        update("UpdatePaymentScheduleTerms", self.schedule().or_else(cleared));
        update("UpdateLegalTerms", Some(self.legal()));
        update("UpdateNetPaymentTerms", self.net_payment().or_else(cleared));
        update("UpdateBuyerValidityTerms", self.validity().or_else(cleared));
        update("ReleaseResaleAuthorization", release.then(|| json!({})));
        if reuse.is_none() {
            changes.insert(0, self.create());
        }
        changes
    }

    /// The role of the partner is left out: that means a channel partner, with older validators too.
    fn create(&self) -> Change {
        let mut details = json!({
            "ProductId": self.product,
            "Name": self.name,
            "ResellerAccountId": self.partner,
        });
        if let (Some(description), Some(details)) = (&self.description, details.as_object_mut()) {
            details.insert("Description".to_owned(), json!(description));
        }
        Change {
            change_type: "CreateResaleAuthorization".to_owned(),
            identifier: None,
            change_name: Some(CREATED.to_owned()),
            details,
        }
    }

    /// What is not said is cleared where a draft is reused.
    fn information(&self, is_reused: bool) -> Option<Value> {
        let before = self.renewal.map(|before| {
            json!({
                "AcquisitionChannel": before.channel.word(),
                "PricingModel": before.pricing_model.word(),
            })
        });
        if is_reused {
            return Some(json!({
                "Name": self.name,
                "Description": self.description,
                "PreExistingBuyerAgreement": before,
            }));
        }
        before.map(|before| json!({"PreExistingBuyerAgreement": before}))
    }

    fn targeting(&self) -> Option<Value> {
        let buyers = &self.normalized().buyers;
        let term =
            json!({"Type": "BuyerTargetingTerm", "PositiveTargeting": {"BuyerAccounts": buyers}});
        (!buyers.is_empty()).then(|| json!({"Terms": [term]}))
    }

    fn availability(&self) -> Option<Value> {
        let mut details = serde_json::Map::new();
        if let Some(day) = self.offers_until {
            details.insert("AvailabilityEndDate".to_owned(), json!(day));
        }
        if self.single_use {
            details.insert("OffersMaxQuantity".to_owned(), json!(1));
        }
        (!details.is_empty()).then_some(Value::Object(details))
    }

    fn pricing(&self) -> Value {
        let mut terms = Vec::new();
        if let Some(commitment) = &self.commitment {
            terms.push(self.fixed(commitment));
        }
        if !self.unit_prices.is_empty() {
            terms.push(self.configurable());
        }
        let model = if terms.is_empty() { "Usage" } else { "Contract" };
        if !self.usage_prices.is_empty() {
            terms.push(json!({
                "Type": "ResaleUsageBasedPricingTerm",
                "CurrencyCode": self.currency,
                "RateCards": [{"RateCard": rate_card(&self.usage_prices)}],
            }));
        }
        json!({"PricingModel": model, "Terms": terms})
    }

    /// The price is 0, the schedule carries the amounts: AWS refuses another price beside one.
    fn fixed(&self, commitment: &Commitment) -> Value {
        let grants = commitment.granted.iter().map(
            |(dimension, quantity)| json!({"DimensionKey": dimension, "MaxQuantity": quantity}),
        );
        json!({
            "Type": "ResaleFixedUpfrontPricingTerm",
            "CurrencyCode": self.currency,
            "Price": "0",
            "Duration": commitment.duration,
            "Grants": grants.collect::<Vec<_>>(),
        })
    }

    /// The buyer picks dimensions and quantities: AWS's own default, said.
    fn configurable(&self) -> Value {
        let cards = self.unit_prices.iter().map(|(duration, prices)| {
            json!({
                "Selector": {"Type": "Duration", "Value": duration},
                "RateCard": rate_card(prices),
                "Constraints": {
                    "MultipleDimensionSelection": "Allowed",
                    "QuantityConfiguration": "Allowed",
                },
            })
        });
        json!({
            "Type": "ResaleConfigurableUpfrontPricingTerm",
            "CurrencyCode": self.currency,
            "RateCards": cards.collect::<Vec<_>>(),
        })
    }

    fn schedule(&self) -> Option<Value> {
        let draft = self.normalized();
        let parts = draft.commitment?.installments;
        let schedule = parts
            .iter()
            .map(|part| json!({"ChargeDate": part.date, "ChargeAmount": part.amount.to_string()}));
        let term = json!({
            "Type": "ResalePaymentScheduleTerm",
            "CurrencyCode": self.currency,
            "Schedule": schedule.collect::<Vec<_>>(),
        });
        Some(json!({"Terms": [term]}))
    }

    fn legal(&self) -> Value {
        let mut terms = vec![legal_term("BuyerLegalTerm", self.eula.kind(), self.eula.url())];
        if let Some(contract) = &self.reseller_contract {
            terms.push(legal_term("ResaleLegalTerm", contract.kind(), contract.url()));
        }
        json!({"Terms": terms})
    }

    fn net_payment(&self) -> Option<Value> {
        let period = self.net_payment.as_ref()?;
        Some(json!({"Terms": [{"Type": "ResaleNetPaymentTerm", "PaymentDuePeriod": period}]}))
    }

    fn validity(&self) -> Option<Value> {
        let day = self.latest_start?;
        Some(json!({"Terms": [{"Type": "BuyerValidityTerm", "MaximumAgreementStartDate": day}]}))
    }
}

fn rate_card(prices: &BTreeMap<String, Decimal>) -> Vec<Value> {
    let entry = |(dimension, price): (&String, &Decimal)| json!({"DimensionKey": dimension, "Price": price.normalize().to_string()});
    prices.iter().map(entry).collect()
}

fn legal_term(term: &str, kind: &str, url: Option<&str>) -> Value {
    let document = match url {
        Some(url) => json!({"Type": kind, "Url": url}),
        None => json!({"Type": kind}),
    };
    json!({"Type": term, "Documents": [document]})
}
