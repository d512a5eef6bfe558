//! Notifications about the seller's own account.

use crate::notification::Family;
use crate::parse::malformed::MalformedReason;
use crate::parse::reader::Object;

/// `Disbursement Paused` ("Amazon EventBridge events"): the `resources` of the envelope say which.
pub(super) fn disbursement_paused(envelope: &Object<'_, '_>) -> Result<Family, MalformedReason> {
    let mut resources = Vec::new();
    for resource in envelope.at("resources").list()?.items() {
        resources.extend(resource.owned()?);
    }
    Ok(Family::DisbursementPaused { resources })
}
