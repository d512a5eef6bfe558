//! The SQL views that people with a SQL client read; each store writes them in its dialect.

use serde_json::Value;

use crate::stream::{StreamId, StreamKind};

/// The type of a view's column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// Text.
    Text,
    /// Microseconds since 1970, shown as the store's timestamp.
    Time,
    /// A whole number.
    Integer,
    /// An exact decimal.
    Decimal,
}

/// Where a view's column comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnSource {
    /// The part of the stream's id after the `/`.
    Id,
    /// A path of object keys and array positions into the folded facts, for example `["offer", "0", "v"]`.
    Facts(&'static [&'static str]),
    /// A path into the last conclusions.
    Concluded(&'static [&'static str]),
    /// A key of each element, where the view has one row an element (see [`View::each`]).
    Element(&'static [&'static str]),
}

/// One column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: ColumnType,
    /// Where it comes from.
    pub source: ColumnSource,
}

/// What a view has rows of within a stream: a path into the last conclusions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Each {
    /// Each value of the object there.
    Value(&'static [&'static str]),
    /// Each element of the list there.
    Element(&'static [&'static str]),
}

/// One view over the streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// Its name.
    pub name: &'static str,
    /// Only streams of this kind; `None`: of every kind.
    pub stream: Option<StreamKind>,
    /// Only streams in which this path is present (not null).
    pub present: Option<ColumnSource>,
    /// One row for each of these, not one a stream.
    pub each: Option<Each>,
    /// The columns.
    pub columns: &'static [Column],
}

impl View {
    /// The rows that this view has of one stream, each value as text: what every store's dialect must show.
    pub fn rows(
        &self,
        id: &StreamId,
        facts: &Value,
        concluded: &Value,
    ) -> Vec<Vec<Option<String>>> {
        let none = Value::Null;
        let source = |source, element| Source { id, facts, concluded, element }.text(source);
        let kept = self.stream.is_none_or(|kind| kind == id.kind())
            && self.present.is_none_or(|present| source(present, &none).is_some());
        if !kept {
            return Vec::new();
        }
        let row =
            |element| self.columns.iter().map(|column| source(column.source, element)).collect();
        match self.each {
            None => vec![row(&none)],
            Some(Each::Value(path)) => {
                let object = at(concluded, path).and_then(Value::as_object);
                object.into_iter().flat_map(|object| object.values()).map(row).collect()
            }
            Some(Each::Element(path)) => {
                let list = at(concluded, path).and_then(Value::as_array);
                list.into_iter().flatten().map(row).collect()
            }
        }
    }
}

/// Where a row's values come from.
struct Source<'a> {
    id: &'a StreamId,
    facts: &'a Value,
    concluded: &'a Value,
    element: &'a Value,
}

impl Source<'_> {
    fn text(&self, source: ColumnSource) -> Option<String> {
        let value = match source {
            ColumnSource::Id => return Some(self.id.id().to_owned()),
            ColumnSource::Facts(path) => at(self.facts, path),
            ColumnSource::Concluded(path) => at(self.concluded, path),
            ColumnSource::Element(path) => at(self.element, path),
        };
        match value? {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            value => Some(value.to_string()),
        }
    }
}

fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, step| match value {
        Value::Array(elements) => elements.get(step.parse::<usize>().ok()?),
        value => value.get(step),
    })
}

use ColumnSource::{Concluded, Element, Facts, Id};
use ColumnType::{Decimal, Integer, Text, Time};

const fn column(name: &'static str, kind: ColumnType, source: ColumnSource) -> Column {
    Column { name, kind, source }
}

/// Every view. Statuses are those last published; `resold ... list` judges them at the time of the question.
pub const VIEWS: &[View] = &[
    View {
        name: "opportunities",
        stream: Some(StreamKind::Opportunity),
        present: None,
        each: None,
        columns: &[
            column("id", Text, Id),
            column("name", Text, Facts(&["described", "v", "name"])),
            column("status", Text, Concluded(&["opportunity", "status"])),
            column("partner", Text, Facts(&["reseller", "0", "v"])),
            column("product", Text, Facts(&["described", "v", "products", "0"])),
            column("wholesale", Decimal, Concluded(&["opportunity", "wholesale"])),
            column("currency", Text, Facts(&["described", "v", "terms", "currency"])),
            column("end_date", Text, Facts(&["described", "v", "end_date"])),
            column("max_offers", Integer, Facts(&["described", "v", "max_offers"])),
            column("created", Time, Facts(&["created", "0", "v"])),
        ],
    },
    View {
        name: "offers",
        stream: Some(StreamKind::Offer),
        present: None,
        each: None,
        columns: &[
            column("id", Text, Id),
            column("type", Text, Concluded(&["offer", "type"])),
            column("partner", Text, Concluded(&["offer", "partner"])),
            column("product", Text, Facts(&["products", "0"])),
            column("opportunity", Text, Concluded(&["offer", "link", "opportunity"])),
            column("basis", Text, Concluded(&["offer", "link", "basis"])),
            column("released", Time, Facts(&["released"])),
            column("expires", Time, Facts(&["expires", "v"])),
        ],
    },
    View {
        name: "agreements",
        stream: Some(StreamKind::Agreement),
        present: None,
        each: None,
        columns: &[
            column("id", Text, Id),
            column("intent", Text, Facts(&["intent", "0", "v"])),
            column("offer", Text, Facts(&["offer", "0", "v"])),
            column("opportunity", Text, Facts(&["authorization", "0", "v"])),
            column("buyer", Text, Facts(&["acceptor", "0", "v"])),
            column("proposer", Text, Facts(&["proposer", "0", "v"])),
            column("accepted", Time, Facts(&["acceptance", "0", "v"])),
            column("starts", Time, Facts(&["start", "v"])),
            column("ends", Time, Facts(&["end", "v"])),
            column("ended", Text, Facts(&["ended", "0", "v"])),
        ],
    },
    View {
        name: "entitlements",
        stream: Some(StreamKind::Agreement),
        present: Some(Concluded(&["entitlement"])),
        each: None,
        columns: &[
            column("id", Text, Id),
            column("type", Text, Concluded(&["entitlement", "type"])),
            column("status", Text, Concluded(&["entitlement", "status"])),
            column("reason", Text, Concluded(&["entitlement", "reason"])),
            column("opportunity", Text, Concluded(&["entitlement", "opportunity"])),
            column("basis", Text, Concluded(&["entitlement", "basis"])),
            column("offer", Text, Concluded(&["entitlement", "offer"])),
            column("buyer", Text, Concluded(&["entitlement", "buyer"])),
            column("partner", Text, Concluded(&["entitlement", "partner"])),
            column("license_state", Text, Concluded(&["entitlement", "license_state"])),
            column("starts_at", Text, Concluded(&["entitlement", "starts_at"])),
            column("ends_at", Text, Concluded(&["entitlement", "ends_at"])),
            column("ended_at", Text, Concluded(&["entitlement", "ended_at"])),
        ],
    },
    View {
        name: "registrations",
        stream: Some(StreamKind::Agreement),
        present: None,
        each: Some(Each::Value(&["registrations"])),
        columns: &[
            column("agreement", Text, Id),
            column("license", Text, Element(&["license"])),
            column("account", Text, Element(&["account"])),
            column("registered_at", Text, Element(&["registered_at"])),
        ],
    },
    View {
        name: "quantities",
        stream: Some(StreamKind::Agreement),
        present: None,
        each: Some(Each::Element(&["entitlement", "quantities"])),
        columns: &[
            column("entitlement", Text, Id),
            column("license", Text, Element(&["license"])),
            column("dimension", Text, Element(&["dimension"])),
            column("type", Text, Element(&["type"])),
            column("value", Text, Element(&["value"])),
            column("expires_at", Text, Element(&["expires_at"])),
            column("read_at", Text, Element(&["read_at"])),
        ],
    },
    View {
        name: "requests",
        stream: Some(StreamKind::Request),
        present: Some(Concluded(&["request"])),
        each: None,
        columns: &[
            column("id", Text, Id),
            column("type", Text, Concluded(&["request", "wish"])),
            column("status", Text, Concluded(&["request", "status"])),
            column("opportunity", Text, Concluded(&["request", "opportunity"])),
            column("cloned_from", Text, Concluded(&["request", "cloned_from"])),
            column("partner", Text, Concluded(&["request", "partner"])),
            column("product", Text, Concluded(&["request", "product"])),
        ],
    },
    View {
        name: "findings",
        stream: None,
        present: None,
        each: Some(Each::Value(&["findings"])),
        columns: &[
            column("id", Text, Element(&["id"])),
            column("kind", Text, Element(&["kind"])),
            column("severity", Text, Element(&["severity"])),
            column("subject", Text, Element(&["subject"])),
            column("since", Time, Element(&["since"])),
            column("first", Time, Element(&["first"])),
            column("last", Time, Element(&["last"])),
        ],
    },
];
