//! Where a notification goes: to what it names, by another id, or nowhere yet.

use marketplace::notification::{AgreementEvent, AgreementNotice, Family, Notification, Role};

use crate::key::KeyKind;

/// Where a notification goes.
#[derive(Debug, Clone, PartialEq)]
pub enum Route {
    /// To the streams that it names.
    Named,
    /// It names no agreement. It goes to the agreements with this key, or waits for one.
    ByKey(KeyKind, String),
    /// It tells a buyer: a purchase of ours, no sale. It is kept and concerns no deal.
    Purchase,
    /// It names nothing that it could be routed by: it is parked.
    Nowhere,
    /// Its type is not known.
    Unknown,
}

/// Where a notification goes.
pub fn route(notification: &Notification) -> Route {
    let named = |is_named: bool| if is_named { Route::Named } else { Route::Nowhere };
    match &notification.family {
        Family::OfferReleased(released) => named(released.offer.is_some()),
        Family::OfferSetReleased(released) => named(released.offer_set.is_some()),
        Family::ChangeSet(change_set) => named(change_set.id.is_some()),
        Family::SecurityReport | Family::DisbursementPaused { .. } => {
            named(notification.envelope.account.is_some())
        }
        Family::OpportunityDescribed(_) => Route::Named,
        Family::Unknown => Route::Unknown,
        Family::Agreement(_) if is_purchase(notification) => Route::Purchase,
        Family::Agreement(notice) => {
            if notice.agreement.is_some() {
                Route::Named
            } else {
                other_ids(notice)
                    .into_iter()
                    .next()
                    .map_or(Route::Nowhere, |value| Route::ByKey(value.0, value.1))
            }
        }
    }
}

/// AWS tells the acceptor of an agreement too. As buyers we learn of somebody else's sale, which entitles nobody to
/// our product; where we sell to ourselves the seller's notification comes as well.
pub(crate) fn is_purchase(notification: &Notification) -> bool {
    notification.role == Some(Role::Acceptor)
}

/// The ids by which notifications that name no agreement can find this one: its license, its case.
pub fn other_ids(notice: &AgreementNotice) -> Vec<(KeyKind, String)> {
    let license = notice.license.as_ref().map(|(id, _)| (KeyKind::License, id.to_string()));
    let case = match &notice.what {
        AgreementEvent::Cancellation(request) => request.id.as_ref().map(ToString::to_string),
        AgreementEvent::Adjustment(adjustment) => adjustment.id.as_ref().map(ToString::to_string),
        _ => None,
    };
    license.into_iter().chain(case.map(|id| (KeyKind::Case, id))).collect()
}

/// What a parked notification waits for, as stored: `license:l-...`.
pub fn waits_for(kind: KeyKind, value: &str) -> String {
    format!("{}:{value}", kind.word())
}
