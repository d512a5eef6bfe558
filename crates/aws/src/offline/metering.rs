//! `BatchMeterUsage` and `ResolveCustomer`.

use std::collections::BTreeSet;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::apply::today;
use super::fault::What;
use super::part::{Faults, Object, Part, sentence};
use super::refusal::Refusal;
use super::rules::RULES;
use super::seed::{License, Product};
use super::world::World;

/// A quantity that was taken.
#[derive(Debug, Clone)]
pub struct Usage {
    /// The id of the record.
    pub id: String,
    /// How much.
    pub quantity: i64,
}

/// A record of a request.
struct Record<'a> {
    time: Timestamp,
    dimension: &'a str,
    quantity: i64,
    customer: Option<&'a str>,
    license: Option<&'a str>,
    /// As it was sent: it is sent back.
    sent: &'a Value,
}

impl World {
    /// `BatchMeterUsage`. A record that is wrong refuses all of them.
    pub(super) fn batch_meter_usage(
        &mut self,
        input: &Value,
        what: Option<&What>,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let mut faults = Faults::new();
        let object = Part::top(input).object(&["UsageRecords", "ProductCode"], &mut faults);
        let code = object.at("ProductCode").and_then(|code| code.text(&mut faults));
        let list = object.required("UsageRecords", &mut faults);
        let parts = list.map(|list| list.list(0..=RULES.usage_records, &mut faults));
        let parts = parts.unwrap_or_default();
        let mut records = Vec::new();
        for part in &parts {
            records.extend(record(part, &mut faults)?);
        }
        if !faults.is_empty() {
            return Err(Refusal::bad("ValidationException", sentence(&faults)));
        }
        if records.iter().any(|record| !is_timely(record.time, now)) {
            let message = "The timestamp value passed in the UsageRecord is out of allowed range.";
            return Err(Refusal::bad("TimestampOutOfBoundsException", message));
        }
        self.is_of_one_product(&records, code)?;
        if !records.iter().all(|record| self.is_licensed(record, now)) {
            return Err(invalid_license());
        }
        if what == Some(&What::Unprocessed) {
            let sent: Value = records.iter().map(|record| record.sent.clone()).collect();
            return Ok(json!({"Results": [], "UnprocessedRecords": sent}));
        }
        let results: Vec<Value> =
            records.iter().map(|record| self.meter(record, code, now)).collect();
        Ok(json!({"Results": results, "UnprocessedRecords": []}))
    }

    /// Every record is of the one product that the request is about.
    fn is_of_one_product(&self, records: &[Record<'_>], code: Option<&str>) -> Result<(), Refusal> {
        if code.is_some() && records.iter().any(|record| record.license.is_some()) {
            let message = "ProductCode and LicenseArn exclude each other.";
            return Err(Refusal::bad("InvalidProductCodeException", message));
        }
        let mut products: BTreeSet<&str> = BTreeSet::new();
        for record in records {
            let product = self.product_of(record, code)?;
            if !product.dimensions.iter().any(|dimension| dimension.key == record.dimension) {
                let message = format!("{} is no dimension of the product.", record.dimension);
                return Err(Refusal::bad("InvalidUsageDimensionException", message));
            }
            products.insert(&product.id);
        }
        if products.len() > 1 {
            let message = "All records of a request must be of one product.";
            return Err(Refusal::bad("InvalidProductCodeException", message));
        }
        Ok(())
    }

    fn product_of(&self, record: &Record<'_>, code: Option<&str>) -> Result<&Product, Refusal> {
        let found = match record.license {
            Some(arn) => {
                let license = self.licenses.get(arn).ok_or_else(invalid_license)?;
                self.products.get(&license.product)
            }
            None => self.products.values().find(|product| Some(&*product.code) == code),
        };
        found.ok_or_else(|| {
            Refusal::bad("InvalidProductCodeException", "The product code is not valid.")
        })
    }

    /// Whether the license of a record, if it names one, is the customer's and active.
    fn is_licensed(&self, record: &Record<'_>, now: Timestamp) -> bool {
        let Some(license) = record.license.and_then(|arn| self.licenses.get(arn)) else {
            return record.license.is_none();
        };
        record.customer == Some(&*license.customer) && is_active(license, record.time, now)
    }

    /// Whether a customer, of whom no license is named, has an active one of the product.
    fn is_subscribed(&self, record: &Record<'_>, code: Option<&str>, now: Timestamp) -> bool {
        let of_code = |license: &License| {
            let product = self.products.get(&license.product);
            product.is_some_and(|product| Some(&*product.code) == code)
        };
        self.licenses.values().any(|license| {
            record.customer == Some(&*license.customer)
                && of_code(license)
                && is_active(license, record.time, now)
        })
    }

    fn meter(&mut self, record: &Record<'_>, code: Option<&str>, now: Timestamp) -> Value {
        let said = |status: &str, id: Option<&str>| {
            let mut said = json!({"UsageRecord": record.sent, "Status": status});
            if let Some(id) = id {
                said["MeteringRecordId"] = json!(id);
            }
            said
        };
        if record.license.is_none() && !self.is_subscribed(record, code, now) {
            return said("CustomerNotSubscribed", None);
        }
        let hour = record.time.as_second().div_euclid(3_600);
        let owned = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let customer = owned(record.customer);
        let key = (owned(record.license.or(code)), customer, hour, record.dimension.to_owned());
        if let Some(before) = self.usage.get(&key) {
            let is_same = before.quantity == record.quantity;
            let status = if is_same { "Success" } else { "DuplicateRecord" };
            return said(status, Some(&before.id));
        }
        let usage = Usage { id: self.draw.uuid(), quantity: record.quantity };
        let result = said("Success", Some(&usage.id));
        self.usage.insert(key, usage);
        result
    }

    /// `ResolveCustomer`.
    pub(super) fn resolve_customer(
        &mut self,
        input: &Value,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let invalid = || Refusal::bad("InvalidTokenException", "Registration token is invalid.");
        let token = input.get("RegistrationToken").and_then(Value::as_str).unwrap_or_default();
        let registration = self.registrations.get(token).ok_or_else(invalid)?;
        let is_over = registration.expires.is_some_and(|expires| expires <= now);
        if is_over || self.resolved.contains(token) {
            let message = "The submitted registration token has expired.";
            return Err(Refusal::bad("ExpiredTokenException", message));
        }
        let license = self.licenses.get(&registration.license).ok_or_else(invalid)?;
        let product = self.products.get(&license.product).ok_or_else(invalid)?;
        let said = json!({
            "ProductCode": product.code,
            "CustomerAWSAccountId": license.customer,
            "LicenseArn": license.arn,
        });
        self.resolved.insert(token.to_owned());
        Ok(said)
    }
}

fn invalid_license() -> Refusal {
    Refusal::bad(
        "InvalidLicenseException",
        "LicenseArn must be valid, match the customer, and the usage must be within the license activation period.",
    )
}

/// Whether usage of this time is taken now.
fn is_active(license: &License, time: Timestamp, now: Timestamp) -> bool {
    let last = SignedDuration::from_hours(RULES.final_hours);
    license.activated <= time
        && license.ended.is_none_or(|ended| time <= ended && now.duration_since(ended) <= last)
}

/// Not in the future, not too old, and of no month that is closed.
fn is_timely(time: Timestamp, now: Timestamp) -> bool {
    let age = now.duration_since(time);
    let month = |time: Timestamp| today(time).first_of_month();
    let closed = SignedDuration::from_hours(RULES.month_end_hours);
    let is_closed = || {
        let start = TimeZone::UTC.to_timestamp(month(now).to_datetime(Time::midnight()));
        start.is_ok_and(|start| now.duration_since(start) > closed)
    };
    !age.is_negative()
        && age <= SignedDuration::from_hours(RULES.usage_hours)
        && (month(time) == month(now) || !is_closed())
}

fn record<'a>(part: &Part<'a>, faults: &mut Faults) -> Result<Option<Record<'a>>, Refusal> {
    const KEYS: [&str; 7] = [
        "Timestamp",
        "CustomerIdentifier",
        "CustomerAWSAccountId",
        "LicenseArn",
        "Dimension",
        "Quantity",
        "UsageAllocations",
    ];
    let object = part.object(&KEYS, faults);
    let time = object.required("Timestamp", faults).and_then(|part| {
        let time = part.value.as_f64().and_then(whole_millis);
        if time.is_none() {
            part.wrong("must be a time in seconds since 1970", faults);
        }
        time
    });
    let dimension = object.required("Dimension", faults).and_then(|it| it.short(255, faults));
    let quantity = object.at("Quantity").and_then(|it| it.whole(0..=2_147_483_647, faults));
    let quantity = quantity.unwrap_or(0);
    allocations(&object, quantity, faults)?;
    let text = |key: &str| object.at(key).and_then(|part| part.value.as_str());
    let customer = text("CustomerAWSAccountId").or_else(|| text("CustomerIdentifier"));
    let license = text("LicenseArn");
    let Some((time, dimension)) = time.zip(dimension) else { return Ok(None) };
    Ok(Some(Record { time, dimension, quantity, customer, license, sent: part.value }))
}

/// SDKs write times with fractions.
#[expect(clippy::cast_possible_truncation, reason = "a time beyond the range is refused")]
fn whole_millis(seconds: f64) -> Option<Timestamp> {
    Timestamp::from_millisecond((seconds * 1_000.0) as i64).ok()
}

/// Allocations add up to the quantity, and no two have the same tags.
fn allocations(object: &Object<'_>, quantity: i64, faults: &mut Faults) -> Result<(), Refusal> {
    let Some(list) = object.at("UsageAllocations") else { return Ok(()) };
    let refuse = |message: &str| Err(Refusal::bad("InvalidUsageAllocationsException", message));
    let (most, most_tags) = RULES.allocations;
    let (mut sum, mut seen) = (0_i64, BTreeSet::new());
    for part in list.list(1..=most, faults) {
        let allocation = part.object(&["AllocatedUsageQuantity", "Tags"], faults);
        let quantity = allocation.required("AllocatedUsageQuantity", faults);
        let quantity = quantity.and_then(|it| it.whole(0..=2_147_483_647, faults));
        sum = sum.saturating_add(quantity.unwrap_or(0));
        let mut tags = BTreeSet::new();
        for tag in
            allocation.at("Tags").map(|it| it.list(1..=most_tags, faults)).unwrap_or_default()
        {
            let tag = tag.object(&["Key", "Value"], faults);
            let key = tag.required("Key", faults).and_then(|key| key.short(100, faults));
            let value = tag.required("Value", faults).and_then(|value| value.short(256, faults));
            tags.insert((key, value));
        }
        if !seen.insert(tags) {
            return refuse("Two allocations have the same tags.");
        }
    }
    if sum == quantity { Ok(()) } else { refuse("The allocations do not add up to the quantity.") }
}
