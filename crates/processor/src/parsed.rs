//! A delivery after parsing.

use std::collections::BTreeSet;

use ledger::labels::{Labels, envelope_id};
use marketplace::digest::Digest;
use marketplace::ids::AccountId;
use marketplace::notification::Notification;
use marketplace::parse::{Malformed, parse_from};

use crate::delivery::Via;

/// A delivery after parsing.
#[derive(Debug, Clone)]
pub(crate) struct Parsed {
    pub(crate) digest: Digest,
    /// Whether the digest is that of the bytes, since the content cannot be told.
    pub(crate) by_bytes: bool,
    /// As the ledger keeps it.
    pub(crate) envelope_id: String,
    pub(crate) content: Content,
}

/// What a body is.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// A notification that we may use.
    Good(Box<Notification>),
    /// A notification for an account that is not configured.
    Foreign(Box<Notification>),
    /// Something that cannot be read, and why.
    Malformed(String),
    /// Something that the database refused, why, and what its row repeats of it.
    Undecided { why: String, labels: Labels },
}

/// Whether a row repeats anything of its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Labelled {
    Yes,
    /// The database refused that, too.
    No,
}

impl Parsed {
    /// What its row repeats of the body.
    pub(crate) fn labels(&self) -> Labels {
        match &self.content {
            Content::Good(notification) | Content::Foreign(notification) => {
                Labels::of(&notification.envelope)
            }
            Content::Malformed(_) => Labels::unread(self.envelope_id.clone()),
            Content::Undecided { labels, .. } => labels.clone(),
        }
    }

    /// The same, to be kept without a decision.
    pub(crate) fn undecided(self, why: String, labelled: Labelled) -> Self {
        let labels = match labelled {
            Labelled::Yes => self.labels(),
            Labelled::No => Labels::default(),
        };
        let envelope_id = labels.envelope_id.clone();
        let content = Content::Undecided { why, labels };
        Self { envelope_id, content, ..self }
    }
}

/// Parses one body. Only an import may describe an opportunity: nobody else speaks for the Catalog API.
pub(crate) fn read(body: &[u8], via: Via, accounts: &BTreeSet<AccountId>) -> Parsed {
    match parse_from(via.into(), body) {
        Ok(notification) => {
            let account = notification.envelope.account.as_ref();
            let foreign = account.is_some_and(|account| !accounts.contains(account));
            let envelope_id = envelope_id(notification.envelope.id.as_deref());
            let digest = notification.digest;
            let content = if foreign && !accounts.is_empty() {
                Content::Foreign(Box::new(notification))
            } else {
                Content::Good(Box::new(notification))
            };
            Parsed { digest, by_bytes: false, envelope_id, content }
        }
        Err(Malformed { digest, by_bytes, envelope_id: id, reason }) => {
            let envelope_id = envelope_id(id.as_deref());
            let content = Content::Malformed(reason.to_string());
            Parsed { digest, by_bytes, envelope_id, content }
        }
    }
}
