//! Notifications about an agreement or a license under it.
//!
//! One shape for all of them: AWS spells the same fact in several ways (`acceptor.accountId` or
//! `agreement.acceptorId`), so each is read in each spelling.

use crate::ids::LicenseId;
use crate::notification::{
    Adjustment, AgreementEvent, AgreementNotice, AgreementTerms, CancellationRequest,
};
use crate::parse::malformed::MalformedReason;
use crate::parse::product;
use crate::parse::reader::{Object, Value, either};

/// Reads what happened from the name of the family and its detail.
type ReadEvent = fn(&str, &Object<'_, '_>) -> Result<AgreementEvent, MalformedReason>;

const CANCELLATION: &str = "Agreement Cancellation Request ";

/// How a family is read; `None` for a name that is none of ours.
pub(super) fn reader(name: &str) -> Option<ReadEvent> {
    use AgreementEvent as E;
    Some(match name {
        "Purchase Agreement Created" => |_, detail| terms(detail).map(E::Created),
        "Purchase Agreement Amended" => |_, detail| terms(detail).map(E::Amended),
        "Purchase Agreement Ended" => |_, detail| ended(detail),
        "Purchase Agreement Ending" => |_, detail| ending(detail),
        "Purchase Agreement Renewal Terms Finalized" => |_, _| Ok(E::RenewalTermsFinalized),
        "Purchase Agreement Renewal Upcoming" => |_, _| Ok(E::RenewalUpcoming),
        "Purchase Agreement Advisory Issued" => {
            |_, detail| detail.at("advisory").object()?.at("issuedAt").time().map(E::AdvisoryIssued)
        }
        "Purchase Agreement Advisory Resolved" => |_, detail| {
            detail.at("advisory").object()?.at("resolvedAt").time().map(E::AdvisoryResolved)
        },
        "Purchase Agreement Billing Adjustment Completed" => {
            |_, detail| adjustment(detail, true).map(E::Adjustment)
        }
        "Purchase Agreement Billing Adjustment Failed" => {
            |_, detail| adjustment(detail, false).map(E::Adjustment)
        }
        "License Updated" => |_, _| Ok(E::LicenseUpdated),
        "License Deprovisioned" => |_, _| Ok(E::LicenseDeprovisioned),
        name if name.starts_with(CANCELLATION) => {
            |name, detail| cancellation(name, detail).map(E::Cancellation)
        }
        _ => return None,
    })
}

/// Reads whom and what the detail names, and what happened.
pub(super) fn read(
    name: &str,
    detail: &Object<'_, '_>,
    event: ReadEvent,
) -> Result<AgreementNotice, MalformedReason> {
    let agreement = detail.at("agreement").object()?;
    let acceptor = detail.at("acceptor").object()?;
    let proposer = detail.at("proposer").object()?;
    let manufacturer = detail.at("manufacturer").object()?;
    let offer = detail.at("offer").object()?;
    Ok(AgreementNotice {
        agreement: agreement.at("id").id()?,
        authorization: detail.at("resaleAuthorization").object()?.at("id").id()?,
        acceptor: either(&[acceptor.at("accountId"), agreement.at("acceptorId")], Value::id)?,
        proposer: either(&[proposer.at("accountId"), agreement.at("proposerId")], Value::id)?,
        proposer_name: proposer.at("name").owned()?,
        manufacturer: manufacturer.at("accountId").id()?,
        offer: either(&[offer.at("id"), agreement.at("offerId")], Value::id)?,
        product: product::read(detail)?,
        license: license(detail)?,
        what: event(name, detail)?,
    })
}

/// Reads a registration, which speaks of its license and of nothing else.
pub(super) fn registered(detail: &Object<'_, '_>) -> Result<AgreementNotice, MalformedReason> {
    let customer = detail.at("customer").object()?.at("accountId").id()?;
    Ok(AgreementNotice {
        agreement: None,
        authorization: None,
        acceptor: None,
        proposer: None,
        proposer_name: None,
        manufacturer: None,
        offer: None,
        product: product::read(detail)?,
        license: license(detail)?,
        what: AgreementEvent::Registered { customer },
    })
}

fn ended(detail: &Object<'_, '_>) -> Result<AgreementEvent, MalformedReason> {
    let agreement = detail.at("agreement").object()?;
    let status = agreement.at("status").text()?.map(str::to_uppercase);
    Ok(AgreementEvent::Ended { status })
}

fn ending(detail: &Object<'_, '_>) -> Result<AgreementEvent, MalformedReason> {
    let agreement = detail.at("agreement").object()?;
    let spellings = [detail.at("daysBeforeEndTime"), agreement.at("daysBeforeEndTime")];
    Ok(AgreementEvent::Ending {
        days_before_end: either(&spellings, Value::whole)?,
        end: agreement.at("endTime").end()?,
    })
}

fn terms(detail: &Object<'_, '_>) -> Result<AgreementTerms, MalformedReason> {
    let agreement = detail.at("agreement").object()?;
    Ok(AgreementTerms {
        intent: agreement.at("intent").owned()?,
        status: agreement.at("status").owned()?,
        acceptance: agreement.at("acceptanceTime").time()?,
        start: agreement.at("startTime").time()?,
        end: agreement.at("endTime").end()?,
        previous: agreement.at("previousAgreementId").id()?,
        auto_renew: either(
            &[agreement.at("autoRenewalEnabled"), detail.at("autoRenewalEnabled")],
            Value::flag,
        )?,
    })
}

fn license(detail: &Object<'_, '_>) -> Result<Option<(LicenseId, String)>, MalformedReason> {
    let license = detail.at("license").object()?;
    let arn = license.at("arn");
    Ok(arn.id()?.zip(arn.owned()?))
}

fn adjustment(detail: &Object<'_, '_>, completed: bool) -> Result<Adjustment, MalformedReason> {
    let request = detail.at("billingAdjustmentRequest").object()?;
    let invoice = detail.at("invoice").object()?;
    Ok(Adjustment {
        id: request.at("id").id()?,
        completed,
        amount: request.at("adjustmentAmount").decimal()?,
        currency: request.at("currencyCode").owned()?,
        reason_code: request.at("adjustmentReasonCode").owned()?,
        invoice: either(
            &[invoice.at("originalInvoiceId"), request.at("originalInvoiceId")],
            Value::owned,
        )?,
    })
}

fn cancellation(
    name: &str,
    detail: &Object<'_, '_>,
) -> Result<CancellationRequest, MalformedReason> {
    let step = name.strip_prefix(CANCELLATION).unwrap_or(name);
    let request = detail.at("agreementCancellationRequest").object()?;
    let words: Vec<String> = step.split_whitespace().map(str::to_lowercase).collect();
    Ok(CancellationRequest {
        id: request.at("id").id()?,
        step: words.join("-"),
        reason_code: request.at("reasonCode").owned()?,
        updated: request.at("updatedAt").time()?,
    })
}
