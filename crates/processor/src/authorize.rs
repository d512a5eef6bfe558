//! Which products a partner may sell, and what it owes us for them: a person's word, with who and why.

use std::collections::BTreeMap;

use deal::effects::Effect;
use deal::facts::partner::{Authorization, Called};
use deal::facts::{Facts, PartnerFacts};
use deal::lattice::{Authority, Register, Witness};
use deal::state::State;
use deal::stream::StreamId;
use ledger::row::Writes;
use ledger::store::StoreError;
use marketplace::digest::Digest;
use marketplace::ids::{AccountId, ProductName};

use crate::delivery::ProcessError;
use crate::process::Processor;

/// Products that one partner is authorized for: its row is read and written with every change of its links.
pub const MAX_AUTHORIZED: usize = 40;
/// Bytes of the terms of one product.
pub const MAX_TERMS: usize = 16 * 1024;

/// Why an authorization was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum AuthorizeError {
    /// The account is one of our own.
    #[error("account `{0}` is one of our own: it needs nobody's authorization")]
    Own(AccountId),
    /// There is nothing to end.
    #[error("partner `{partner}` is not authorized to sell `{product}`")]
    NotAuthorized {
        /// The partner.
        partner: AccountId,
        /// The product.
        product: ProductName,
    },
    /// One partner, and too many products.
    #[error("a partner is authorized for {MAX_AUTHORIZED} products at most")]
    TooMany,
    /// More prices than are kept for one product.
    #[error("the terms of a product have {MAX_TERMS} bytes at most, these have {found}")]
    TooLong {
        /// How many they have.
        found: usize,
    },
    /// The terms cannot be written as JSON.
    #[error("could not write the terms")]
    Write(#[source] serde_json::Error),
    /// The ledger failed.
    #[error("could not record the authorization")]
    Process(#[source] ProcessError),
}

/// An answer inside a transaction: refused for a reason of the domain, or done.
type Answer = Result<Result<(), AuthorizeError>, StoreError>;

impl Processor {
    /// Records that a partner may sell a product, on these terms, or no longer; and what we call it, if that is said.
    /// The latest word on a product counts.
    pub async fn authorize(
        &self,
        partner: &AccountId,
        product: &ProductName,
        word: &Authorization,
        called: Option<&str>,
    ) -> Result<(), AuthorizeError> {
        if self.settings.accounts.contains(partner) {
            return Err(AuthorizeError::Own(partner.clone()));
        }
        let text = serde_json::to_string(word).map_err(AuthorizeError::Write)?;
        if text.len() > MAX_TERMS {
            return Err(AuthorizeError::TooLong { found: text.len() });
        }
        let text = format!("{partner}\n{product}\n{text}\n{}", called.unwrap_or_default());
        let digest = Digest::of(text.as_bytes());
        let name = called.map(|name| Called {
            name: name.to_owned(),
            who: word.who.clone(),
            why: word.why.clone(),
        });
        let attempt = || self.try_authorize(partner, product, word, name.as_ref(), &digest);
        self.with_retry(attempt).await.map_err(AuthorizeError::Process)?
    }

    async fn try_authorize(
        &self,
        partner: &AccountId,
        product: &ProductName,
        word: &Authorization,
        called: Option<&Called>,
        digest: &Digest,
    ) -> Answer {
        let (stream, now) = (StreamId::partner(partner), self.clock.now());
        let mut tx = self.store.begin().await?;
        let rows = tx.streams(std::slice::from_ref(&stream)).await?;
        let state = rows
            .first()
            .and_then(|row| State::from_json(stream.kind(), &row.facts, &row.concluded).ok());
        let before = state.as_ref().and_then(State::partner).cloned().unwrap_or_default();
        if let Some(refused) = refused(&before, partner, product, word) {
            return Ok(Err(refused));
        }
        let said = Witness::new(Authority::Other, now, digest);
        let facts = PartnerFacts {
            called: Register::said(called.cloned(), &said),
            authorized: BTreeMap::from([(
                product.clone(),
                Register::said(Some(word.clone()), &said),
            )]),
            ..PartnerFacts::default()
        };
        let slug = if word.sells { "authorized" } else { "authorization-ended" };
        let effect =
            Effect { stream, slug: slug.to_owned(), facts: Facts::Partner(facts), at: now };
        self.commit_effect(tx, effect, "partner authorize", Writes::default(), now).await.map(Ok)
    }
}

fn refused(
    before: &PartnerFacts,
    partner: &AccountId,
    product: &ProductName,
    word: &Authorization,
) -> Option<AuthorizeError> {
    let known = before.authorized.get(product).and_then(Register::get);
    if !word.sells && !known.is_some_and(|known| known.sells) {
        let (partner, product) = (partner.clone(), product.clone());
        return Some(AuthorizeError::NotAuthorized { partner, product });
    }
    let is_full = known.is_none() && before.authorized.len() >= MAX_AUTHORIZED;
    is_full.then_some(AuthorizeError::TooMany)
}
