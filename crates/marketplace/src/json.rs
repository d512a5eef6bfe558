//! A borrowed JSON tree: objects sorted by key, the text of numbers kept.
//!
//! One pass over a body gives the tree that the content digest is written from and the fields are
//! read from. It exists beside `serde_json::Value` because it borrows what needs no unescaping,
//! tells a repeated key, and stops at [`MAX_DEPTH`].

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The deepest nesting accepted. AWS's deepest document (a resale authorization) has 8 levels.
pub(crate) const MAX_DEPTH: usize = 64;

/// Fields of an object, sorted by key (bytes).
pub(crate) type Fields<'a> = Vec<(Cow<'a, str>, Json<'a>)>;

/// One JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json<'a> {
    Null,
    Bool(bool),
    /// As written (the spelling of an exponent apart).
    Number(String),
    /// Borrowed only if it was written without escapes, and so needs none.
    Text(Cow<'a, str>),
    List(Vec<Json<'a>>),
    Object(Fields<'a>),
}

/// Why a text is not a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Where and why, in the parser's words; they hold nothing of the text.
    Syntax(String),
    TooDeep,
}

/// A tree, and whether a key is repeated in some object of it.
pub(crate) struct Read<'a> {
    pub(crate) json: Json<'a>,
    pub(crate) repeats: bool,
}

/// Reads one JSON document.
pub(crate) fn read(text: &str) -> Result<Read<'_>, Flaw> {
    let (too_deep, repeats, escapes) = (Cell::new(false), Cell::new(false), Cell::new(false));
    let seed = Tree { depth: 0, too_deep: &too_deep, repeats: &repeats, escapes: &escapes };
    let mut source = serde_json::Deserializer::from_str(text);
    let read = seed.deserialize(&mut source).and_then(|json| source.end().map(|()| json));
    // Read as bytes, a key may hold control characters as they are; once unescaped they cannot be told from escaped ones.
    let read = match read {
        Ok(json) if escapes.get() => serde_json::from_str(text).map(|_: IgnoredAny| json),
        read => read,
    };
    match read {
        Ok(json) => Ok(Read { json, repeats: repeats.get() }),
        Err(_) if too_deep.get() => Err(Flaw::TooDeep),
        Err(error) => Err(Flaw::Syntax(error.to_string())),
    }
}

impl Json<'_> {
    /// What it is, in words.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Bool(_) => "a boolean",
            Json::Number(_) => "a number",
            Json::Text(_) => "a string",
            Json::List(_) => "an array",
            Json::Object(_) => "an object",
        }
    }

    /// Writes the canonical form: keys sorted, no white space, number text kept, strings escaped one way.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Json::Null => out.extend_from_slice(b"null"),
            Json::Bool(true) => out.extend_from_slice(b"true"),
            Json::Bool(false) => out.extend_from_slice(b"false"),
            Json::Number(text) => out.extend_from_slice(text.as_bytes()),
            Json::Text(text) => write_text(text, out),
            Json::List(items) => {
                out.push(b'[');
                for (position, item) in items.iter().enumerate() {
                    if position > 0 {
                        out.push(b',');
                    }
                    item.write(out);
                }
                out.push(b']');
            }
            Json::Object(fields) => write_fields(fields.iter(), out),
        }
    }
}

/// The value of a key.
pub(crate) fn field<'j, 'a>(
    fields: &'j [(Cow<'a, str>, Json<'a>)],
    key: &str,
) -> Option<&'j Json<'a>> {
    fields.iter().find(|(name, _)| name == key).map(|(_, value)| value)
}

/// Writes an object with these fields, in this order.
pub(crate) fn write_fields<'j, 'a: 'j>(
    fields: impl Iterator<Item = &'j (Cow<'a, str>, Json<'a>)>,
    out: &mut Vec<u8>,
) {
    out.push(b'{');
    for (position, (key, value)) in fields.enumerate() {
        if position > 0 {
            out.push(b',');
        }
        write_text(key, out);
        out.push(b':');
        value.write(out);
    }
    out.push(b'}');
}

#[expect(clippy::ptr_arg, reason = "borrowed says that there is nothing to escape")]
fn write_text(text: &Cow<'_, str>, out: &mut Vec<u8>) {
    match text {
        Cow::Borrowed(plain) => {
            out.push(b'"');
            out.extend_from_slice(plain.as_bytes());
            out.push(b'"');
        }
        Cow::Owned(text) => write_escaped(text, out),
    }
}

fn write_escaped(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for character in text.chars() {
        match character {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            control @ '\0'..='\x1f' => {
                let code = u32::from(control);
                out.extend_from_slice(format!("\\u{code:04x}").as_bytes());
            }
            plain => out.extend_from_slice(plain.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.push(b'"');
}

/// Reads a value at a depth.
#[derive(Clone, Copy)]
struct Tree<'s> {
    depth: usize,
    too_deep: &'s Cell<bool>,
    repeats: &'s Cell<bool>,
    /// Whether some key was written with escapes.
    escapes: &'s Cell<bool>,
}

impl Tree<'_> {
    fn inner<E: Error>(self) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH {
            self.too_deep.set(true);
            return Err(E::custom("too deeply nested"));
        }
        Ok(Self { depth: self.depth.saturating_add(1), ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Tree<'_> {
    type Value = Json<'de>;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Json<'de>, D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree<'_> {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut source: A) -> Result<Json<'de>, A::Error> {
        let inner = self.inner()?;
        let mut items = Vec::new();
        while let Some(item) = source.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut source: A) -> Result<Json<'de>, A::Error> {
        let name = Name { escapes: self.escapes };
        let mut key = match source.next_key_seed(name)? {
            None => return Ok(Json::Object(Vec::new())),
            Some(Key::Number) => return source.next_value().map(Json::Number),
            Some(Key::Name(key)) => key,
        };
        let inner = self.inner()?;
        let mut fields: Fields<'de> = Vec::new();
        loop {
            fields.push((key, source.next_value_seed(inner)?));
            key = match source.next_key_seed(name)? {
                Some(Key::Name(key)) => key,
                Some(Key::Number) => return Err(A::Error::custom("a number inside an object")),
                None => break,
            };
        }
        fields.sort_by(|(a, _), (b, _)| a.cmp(b));
        if fields.windows(2).any(|pair| matches!(pair, [(a, _), (b, _)] if a == b)) {
            self.repeats.set(true);
        }
        Ok(Json::Object(fields))
    }
}

/// What stands where a key may stand.
///
/// With `arbitrary_precision`, `serde_json` presents a number as a map with one private key. Asked for
/// bytes, it hands over real keys as bytes and the private one as text, so that a document cannot
/// pass an object off as a number by spelling the private key.
enum Key<'de> {
    Name(Cow<'de, str>),
    Number,
}

#[derive(Clone, Copy)]
struct Name<'s> {
    escapes: &'s Cell<bool>,
}

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Key<'de>;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Key<'de>, D::Error> {
        source.deserialize_bytes(self)
    }
}

impl<'de> Visitor<'de> for Name<'_> {
    type Value = Key<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_bytes<E: Error>(self, bytes: &'de [u8]) -> Result<Key<'de>, E> {
        let text = std::str::from_utf8(bytes).map_err(|_| E::custom(LONE))?;
        if bytes.iter().any(|byte| *byte < b' ') {
            return Err(E::custom("control character in a key"));
        }
        Ok(Key::Name(Cow::Borrowed(text)))
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Key<'de>, E> {
        let text = std::str::from_utf8(bytes).map_err(|_| E::custom(LONE))?;
        self.escapes.set(true);
        Ok(Key::Name(Cow::Owned(text.to_owned())))
    }

    fn visit_str<E: Error>(self, _private: &str) -> Result<Key<'de>, E> {
        Ok(Key::Number)
    }
}

const LONE: &str = "lone surrogate in a key";
