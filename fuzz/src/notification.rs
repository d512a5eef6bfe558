//! A body, as an SQS message carries it.

use deal::effects::effects;
use deal::event::Event;
use deal::route::route;
use deal::state::State;
use deal::stream::StreamId;
use marketplace::ids::AgreementId;
use marketplace::notification::Notification;
use marketplace::parse::{MAX_BODY, Malformed, parse};
use serde_json::{Map, Value};

use super::can_be_laid_out;
use super::event;

/// A reason is kept beside the body and shown to people.
const MAX_REASON: usize = 2_000;

/// Aurora DSQL keeps keys of at most 1 KiB: the value, the stream, and two times.
const MAX_KEY: usize = 900;

/// Checks one body.
pub fn check(body: &[u8]) {
    let read = parse(body);
    assert_eq!(parse(body), read, "the same bytes say the same");
    match read {
        Ok(notification) => {
            said(&notification);
            laid_out(body, &notification);
        }
        Err(malformed) => refused(&malformed),
    }
}

fn refused(malformed: &Malformed) {
    let reason = malformed.reason.to_string();
    assert!(reason.len() <= MAX_REASON, "{} bytes of reasons", reason.len());
    assert!(!reason.chars().any(char::is_control), "{reason:?} is harmless");
}

/// The same content in another layout, under another id, and with something more in it.
fn laid_out(body: &[u8], notification: &Notification) {
    let text = std::str::from_utf8(body).expect("a notification is text");
    if !can_be_laid_out(text) {
        return;
    }
    let mut fields: Map<String, Value> =
        serde_json::from_str(text).expect("a notification is a JSON object");
    for written in [serde_json::to_vec(&fields), serde_json::to_vec_pretty(&fields)] {
        if let Some(again) = parsed(&written.expect("JSON")) {
            assert_eq!(&again, notification, "the layout says nothing");
        }
    }
    let more = fields.insert("resold-something".to_owned(), Value::Null).is_none();
    if let Some(other) = parsed(&serde_json::to_vec(&fields).expect("JSON")) {
        assert_eq!(other.digest != notification.digest, more, "the digest covers all of it");
    }
    fields.remove("resold-something");
    if !more {
        return;
    }
    fields.insert("id".to_owned(), "another".into());
    fields.insert("replay-name".to_owned(), "again".into());
    if let Some(again) = parsed(&serde_json::to_vec(&fields).expect("JSON")) {
        assert_eq!(again.digest, notification.digest, "an archive replay is the same content");
        assert_eq!(again.family, notification.family, "and says the same");
        assert_eq!(again.envelope.id.as_deref(), Some("another"));
        assert!(again.envelope.replayed);
    }
}

/// A body that was a notification in another layout; none: that made it too long.
fn parsed(body: &[u8]) -> Option<Notification> {
    let fits = body.len() <= MAX_BODY;
    fits.then(|| parse(body).expect("a notification stays one"))
}

/// What a notification says of each stream can be kept, read and folded.
fn said(notification: &Notification) {
    let _ = route(notification);
    let agreement = AgreementId::new("agmt-1").expect("an id");
    for effect in effects(notification, Some(&agreement)) {
        let stream = effect.stream;
        assert_eq!(StreamId::try_from(stream.to_string()).as_ref(), Ok(&stream));
        let slug = effect.slug.bytes();
        assert!(slug.len() <= 100, "{} bytes name an event", slug.len());
        assert!(slug.into_iter().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
        let said = Event::Facts { slug: effect.slug, facts: effect.facts };
        event::holds(stream.kind(), &said);
        let mut state = State::none(stream.kind());
        state.fold(&said, effect.at);
        for key in state.keys() {
            let length = key.value.len() + stream.as_str().len();
            assert!(length <= MAX_KEY, "a key of {length} bytes: {key:?}");
        }
    }
}
