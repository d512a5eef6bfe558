//! The answers of `DescribeChangeSet` and `ListChangeSets`, as JSON.
//!
//! Read leniently: fields and words that we do not know are no error, and every field may be absent
//! but the id and the status.

use crate::changeset::{
    ChangeError, ChangeReport, ChangeSetReport, ChangeSetStatus, ChangeSetSummary,
};
use crate::json::Json;
use crate::parse::reader::{Object, Value};
use crate::parse::{self, MalformedReason};

/// An answer that is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read what `{operation}` answered")]
pub struct ReportError {
    /// The operation of the Catalog API.
    pub operation: &'static str,
    /// What is wrong.
    #[source]
    pub source: MalformedReason,
}

impl ChangeSetReport {
    /// Reads the JSON of `DescribeChangeSet`'s answer.
    pub fn read(answer: &[u8]) -> Result<Self, ReportError> {
        whole(answer, report)
            .map_err(|source| ReportError { operation: "DescribeChangeSet", source })
    }
}

impl ChangeSetSummary {
    /// Reads the rows in the JSON of `ListChangeSets`' answer.
    pub fn read_list(answer: &[u8]) -> Result<Vec<Self>, ReportError> {
        whole(answer, |top| top.at("ChangeSetSummaryList").list()?.items().map(summary).collect())
            .map_err(|source| ReportError { operation: "ListChangeSets", source })
    }
}

fn whole<T>(
    answer: &[u8],
    read: impl FnOnce(&Object<'_, '_>) -> Result<T, MalformedReason>,
) -> Result<T, MalformedReason> {
    let tree = parse::document(answer)?;
    parse::without_repeats(&tree)?;
    let Json::Object(fields) = &tree.json else {
        return Err(MalformedReason::NotAnObject { found: tree.json.kind() });
    };
    read(&Object::top(fields))
}

fn report(top: &Object<'_, '_>) -> Result<ChangeSetReport, MalformedReason> {
    let id = top.at("ChangeSetId");
    Ok(ChangeSetReport {
        id: id.required(id.id()?)?,
        name: top.at("ChangeSetName").owned()?,
        status: status(top)?,
        start: top.at("StartTime").time()?,
        end: top.at("EndTime").time()?,
        failure_code: top.at("FailureCode").owned()?,
        failure_description: words(top.at("FailureDescription"))?,
        changes: top.at("ChangeSet").list()?.items().map(change).collect::<Result<_, _>>()?,
    })
}

fn status(of: &Object<'_, '_>) -> Result<ChangeSetStatus, MalformedReason> {
    let status = of.at("Status");
    Ok(status.required(status.text()?)?.into())
}

fn change(value: Value<'_, '_>) -> Result<ChangeReport, MalformedReason> {
    let change = value.object()?;
    let kind = change.at("ChangeType");
    let entity = change.at("Entity").object()?.at("Identifier").text()?;
    let errors = change.at("ErrorDetailList").list()?.items().map(error).collect::<Result<_, _>>();
    Ok(ChangeReport {
        change_type: kind.required(kind.owned()?)?,
        change_name: change.at("ChangeName").owned()?,
        entity: entity.filter(|id| !is_reference(id)).map(without_revision),
        errors: errors?,
    })
}

fn error(value: Value<'_, '_>) -> Result<ChangeError, MalformedReason> {
    let error = value.object()?;
    Ok(ChangeError {
        code: error.at("ErrorCode").owned()?.unwrap_or_default(),
        message: words(error.at("ErrorMessage"))?.unwrap_or_default(),
    })
}

/// AWS's words have up to 2,048 characters, more than a text of a notification may have.
fn words(value: Value<'_, '_>) -> Result<Option<String>, MalformedReason> {
    Ok(value.raw_text()?.map(str::to_owned))
}

fn summary(value: Value<'_, '_>) -> Result<ChangeSetSummary, MalformedReason> {
    let row = value.object()?;
    let id = row.at("ChangeSetId");
    let mut entities = Vec::new();
    for entity in row.at("EntityIdList").list()?.items() {
        entities.extend(entity.text()?.map(without_revision));
    }
    Ok(ChangeSetSummary {
        id: id.required(id.id()?)?,
        name: row.at("ChangeSetName").owned()?,
        status: status(&row)?,
        start: row.at("StartTime").time()?,
        end: row.at("EndTime").time()?,
        failure_code: row.at("FailureCode").owned()?,
        entities,
    })
}

/// `$RA.Entity.Identifier` names another change of the set, and no entity: the set failed before there was one.
fn is_reference(identifier: &str) -> bool {
    identifier.starts_with('$')
}

/// An entity's id in a change set carries a revision where the set created it.
fn without_revision(identifier: &str) -> String {
    identifier.split('@').next().unwrap_or(identifier).to_owned()
}
