//! What a notification about an agreement, or about a license under it, says.

use jiff::Timestamp;
use marketplace::ids::{AccountId, AgreementId};
use marketplace::notification::{AgreementEvent, AgreementNotice, AgreementTerms, Notification};

use super::{Part, us, when};
use crate::facts::agreement::{AdjustmentFact, Cancellation, LicenseFacts};
use crate::facts::partner::aliases;
use crate::facts::{AgreementFacts, Facts, OfferFacts, PartnerFacts, Seen, ViewRole};
use crate::lattice::{Authority, Few, First, Fixed, Last, Register, Witness};
use crate::moment::Moment;
use crate::stream::StreamId;

pub(super) const fn authority(what: &AgreementEvent) -> Authority {
    match what {
        AgreementEvent::Created(_) => Authority::Created,
        AgreementEvent::Amended(_) => Authority::Amended,
        AgreementEvent::Ended { .. } => Authority::Ended,
        AgreementEvent::LicenseUpdated | AgreementEvent::LicenseDeprovisioned => Authority::License,
        _ => Authority::Other,
    }
}

pub(super) fn agreement_notice(
    notification: &Notification,
    notice: &AgreementNotice,
    id: &AgreementId,
    said: &Witness,
) -> Vec<Part> {
    if let AgreementEvent::Registered { customer } = &notice.what {
        let facts = registered(notice, customer.as_ref(), said);
        return vec![(StreamId::agreement(id), Facts::Agreement(Box::new(facts)))];
    }
    let us = us(notification, notice.proposer.as_ref(), notice.manufacturer.as_ref());
    let seen = Seen { role: view_role(notification, &notice.what), us: us.cloned() };
    let mut facts = AgreementFacts {
        seen: Few::from_iter([seen]),
        authorization: Fixed::said(notice.authorization.clone(), said),
        offer: Fixed::said(notice.offer.clone(), said),
        acceptor: Fixed::said(notice.acceptor.clone(), said),
        proposer: Fixed::said(notice.proposer.clone(), said),
        manufacturer: Fixed::said(notice.manufacturer.clone(), said),
        products: notice.product.names.iter().cloned().collect(),
        aliases: aliases(&notice.product.names),
        ..AgreementFacts::default()
    };
    happened(&mut facts, notice, said);
    let mut parts = Vec::new();
    for previous in facts.previous.all() {
        // The old agreement learns who succeeds it.
        let successor = Fixed::said(Some(id.clone()), said);
        let facts = AgreementFacts { successor, ..AgreementFacts::default() };
        parts.push((StreamId::agreement(&previous.value), Facts::Agreement(Box::new(facts))));
    }
    if let Some(proposer) = &notice.proposer {
        let name = Register::said(notice.proposer_name.clone(), said);
        let facts = PartnerFacts { name, ..PartnerFacts::default() };
        parts.push((StreamId::partner(proposer), Facts::Partner(facts)));
    }
    parts.extend(sold_under(notice));
    parts.push((StreamId::agreement(id), Facts::Agreement(Box::new(facts))));
    parts
}

/// A registration speaks of its license, and of nobody's sale.
fn registered(
    notice: &AgreementNotice,
    customer: Option<&AccountId>,
    said: &Witness,
) -> AgreementFacts {
    let license = notice.license.as_ref().map(|(id, arn)| {
        let facts = LicenseFacts {
            arn: Register::said(Some(arn.clone()), said),
            registered: First::at(said.at),
            customer: Fixed::said(customer.cloned(), said),
            ..LicenseFacts::default()
        };
        (id.clone(), facts)
    });
    AgreementFacts {
        products: notice.product.names.iter().cloned().collect(),
        aliases: aliases(&notice.product.names),
        licenses: license.into_iter().collect(),
        ..AgreementFacts::default()
    }
}

/// A notification that names an offer and a product says what the offer sells: its own release may know it by another name.
fn sold_under(notice: &AgreementNotice) -> Option<Part> {
    let names = &notice.product.names;
    let offer = notice.offer.as_ref().filter(|_| !names.is_empty())?;
    let products = names.iter().cloned().collect();
    let facts = OfferFacts { products, aliases: aliases(names), ..OfferFacts::default() };
    Some((StreamId::offer(offer), Facts::Offer(Box::new(facts))))
}

/// In which role we are told: a license's Manufacturer notification says nothing of who sold.
fn view_role(notification: &Notification, what: &AgreementEvent) -> ViewRole {
    let role = ViewRole::of(notification.role.as_ref());
    match what {
        AgreementEvent::LicenseUpdated
        | AgreementEvent::LicenseDeprovisioned
        | AgreementEvent::AdvisoryIssued(_)
        | AgreementEvent::AdvisoryResolved(_)
            if role == ViewRole::Manufacturer =>
        {
            ViewRole::Publisher
        }
        _ => role,
    }
}

/// Adds what happened to an agreement or to a license under it.
fn happened(facts: &mut AgreementFacts, notice: &AgreementNotice, said: &Witness) {
    let mut license = LicenseFacts { seen: First::at(said.at), ..LicenseFacts::default() };
    match &notice.what {
        AgreementEvent::Created(terms) => {
            facts.created = First::at(said.at);
            facts.intent = Fixed::said(terms.intent.clone(), said);
            // An amendment carries the time of its own acceptance; the agreement's is that of its creation.
            facts.acceptance = Fixed::said(terms.acceptance.map(Moment::from), said);
            add_terms(facts, terms, said);
        }
        AgreementEvent::Amended(terms) => {
            facts.amended = Last::at(said.at);
            add_terms(facts, terms, said);
        }
        AgreementEvent::Ended { status } => {
            let word = status.as_deref().map(str::to_lowercase);
            facts.ended_first = First::at(said.at);
            facts.ended = Fixed::said(word, said);
        }
        AgreementEvent::Ending { days_before_end, end } => {
            facts.ending_notice = Register::said(*days_before_end, said);
            facts.end = Register::said(end.map(when), said);
        }
        AgreementEvent::RenewalTermsFinalized => facts.renewal_terms = Last::at(said.at),
        AgreementEvent::RenewalUpcoming => facts.renewal_upcoming = Last::at(said.at),
        AgreementEvent::AdvisoryIssued(at) => {
            facts.advisory = Register::said(Some(true), &dated(said, *at));
        }
        AgreementEvent::AdvisoryResolved(at) => {
            facts.advisory = Register::said(Some(false), &dated(said, *at));
        }
        AgreementEvent::Adjustment(adjustment) => {
            let Some(id) = &adjustment.id else { return };
            let value = AdjustmentFact {
                completed: adjustment.completed,
                amount: adjustment.amount,
                currency: adjustment.currency.clone(),
                reason_code: adjustment.reason_code.clone(),
                invoice: adjustment.invoice.clone(),
            };
            facts.adjustments.insert(id.clone(), Register::said(Some(value), said));
        }
        AgreementEvent::Cancellation(request) => {
            let Some(id) = &request.id else { return };
            let (step, reason_code) = (request.step.clone(), request.reason_code.clone());
            let value = Cancellation { step, reason_code };
            let said = dated(said, request.updated);
            facts.cancellations.insert(id.clone(), Register::said(Some(value), &said));
        }
        // Told apart before.
        AgreementEvent::Registered { .. } => {}
        AgreementEvent::LicenseUpdated => license.updated = Last::at(said.at),
        AgreementEvent::LicenseDeprovisioned => license.deprovisioned = First::at(said.at),
    }
    if let Some((id, arn)) = &notice.license {
        license.arn = Register::said(Some(arn.clone()), said);
        license.code = Fixed::said(notice.product.code.clone(), said);
        facts.licenses.insert(id.clone(), license);
    }
}

/// The time that the detail gives is finer than the envelope's whole seconds, and not that of the emission. One that cannot
/// be is passed over.
fn dated(said: &Witness, at: Option<Timestamp>) -> Witness {
    let at = at.map(Moment::from).filter(|at| at.is_plausible());
    Witness { at: at.unwrap_or(said.at), ..said.clone() }
}

fn add_terms(facts: &mut AgreementFacts, terms: &AgreementTerms, said: &Witness) {
    facts.start = Register::said(terms.start.map(Moment::from), said);
    facts.end = Register::said(terms.end.map(when), said);
    facts.previous = Fixed::said(terms.previous.clone(), said);
    facts.auto_renew = Register::said(terms.auto_renew, said);
}
