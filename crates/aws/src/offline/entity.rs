//! `ListEntities`, `DescribeEntity` and `BatchDescribeEntities`, of resale authorizations.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::authorization::Authorization;
use super::change_set::{is_catalog, refuse};
use super::page::page;
use super::part::{Faults, Part};
use super::refusal::Refusal;
use super::rules::RULES;
use super::world::World;

/// What can be sorted by and, but for the last, filtered by with a list of values.
const TEXTS: [&str; 10] = [
    "EntityId",
    "Name",
    "ProductId",
    "ProductName",
    "ManufacturerAccountId",
    "ManufacturerLegalName",
    "ResellerAccountID",
    "ResellerLegalName",
    "Status",
    "OfferExtendedStatus",
];

/// Of these, what can be filtered by with a part of the value, too.
const WILD: [&str; 7] = [
    "Name",
    "ProductId",
    "ProductName",
    "ManufacturerAccountId",
    "ManufacturerLegalName",
    "ResellerAccountID",
    "ResellerLegalName",
];

/// Times, which can be filtered by with a range.
const TIMES: [&str; 3] = ["CreatedDate", "AvailabilityEndDate", "LastModifiedDate"];

/// A condition on a row.
enum Filter<'a> {
    /// One of these values.
    Values(&'static str, Vec<&'a str>),
    /// A part of the value.
    Wild(&'static str, &'a str),
    /// After, before.
    Range(&'static str, Option<Timestamp>, Option<Timestamp>),
}

impl Filter<'_> {
    fn takes(&self, row: &Value) -> bool {
        match self {
            Self::Values(key, values) => field(row, key).is_some_and(|it| values.contains(&it)),
            Self::Wild(key, part) => {
                field(row, key).is_some_and(|it| it.to_lowercase().contains(&part.to_lowercase()))
            }
            Self::Range(key, after, before) => {
                let time = field(row, key).and_then(|text| text.parse::<Timestamp>().ok());
                time.is_some_and(|time| {
                    after.is_none_or(|after| time > after)
                        && before.is_none_or(|before| time < before)
                })
            }
        }
    }
}

/// A field of a row, wherever it stands.
fn field<'a>(row: &'a Value, key: &str) -> Option<&'a str> {
    let own = row.get(key).and_then(Value::as_str);
    own.or_else(|| row["ResaleAuthorizationSummary"][key].as_str())
}

impl World {
    fn summary(&self, authorization: &Authorization) -> Value {
        let product = self.products.get(&authorization.product);
        authorization.summary(product, &self.parties)
    }

    fn described(&self, authorization: &Authorization) -> Value {
        let product = self.products.get(&authorization.product);
        authorization.described(product, &self.parties)
    }

    /// `ListEntities`.
    pub(super) fn list_entities(&self, input: &Value) -> Result<Value, Refusal> {
        const KEYS: [&str; 7] = [
            "Catalog",
            "EntityType",
            "OwnershipType",
            "EntityTypeFilters",
            "EntityTypeSort",
            "MaxResults",
            "NextToken",
        ];
        let mut faults = Faults::new();
        let object = Part::top(input).object(&KEYS, &mut faults);
        if let Some(catalog) = object.required("Catalog", &mut faults) {
            is_catalog(&catalog, &mut faults);
        }
        if let Some(kind) = object.required("EntityType", &mut faults) {
            kind.word(&["ResaleAuthorization"], &mut faults);
        }
        let owner = object.at("OwnershipType");
        let owner = owner.and_then(|owner| owner.word(&["SELF", "SHARED"], &mut faults));
        let filters = object.at("EntityTypeFilters").map(|part| filters(&part, &mut faults));
        let sort = object.at("EntityTypeSort").map(|part| sort(&part, &mut faults));
        let most = i64::try_from(RULES.entity_page).unwrap_or(i64::MAX);
        let size = object.at("MaxResults").and_then(|it| it.whole(1..=most, &mut faults));
        let token = object.at("NextToken").and_then(|token| token.text(&mut faults));
        refuse(&faults)?;
        let filters = filters.unwrap_or_default();
        // What others share with us: nobody does.
        let own = self.authorizations.values().filter(|_| owner != Some("SHARED"));
        let rows = own.map(|authorization| self.summary(authorization));
        let mut rows: Vec<Value> =
            rows.filter(|row| filters.iter().all(|filter| filter.takes(row))).collect();
        let (key, is_rising) = sort.unwrap_or(("LastModifiedDate", false));
        rows.sort_by(|a, b| {
            let order = field(a, key).cmp(&field(b, key));
            if is_rising { order } else { order.reverse() }
        });
        let size = size.and_then(|size| usize::try_from(size).ok());
        let (rows, next) = page(rows, size.unwrap_or(RULES.default_page), token)
            .ok_or_else(|| Refusal::validation("The NextToken is not valid."))?;
        let mut said = json!({"EntitySummaryList": rows});
        if let Some(next) = next {
            said["NextToken"] = json!(next);
        }
        Ok(said)
    }

    /// `DescribeEntity`.
    pub(super) fn describe_entity(&self, input: &Value) -> Result<Value, Refusal> {
        let mut faults = Faults::new();
        let id = entity(&Part::top(input), &mut faults);
        refuse(&faults)?;
        let id = id.unwrap_or_default();
        if self.products.contains_key(id) {
            return Err(Refusal {
                status: 415,
                code: "ResourceNotSupportedException",
                message: "The offline AWS describes resale authorizations only.".to_owned(),
            });
        }
        let found = self.authorizations.get(id);
        let found = found.map(|authorization| {
            let mut said = self.described(authorization);
            // The same again as text: what there was before documents.
            said["Details"] = json!(said["DetailsDocument"].to_string());
            said
        });
        found.ok_or_else(|| Refusal::not_found(format!("The entity {id} does not exist.")))
    }

    /// `BatchDescribeEntities`: each id answers for itself.
    pub(super) fn batch_describe_entities(&self, input: &Value) -> Result<Value, Refusal> {
        let mut faults = Faults::new();
        let object = Part::top(input).object(&["EntityRequestList"], &mut faults);
        let list = object.required("EntityRequestList", &mut faults);
        let parts = list.map(|list| list.list(1..=RULES.described, &mut faults));
        let parts = parts.unwrap_or_default();
        let ids: Vec<&str> = parts.iter().filter_map(|part| entity(part, &mut faults)).collect();
        refuse(&faults)?;
        let (mut details, mut errors) = (Map::new(), Map::new());
        for id in ids {
            if let Some(authorization) = self.authorizations.get(id) {
                details.insert(id.to_owned(), self.described(authorization));
                continue;
            }
            let message = format!("The entity {id} does not exist.");
            let error = json!({"ErrorCode": "ResourceNotFoundException", "ErrorMessage": message});
            errors.insert(id.to_owned(), error);
        }
        Ok(json!({"EntityDetails": details, "Errors": errors}))
    }
}

/// The id of an entity that a request names.
fn entity<'a>(part: &Part<'a>, faults: &mut Faults) -> Option<&'a str> {
    let object = part.object(&["Catalog", "EntityId"], faults);
    if let Some(catalog) = object.required("Catalog", faults) {
        is_catalog(&catalog, faults);
    }
    object.required("EntityId", faults)?.short(255, faults)
}

fn sort(part: &Part<'_>, faults: &mut Faults) -> (&'static str, bool) {
    let outer = part.object(&["ResaleAuthorizationSort"], faults);
    let Some(part) = outer.required("ResaleAuthorizationSort", faults) else {
        return ("EntityId", true);
    };
    let object = part.object(&["SortBy", "SortOrder"], faults);
    let order = object.at("SortOrder");
    let order = order.and_then(|order| order.word(&["ASCENDING", "DESCENDING"], faults));
    let keys: Vec<&str> = TEXTS.into_iter().chain(TIMES).collect();
    let by = object.at("SortBy").and_then(|by| by.word(&keys, faults));
    let by = TEXTS.into_iter().chain(TIMES).find(|key| Some(*key) == by);
    (by.unwrap_or("LastModifiedDate"), order == Some("ASCENDING"))
}

fn filters<'a>(part: &Part<'a>, faults: &mut Faults) -> Vec<Filter<'a>> {
    let outer = part.object(&["ResaleAuthorizationFilters"], faults);
    let Some(part) = outer.required("ResaleAuthorizationFilters", faults) else {
        return Vec::new();
    };
    let keys: Vec<&str> = TEXTS.into_iter().chain(TIMES).collect();
    let object = part.object(&keys, faults);
    let mut found = Vec::new();
    for key in TEXTS {
        let Some(filter) = object.at(key) else { continue };
        let allowed: &[&str] =
            if WILD.contains(&key) { &["ValueList", "WildCardValue"] } else { &["ValueList"] };
        let fields = filter.object(allowed, faults);
        found.extend(fields.at("ValueList").map(|list| Filter::Values(key, values(&list, faults))));
        let wild = fields.at("WildCardValue").and_then(|wild| wild.short(255, faults));
        found.extend(wild.map(|part| Filter::Wild(key, part)));
    }
    for key in TIMES {
        let Some(filter) = object.at(key) else { continue };
        let allowed: &[&str] =
            if key == "LastModifiedDate" { &["DateRange"] } else { &["DateRange", "ValueList"] };
        let fields = filter.object(allowed, faults);
        found.extend(fields.at("ValueList").map(|list| Filter::Values(key, values(&list, faults))));
        let Some(range) = fields.at("DateRange") else { continue };
        let range = range.object(&["AfterValue", "BeforeValue"], faults);
        let mut time = |name| {
            let part = range.at(name)?;
            let time = part.text(faults)?.parse().ok();
            if time.is_none() {
                part.wrong("a time is written as 2026-12-02T10:04:22Z", faults);
            }
            time
        };
        found.push(Filter::Range(key, time("AfterValue"), time("BeforeValue")));
    }
    if found.len() > RULES.filters {
        part.wrong(&format!("at most {} filters", RULES.filters), faults);
    }
    if found.iter().filter(|it| matches!(it, Filter::Wild(..))).count() > 1 {
        part.wrong("at most one filter with a WildCardValue", faults);
    }
    found
}

fn values<'a>(list: &Part<'a>, faults: &mut Faults) -> Vec<&'a str> {
    let parts = list.list(1..=RULES.filter_values, faults);
    parts.iter().filter_map(|value| value.short(255, faults)).collect()
}
