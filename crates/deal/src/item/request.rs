//! A request of ours as shown.

use marketplace::ids::{AccountId, ChangeSetId, OpportunityId, ProductName};
use serde::Serialize;

use super::text;
use crate::facts::RequestFacts;
use crate::facts::request::WishKind;
use crate::moment::Moment;
use crate::request::{Failure, RequestId, Status, applying_since, due, failure, status, trouble};

/// A request of ours to AWS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Request {
    /// Its id, which is ours.
    pub id: RequestId,
    /// `create`, `publish`, `restrict` or `clone`.
    #[serde(rename = "type")]
    pub kind: Option<&'static str>,
    /// `wished`, `sending`, `waiting`, `applying`, `succeeded`, `failed`, `cancelled`; `unknown` of a stub.
    pub status: &'static str,
    /// The opportunity: what was created, or what the wish is about. Of a clone, the new one.
    pub opportunity: Option<OpportunityId>,
    /// What is cloned.
    pub cloned_from: Option<OpportunityId>,
    /// The name of what is created.
    pub name: Option<String>,
    /// The partner that may resell what is created.
    pub partner: Option<AccountId>,
    /// The product of what is created.
    pub product: Option<ProductName>,
    /// Who wished it.
    pub who: Option<String>,
    /// Why.
    pub why: Option<String>,
    /// When it was wished.
    pub wished_at: Option<String>,
    /// How often a change set was made for it.
    pub attempts: usize,
    /// The change sets, in the order of the attempts.
    pub change_sets: Vec<ChangeSetId>,
    /// Since when AWS has been at it.
    pub applying_since: Option<String>,
    /// When something is done next.
    pub next_at: Option<String>,
    /// Why it waits, or failed: AWS's code.
    pub code: Option<String>,
    /// Why it waits, or failed: AWS's own text.
    pub reason: Option<String>,
    /// What AWS says of single changes.
    pub errors: Vec<ChangeErrorItem>,
    /// The draft that a failed attempt left behind.
    pub draft: Option<OpportunityId>,
    /// Drafts of which one may have been left behind.
    pub candidates: Vec<OpportunityId>,
}

/// What AWS says of one change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangeErrorItem {
    /// The change's type.
    pub change: String,
    /// AWS's code.
    pub code: String,
    /// AWS's own text.
    pub reason: String,
}

impl Request {
    /// From the facts of a request.
    pub fn new(id: RequestId, facts: &RequestFacts) -> Self {
        let wish = facts.wish();
        let (wished_at, wish) = (wish.map(|(_, _, at)| at), wish.map(|(_, wish, _)| wish));
        let is_clone = wish.is_some_and(|wish| wish.kind == WishKind::Clone);
        let about = wish.and_then(|wish| wish.opportunity.clone());
        let made = facts.made().next().map(|(made, _)| made.clone());
        let (code, reason) = why(facts);
        let errors = failed(facts).map(|failure| failure.errors).unwrap_or_default();
        let errors = errors.iter().map(|error| ChangeErrorItem {
            change: error.change.clone(),
            code: error.code.clone(),
            reason: error.text.clone(),
        });
        Self {
            id,
            kind: wish.map(|wish| wish.kind.word()),
            status: status(facts).map_or("unknown", Status::word),
            opportunity: made.or_else(|| about.clone().filter(|_| !is_clone)),
            cloned_from: about.filter(|_| is_clone),
            name: wish.and_then(|wish| wish.name.clone()),
            partner: wish.and_then(|wish| wish.partner.clone()),
            product: wish.and_then(|wish| wish.product.clone()),
            who: wish.map(|wish| wish.who.clone()),
            why: wish.map(|wish| wish.why.clone()),
            wished_at: text(wished_at),
            attempts: facts.attempts.len(),
            change_sets: facts.change_sets().map(|(_, id, _)| id.clone()).collect(),
            applying_since: text(applying_since(facts)),
            next_at: text(due(facts).filter(|at| *at > Moment::default())),
            code,
            reason,
            errors: errors.collect(),
            draft: facts.draft.get().cloned(),
            candidates: facts.candidates.iter().cloned().collect(),
        }
    }
}

/// Why it failed, unless a wish that corrects it is not sent yet.
fn failed(facts: &RequestFacts) -> Option<Failure<'_>> {
    failure(facts).filter(|_| status(facts) != Some(Status::Wished))
}

/// Why it failed, or waits: AWS's code and text, or why nothing can be sent.
fn why(facts: &RequestFacts) -> (Option<String>, Option<String>) {
    if let Some(failure) = failed(facts) {
        return (failure.code.map(str::to_owned), failure.text.map(str::to_owned));
    }
    let refused =
        facts.attempts.values().next_back().filter(|attempt| attempt.change_sets.is_empty());
    let refused = refused.and_then(|attempt| attempt.refused.get());
    let last = trouble(facts).map(|(_, trouble)| trouble).or(refused);
    last.map_or((None, None), |last| (last.code.clone(), Some(last.text.clone())))
}
