//! Changes as they are kept: the elements of `StartChangeSet`'s request as canonical JSON, so that a later version sends the very
//! same again.

use marketplace::changeset::Change;
use serde::Deserialize;
use serde_json::Value;

/// Canonical JSON: names in order, numbers as they were written.
pub(super) fn write(changes: &[Change]) -> Result<String, serde_json::Error> {
    // By way of a value, whose objects are in the order of their names.
    serde_json::to_value(changes).map(|value| value.to_string())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Element {
    change_type: String,
    #[serde(default)]
    change_name: Option<String>,
    entity: Entity,
    details_document: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entity {
    #[serde(default)]
    identifier: Option<String>,
}

/// Reads what [`write()`] wrote.
pub(super) fn read(text: &str) -> Result<Vec<Change>, serde_json::Error> {
    let elements: Vec<Element> = serde_json::from_str(text)?;
    let change = |element: Element| Change {
        change_type: element.change_type,
        identifier: element.entity.identifier,
        change_name: element.change_name,
        details: element.details_document,
    };
    Ok(elements.into_iter().map(change).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_kept_is_sent_again() {
        let price: Value =
            serde_json::from_str(r#"{"z": 1.50, "a": [{"y": "1", "b": null}]}"#).unwrap();
        let changes = vec![
            Change {
                change_type: "CreateResaleAuthorization".to_owned(),
                identifier: None,
                change_name: Some("RA".to_owned()),
                details: price,
            },
            Change {
                change_type: "ReleaseResaleAuthorization".to_owned(),
                identifier: Some("$RA.Entity.Identifier".to_owned()),
                change_name: None,
                details: json!({}),
            },
        ];
        let written = write(&changes).unwrap();
        assert!(written.contains(r#"{"a":[{"b":null,"y":"1"}],"z":1.50}"#), "{written}");
        assert_eq!(read(&written).unwrap(), changes);
        assert_eq!(write(&read(&written).unwrap()).unwrap(), written);
    }
}
