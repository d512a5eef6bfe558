//! The JSON Schemas of the public events, `events/schemas/`: current, compatible with the released ones, and true of every
//! event that every scenario publishes.

mod compatible;

use std::fs;
use std::path::PathBuf;

use deal::public::PublicEvent;
use deal::schema::schema;
use serde_json::Value;

use self::compatible::broken;
use crate::scenario;

fn folder() -> PathBuf {
    scenario::events().join("schemas")
}

/// `Entitlement Granted` is in `entitlement-granted.json`.
fn file(detail_type: &str) -> String {
    format!("{}.json", detail_type.to_lowercase().replace(' ', "-"))
}

fn generated(detail_type: &str) -> Value {
    schema(detail_type).expect("every detail-type has a schema")
}

#[test]
fn every_schema_is_current() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut wrong = Vec::new();
    for detail_type in PublicEvent::DETAIL_TYPES {
        let path = folder().join(file(detail_type));
        let wanted = format!("{:#}\n", generated(detail_type));
        if update {
            fs::write(&path, &wanted).expect("the schema can be written");
        } else if fs::read_to_string(&path).unwrap_or_default() != wanted {
            wrong.push(detail_type);
        }
    }
    assert!(wrong.is_empty(), "not current: {wrong:?} (make schemas writes them again)");
    let files = fs::read_dir(folder()).expect("events/schemas can be read");
    let files = files.filter(|entry| entry.as_ref().is_ok_and(|entry| entry.path().is_file()));
    assert_eq!(files.count(), PublicEvent::DETAIL_TYPES.len(), "a schema of nothing");
}

#[test]
fn what_was_released_stays_true() {
    for entry in fs::read_dir(folder().join("released")).expect("released schemas") {
        let path = entry.expect("an entry").path();
        let text = fs::read_to_string(&path).expect("a released schema");
        let released: Value = serde_json::from_str(&text).expect("JSON");
        let detail_type = released["title"].as_str().expect("a title").to_owned();
        let now = schema(&detail_type).expect("a released event is still published");
        assert_eq!(broken(&released, &now), Vec::<String>::new(), "{}", path.display());
    }
}
