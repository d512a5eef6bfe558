use oracle::Published;
use serde_json::{Value, json};

use super::{Conclusions, compare, repeated};

fn published(version: i64, detail_type: &str, detail: Value) -> Published {
    Published {
        event_id: version.to_string(),
        stream: "agreement/agmt-1".to_owned(),
        version,
        detail_type: detail_type.to_owned(),
        detail,
    }
}

#[test]
fn only_what_is_new_is_published() {
    let (raised, closed) = ("Finding Raised", "Finding Closed");
    let cases = [
        // what is published of one stream, repetitions
        (vec![("Entitlement Granted", json!({"status": "active"}))], 0),
        (vec![("Entitlement Granted", json!(1)), ("Entitlement Granted", json!(1))], 1),
        (vec![("Entitlement Granted", json!(1)), ("Entitlement Changed", json!(2))], 0),
        (vec![("Entitlement Granted", json!(1)), ("Offer Linked", json!(1))], 0),
        (vec![(raised, json!({"id": "a"})), (raised, json!({"id": "b"}))], 0),
        (vec![(raised, json!({"id": "a"})), (closed, json!({"id": "a"}))], 0),
        (
            vec![
                (raised, json!({"id": "a"})),
                (raised, json!({"id": "b"})),
                (raised, json!({"id": "a"})),
            ],
            1,
        ),
    ];
    for (events, expected) in cases {
        let said = format!("{events:?}");
        let versions = (1..).zip(events);
        let events = versions.map(|(version, (what, detail))| published(version, what, detail));
        let found = repeated(&events.collect::<Vec<_>>());
        assert_eq!(found.len(), expected, "{said}: {found:?}");
    }
}

#[test]
fn conclusions_differ_where_one_has_another_or_none() {
    let conclusions = |pairs: &[(&str, i32)]| -> Conclusions {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect()
    };
    let cases = [
        (conclusions(&[("a", 1)]), conclusions(&[("a", 1)]), vec![]),
        (conclusions(&[("a", 1)]), conclusions(&[("a", 2)]), vec!["a"]),
        (conclusions(&[("a", 1), ("b", 1)]), conclusions(&[("b", 1), ("c", 1)]), vec!["a", "c"]),
    ];
    for (expected, found, differing) in cases {
        let subjects: Vec<String> =
            compare(&expected, &found).into_iter().map(|found| found.subject).collect();
        assert_eq!(subjects, differing);
    }
}
