//! The truth: what people and AWS did, and what of it AWS told us.
//!
//! Times of notices are whole seconds; what happened has milliseconds.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::world::Command;

/// An AWS account with its legal name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Party {
    pub(crate) account: String,
    pub(crate) name: &'static str,
}

/// A product with its three names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Product {
    /// `prod-...`, also the tail of its ARN.
    pub(crate) id: String,
    pub(crate) code: String,
    pub(crate) uuid: String,
    pub(crate) title: &'static str,
    pub(crate) maker: Party,
}

/// Whose sale something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sale {
    /// A partner sells our product.
    Partner,
    /// We sell our product.
    Own,
    /// We sell another's product.
    Resold,
}

impl Sale {
    /// The word of the design's table.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Partner => "CPPO",
            Self::Own => "PRIVATE",
            Self::Resold => "CPPO_IN",
        }
    }
}

/// The status that an opportunity was seen in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    Draft,
    Active,
    Restricted,
}

/// For whom, until when and how often an opportunity may be used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Terms {
    /// Empty: any.
    pub(crate) buyers: Vec<String>,
    pub(crate) last_day: Option<Date>,
    pub(crate) quantity: Option<usize>,
}

/// One observation of an opportunity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sight {
    pub(crate) stage: Stage,
    /// A draft's may still change.
    pub(crate) terms: Terms,
    /// Names of the product in it.
    pub(crate) names: Vec<String>,
    /// AWS's `LastModifiedDate`.
    pub(crate) modified: Timestamp,
    /// When we asked.
    pub(crate) imported: Timestamp,
}

/// A resale authorization.
#[derive(Debug, Clone)]
pub(crate) struct Opportunity {
    pub(crate) id: String,
    pub(crate) product: Product,
    pub(crate) reseller: Party,
    pub(crate) terms: Terms,
    pub(crate) created: Timestamp,
    /// When partners may begin to use it.
    pub(crate) opens: Timestamp,
    /// None: we know it by its id at most.
    pub(crate) sights: Vec<Sight>,
}

/// A private offer.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    pub(crate) id: String,
    pub(crate) sale: Sale,
    pub(crate) seller: Party,
    pub(crate) product: Product,
    /// The opportunity that it was made from.
    pub(crate) from: Option<String>,
    pub(crate) buyers: Vec<String>,
    pub(crate) released: Timestamp,
    pub(crate) expires: Option<Timestamp>,
    /// Whether AWS told us of the release.
    pub(crate) told: bool,
    /// Names of the product in that notice.
    pub(crate) names: Vec<String>,
    /// AWS told of it once more, with these names.
    pub(crate) again: Option<Vec<String>>,
    /// The offer set that a notice puts it in.
    pub(crate) set: Option<String>,
}

/// An accepted offer.
#[derive(Debug, Clone)]
pub(crate) struct Agreement {
    pub(crate) id: String,
    pub(crate) offer: String,
    pub(crate) buyer: String,
    /// `NEW`, `RENEW`, `REPLACE`.
    pub(crate) intent: &'static str,
    pub(crate) accepted: Timestamp,
    pub(crate) starts: Timestamp,
    /// By its first terms; none for pay-as-you-go.
    pub(crate) ends: Option<Timestamp>,
    /// The agreement that it succeeds, if its creation names that.
    pub(crate) previous: Option<String>,
    /// What AWS told us of it, in the order of time.
    pub(crate) said: Vec<Said>,
}

/// The role that a detail-type ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Manufacturer,
    Proposer,
    /// One that nobody documents.
    Distributor,
    None,
}

/// One notice about an agreement: what it tells, and which ids it carries.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each id is there or not, in any combination")]
pub(crate) struct Said {
    pub(crate) at: Timestamp,
    pub(crate) what: What,
    pub(crate) role: Role,
    /// It carries the account that it is for.
    pub(crate) account: bool,
    /// It names the agreement.
    pub(crate) agreement: bool,
    /// It names the opportunity of the offer.
    pub(crate) authorization: bool,
    /// It names the offer.
    pub(crate) offer: bool,
    /// The buyer that it names.
    pub(crate) acceptor: Option<String>,
    /// It names the seller of record.
    pub(crate) proposer: bool,
    /// Names of the product in it.
    pub(crate) names: Vec<String>,
}

/// What a notice tells of an agreement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    Created,
    Amended { ends: Option<Timestamp> },
    Ended { word: &'static str },
    Ending { days: i64, ends: Option<Timestamp> },
    RenewalTermsFinalized,
    RenewalUpcoming,
    Advisory { issued: bool, at: Timestamp },
    Adjusted { request: String, completed: bool, amount: &'static str },
    Cancellation { request: String, step: Step, at: Timestamp },
    LicenseUpdated { license: String },
    LicenseDeprovisioned { license: String },
}

impl What {
    /// AWS tells only the manufacturer of licenses and advisories.
    pub(crate) const fn is_told_to_the_maker(&self) -> bool {
        matches!(
            self,
            Self::LicenseUpdated { .. } | Self::LicenseDeprovisioned { .. } | Self::Advisory { .. }
        )
    }
}

/// Where a cancellation request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    PendingApproval,
    Approved,
    Rejected,
    Cancelled,
}

/// A notice that is about no deal, or that cannot be used.
#[derive(Debug, Clone)]
pub(crate) struct Aside {
    pub(crate) at: Timestamp,
    pub(crate) what: Rest,
}

impl Aside {
    /// What it is called.
    pub(crate) fn name(&self) -> String {
        format!("aside {}", self.at)
    }
}

/// What an [`Aside`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rest {
    ChangeSet {
        id: String,
        result: &'static str,
    },
    DisbursementPaused {
        account: String,
    },
    SecurityReport {
        account: String,
    },
    /// We bought something: AWS tells the buyer.
    Purchase {
        agreement: String,
    },
    /// A license that no notice puts under an agreement.
    Orphan {
        license: String,
    },
    /// A detail-type that nobody knows.
    Unknown {
        source: &'static str,
        detail_type: &'static str,
    },
    /// For an account that is not ours.
    Foreign {
        account: String,
        offer: String,
    },
    /// A body that cannot be read, maybe under the EventBridge id of this offer's notice.
    Malformed {
        how: Flaw,
        like: Option<String>,
    },
    /// A copy of this offer's notice that is broken only where two deliveries of one event may differ. It comes first.
    Imitation {
        offer: String,
        how: Imitated,
    },
}

/// How such a copy is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Imitated {
    IdIsNumber,
    IdIsTwice,
    IdIsLong,
    ReplayIsTwice,
}

/// What is wrong with a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    Truncated,
    NotJson,
    NotAnObject,
    NoTime,
    NoType,
    WrongTime,
    WrongShape,
    WrongAccount,
}

/// Everything that happened until now.
#[derive(Debug, Clone)]
pub(crate) struct Market {
    pub(crate) us: Party,
    /// A partner that is our account too: both are told of its sales.
    pub(crate) sister: Option<String>,
    /// The configured accounts; none: every account is accepted.
    pub(crate) accounts: Vec<String>,
    pub(crate) now: Timestamp,
    pub(crate) opportunities: BTreeMap<String, Opportunity>,
    pub(crate) offers: BTreeMap<String, Offer>,
    pub(crate) agreements: BTreeMap<String, Agreement>,
    pub(crate) asides: Vec<Aside>,
    /// Pairs of offers whose notices come under one EventBridge id.
    pub(crate) twins: Vec<(String, String)>,
    /// What people decided: links in the order of time, then what they did after all was told.
    pub(crate) commands: Vec<Command>,
}

impl Offer {
    /// Names of the product, of each notice of its release.
    pub(crate) fn namings(&self) -> impl Iterator<Item = &[String]> {
        let first = self.told.then_some(self.names.as_slice());
        first.into_iter().chain(self.again.as_deref().filter(|_| self.told))
    }
}

impl Market {
    /// Whether two accounts of ours are told of the sales of a seller.
    pub(crate) fn is_sister(&self, seller: &Party) -> bool {
        self.sister.as_ref() == Some(&seller.account)
    }

    /// How many notices tell one thing about an agreement.
    pub(crate) fn copies(&self, agreement: &Agreement, said: &Said) -> usize {
        let offer = self.offers.get(&agreement.offer);
        let sister = offer.is_some_and(|offer| self.is_sister(&offer.seller));
        if sister && !said.what.is_told_to_the_maker() { 2 } else { 1 }
    }

    /// The opportunity that an agreement's offer was made from.
    pub(crate) fn source(&self, agreement: &Agreement) -> Option<&str> {
        self.offers.get(&agreement.offer)?.from.as_deref()
    }
}
