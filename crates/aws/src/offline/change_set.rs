//! Change sets: how far each is, and what is said of it.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::apply::ChangeError;
use super::authorization::seconds;
use super::change::{Change, ENTITY_TYPE};
use super::event;
use super::fault::What;
use super::page::page;
use super::part::{Faults, Part, sentence};
use super::refusal::Refusal;
use super::rules::RULES;
use super::world::World;

/// The catalog of every request.
pub const CATALOG: &str = "AWSMarketplace";

/// How a change set ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Everything was applied.
    Succeeded,
    /// Nothing was applied.
    Failed {
        /// `CLIENT_ERROR` or `SERVER_FAULT`.
        code: &'static str,
        /// What is wrong with no change in particular.
        description: Option<String>,
    },
    /// Nothing was applied, since its owner wished so.
    Cancelled,
}

impl End {
    /// The word of `Status`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Succeeded => "SUCCEEDED",
            Self::Failed { .. } => "FAILED",
            Self::Cancelled => "CANCELLED",
        }
    }
}

/// A change set that was accepted.
#[derive(Debug, Clone)]
pub struct ChangeSet {
    /// 25 lower-case letters and digits.
    pub id: String,
    /// Given, or made up by AWS.
    pub name: String,
    /// When it was accepted.
    pub started: Timestamp,
    /// When it is no longer prepared, but applied.
    pub applying: Timestamp,
    /// When it ends, if nobody cancels it.
    pub due: Timestamp,
    /// How and when it ended.
    pub end: Option<(Timestamp, End)>,
    /// What was asked for.
    pub changes: Vec<Change>,
    /// For each change, `Entity.Identifier` as it is reported.
    pub identifiers: Vec<Option<String>>,
    /// For each change, what is wrong with it.
    pub errors: Vec<Vec<ChangeError>>,
    /// How it is to fail.
    pub what: Option<What>,
}

impl ChangeSet {
    /// The word of `Status`.
    pub fn status(&self, now: Timestamp) -> &'static str {
        match &self.end {
            Some((_, end)) => end.word(),
            None if now < self.applying => "PREPARING",
            None => "APPLYING",
        }
    }

    /// The ids of its entities, each once.
    fn entities(&self) -> Vec<&str> {
        let known = self.identifiers.iter().flatten().filter(|id| !id.starts_with('$'));
        let mut ids: Vec<&str> = known.filter_map(|id| id.split('@').next()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// What the list says, and the report begins with.
    fn head(&self, arn: &str, now: Timestamp) -> Map<String, Value> {
        let mut head = Map::new();
        let mut put = |key: &str, value: Value| head.insert(key.to_owned(), value);
        put("ChangeSetId", json!(self.id));
        put("ChangeSetArn", json!(arn));
        put("ChangeSetName", json!(self.name));
        put("StartTime", json!(seconds(self.started)));
        put("Status", json!(self.status(now)));
        if let Some((ended, end)) = &self.end {
            put("EndTime", json!(seconds(*ended)));
            if let End::Failed { code, .. } = end {
                put("FailureCode", json!(code));
            }
        }
        head
    }

    fn report(&self) -> Value {
        let changes = self.changes.iter().zip(&self.identifiers).zip(&self.errors);
        let changes = changes.map(|((change, identifier), errors)| {
            let errors = errors.iter();
            let errors: Vec<Value> = errors
                .map(|error| json!({"ErrorCode": error.code, "ErrorMessage": error.message}))
                .collect();
            let mut report = json!({
                "ChangeType": change.kind.name(),
                "Entity": {"Type": ENTITY_TYPE},
                "Details": Value::Object(change.details.clone()).to_string(),
                "DetailsDocument": change.details,
                "ErrorDetailList": errors,
            });
            if let Some(identifier) = identifier {
                report["Entity"]["Identifier"] = json!(identifier);
            }
            if let Some(name) = &change.name {
                report["ChangeName"] = json!(name);
            }
            report
        });
        changes.collect()
    }
}

/// The catalog of a request, which is the only one.
pub(super) fn is_catalog(part: &Part<'_>, faults: &mut Faults) {
    part.word(&[CATALOG], faults);
}

/// A refusal, if there is a fault.
pub(super) fn refuse(faults: &[String]) -> Result<(), Refusal> {
    if faults.is_empty() { Ok(()) } else { Err(Refusal::validation(sentence(faults))) }
}

impl World {
    /// `DescribeChangeSet`.
    pub(super) fn describe_change_set(
        &self,
        input: &Value,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let found = &self.change_sets[self.change_set(input, now)?];
        let mut said = found.head(&self.parties.arn("ChangeSet", &found.id), now);
        said.insert("Intent".to_owned(), json!("APPLY"));
        if let Some((_, End::Failed { description: Some(text), .. })) = &found.end {
            said.insert("FailureDescription".to_owned(), json!(text));
        }
        said.insert("ChangeSet".to_owned(), found.report());
        Ok(Value::Object(said))
    }

    /// Where the change set is that a request names.
    fn change_set(&self, input: &Value, now: Timestamp) -> Result<usize, Refusal> {
        let mut faults = Faults::new();
        let object = Part::top(input).object(&["Catalog", "ChangeSetId"], &mut faults);
        if let Some(catalog) = object.required("Catalog", &mut faults) {
            is_catalog(&catalog, &mut faults);
        }
        let id = object.required("ChangeSetId", &mut faults);
        let id = id.and_then(|id| id.short(255, &mut faults));
        refuse(&faults)?;
        let is_meant = |set: &ChangeSet| Some(&*set.id) == id && is_kept(set, now);
        self.change_sets.iter().position(is_meant).ok_or_else(|| {
            Refusal::not_found(format!(
                "The change set {} does not exist in the catalog {CATALOG}.",
                id.unwrap_or_default()
            ))
        })
    }

    /// `CancelChangeSet`.
    pub(super) fn cancel_change_set(
        &mut self,
        input: &Value,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        let place = self.change_set(input, now)?;
        let set = &mut self.change_sets[place];
        let status = set.status(now);
        if status != "PREPARING" {
            return Err(Refusal::in_use(format!(
                "A change set in the status {status} can't be cancelled."
            )));
        }
        set.end = Some((now, End::Cancelled));
        let (id, envelope) = (set.id.clone(), event::ended(set, &self.parties, &mut self.draw));
        self.events.extend(envelope);
        Ok(json!({"ChangeSetId": id, "ChangeSetArn": self.parties.arn("ChangeSet", &id)}))
    }

    /// `ListChangeSets`.
    pub(super) fn list_change_sets(&self, input: &Value, now: Timestamp) -> Result<Value, Refusal> {
        const KEYS: [&str; 5] = ["Catalog", "FilterList", "Sort", "MaxResults", "NextToken"];
        let mut faults = Faults::new();
        let object = Part::top(input).object(&KEYS, &mut faults);
        if let Some(catalog) = object.required("Catalog", &mut faults) {
            is_catalog(&catalog, &mut faults);
        }
        let filters = object.at("FilterList").map(|list| filters(&list, &mut faults));
        let (by, is_rising) = object.at("Sort").map_or(("StartTime", false), |sort| {
            let sort = sort.object(&["SortBy", "SortOrder"], &mut faults);
            let by =
                sort.at("SortBy").and_then(|by| by.word(&["StartTime", "EndTime"], &mut faults));
            let order = sort.at("SortOrder");
            let order = order.and_then(|it| it.word(&["ASCENDING", "DESCENDING"], &mut faults));
            (by.unwrap_or("StartTime"), order == Some("ASCENDING"))
        });
        let most = i64::try_from(RULES.change_set_page).unwrap_or(i64::MAX);
        let size = object.at("MaxResults").and_then(|it| it.whole(1..=most, &mut faults));
        let token = object.at("NextToken").and_then(|token| token.text(&mut faults));
        refuse(&faults)?;
        let filters = filters.unwrap_or_default();
        let mut found: Vec<&ChangeSet> = self
            .change_sets
            .iter()
            .filter(|set| is_kept(set, now))
            .filter(|set| filters.iter().all(|filter| filter.takes(set, now)))
            .collect();
        found.sort_by_key(|set| match by {
            "EndTime" => set.end.as_ref().map(|(at, _)| *at),
            _ => Some(set.started),
        });
        if !is_rising {
            found.reverse();
        }
        let size = size.and_then(|size| usize::try_from(size).ok());
        let (rows, next) = page(found, size.unwrap_or(RULES.change_set_page), token)
            .ok_or_else(|| Refusal::validation("The NextToken is not valid."))?;
        let rows = rows.into_iter().map(|set| {
            let mut row = set.head(&self.parties.arn("ChangeSet", &set.id), now);
            row.insert("EntityIdList".to_owned(), json!(set.entities()));
            Value::Object(row)
        });
        let mut said = json!({"ChangeSetSummaryList": rows.collect::<Value>()});
        if let Some(next) = next {
            said["NextToken"] = json!(next);
        }
        Ok(said)
    }
}

/// Whether AWS still says something of it.
fn is_kept(set: &ChangeSet, now: Timestamp) -> bool {
    let history = SignedDuration::from_hours(RULES.history_days.saturating_mul(24));
    now.duration_since(set.started) <= history
}

/// A filter of `ListChangeSets`.
enum Filter<'a> {
    Entity(Vec<&'a str>),
    Name(Vec<&'a str>),
    Status(Vec<&'a str>),
    /// Of the start or the end: after or before a time.
    Time {
        is_start: bool,
        is_after: bool,
        time: Timestamp,
    },
}

impl Filter<'_> {
    fn takes(&self, set: &ChangeSet, now: Timestamp) -> bool {
        match self {
            Self::Entity(ids) => set.entities().iter().any(|id| ids.contains(id)),
            Self::Name(names) => names.contains(&&*set.name),
            Self::Status(words) => words.contains(&set.status(now)),
            Self::Time { is_start, is_after, time } => {
                let of =
                    if *is_start { Some(set.started) } else { set.end.as_ref().map(|it| it.0) };
                of.is_some_and(|at| if *is_after { at > *time } else { at < *time })
            }
        }
    }
}

fn filters<'a>(list: &Part<'a>, faults: &mut Faults) -> Vec<Filter<'a>> {
    let mut found = Vec::new();
    for filter in list.list(1..=RULES.filters, faults) {
        let object = filter.object(&["Name", "ValueList"], faults);
        let name = object.required("Name", faults).and_then(|name| name.text(faults));
        let Some(values) = object.required("ValueList", faults) else { continue };
        let parts = values.list(1..=RULES.filter_values, faults);
        let values: Vec<&str> = parts.iter().filter_map(|value| value.text(faults)).collect();
        let mut time = |is_start, is_after| {
            let time = values.first().and_then(|text| text.parse().ok());
            if time.is_none() {
                filter.wrong("a time is written as 2026-12-02T10:04:22Z", faults);
            }
            time.map(|time| Filter::Time { is_start, is_after, time })
        };
        let read = match name {
            Some("EntityId") => Some(Filter::Entity(values)),
            Some("ChangeSetName") => Some(Filter::Name(values)),
            Some("Status") => Some(Filter::Status(values)),
            Some("AfterStartTime") => time(true, true),
            Some("BeforeStartTime") => time(true, false),
            Some("AfterEndTime") => time(false, true),
            Some("BeforeEndTime") => time(false, false),
            _ => {
                filter.wrong("there is no filter of this Name", faults);
                None
            }
        };
        found.extend(read);
    }
    found
}
