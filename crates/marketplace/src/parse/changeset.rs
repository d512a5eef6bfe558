//! `Change Set Succeeded`, `Failed` and `Cancelled`. Their keys are in Pascal case.

use crate::notification::{ChangeSet, ChangeSetResult};
use crate::parse::malformed::MalformedReason;
use crate::parse::reader::Object;

/// "Amazon EventBridge events", change sets.
pub(super) fn read(
    detail: &Object<'_, '_>,
    result: ChangeSetResult,
) -> Result<ChangeSet, MalformedReason> {
    Ok(ChangeSet {
        id: detail.at("ChangeSetId").id()?,
        name: detail.at("ChangeSetName").owned()?,
        result,
        failure_code: detail.at("FailureCode").owned()?,
        started: detail.at("StartTime").time()?,
        ended: detail.at("EndTime").time()?,
    })
}
