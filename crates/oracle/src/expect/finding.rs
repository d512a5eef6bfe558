//! The findings that must be open, and those that may be where the design leaves room.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::draw::{HOUR, later};
use crate::known::{Known, Told, is_described};
use crate::market::{Market, Offer, Rest, Sale};
use crate::world::{Deed, NoticeKind};

use super::link::{Basis, Heeding, Link, eligible, is_outside, is_over, is_restricted, quantity};
use super::{deal, succession};

/// An unsettled link is a finding after so many hours (ARCHITECTURE.md, graces).
const LINK_GRACE: i64 = 72 * HOUR;
/// A missing license or agreement is one.
const LICENSE_GRACE: i64 = 24 * HOUR;
/// An end time that passed is one.
const END_GRACE: i64 = HOUR;

/// Findings by kind and subject.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) must: BTreeSet<(&'static str, String)>,
    pub(crate) may: BTreeSet<(&'static str, String)>,
    /// What those that must be open show.
    pub(crate) evidence: BTreeMap<(&'static str, String), Evidence>,
    /// Kinds whose subjects are digests: how many there must be.
    pub(crate) counted: BTreeMap<&'static str, usize>,
}

/// What a finding shows, as far as the world knows it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Evidence {
    /// The first and the last event time.
    pub(crate) span: Option<(Timestamp, Timestamp)>,
    /// Ids by the name of the evidence.
    pub(crate) ids: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Evidence {
    fn at(&mut self, at: Timestamp) -> &mut Self {
        self.between(at, at)
    }

    /// Between these and any that are known already.
    fn between(&mut self, first: Timestamp, last: Timestamp) -> &mut Self {
        let (known_first, known_last) = self.span.unwrap_or((first, last));
        self.span = Some((first.min(known_first), last.max(known_last)));
        self
    }

    fn of<T: ToString>(
        &mut self,
        name: &'static str,
        ids: impl IntoIterator<Item = T>,
    ) -> &mut Self {
        let ids: BTreeSet<String> = ids.into_iter().map(|id| id.to_string()).collect();
        self.ids.insert(name, ids);
        self
    }
}

impl Findings {
    fn open(&mut self, kind: &'static str, stream: &str, id: &str) -> &mut Evidence {
        let finding = (kind, format!("{stream}/{id}"));
        self.must.insert(finding.clone());
        self.evidence.entry(finding).or_default()
    }

    /// Closes what people acknowledged, or what concerned a body that they had erased.
    fn settle(&mut self, market: &Market) {
        for command in &market.commands {
            match &command.what {
                Deed::Acknowledge { finding } => {
                    self.must.retain(|(kind, subject)| format!("{kind}:{subject}") != *finding);
                }
                Deed::Erase { kind, .. } => {
                    let of = match kind {
                        NoticeKind::Malformed => self.counted.get_mut("malformed"),
                        NoticeKind::Foreign => self.counted.get_mut("foreign-account"),
                        NoticeKind::Known | NoticeKind::Unknown => None,
                    };
                    if let Some(count) = of {
                        *count = count.saturating_sub(1);
                    }
                }
                Deed::Decide { .. } => {}
            }
        }
    }

    fn allow(&mut self, kind: &'static str, stream: &str, id: &str) {
        self.may.insert((kind, format!("{stream}/{id}")));
    }
}

pub(super) fn findings(known: &Known<'_>, links: &BTreeMap<&str, Link>) -> Findings {
    let mut findings = Findings::default();
    rest(&mut findings, known);
    for (id, link) in links {
        if let Some(offer) = known.market.offers.get(*id) {
            of_offer(&mut findings, known, offer, link);
        }
    }
    for opportunity in known.market.opportunities.values() {
        let users = known.users(&opportunity.id);
        let most = quantity(opportunity).filter(|most| users.len() > *most);
        if let Some(most) = most.filter(|_| is_described(opportunity)) {
            findings
                .open("quantity-exceeded", "opportunity", &opportunity.id)
                .of("allowed", [most])
                .of("used by", [users.len()])
                .of("offers", users);
        }
    }
    for told in known.agreements.values() {
        of_agreement(&mut findings, known, links, told);
        against_named(&mut findings, known, told);
    }
    let successions = succession::successions(known);
    for id in &successions.ambiguous {
        findings.open("succession-ambiguous", "agreement", id);
    }
    for id in &successions.involved {
        findings.allow("succession-ambiguous", "agreement", id);
    }
    findings.settle(known.market);
    findings
}

/// What concerns no deal.
fn rest(findings: &mut Findings, known: &Known<'_>) {
    let mut types = BTreeSet::new();
    let kinds = ["malformed", "foreign-account", "unknown-type", "id-with-two-contents"];
    findings.counted = kinds.into_iter().map(|kind| (kind, 0)).collect();
    for aside in &known.market.asides {
        match &aside.what {
            Rest::ChangeSet { id, result: "Failed" } => {
                findings.open("change-set-failed", "changeset", id).at(aside.at);
            }
            Rest::DisbursementPaused { account } => {
                findings.open("disbursement-paused", "seller", account).at(aside.at);
            }
            Rest::SecurityReport { account } => {
                findings.open("security-report", "seller", account).at(aside.at);
            }
            Rest::Malformed { .. } | Rest::Imitation { .. } => {
                *findings.counted.entry("malformed").or_default() += 1;
            }
            Rest::Foreign { .. } => *findings.counted.entry("foreign-account").or_default() += 1,
            Rest::Unknown { source, detail_type } => {
                types.insert((source, detail_type));
            }
            Rest::ChangeSet { .. } | Rest::Purchase { .. } | Rest::Orphan { .. } => {}
        }
    }
    findings.counted.insert("unknown-type", types.len());
    findings.counted.insert("id-with-two-contents", shared_ids(known.market));
}

/// EventBridge ids with several contents.
fn shared_ids(market: &Market) -> usize {
    let first_of = |offer: &String| {
        let pair = market.twins.iter().find(|(_, other)| other == offer);
        pair.map_or_else(|| offer.clone(), |(one, _)| one.clone())
    };
    let copied = market.asides.iter().filter_map(|aside| match &aside.what {
        Rest::Malformed { like, .. } => like.as_ref().map(first_of),
        _ => None,
    });
    let pairs = market.twins.iter().map(|(one, _)| one.clone());
    copied.chain(pairs).collect::<BTreeSet<String>>().len()
}

fn of_offer(findings: &mut Findings, known: &Known<'_>, offer: &Offer, link: &Link) {
    let id = offer.id.as_str();
    let over = known.market.now >= later(offer.released, LINK_GRACE);
    match link.basis {
        Basis::Ambiguous if over => {
            let evidence = findings.open("link-ambiguous", "offer", id).at(offer.released);
            evidence.of("candidates", &link.candidates);
        }
        Basis::Unmatched if over && offer.told => {
            findings.open("link-unmatched", "offer", id).at(offer.released);
        }
        Basis::Ambiguous
        | Basis::Unmatched
        | Basis::Inferred
        | Basis::Confirmed
        | Basis::Manual => {}
    }
    if let Some(confirmed) = known.confirmed(offer) {
        against_evidence(findings, known, offer, confirmed);
        let other = known.manual(offer).is_some_and(|manual| manual != confirmed);
        if other || known.excludes(offer, confirmed) {
            findings.open("person-overruled", "offer", id).of("confirmed", [confirmed]);
        }
    }
    let used = known.used(offer).and_then(|used| known.market.opportunities.get(used));
    let Some(used) = used.filter(|one| is_described(one)) else { return };
    let sold = known.of_offer(id).any(|told| known.seller(told).is_some());
    if (offer.told || sold) && used.reseller != offer.seller {
        findings.open("reseller-not-authorized", "offer", id).of("opportunity", [&used.id]);
    }
    if !offer.told {
        return;
    }
    if is_over(used, offer.released) {
        findings.open("offer-after-end-date", "offer", id).of("opportunity", [&used.id]);
    }
    if is_restricted(used, offer.released) {
        findings.open("restricted-authorization", "offer", id).of("opportunity", [&used.id]);
    }
    if is_outside(&offer.buyers, used) {
        findings
            .open("buyer-outside-opportunity", "offer", id)
            .of("opportunity", [&used.id])
            .of("offer's value", &offer.buyers);
    }
}

/// Whether the evidence heeds what other offers use up, and what people excluded, is left open.
fn against_evidence(findings: &mut Findings, known: &Known<'_>, offer: &Offer, confirmed: &str) {
    let singled_out = |uses, people| {
        let fitting = eligible(known, offer, Heeding { uses, people });
        fitting.len() == 1 && fitting.first().is_some_and(|only| only != confirmed)
    };
    let answers = [(false, false), (false, true), (true, false), (true, true)];
    let answers = answers.map(|(uses, people)| singled_out(uses, people));
    if answers == [true; 4] {
        findings.open("evidence-contradicted", "offer", &offer.id).of("confirmed", [confirmed]);
    } else if answers != [false; 4] {
        findings.allow("evidence-contradicted", "offer", &offer.id);
    }
}

fn of_agreement(
    findings: &mut Findings,
    known: &Known<'_>,
    links: &BTreeMap<&str, Link>,
    told: &Told<'_>,
) {
    let (id, now) = (told.agreement.id.as_str(), known.market.now);
    let licenses = told.licenses();
    if told.buyers().len() > 1 {
        findings.open("conflicting-facts", "agreement", id).of("acceptor", told.buyers());
    }
    let Some(created) = told.created() else {
        let first = licenses.values().map(|license| license.first).min();
        let last = licenses.values().map(|license| license.first).max();
        let waited = |first: Timestamp| now >= later(first, LICENSE_GRACE);
        if let Some((first, last)) = first.zip(last).filter(|(first, _)| waited(*first)) {
            findings
                .open("license-without-agreement", "agreement", id)
                .between(first, last)
                .of("licenses", licenses.keys());
        }
        return;
    };
    let sale = told.sale(known.market);
    let offer = known.offer(told);
    let link = offer.and_then(|offer| links.get(offer.id.as_str()));
    let linked = link.is_some_and(|link| link.opportunity.is_some());
    let answers = offer.is_some_and(|offer| offer.told);
    let over = now >= later(created, LINK_GRACE);
    if sale == Some(Sale::Partner) && over && !linked && !answers && known.named(told).is_none() {
        findings.open("link-unmatched", "agreement", id).at(created);
    }
    if deal::end(told).is_some() {
        return;
    }
    let waited = now >= later(told.agreement.starts, LICENSE_GRACE);
    if sale != Some(Sale::Resold) && licenses.is_empty() && waited {
        findings.open("agreement-without-license", "agreement", id).at(created);
    }
    if let Some(ends) = told.ends().filter(|ends| now >= later(*ends, END_GRACE)) {
        findings.open("end-time-passed", "agreement", id).at(created).at(ends);
    }
}

/// An agreement against the opportunity that it names.
fn against_named(findings: &mut Findings, known: &Known<'_>, told: &Told<'_>) {
    let Some(named) = known.named(told) else { return };
    let Some(opportunity) = known.market.opportunities.get(named) else { return };
    let id = told.agreement.id.as_str();
    let partners = opportunity.reseller != known.market.us;
    if !is_described(opportunity) {
        // Another maker describes what it granted to us only if it shares it.
        if partners {
            findings.open("unknown-authorization", "opportunity", named);
        } else {
            findings.allow("unknown-authorization", "opportunity", named);
        }
        return;
    }
    if !partners {
        return;
    }
    let buyer: Vec<&str> = told.buyer().into_iter().collect();
    if is_outside(&buyer, opportunity) {
        findings
            .open("buyer-outside-opportunity", "agreement", id)
            .of("opportunity", [named])
            .of("buyer", buyer);
    }
    // An offer whose release is not known may be older than the restriction.
    if known.offer(told).is_none_or(|offer| !offer.told) {
        findings.allow("restricted-authorization", "agreement", id);
    }
}
