//! Why a body is not a notification.

use crate::digest::Digest;
use crate::parse::MAX_BODY;
use crate::way::Way;

/// A body that is kept raw and quarantined with the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read a notification")]
pub struct Malformed {
    /// Of the content if it can be told from the body, else of its bytes.
    pub digest: Digest,
    /// Whether it is of the bytes: the body is no JSON object, too long, or faulty where the content's digest leaves it out. No
    /// notification has such a digest.
    pub by_bytes: bool,
    /// `EventBridge`'s id of the event, if it can be read.
    pub envelope_id: Option<String>,
    /// What is wrong.
    #[source]
    pub reason: MalformedReason,
}

/// What is wrong with a body. Paths are written `detail.offers[2].id`.
///
/// Nothing of the body is shown but short values of fields with a rule, escaped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MalformedReason {
    /// Longer than [`MAX_BODY`].
    #[error("a body must have at most {MAX_BODY} bytes, this one has {bytes}")]
    TooLarge {
        /// Its length.
        bytes: usize,
    },
    /// Bytes that are no text.
    #[error("not UTF-8 at byte {position}")]
    NotUtf8 {
        /// The first byte that is not part of a character, counted from 0.
        position: usize,
    },
    /// Text that is not one JSON document.
    #[error("not JSON: {why}")]
    NotJson {
        /// What the parser met, with line and column.
        why: Box<str>,
    },
    /// Objects or arrays nested too deeply.
    #[error("objects and arrays must be nested at most {} deep", crate::json::MAX_DEPTH)]
    TooDeep,
    /// JSON, but no object.
    #[error("must be a JSON object, is {found}")]
    NotAnObject {
        /// What it is, in words.
        found: &'static str,
    },
    /// A key that occurs twice in one object: which of the values is meant is not ours to choose.
    #[error("a key must not be repeated: `{path}`")]
    RepeatedKey {
        /// The key, with the path to it.
        path: Box<str>,
    },
    /// A field without which nothing can be said.
    #[error("`{path}` is missing")]
    Missing {
        /// The field.
        path: Box<str>,
    },
    /// A field of a type that we do not know it to have.
    #[error("`{path}` must be {expected}, is {found}")]
    WrongType {
        /// The field.
        path: Box<str>,
        /// The type that it must have, in words.
        expected: &'static str,
        /// The type that it has.
        found: &'static str,
    },
    /// A field whose value breaks its rule.
    #[error("`{path}`: {rule}{}", shown(value.as_deref()))]
    Invalid {
        /// The field.
        path: Box<str>,
        /// The rule, in words.
        rule: Box<str>,
        /// The value, escaped, if it is short.
        value: Option<Box<str>>,
    },
    /// A source that comes by another way only.
    #[error("`{source_name}` is a source that {}", only(*way))]
    WrongWay {
        /// The source.
        source_name: Box<str>,
        /// The way that it may come by.
        way: Way,
    },
    /// Two fields that must say the same, and do not.
    #[error("`{path}` and `{other}` must not differ")]
    Contradiction {
        /// One of them.
        path: Box<str>,
        /// The other.
        other: Box<str>,
    },
}

const fn only(way: Way) -> &'static str {
    match way {
        Way::Import => "only an import may use",
        Way::Events => "no import may use",
    }
}

fn shown(value: Option<&str>) -> String {
    value.map_or_else(String::new, |value| format!(", is `{value}`"))
}
