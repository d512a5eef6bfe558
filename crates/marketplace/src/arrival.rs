//! The shapes in which a notification is met, and the bodies in them.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

#[cfg(test)]
mod tests;

/// One body that was in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// The bytes to keep: the text of the notification as it was sent, or the described entities.
    pub body: Vec<u8>,
    /// SQS's id of the message that brought it.
    pub message_id: Option<String>,
    /// What to do with the body.
    pub kind: ArrivalKind,
}

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArrivalKind {
    /// For [`crate::parse::parse`].
    Notification,
    /// For [`crate::catalog::describe`].
    Description,
}

/// Takes the bodies out of one JSON document:
///
/// * an `EventBridge` event: itself;
/// * an SQS message (`MessageId`, `Body`), a record of a Lambda event (`messageId`, `body`): the text in it;
/// * what `aws sqs receive-message` prints (`Messages`), a Lambda SQS event (`Records`), an array of
///   anything in this list but an array: the bodies of all of them;
/// * what `describe-entity` or `batch-describe-entities` prints: itself, as a description.
///
/// Total: whatever is none of these, JSON or not, is one notification with its bytes as they are, for
/// the parser to refuse. Only a list without elements gives nothing. A text in an SQS message is not
/// looked into again.
pub fn unwrap(document: &[u8]) -> Vec<Arrival> {
    if document.trim_ascii_start().starts_with(b"[")
        && let Ok(items) = serde_json::from_slice::<Vec<&RawValue>>(document)
    {
        return items.iter().flat_map(|item| element(item.get().as_bytes())).collect();
    }
    element(document)
}

/// The bodies of anything but an array.
fn element(document: &[u8]) -> Vec<Arrival> {
    let Ok(shape) = serde_json::from_slice::<Shape<'_>>(document) else {
        return vec![notification(document)];
    };
    if shape.is_event || shape.repeats {
        return vec![notification(document)];
    }
    if shape.is_description() {
        let kind = ArrivalKind::Description;
        return vec![Arrival { body: document.to_vec(), message_id: None, kind }];
    }
    match shape.list {
        Some(list) => list.iter().map(|item| message(item.get().as_bytes())).collect(),
        None => vec![carried(&shape).unwrap_or_else(|| notification(document))],
    }
}

/// An element of `Messages` or `Records`.
fn message(document: &[u8]) -> Arrival {
    let shape = serde_json::from_slice::<Shape<'_>>(document).ok();
    let carried = shape.filter(|shape| !shape.repeats).as_ref().and_then(carried);
    carried.unwrap_or_else(|| notification(document))
}

/// The text that an SQS message carries.
fn carried(shape: &Shape<'_>) -> Option<Arrival> {
    let body: String = serde_json::from_str(shape.body?.get()).ok()?;
    let message_id = shape.message_id.and_then(|id| serde_json::from_str(id.get()).ok());
    Some(Arrival { body: body.into_bytes(), message_id, kind: ArrivalKind::Notification })
}

fn notification(document: &[u8]) -> Arrival {
    let kind = ArrivalKind::Notification;
    Arrival { body: document.to_vec(), message_id: None, kind }
}

/// What the keys of an object say about its shape; values are kept as they were written.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "one for each key that tells a shape")]
struct Shape<'a> {
    /// It has `source` or `detail-type`.
    is_event: bool,
    entity_type: bool,
    details: bool,
    entity_details: bool,
    errors: bool,
    message_id: Option<&'a RawValue>,
    body: Option<&'a RawValue>,
    list: Option<Vec<&'a RawValue>>,
    /// Two answers to one question: nothing is taken out.
    repeats: bool,
}

impl Shape<'_> {
    const fn is_description(&self) -> bool {
        (self.entity_type && self.details)
            || self.entity_details
            || (self.errors && self.body.is_none())
    }
}

/// A key; borrowed if it was written without escapes.
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        source.deserialize_str(Text)
    }
}

impl<'de> Deserialize<'de> for Shape<'de> {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Shape<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut source: A) -> Result<Shape<'de>, A::Error> {
                let mut shape = Shape::default();
                while let Some(Key(key)) = source.next_key()? {
                    shape.take(&key, &mut source)?;
                }
                Ok(shape)
            }
        }
        source.deserialize_map(Keys)
    }
}

impl<'de> Shape<'de> {
    fn take<A: MapAccess<'de>>(&mut self, key: &str, source: &mut A) -> Result<(), A::Error> {
        match key {
            "MessageId" | "messageId" => {
                self.repeats |= self.message_id.replace(source.next_value()?).is_some();
                return Ok(());
            }
            "Body" | "body" => {
                self.repeats |= self.body.replace(source.next_value()?).is_some();
                return Ok(());
            }
            "Messages" | "Records" => {
                let value: &RawValue = source.next_value()?;
                if let Ok(list) = serde_json::from_str(value.get()) {
                    self.repeats |= self.list.replace(list).is_some();
                }
                return Ok(());
            }
            "source" | "detail-type" => self.is_event = true,
            "EntityType" => self.entity_type = true,
            "Details" | "DetailsDocument" => self.details = true,
            "EntityDetails" => self.entity_details = true,
            "Errors" => self.errors = true,
            _ => {}
        }
        source.next_value::<IgnoredAny>().map(|_| ())
    }
}
