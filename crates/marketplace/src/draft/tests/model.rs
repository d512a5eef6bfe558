//! A resale authorization as AWS keeps it, as far as a change set can tell: written in one way, answered in another.

use serde_json::{Map, Value, json};

use crate::catalog::{self, ResaleAuthorization};
use crate::changeset::Change;
use crate::notification::Family;
use crate::parse;

/// The one that a change set creates.
pub(super) const ID: &str = "resaleauthz-7hq2x9abcd1ef";

/// The documents of one authorization.
#[derive(Default)]
pub(super) struct Entity {
    document: Map<String, Value>,
    rules: Map<String, Value>,
    terms: Vec<Value>,
}

/// The change types that replace all terms of a family, and the terms in it.
const FAMILIES: [(&str, &[&str]); 6] = [
    ("UpdateBuyerTargetingTerms", &["BuyerTargetingTerm"]),
    (
        "UpdatePricingTerms",
        &[
            "ResaleUsageBasedPricingTerm",
            "ResaleConfigurableUpfrontPricingTerm",
            "ResaleFixedUpfrontPricingTerm",
        ],
    ),
    ("UpdatePaymentScheduleTerms", &["ResalePaymentScheduleTerm"]),
    ("UpdateLegalTerms", &["BuyerLegalTerm", "ResaleLegalTerm"]),
    ("UpdateNetPaymentTerms", &["ResaleNetPaymentTerm"]),
    ("UpdateBuyerValidityTerms", &["BuyerValidityTerm"]),
];

impl Entity {
    /// Applies a change set. Panics where AWS would refuse its shape.
    pub(super) fn apply(&mut self, changes: &[Change]) {
        assert!(changes.len() <= 20, "at most 20 changes");
        let mut seen = Vec::new();
        for change in changes {
            let pair = (&change.change_type, &change.identifier);
            assert!(!seen.contains(&pair), "{pair:?} twice");
            seen.push(pair);
            let creates = changes.iter().any(|change| change.change_name.is_some());
            match change.identifier.as_deref() {
                None => assert_eq!(change.change_type, "CreateResaleAuthorization"),
                Some("$RA.Entity.Identifier") => assert!(creates, "there is no RA"),
                Some(id) => assert_eq!((id, creates), (ID, false)),
            }
            self.change(change);
        }
    }

    fn change(&mut self, change: &Change) {
        let details = change.details.as_object().expect("an object").clone();
        match change.change_type.as_str() {
            "CreateResaleAuthorization" => {
                assert!(self.document.is_empty(), "created twice");
                self.document.insert("Status".into(), json!("Draft"));
                for (key, value) in details {
                    let is_rule = key == "ResellerAccountId";
                    let place = if is_rule { &mut self.rules } else { &mut self.document };
                    place.insert(key, value);
                }
            }
            "UpdateInformation" => {
                assert!(!details.is_empty(), "at least one field");
                self.document.extend(details);
                self.document.retain(|_, value| !value.is_null());
            }
            "UpdateAvailability" => {
                assert!(!details.is_empty(), "at least one field");
                self.rules.extend(details);
            }
            "ReleaseResaleAuthorization" => self.status("Draft", "Active"),
            "RestrictResaleAuthorization" => self.status("Active", "Restricted"),
            family => {
                let (_, types) =
                    FAMILIES.iter().find(|(name, _)| *name == family).expect("a change type");
                let terms = details["Terms"].as_array().expect("terms").clone();
                let kind = |term: &Value| term["Type"].as_str().expect("a type").to_owned();
                assert!(terms.iter().all(|term| types.contains(&kind(term).as_str())), "{family}");
                self.terms.retain(|term| !types.contains(&kind(term).as_str()));
                self.terms.extend(terms);
            }
        }
    }

    fn status(&mut self, from: &str, to: &str) {
        assert_eq!(self.document.insert("Status".into(), json!(to)), Some(json!(from)));
    }

    /// What `DescribeEntity` answers, as the ledger reads it.
    pub(super) fn described(&self) -> ResaleAuthorization {
        let mut document = self.document.clone();
        let product = document["ProductId"].as_str().expect("a product");
        let uuid = match product {
            "prod-k3x9examplesaas" => "bbbbaaaa-abcd-1111-abcd-666666666666".to_owned(),
            other => format!("uuid-of-{other}"),
        };
        let arn = format!(
            "arn:aws:aws-marketplace:us-east-1:111122223333:AWSMarketplace/SaaSProduct/{uuid}"
        );
        document.insert("ProductArn".into(), json!(arn));
        let mut partner = json!({"Type": "PartnerTargetingRule", "ResellerRole": "ChannelPartner"});
        partner["ResellerAccountId"] = self.rules["ResellerAccountId"].clone();
        let mut availability = json!({"Type": "AvailabilityRule", "Usage": "Limited"});
        if let Some(day) = self.rules.get("AvailabilityEndDate").and_then(Value::as_str) {
            availability["AvailabilityEndDate"] = json!(format!("{day}T23:59:59.999Z"));
        }
        if let Some(quantity) = self.rules.get("OffersMaxQuantity") {
            availability["OffersMaxQuantity"] = quantity.clone();
        }
        document.insert("Rules".into(), json!([availability, partner]));
        document.insert("Terms".into(), self.terms.iter().map(answered).collect());
        let answer = json!({
            "EntityType": "ResaleAuthorization@1.0",
            "EntityIdentifier": format!("{ID}@1"),
            "LastModifiedDate": "2026-11-20T08:30:00Z",
            "DetailsDocument": document,
        });
        let described = catalog::describe(answer.to_string().as_bytes()).expect("an entity");
        let [envelope] = described.envelopes.as_slice() else { panic!("one envelope") };
        match parse::parse(envelope).expect("a notification").family {
            Family::OpportunityDescribed(authorization) => *authorization,
            other => panic!("{other:?}"),
        }
    }
}

/// A term as AWS answers it.
fn answered(term: &Value) -> Value {
    let mut term = term.clone();
    term["Id"] = json!("term-1");
    match term["Type"].as_str().expect("a type") {
        "BuyerTargetingTerm" => {
            let buyers = &mut term["PositiveTargeting"]["BuyerAccounts"];
            let accounts = buyers.as_array().expect("accounts").iter();
            *buyers =
                accounts.map(|it| json!({"AwsAccountId": it, "LegalName": "Initech"})).collect();
        }
        "ResalePaymentScheduleTerm" => {
            for part in term["Schedule"].as_array_mut().expect("a schedule") {
                part["ChargeDate"] = moment(&part["ChargeDate"], "T00:00:00.000Z");
                let amount = part["ChargeAmount"].as_str().expect("an amount").to_owned();
                let zeros = if amount.contains('.') { "0" } else { ".00" };
                part["ChargeAmount"] = json!(amount + zeros);
            }
        }
        "BuyerValidityTerm" => {
            let day = &mut term["MaximumAgreementStartDate"];
            *day = moment(day, "T23:59:59Z");
        }
        "BuyerLegalTerm" | "ResaleLegalTerm" => {
            for document in term["Documents"].as_array_mut().expect("documents") {
                document["Url"] =
                    json!("https://aws-copies.s3.amazonaws.com/1.pdf?X-Amz-Signature=0123");
            }
        }
        _ => {}
    }
    term
}

fn moment(day: &Value, time: &str) -> Value {
    let day = day.as_str().expect("a day");
    assert_eq!(day.len(), "2026-12-31".len());
    json!(format!("{day}{time}"))
}
