//! Streams: what the ledger keeps a history of, one noun each.

use std::fmt;

use marketplace::digest::Digest;
use marketplace::ids::{AccountId, AgreementId, ChangeSetId, OfferId, OfferSetId, OpportunityId};
use serde::{Deserialize, Serialize};

use crate::request::RequestId;

/// The noun that a stream is about; the part of its id before the first `/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamKind {
    /// An agreement, with its entitlement and its licenses.
    Agreement,
    /// A change set of the Catalog API.
    ChangeSet,
    /// EventBridge's id of an event, when it came with two contents.
    EnvelopeId,
    /// A notification that could not be used (malformed, from a foreign account).
    Notification,
    /// A detail-type that this version does not know.
    NotificationType,
    /// A private offer.
    Offer,
    /// A set of offers made together.
    OfferSet,
    /// A resale authorization.
    Opportunity,
    /// A reseller's account: names, aliases of products, and the lock of correlation.
    Partner,
    /// A request of ours to AWS: a wish and its change sets.
    Request,
    /// One of our own accounts.
    Seller,
}

impl StreamKind {
    /// Every kind, in the order of their ids.
    pub const ALL: [Self; 11] = [
        Self::Agreement,
        Self::ChangeSet,
        Self::EnvelopeId,
        Self::Notification,
        Self::NotificationType,
        Self::Offer,
        Self::OfferSet,
        Self::Opportunity,
        Self::Partner,
        Self::Request,
        Self::Seller,
    ];

    /// The word before the `/` of a stream's id.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Agreement => "agreement",
            Self::ChangeSet => "changeset",
            Self::EnvelopeId => "envelope",
            Self::Notification => "notification",
            Self::NotificationType => "notificationtype",
            Self::Offer => "offer",
            Self::OfferSet => "offerset",
            Self::Opportunity => "opportunity",
            Self::Partner => "partner",
            Self::Request => "request",
            Self::Seller => "seller",
        }
    }
}

/// The id of a stream: `agreement/agmt-...`, `partner/222233334444`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct StreamId {
    kind: StreamKind,
    text: Box<str>,
}

/// Text that does not begin with a stream kind and a `/`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a stream id is a kind, a `/` and an id, for example `offer/offer-9k2mexample77`")]
pub struct InvalidStreamId;

impl StreamId {
    fn of(kind: StreamKind, id: &str) -> Self {
        Self { kind, text: format!("{}/{id}", kind.word()).into_boxed_str() }
    }

    /// The stream of an agreement.
    pub fn agreement(id: &AgreementId) -> Self {
        Self::of(StreamKind::Agreement, id.as_str())
    }

    /// The stream of a change set.
    pub fn change_set(id: &ChangeSetId) -> Self {
        Self::of(StreamKind::ChangeSet, id.as_str())
    }

    /// The stream of an EventBridge id that came with two contents. Its text is opaque to us and may be
    /// anything, so the stream is named by its digest.
    pub fn envelope_id(id: &str) -> Self {
        Self::of(StreamKind::EnvelopeId, &Digest::of(id.as_bytes()).to_string())
    }

    /// The stream of a notification that could not be used.
    pub fn notification(digest: &Digest) -> Self {
        Self::of(StreamKind::Notification, &digest.to_string())
    }

    /// The stream of a source and detail-type that we do not know, named by their digest.
    pub fn notification_type(source: &str, detail_type: &str) -> Self {
        let both = format!("{source}\n{detail_type}");
        Self::of(StreamKind::NotificationType, &Digest::of(both.as_bytes()).to_string())
    }

    /// The stream of an offer.
    pub fn offer(id: &OfferId) -> Self {
        Self::of(StreamKind::Offer, id.as_str())
    }

    /// The stream of an offer set.
    pub fn offer_set(id: &OfferSetId) -> Self {
        Self::of(StreamKind::OfferSet, id.as_str())
    }

    /// The stream of an opportunity.
    pub fn opportunity(id: &OpportunityId) -> Self {
        Self::of(StreamKind::Opportunity, id.as_str())
    }

    /// The stream of a partner.
    pub fn partner(id: &AccountId) -> Self {
        Self::of(StreamKind::Partner, id.as_str())
    }

    /// The stream of a request of ours.
    pub fn request(id: &RequestId) -> Self {
        Self::of(StreamKind::Request, id.as_str())
    }

    /// The stream of one of our own accounts.
    pub fn seller(id: &AccountId) -> Self {
        Self::of(StreamKind::Seller, id.as_str())
    }

    /// What the stream is about.
    pub const fn kind(&self) -> StreamKind {
        self.kind
    }

    /// The part after the kind: AWS's id, or ours of a request.
    pub fn id(&self) -> &str {
        self.text.split_once('/').map_or("", |(_, id)| id)
    }

    /// The whole id.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl TryFrom<String> for StreamId {
    type Error = InvalidStreamId;
    fn try_from(text: String) -> Result<Self, InvalidStreamId> {
        let (word, id) = text.split_once('/').ok_or(InvalidStreamId)?;
        let kind = StreamKind::ALL.into_iter().find(|kind| kind.word() == word);
        let kind = kind.filter(|_| !id.is_empty()).ok_or(InvalidStreamId)?;
        Ok(Self { kind, text: text.into_boxed_str() })
    }
}

impl From<StreamId> for String {
    fn from(id: StreamId) -> String {
        id.text.into()
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
