//! What names a request towards AWS: its id, the names of its change sets, its client tokens.

use std::fmt;

use marketplace::digest::Digest;
use marketplace::ids::OpportunityId;
use serde::{Deserialize, Serialize};

use crate::facts::request::Wish;

/// The longest id, so that a change set's name of at most 100 characters holds it.
const MAX_REQUEST_ID: usize = 40;

/// The id that we give a request of ours: `req-9k2m4x7c1v5bn`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct RequestId(Box<str>);

/// Text that cannot be the id of a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a request's id is 1 to {MAX_REQUEST_ID} letters, digits, `-` and `_`")]
pub struct InvalidRequestId;

/// What follows `req-`: digits and letters that are not taken for each other.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// So many of them.
const DRAWN: usize = 13;

impl RequestId {
    /// The id of a wish by what is to be done, to which opportunity, and with what terms: the same for the same, whoever wishes
    /// it, and when.
    pub fn of(wish: &Wish, terms: &str) -> Self {
        let about = wish.opportunity.as_ref().map_or("", OpportunityId::as_str);
        let digest = Digest::of(format!("{}\n{about}\n{terms}", wish.kind.word()).as_bytes());
        let letter = |byte: &u8| ALPHABET.get(usize::from(byte & 31)).copied().map(char::from);
        let drawn: String = digest.bytes().iter().take(DRAWN).filter_map(letter).collect();
        Self(format!("req-{drawn}").into_boxed_str())
    }

    /// Checks length and characters.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidRequestId> {
        Self::try_from(text.into())
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RequestId {
    type Error = InvalidRequestId;
    fn try_from(text: String) -> Result<Self, InvalidRequestId> {
        let fits = (1..=MAX_REQUEST_ID).contains(&text.len());
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if fits && text.bytes().all(plain) {
            Ok(Self(text.into_boxed_str()))
        } else {
            Err(InvalidRequestId)
        }
    }
}

impl From<RequestId> for String {
    fn from(id: RequestId) -> String {
        id.0.into()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The first word of every change set's name.
const OURS: &str = "resold";

/// The name of an attempt's change set, by which a lost one is found. AWS takes `[\w\s+=.:@-]`, at most 100 characters.
pub fn change_set_name(request: &RequestId, attempt: u32) -> String {
    format!("{OURS} {request} {attempt}")
}

/// The request and the attempt that a change set's name tells of; `None`: it is none of ours.
pub fn named(name: &str) -> Option<(RequestId, u32)> {
    let (request, attempt) = name.strip_prefix(OURS)?.strip_prefix(' ')?.split_once(' ')?;
    let number = attempt.parse::<u32>().ok().filter(|number| *number > 0)?;
    let request = RequestId::new(request).ok()?;
    (change_set_name(&request, number) == name).then_some((request, number))
}

/// The client token of an attempt: 64 hexadecimal digits, which is the most that AWS takes.
pub fn token(request: &RequestId, attempt: u32, changes: &str) -> String {
    Digest::of(format!("{request}\n{attempt}\n{changes}").as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::request::WishKind;

    #[test]
    fn a_change_set_tells_whose_it_is() {
        let id = RequestId::new("req-9k2m4x7c1v5bn").unwrap();
        #[rustfmt::skip]
        let cases = [
            ("resold req-9k2m4x7c1v5bn 1", Some(1)),
            ("resold req-9k2m4x7c1v5bn 12", Some(12)),
            ("resold req-9k2m4x7c1v5bn 0", None),
            ("resold req-9k2m4x7c1v5bn 01", None),
            ("resold req-9k2m4x7c1v5bn +1", None),
            ("resold req-9k2m4x7c1v5bn 4294967296", None),
            ("resold req-9k2m4x7c1v5bn", None),
            ("resold  req-9k2m4x7c1v5bn 1", None),
            ("resold req-9k2m4x7c1v5bn 1 ", None),
            ("Resold req-9k2m4x7c1v5bn 1", None),
            ("resoldreq-9k2m4x7c1v5bn 1", None),
            ("resold req/9 1", None),
            ("Submitted by 111122223333", None),
            ("", None),
        ];
        for (name, attempt) in cases {
            assert_eq!(named(name), attempt.map(|number| (id.clone(), number)), "{name:?}");
        }
        let longest = RequestId::new("r".repeat(MAX_REQUEST_ID)).unwrap();
        assert!(change_set_name(&longest, u32::MAX).len() <= 100);
    }

    #[test]
    fn the_same_wish_has_the_same_id() {
        use WishKind::{Clone, Create, Publish};
        let id = |kind, about: Option<&str>, who: &str, terms| {
            let opportunity = about.map(|id| OpportunityId::new(id).unwrap());
            let (who, why) = (who.to_owned(), "why".to_owned());
            let (name, partner, product, draft) = (None, None, None, None);
            let wish = Wish { kind, opportunity, name, partner, product, draft, who, why };
            let id = RequestId::of(&wish, terms);
            assert_eq!(RequestId::new(id.as_str()), Ok(id.clone()));
            id.to_string()
        };
        let (one, other) = (Some("resaleauthz-1"), Some("resaleauthz-2"));
        let ids = [
            id(Create, None, "ann", "{}"),
            id(Create, None, "ann", "[]"),
            id(Clone, one, "ann", "{}"),
            id(Clone, other, "ann", "{}"),
            id(Publish, one, "ann", ""),
        ];
        let distinct: std::collections::BTreeSet<&String> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len());
        assert_eq!(ids[0], id(Create, None, "bob", "{}"));
        assert_eq!(ids[0].len(), "req-9k2m4x7c1v5bn".len());
    }

    #[test]
    fn an_id_fits_into_a_name() {
        for text in ["", "a b", "a/b", "ä", &"r".repeat(MAX_REQUEST_ID + 1)] {
            assert_eq!(RequestId::new(text), Err(InvalidRequestId), "{text:?}");
        }
    }

    #[test]
    fn a_token_is_of_one_attempt_and_one_body() {
        let id = |text| RequestId::new(text).unwrap();
        let tokens = [
            token(&id("a"), 1, "x"),
            token(&id("b"), 1, "x"),
            token(&id("a"), 2, "x"),
            token(&id("a"), 1, "y"),
        ];
        let distinct: std::collections::BTreeSet<&String> = tokens.iter().collect();
        assert_eq!(distinct.len(), tokens.len());
        assert!(tokens.iter().all(|token| token.len() == 64));
        assert_eq!(tokens[0], token(&id("a"), 1, "x"));
    }
}
