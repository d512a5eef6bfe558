//! A finding as shown.

use std::collections::BTreeMap;

use marketplace::ids::{AgreementId, OfferId, OpportunityId};
use serde::Serialize;

use crate::finding::{Finding, FindingKind, Severity};
use crate::stream::StreamKind;

/// An open finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FindingItem {
    /// Kind and subject.
    pub id: String,
    /// What is wrong.
    #[serde(rename = "type")]
    pub kind: FindingKind,
    /// `open`: others are not listed.
    pub status: &'static str,
    /// How urgent.
    pub severity: Severity,
    /// The stream that it is about.
    pub subject: String,
    /// The opportunity that it is about.
    pub opportunity: Option<OpportunityId>,
    /// The offer that it is about.
    pub offer: Option<OfferId>,
    /// The agreement that it is about.
    pub agreement: Option<AgreementId>,
    /// When the condition began to hold.
    pub since: String,
    /// The first event time of the evidence.
    pub first: String,
    /// The last event time of the evidence.
    pub last: String,
    /// Whether it closes when its condition ends; otherwise a person acknowledges it.
    pub ends_by_itself: bool,
    /// The values that show it, by name.
    pub evidence: BTreeMap<String, String>,
}

impl FindingItem {
    /// From an open finding.
    pub fn new(finding: &Finding) -> Self {
        let id = finding.subject.id();
        let about = |kind| Some(id).filter(|_| finding.subject.kind() == kind);
        Self {
            id: finding.id.clone(),
            kind: finding.kind,
            status: "open",
            severity: finding.severity,
            subject: finding.subject.to_string(),
            opportunity: about(StreamKind::Opportunity).and_then(|id| OpportunityId::new(id).ok()),
            offer: about(StreamKind::Offer).and_then(|id| OfferId::new(id).ok()),
            agreement: about(StreamKind::Agreement).and_then(|id| AgreementId::new(id).ok()),
            since: finding.since.to_string(),
            first: finding.first.to_string(),
            last: finding.last.to_string(),
            ends_by_itself: finding.kind.ends_by_itself(),
            evidence: finding.evidence.clone(),
        }
    }
}
