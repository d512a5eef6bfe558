//! Ids as AWS gives them: opaque text, checked only for length and characters. The Catalog API's `EntityIdentifier` is an
//! id with a revision (`resaleauthz-1@3`): an id of an entity is read without it.
//!
//! No id is checked for its prefix: AWS's own examples show several forms of each
//! ("Work with resale authorizations using the AWS Marketplace APIs" shows `resaleauthz-...`, older samples a UUID).

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest id accepted, in bytes. AWS's longest documented id has 64.
pub const MAX_ID_LEN: usize = 128;

/// An id that is empty, too long, or has a character outside printable ASCII.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} must be 1 to {MAX_ID_LEN} printable ASCII characters without spaces")]
pub struct InvalidId {
    /// What the id should have named, in words.
    pub kind: &'static str,
}

fn check(kind: &'static str, text: &str) -> Result<(), InvalidId> {
    let fits = !text.is_empty() && text.len() <= MAX_ID_LEN;
    if fits && text.bytes().all(|b| b.is_ascii_graphic()) {
        Ok(())
    } else {
        Err(InvalidId { kind })
    }
}

/// An id of the Catalog API without its revision: `@` and digits at its end.
fn without_revision(text: &str) -> &str {
    match text.rsplit_once('@') {
        Some((id, revision)) if is_digits(revision) => id,
        _ => text,
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The id as it is.
const fn whole(text: &str) -> &str {
    text
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $read:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Box<str>);

        impl $name {
            /// Checks length and characters.
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidId> {
                Self::try_from(text.into())
            }

            /// The id.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                let id = $read(&text);
                check($kind, id)?;
                Ok(Self(id.into()))
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.into()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// A resale authorization (`resaleauthz-...`): an opportunity that we granted to a partner.
    OpportunityId, "an opportunity id", without_revision);
id!(
    /// A private offer (`offer-...`).
    OfferId, "an offer id", without_revision);
id!(
    /// A set of offers made together (`offerset-...`).
    OfferSetId, "an offer set id", without_revision);
id!(
    /// An agreement (`agmt-...`): an accepted offer.
    AgreementId, "an agreement id", whole);
id!(
    /// One name of a product: its entity id (`prod-...`), its UUID, or its 25-character code.
    /// One product has several; see the aliases of a partner in `deal`.
    ProductName, "a product id", without_revision);
id!(
    /// A change set of the Catalog API.
    ChangeSetId, "a change set id", whole);
id!(
    /// A request to cancel an agreement (`acr-...`).
    CancellationId, "a cancellation request id", whole);
id!(
    /// A request to adjust a bill (`ba-...`).
    AdjustmentId, "a billing adjustment id", whole);

/// A license: the `l-...` tail of its ARN.
///
/// AWS's documentation writes the ARN as `aws:license-manager:us-east-1:...:l-...`, real events as
/// `arn:aws:license-manager::...:license:l-...`; the tail is the same in both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct LicenseId(Box<str>);

impl LicenseId {
    /// Takes the part after the last `:` or `/` of an ARN, or a bare license id.
    pub fn from_arn(arn: &str) -> Result<Self, InvalidId> {
        let tail = arn.rsplit([':', '/']).next().unwrap_or(arn);
        check("a license ARN", tail)?;
        Ok(Self(tail.into()))
    }

    /// The `l-...` part.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for LicenseId {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        Self::from_arn(&text)
    }
}

impl From<LicenseId> for String {
    fn from(id: LicenseId) -> String {
        id.0.into()
    }
}

impl fmt::Display for LicenseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An AWS account: exactly 12 digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct AccountId(Box<str>);

/// Text that is not an AWS account id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an AWS account id is exactly 12 digits")]
pub struct InvalidAccount;

impl AccountId {
    /// Checks that the text is 12 digits.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidAccount> {
        Self::try_from(text.into())
    }

    /// The 12 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for AccountId {
    type Error = InvalidAccount;
    fn try_from(text: String) -> Result<Self, InvalidAccount> {
        if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(text.into_boxed_str()))
        } else {
            Err(InvalidAccount)
        }
    }
}

impl From<AccountId> for String {
    fn from(id: AccountId) -> String {
        id.0.into()
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_no_part_of_an_entitys_id() {
        #[rustfmt::skip]
        let cases = [
            ("ra-1", Some("ra-1")),
            ("ra-1@2", Some("ra-1")),
            ("ra-1@20260101", Some("ra-1")),
            ("ra@1@2", Some("ra@1")),
            ("ra-1@", Some("ra-1@")),
            ("ra-1@x2", Some("ra-1@x2")),
            ("@2", None),
            ("", None),
        ];
        for (text, expected) in cases {
            let read = [
                OpportunityId::new(text).ok().map(String::from),
                OfferId::new(text).ok().map(String::from),
                OfferSetId::new(text).ok().map(String::from),
                ProductName::new(text).ok().map(String::from),
            ];
            for id in read {
                assert_eq!(id.as_deref(), expected, "{text}");
            }
        }
        // No entity of the Catalog API.
        assert_eq!(AgreementId::new("agmt-1@2").unwrap().as_str(), "agmt-1@2");
    }
}
