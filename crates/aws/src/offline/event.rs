//! The events of change sets, as EventBridge delivers them ("Amazon EventBridge events").

use serde_json::{Value, json};

use super::authorization::seconds;
use super::change_set::{CATALOG, ChangeSet, End};
use super::draw::Draw;
use super::seed::Parties;

/// The event of a change set that ended. It names no entity.
pub fn ended(set: &ChangeSet, parties: &Parties, draw: &mut Draw) -> Option<Value> {
    let (at, end) = set.end.as_ref()?;
    let name = match end {
        End::Succeeded => "Change Set Succeeded",
        End::Failed { .. } => "Change Set Failed",
        End::Cancelled => "Change Set Cancelled",
    };
    let mut event = json!({
        "version": "0",
        "id": draw.uuid(),
        "detail-type": name,
        "source": "aws.marketplacecatalog",
        "account": parties.account,
        "time": seconds(*at),
        "region": "us-east-1",
        "resources": [parties.arn("ChangeSet", &set.id)],
        "detail": {
            "requestId": draw.uuid(),
            "Catalog": CATALOG,
            "ChangeSetId": set.id,
            "ChangeSetName": set.name,
            "StartTime": seconds(set.started),
            "EndTime": seconds(*at),
        },
    });
    if let End::Failed { code, .. } = end {
        event["detail"]["FailureCode"] = json!(code);
    }
    Some(event)
}
