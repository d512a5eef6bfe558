//! `GetEntitlements`.

use serde_json::{Value, json};

use super::page::page;
use super::part::{Faults, Part, sentence};
use super::refusal::Refusal;
use super::rules::RULES;
use super::seed::{Entitlement, License};
use super::world::World;

/// The keys of a filter, each with what it is held against.
const KEYS: [&str; 4] =
    ["CUSTOMER_IDENTIFIER", "CUSTOMER_AWS_ACCOUNT_ID", "LICENSE_ARN", "DIMENSION"];

impl World {
    /// `GetEntitlements`. A page is cut before the filter is applied, so that there are empty pages with more behind them.
    pub(super) fn get_entitlements(&self, input: &Value) -> Result<Value, Refusal> {
        let mut faults = Faults::new();
        let keys = ["ProductCode", "Filter", "MaxResults", "NextToken"];
        let object = Part::top(input).object(&keys, &mut faults);
        let code = object.required("ProductCode", &mut faults);
        let code = code.and_then(|code| code.short(255, &mut faults));
        let filter = object.at("Filter").map(|filter| filters(&filter, &mut faults));
        let most = i64::try_from(RULES.entitlement_page).unwrap_or(i64::MAX);
        let size = object.at("MaxResults").and_then(|it| it.whole(1..=most, &mut faults));
        let token = object.at("NextToken").and_then(|token| token.text(&mut faults));
        let product = self.products.values().find(|product| Some(&*product.code) == code);
        if faults.is_empty() && product.is_none() {
            faults.push("/ProductCode: there is no product with this code".to_owned());
        }
        if !faults.is_empty() {
            return Err(Refusal::bad("InvalidParameterException", sentence(&faults)));
        }
        let id = product.map(|product| &*product.id);
        let licenses = self.licenses.values().filter(|license| Some(&*license.product) == id);
        // AWS does not say what is left of a license that has ended: here it is nothing.
        let licenses = licenses.filter(|license| license.ended.is_none());
        let rows: Vec<(&License, &Entitlement)> = licenses
            .flat_map(|license| license.entitlements.iter().map(move |it| (license, it)))
            .collect();
        let size = size.and_then(|size| usize::try_from(size).ok());
        let (rows, next) =
            page(rows, size.unwrap_or(RULES.entitlement_page), token).ok_or_else(|| {
                Refusal::bad("InvalidParameterException", "The NextToken is not valid.")
            })?;
        let filter = filter.unwrap_or_default();
        let takes = |(license, entitlement): &(&License, &Entitlement)| {
            filter.iter().all(|(key, values)| {
                let value = match *key {
                    "LICENSE_ARN" => &*license.arn,
                    "DIMENSION" => &*entitlement.dimension,
                    _ => &*license.customer,
                };
                values.contains(&value)
            })
        };
        let rows = rows.into_iter().filter(takes);
        let rows: Value = rows.map(|(license, it)| row(code, license, it)).collect();
        let mut said = json!({"Entitlements": rows});
        if let Some(next) = next {
            said["NextToken"] = json!(next);
        }
        Ok(said)
    }
}

fn filters<'a>(part: &Part<'a>, faults: &mut Faults) -> Vec<(&'static str, Vec<&'a str>)> {
    let object = part.object(&KEYS, faults);
    let mut found = Vec::new();
    for key in KEYS {
        let Some(list) = object.at(key) else { continue };
        let parts = list.list(1..=usize::MAX, faults);
        found.push((key, parts.iter().filter_map(|value| value.text(faults)).collect()));
    }
    let has = |wanted: &str| found.iter().any(|(key, _)| *key == wanted);
    if has("CUSTOMER_IDENTIFIER") && has("CUSTOMER_AWS_ACCOUNT_ID") {
        part.wrong("CUSTOMER_IDENTIFIER and CUSTOMER_AWS_ACCOUNT_ID exclude each other", faults);
    }
    found
}

fn row(code: Option<&str>, license: &License, entitlement: &Entitlement) -> Value {
    let kind = match &entitlement.value {
        Value::Number(number) if number.is_i64() => "IntegerValue",
        Value::Number(_) => "DoubleValue",
        Value::Bool(_) => "BooleanValue",
        _ => "StringValue",
    };
    let mut row = json!({
        "ProductCode": code,
        "Dimension": entitlement.dimension,
        "CustomerAWSAccountId": license.customer,
        "Value": {kind: entitlement.value},
        "LicenseArn": license.arn,
    });
    if let Some(expires) = entitlement.expires {
        row["ExpirationDate"] = json!(expires.as_second());
    }
    row
}
