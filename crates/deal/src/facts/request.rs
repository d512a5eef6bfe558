//! What is known of a request of ours: what a person wished, and what became of each attempt to carry it out.
//!
//! Every answer of AWS is dated by the call that it answers, so an answer that comes late is never taken for that of a later
//! call, and what holds does not depend on who recorded it first.

use std::collections::BTreeMap;

use marketplace::digest::Digest;
use marketplace::ids::{AccountId, ChangeSetId, OpportunityId, ProductName};
use serde::{Deserialize, Serialize};

use super::{Acknowledgements, Unpublishable};
use crate::lattice::{Few, First, Fixed, Join, Last, Register};
use crate::moment::Moment;

/// The facts of a request. A stub, known only by a change set's name, has no wish.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RequestFacts {
    /// What a person wished, from 1 on; a later wish corrects an earlier one that failed.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub wishes: BTreeMap<u32, Fixed<Wish>>,
    /// The attempts to carry it out, from 1 on.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attempts: BTreeMap<u32, Attempt>,
    /// The draft that a failed attempt left behind; the next one completes it.
    #[serde(skip_serializing_if = "Fixed::is_empty")]
    pub draft: Fixed<OpportunityId>,
    /// Drafts of which one may have been left behind, and nobody can tell which.
    #[serde(skip_serializing_if = "Few::is_empty")]
    pub candidates: Few<OpportunityId>,
    /// The last question to AWS that was not answered.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub trouble: Register<Refusal>,
    /// When what it made was read back from AWS into the ledger.
    #[serde(skip_serializing_if = "Last::is_empty")]
    pub read_back: Last,
    /// Findings that people acknowledged.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub acknowledged: Acknowledgements,
    /// The last of its public events that can never be published.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub unpublishable: Register<Unpublishable>,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum WishKind {
    /// An opportunity is created.
    Create,
    /// A draft is released to its partner.
    Publish,
    /// No more offers are made from an opportunity.
    Restrict,
    /// An opportunity is created from another one.
    Clone,
}

impl WishKind {
    /// The stored and shown word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Publish => "publish",
            Self::Restrict => "restrict",
            Self::Clone => "clone",
        }
    }

    /// Whether there is an opportunity more when it is done.
    pub const fn creates(self) -> bool {
        match self {
            Self::Create | Self::Clone => true,
            Self::Publish | Self::Restrict => false,
        }
    }
}

/// What a person wished, who and why. When is the time of its witness.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Wish {
    /// What is to be done.
    pub kind: WishKind,
    /// Which is published or restricted; which is cloned; for a creation the draft to complete, if a person named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opportunity: Option<OpportunityId>,
    /// The name of what is created, by which a draft that was left behind is found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The partner of what is created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<AccountId>,
    /// The product of what is created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<ProductName>,
    /// The content: canonical JSON, which the changes are made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<String>,
    /// Who.
    pub who: String,
    /// Why.
    pub why: String,
}

/// One attempt to carry a wish out: one token, one body, any number of calls.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Attempt {
    /// What is sent, recorded before the first call.
    #[serde(skip_serializing_if = "Fixed::is_empty")]
    pub intended: Fixed<Intended>,
    /// The last call; each is recorded before it is made.
    #[serde(skip_serializing_if = "Last::is_empty")]
    pub called: Last,
    /// The last call of which AWS may have taken the change set although no answer came.
    #[serde(skip_serializing_if = "Last::is_empty")]
    pub unanswered: Last,
    /// The last call that AWS refused, and why.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub refused: Register<Refusal>,
    /// The last time that no change set of its name was found.
    #[serde(skip_serializing_if = "Last::is_empty")]
    pub searched: Last,
    /// Its change set; more than one if AWS took it twice.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub change_sets: BTreeMap<ChangeSetId, SeenChangeSet>,
    /// The last time that a draft was looked for which it left behind.
    #[serde(skip_serializing_if = "Last::is_empty")]
    pub sought: Last,
}

/// What an attempt sends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Intended {
    /// The number of the wish that it carries out.
    pub wish: u32,
    /// The client token: the same for each call.
    pub token: String,
    /// The changes as canonical JSON. Kept, so that a later version sends the very same again.
    pub changes: String,
    /// The digest of the changes.
    pub digest: Digest,
    /// The draft that it completes instead of creating one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<OpportunityId>,
}

/// Whether a refused call has hope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hope {
    /// In seconds: throttled, or a fault of AWS.
    Soon,
    /// In minutes: something is locked, or a quota is used up.
    Later,
    /// Not as it is.
    Never,
}

/// Why AWS did not do it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What was attempted.
    pub doing: String,
    /// AWS's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// AWS's own text.
    pub text: String,
    /// Whether it has hope.
    pub hope: Hope,
    /// The how manyeth in a row.
    pub times: u32,
}

/// What is known of one of our change sets.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SeenChangeSet {
    /// When we first knew of it.
    #[serde(skip_serializing_if = "First::is_empty")]
    pub known: First,
    /// The last time that AWS said it was not done.
    #[serde(skip_serializing_if = "Last::is_empty")]
    pub polled: Last,
    /// The last notification that it ended.
    #[serde(skip_serializing_if = "Last::is_empty")]
    pub noticed: Last,
    /// How it ended, as AWS described it.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub report: Register<Report>,
}

/// How a change set ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// Every change was applied.
    Succeeded,
    /// It failed; a draft may be left.
    Failed,
    /// It was cancelled before it was applied.
    Cancelled,
}

/// What AWS says of a change set that ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// How it ended.
    pub end: End,
    /// When, by AWS's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Moment>,
    /// `CLIENT_ERROR`, `SERVER_FAULT`, or what else AWS wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_code: Option<String>,
    /// AWS's words for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// What AWS says of single changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ReportedError>,
    /// The opportunity that it is about: of a creation the new one, or the draft left behind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opportunity: Option<OpportunityId>,
}

/// What AWS says of one change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportedError {
    /// The change's type: `CreateResaleAuthorization`.
    pub change: String,
    /// AWS's code.
    pub code: String,
    /// AWS's own text.
    pub text: String,
}

impl Join for RequestFacts {
    fn join(&mut self, other: &Self) {
        self.wishes.join(&other.wishes);
        self.attempts.join(&other.attempts);
        self.draft.join(&other.draft);
        self.candidates.join(&other.candidates);
        self.trouble.join(&other.trouble);
        self.read_back.join(&other.read_back);
        self.acknowledged.join(&other.acknowledged);
        self.unpublishable.join(&other.unpublishable);
    }
}

impl Join for Attempt {
    fn join(&mut self, other: &Self) {
        self.intended.join(&other.intended);
        self.called.join(&other.called);
        self.unanswered.join(&other.unanswered);
        self.refused.join(&other.refused);
        self.searched.join(&other.searched);
        self.change_sets.join(&other.change_sets);
        self.sought.join(&other.sought);
    }
}

impl Join for SeenChangeSet {
    fn join(&mut self, other: &Self) {
        self.known.join(&other.known);
        self.polled.join(&other.polled);
        self.noticed.join(&other.noticed);
        self.report.join(&other.report);
    }
}

impl RequestFacts {
    /// The wish that holds, with its number and when it was wished: the last one. A stub has none.
    pub fn wish(&self) -> Option<(u32, &Wish, Moment)> {
        let (number, wish) = self.wishes.last_key_value()?;
        Some((*number, wish.get()?, wish.witness()?.at))
    }

    /// The wish that an attempt carries out: the last one, before that is recorded.
    pub fn wish_of(&self, attempt: &Attempt) -> Option<&Wish> {
        let number = attempt.intended.get().map(|intended| intended.wish);
        let wish = number.and_then(|number| self.wishes.get(&number)?.get());
        wish.or_else(|| self.wish().map(|(_, wish, _)| wish))
    }

    /// The draft that the next attempt completes: one that a person named, else the one that was left behind.
    pub fn reusable(&self) -> Option<&OpportunityId> {
        let named = self.wish().filter(|(_, wish, _)| wish.kind == WishKind::Create);
        named.and_then(|(_, wish, _)| wish.opportunity.as_ref()).or_else(|| self.draft.get())
    }

    /// Every change set of every attempt, with the attempt's number.
    pub fn change_sets(&self) -> impl Iterator<Item = (u32, &ChangeSetId, &SeenChangeSet)> {
        self.attempts.iter().flat_map(|(number, attempt)| {
            attempt.change_sets.iter().map(move |(id, seen)| (*number, id, seen))
        })
    }

    /// What was created, published or restricted by attempts that succeeded, each with what it was cloned from.
    pub fn made(&self) -> impl Iterator<Item = (&OpportunityId, Option<&OpportunityId>)> {
        self.attempts.values().filter(|attempt| attempt.has_succeeded()).flat_map(|attempt| {
            let wish = self.wish_of(attempt);
            let about = wish.and_then(|wish| Some((wish.kind, wish.opportunity.as_ref()?)));
            let source = about.filter(|(kind, _)| *kind == WishKind::Clone).map(|(_, id)| id);
            let reported = attempt.change_sets.values().filter_map(|seen| seen.report.get());
            let reported = reported.filter(|report| report.end == End::Succeeded);
            let mut made: Vec<_> = reported.filter_map(|it| it.opportunity.as_ref()).collect();
            if made.is_empty() {
                let draft = attempt.intended.get().and_then(|intended| intended.draft.as_ref());
                let about = about.filter(|(kind, _)| !kind.creates()).map(|(_, id)| id);
                made.extend(draft.or(about));
            }
            made.into_iter().map(move |made| (made, source))
        })
    }
}

impl Attempt {
    /// Whether one of its change sets succeeded.
    pub fn has_succeeded(&self) -> bool {
        let mut reports = self.change_sets.values().filter_map(|seen| seen.report.get());
        reports.any(|report| report.end == End::Succeeded)
    }
}
