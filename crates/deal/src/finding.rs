//! Findings: what a person should look at, with the evidence.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::facts::Acknowledgements;
use crate::lattice::Register;
use crate::moment::Moment;
use crate::stream::StreamId;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// An agreement is running and no license came for a day.
    AgreementWithoutLicense,
    /// The offer was released after the last day of the opportunity that it uses.
    OfferAfterEndDate,
    /// The offer targets, or the agreement was accepted by, a buyer that the opportunity does not name.
    BuyerOutsideOpportunity,
    /// A change set failed.
    ChangeSetFailed,
    /// A fact that cannot change was said with two values.
    ConflictingFacts,
    /// A pause of disbursements.
    DisbursementPaused,
    /// The end by the agreement's terms passed and AWS has not said that it ended.
    EndTimePassed,
    /// A public event can never be published: it is too large, or the event bus refused it.
    EventNotPublished,
    /// An agreement confirmed another opportunity than the evidence alone would have singled out.
    EvidenceContradicted,
    /// A notification for an account that is not configured.
    ForeignAccount,
    /// One EventBridge id with two contents.
    IdWithTwoContents,
    /// A notification that cannot have been sent when it says.
    ImplausibleTime,
    /// AWS does not tell what a license grants until somebody changes something.
    LicenseNotReadable,
    /// A license is known and its agreement's creation did not come for a day.
    LicenseWithoutAgreement,
    /// Several opportunities fit an offer, three days after its release.
    LinkAmbiguous,
    /// No opportunity fits a partner's offer three days after its release, or a partner's agreement names none and
    /// three days later its offer's release is not known.
    LinkUnmatched,
    /// A notification that cannot be read.
    Malformed,
    /// An agreement confirmed another link than a person had set, or one that a person had excluded.
    PersonOverruled,
    /// More offers were confirmed from an opportunity than it allows.
    QuantityExceeded,
    /// AWS did not do what we requested, and we do not try again.
    RequestFailed,
    /// A change set of ours has been applying for a day.
    RequestUnfinished,
    /// The seller of record is not the reseller that the opportunity authorizes.
    ResellerNotAuthorized,
    /// An agreement names an opportunity that was restricted before the offer was released.
    RestrictedAuthorization,
    /// A security report was created.
    SecurityReport,
    /// Two agreements could be the successor, or the predecessor, of one.
    SuccessionAmbiguous,
    /// More was said of something than is kept of it, so that nothing is known of it.
    TooMany,
    /// What a license grants is something else than before, and no `License Updated` said so.
    UnannouncedQuantities,
    /// A notification that cannot be decided, for a reason that a retry cannot mend.
    Undecidable,
    /// An agreement names an authorization that we have not seen described.
    UnknownAuthorization,
    /// A detail-type that this version does not know.
    UnknownType,
}

/// How urgent a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Should be looked at.
    Warning,
    /// Money or access is at stake.
    Critical,
}

impl Severity {
    /// The shown word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

impl FindingKind {
    /// Every kind, in the order of their words.
    pub const ALL: [Self; 30] = [
        Self::AgreementWithoutLicense,
        Self::BuyerOutsideOpportunity,
        Self::ChangeSetFailed,
        Self::ConflictingFacts,
        Self::DisbursementPaused,
        Self::EndTimePassed,
        Self::EventNotPublished,
        Self::EvidenceContradicted,
        Self::ForeignAccount,
        Self::IdWithTwoContents,
        Self::ImplausibleTime,
        Self::LicenseNotReadable,
        Self::LicenseWithoutAgreement,
        Self::LinkAmbiguous,
        Self::LinkUnmatched,
        Self::Malformed,
        Self::OfferAfterEndDate,
        Self::PersonOverruled,
        Self::QuantityExceeded,
        Self::RequestFailed,
        Self::RequestUnfinished,
        Self::ResellerNotAuthorized,
        Self::RestrictedAuthorization,
        Self::SecurityReport,
        Self::SuccessionAmbiguous,
        Self::TooMany,
        Self::UnannouncedQuantities,
        Self::Undecidable,
        Self::UnknownAuthorization,
        Self::UnknownType,
    ];

    /// The stored and shown word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::AgreementWithoutLicense => "agreement-without-license",
            Self::OfferAfterEndDate => "offer-after-end-date",
            Self::BuyerOutsideOpportunity => "buyer-outside-opportunity",
            Self::ChangeSetFailed => "change-set-failed",
            Self::ConflictingFacts => "conflicting-facts",
            Self::DisbursementPaused => "disbursement-paused",
            Self::EndTimePassed => "end-time-passed",
            Self::EventNotPublished => "event-not-published",
            Self::EvidenceContradicted => "evidence-contradicted",
            Self::ForeignAccount => "foreign-account",
            Self::IdWithTwoContents => "id-with-two-contents",
            Self::ImplausibleTime => "implausible-time",
            Self::LicenseNotReadable => "license-not-readable",
            Self::LicenseWithoutAgreement => "license-without-agreement",
            Self::LinkAmbiguous => "link-ambiguous",
            Self::LinkUnmatched => "link-unmatched",
            Self::Malformed => "malformed",
            Self::PersonOverruled => "person-overruled",
            Self::QuantityExceeded => "quantity-exceeded",
            Self::RequestFailed => "request-failed",
            Self::RequestUnfinished => "request-unfinished",
            Self::ResellerNotAuthorized => "reseller-not-authorized",
            Self::RestrictedAuthorization => "restricted-authorization",
            Self::SecurityReport => "security-report",
            Self::SuccessionAmbiguous => "succession-ambiguous",
            Self::TooMany => "too-many",
            Self::UnannouncedQuantities => "unannounced-quantities",
            Self::Undecidable => "undecidable",
            Self::UnknownAuthorization => "unknown-authorization",
            Self::UnknownType => "unknown-type",
        }
    }

    /// The kind that a word names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// How urgent it is.
    pub const fn severity(self) -> Severity {
        match self {
            Self::DisbursementPaused
            | Self::QuantityExceeded
            | Self::ResellerNotAuthorized
            | Self::BuyerOutsideOpportunity
            | Self::EventNotPublished
            | Self::LicenseWithoutAgreement
            | Self::Undecidable
            | Self::ConflictingFacts => Severity::Critical,
            Self::AgreementWithoutLicense
            | Self::OfferAfterEndDate
            | Self::ChangeSetFailed
            | Self::EndTimePassed
            | Self::EvidenceContradicted
            | Self::ForeignAccount
            | Self::ImplausibleTime
            | Self::LicenseNotReadable
            | Self::LinkAmbiguous
            | Self::LinkUnmatched
            | Self::Malformed
            | Self::PersonOverruled
            | Self::RequestFailed
            | Self::RequestUnfinished
            | Self::RestrictedAuthorization
            | Self::SuccessionAmbiguous
            | Self::TooMany
            | Self::UnannouncedQuantities
            | Self::UnknownAuthorization => Severity::Warning,
            Self::IdWithTwoContents | Self::SecurityReport | Self::UnknownType => Severity::Info,
        }
    }

    /// Whether the condition can end without a person. One that cannot stays open until it is acknowledged.
    pub const fn ends_by_itself(self) -> bool {
        match self {
            Self::AgreementWithoutLicense
            | Self::EndTimePassed
            | Self::LicenseNotReadable
            | Self::LicenseWithoutAgreement
            | Self::LinkAmbiguous
            | Self::LinkUnmatched
            | Self::RequestUnfinished
            | Self::SuccessionAmbiguous
            | Self::UnknownAuthorization => true,
            Self::BuyerOutsideOpportunity
            | Self::OfferAfterEndDate
            | Self::ChangeSetFailed
            | Self::ConflictingFacts
            | Self::DisbursementPaused
            | Self::EventNotPublished
            | Self::EvidenceContradicted
            | Self::ForeignAccount
            | Self::IdWithTwoContents
            | Self::ImplausibleTime
            | Self::Malformed
            | Self::PersonOverruled
            | Self::QuantityExceeded
            | Self::RequestFailed
            | Self::ResellerNotAuthorized
            | Self::RestrictedAuthorization
            | Self::SecurityReport
            | Self::TooMany
            | Self::UnannouncedQuantities
            | Self::Undecidable
            | Self::UnknownType => false,
        }
    }
}

/// Something a person should look at. A function of facts and now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Finding {
    /// Kind and subject: `link-ambiguous:offer/offer-...`.
    pub id: String,
    /// What is wrong. There may be more kinds with every version.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub kind: FindingKind,
    /// How urgent.
    pub severity: Severity,
    /// The stream that it is about.
    pub subject: StreamId,
    /// When the condition began to hold (for one with a grace time: when that was over).
    pub since: Moment,
    /// The first event time of the evidence.
    pub first: Moment,
    /// The last event time of the evidence.
    pub last: Moment,
    /// The values that show it, by name. Ids, times and our own words only: findings are published.
    pub evidence: BTreeMap<String, String>,
}

/// Collects the findings of one stream at one time.
#[derive(Debug)]
pub struct Findings<'a> {
    subject: &'a StreamId,
    acknowledged: Option<&'a Acknowledgements>,
    open: BTreeMap<String, Finding>,
}

impl<'a> Findings<'a> {
    /// None yet.
    pub const fn new(subject: &'a StreamId, acknowledged: Option<&'a Acknowledgements>) -> Self {
        Self { subject, acknowledged, open: BTreeMap::new() }
    }

    /// Adds one, unless a person acknowledged it for evidence up to `last`.
    pub fn open(
        &mut self,
        kind: FindingKind,
        since: Moment,
        (first, last): (Moment, Moment),
        evidence: impl IntoIterator<Item = (&'static str, String)>,
    ) {
        let id = format!("{}:{}", kind.word(), self.subject);
        let acknowledged = self.acknowledged.and_then(|all| all.get(&id)).and_then(Register::get);
        #[cfg(feature = "planted")]
        let acknowledged = acknowledged
            .filter(|_| !crate::planted::stands(crate::planted::Planted::AcknowledgedInVain));
        if acknowledged.is_some_and(|word| word.through >= last) {
            return;
        }
        let evidence = evidence.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let subject = self.subject.clone();
        let severity = kind.severity();
        let finding =
            Finding { id: id.clone(), kind, severity, subject, since, first, last, evidence };
        self.open.insert(id, finding);
    }

    /// The open ones by id.
    pub fn finish(self) -> BTreeMap<String, Finding> {
        self.open
    }
}
