//! What `aws marketplace-catalog describe-entity` or `batch-describe-entities` prints.

use marketplace::catalog::{Description, describe};
use marketplace::notification::Family;
use marketplace::parse::parse;
use serde_json::Value;

use super::can_be_laid_out;

/// A refusal is shown to people.
const MAX_REASON: usize = 2_000;

/// Checks one document.
pub fn check(document: &[u8]) {
    let read = describe(document);
    assert_eq!(describe(document), read, "the same bytes say the same");
    let described = match read {
        Ok(described) => described,
        Err(error) => {
            let reason = error.to_string();
            assert!(reason.len() <= MAX_REASON && !reason.chars().any(char::is_control));
            return;
        }
    };
    for body in &described.envelopes {
        kept(body);
    }
    laid_out(document, &described);
}

/// What is kept is a notification of ours, and holds no secret.
fn kept(body: &[u8]) {
    let notification = parse(body).expect("what is kept is a notification");
    assert!(matches!(notification.family, Family::OpportunityDescribed(_)));
    let text = std::str::from_utf8(body).expect("a notification is text");
    if can_be_laid_out(text) {
        let value: Value = serde_json::from_str(text).expect("a notification is JSON");
        harmless(&value);
    }
}

fn harmless(value: &Value) {
    match value {
        Value::String(text) => {
            let start = text.trim_start().to_ascii_lowercase();
            let is_url = start.starts_with("http://") || start.starts_with("https://");
            assert!(!(is_url && text.contains(['?', '#'])), "a URL with its query: {text}");
        }
        Value::Array(items) => items.iter().for_each(harmless),
        Value::Object(fields) => {
            for (key, value) in fields {
                assert!(!key.eq_ignore_ascii_case("AgreementToken"), "a token is kept");
                harmless(value);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The same entities, however their document was formatted.
fn laid_out(document: &[u8], described: &Description) {
    let text = std::str::from_utf8(document).expect("a description is text");
    if !can_be_laid_out(text) {
        return;
    }
    let value: Value = serde_json::from_str(text).expect("a description is JSON");
    for written in [serde_json::to_vec(&value), serde_json::to_vec_pretty(&value)] {
        assert_eq!(describe(&written.expect("JSON")).as_ref(), Ok(described));
    }
}
