//! What we conclude of an offer: its type, its link, its findings.

use std::collections::BTreeSet;

use marketplace::ids::{OfferId, OpportunityId, ProductName};

use super::{LINK_GRACE_HOURS, News, finding_news};
use crate::correlate::{Answer, Basis, Candidate, Link, Rule, Subject, answer};
use crate::entitlement::DealType;
use crate::facts::OfferFacts;
use crate::finding::{FindingKind, Findings};
use crate::lattice::MAX_FEW;
use crate::moment::Moment;
use crate::public::{OfferNews, PublicEvent};
use crate::state::State;
use crate::stream::StreamId;

/// What other streams say of an offer.
#[derive(Debug, Clone, Copy)]
pub struct OfferContext<'a> {
    /// Its link, contested or not.
    pub link: &'a Link,
    /// Every name of its product.
    pub products: &'a BTreeSet<&'a ProductName>,
    /// The opportunity that it uses (confirmed or set by a person), if that is described.
    pub used: Option<Candidate<'a>>,
    /// The opportunity that the evidence alone singles out.
    pub singled_out: Option<&'a OpportunityId>,
}

/// What there is to publish of an offer at one time.
pub fn offer(
    stream: &StreamId,
    state: &State,
    context: OfferContext<'_>,
    at: Moment,
    now: Moment,
) -> News {
    let mut news = News::new();
    let (Some(facts), Ok(id)) = (state.offer(), OfferId::new(stream.id())) else { return news };
    let deal_type = DealType::of_offer(facts);
    let released = !facts.released.is_empty();
    let cppo = deal_type == DealType::Cppo;
    let current = OfferNews {
        id,
        deal_type,
        released,
        partner: facts.seller.get().filter(|_| cppo).cloned(),
        products: facts.products.iter().cloned().collect(),
        buyers: facts.buyers().to_vec(),
        expires_at: facts.expires().map(|time| time.to_string()),
        link: cppo.then(|| context.link.clone()),
    };
    let published = state.concluded.offer.as_ref();
    if published != Some(&current) {
        let received = released && !published.is_some_and(|offer| offer.released);
        let event = if received { PublicEvent::OfferReceived } else { PublicEvent::OfferLinked };
        news.push((event(current), at));
    }
    let findings = offer_findings(stream, facts, cppo, context, now);
    finding_news(state, &findings.finish(), at, &mut news);
    news
}

fn offer_findings<'a>(
    stream: &'a StreamId,
    facts: &'a OfferFacts,
    cppo: bool,
    context: OfferContext<'_>,
    now: Moment,
) -> Findings<'a> {
    let mut findings = Findings::new(stream, Some(&facts.acknowledged));
    super::rest::unpublishable(&mut findings, &facts.unpublishable);
    super::rest::conflicts(
        &mut findings,
        &[
            ("seller", super::rest::contradiction(&facts.seller)),
            ("manufacturer", super::rest::contradiction(&facts.manufacturer)),
            ("opportunity", super::rest::contradiction(&facts.confirmed)),
            ("offer-set", super::rest::contradiction(&facts.offer_set)),
        ],
    );
    super::rest::too_many(
        &mut findings,
        &[
            ("accounts that saw it", facts.seen.is_too_many(), MAX_FEW),
            ("product", facts.products.is_too_many(), MAX_FEW),
            ("names of its product", facts.aliases.is_too_many(), MAX_FEW),
        ],
    );
    if !cppo {
        return findings;
    }
    unsettled(&mut findings, facts, context.link, now);
    if let Some(used) = context.used {
        terms_broken(&mut findings, facts, context.products, used);
    }
    if let Some((confirmed, witness)) = facts.confirmed.get().zip(facts.confirmed.witness()) {
        let first = facts.released.get().unwrap_or(witness.at);
        let span = (first.min(witness.at), first.max(witness.at));
        if let Some(other) = context.singled_out.filter(|other| *other != confirmed) {
            findings.open(
                FindingKind::EvidenceContradicted,
                span.1,
                span,
                [("confirmed", confirmed.to_string()), ("evidence", other.to_string())],
            );
        }
        let manual = facts.manual().filter(|manual| *manual != confirmed);
        if manual.is_some() || facts.excludes(confirmed) {
            let person = manual.map_or_else(|| format!("not {confirmed}"), ToString::to_string);
            findings.open(
                FindingKind::PersonOverruled,
                span.1,
                span,
                [("confirmed", confirmed.to_string()), ("person", person)],
            );
        }
    }
    findings
}

/// Still ambiguous or unmatched after the grace time.
fn unsettled(findings: &mut Findings<'_>, facts: &OfferFacts, link: &Link, now: Moment) {
    let kind = match link.basis {
        Basis::Ambiguous => FindingKind::LinkAmbiguous,
        Basis::Unmatched => FindingKind::LinkUnmatched,
        Basis::Confirmed | Basis::Manual | Basis::Inferred => return,
    };
    let Some(released) = facts.released.get() else { return };
    let deadline = released.plus_hours(LINK_GRACE_HOURS);
    if now < deadline {
        return;
    }
    let candidates: Vec<_> = link.candidates.iter().map(ToString::to_string).collect();
    let mut evidence = vec![("released", released.to_string())];
    if !candidates.is_empty() {
        evidence.push(("candidates", candidates.join(", ")));
    }
    if link.contested {
        evidence.push(("contested", "by other offers that fit only this opportunity".to_owned()));
    }
    if link.too_many {
        evidence.push(("compared", "none: there are too many opportunities".to_owned()));
    }
    findings.open(kind, deadline, (released, released), evidence);
}

/// The offer's terms against those of the opportunity that it uses.
fn terms_broken(
    findings: &mut Findings<'_>,
    facts: &OfferFacts,
    products: &BTreeSet<&ProductName>,
    used: Candidate<'_>,
) {
    let rules = [
        (Rule::EndDate, FindingKind::OfferAfterEndDate),
        (Rule::Buyers, FindingKind::BuyerOutsideOpportunity),
        (Rule::Reseller, FindingKind::ResellerNotAuthorized),
        (Rule::Restricted, FindingKind::RestrictedAuthorization),
    ];
    let subject = Subject { offer: facts, products };
    let confirmed = facts.confirmed.witness().map(|witness| witness.at);
    let first = facts.released.get().or(confirmed).unwrap_or_default();
    let last = confirmed.unwrap_or(first);
    let span = (first.min(last), first.max(last));
    for (rule, kind) in rules {
        if answer(rule, subject, used) != Answer::No {
            continue;
        }
        let verdicts = crate::correlate::explain(subject, used);
        let Some(verdict) = verdicts.into_iter().find(|verdict| verdict.rule == rule) else {
            continue;
        };
        findings.open(
            kind,
            span.1,
            span,
            [
                ("opportunity", used.id.to_string()),
                ("offer's value", verdict.offer),
                ("opportunity's value", verdict.opportunity),
            ],
        );
    }
}
