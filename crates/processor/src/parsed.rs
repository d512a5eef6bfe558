//! A delivery after parsing.

use std::collections::BTreeSet;

use ledger::labels::envelope_id;
use marketplace::catalog;
use marketplace::digest::Digest;
use marketplace::ids::AccountId;
use marketplace::notification::Notification;
use marketplace::parse::{Malformed, MalformedReason, parse};

use crate::delivery::Via;

/// A delivery after parsing.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) digest: Digest,
    /// As the ledger keeps it.
    pub(crate) envelope_id: String,
    pub(crate) content: Content,
}

/// What a body is.
#[derive(Debug)]
pub(crate) enum Content {
    /// A notification that we may use.
    Good(Box<Notification>),
    /// A notification for an account that is not configured.
    Foreign(Box<Notification>),
    /// Something that cannot be read, and why.
    Malformed(String),
}

/// Parses one body. Only an import may describe an opportunity: nobody else speaks for the Catalog API.
pub(crate) fn read(body: &[u8], via: Via, accounts: &BTreeSet<AccountId>) -> Parsed {
    match parse(body) {
        Ok(notification) => {
            let forged = notification.envelope.source == catalog::SOURCE && via != Via::Import;
            let account = notification.envelope.account.as_ref();
            let foreign = account.is_some_and(|account| !accounts.contains(account));
            let envelope_id = envelope_id(notification.envelope.id.as_deref());
            if forged {
                let reason =
                    format!("`{}` is a source that only an import may use", catalog::SOURCE);
                let content = Content::Malformed(reason);
                return Parsed { digest: Digest::of(body), envelope_id, content };
            }
            let digest = notification.digest;
            let content = if foreign && !accounts.is_empty() {
                Content::Foreign(Box::new(notification))
            } else {
                Content::Good(Box::new(notification))
            };
            Parsed { digest, envelope_id, content }
        }
        Err(Malformed { digest, envelope_id: id, reason }) => {
            let envelope_id = envelope_id(id.as_deref());
            let reason = words(&reason);
            Parsed { digest, envelope_id, content: Content::Malformed(reason) }
        }
    }
}

fn words(reason: &MalformedReason) -> String {
    reason.to_string()
}
