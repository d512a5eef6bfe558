//! Who registered for a license, and when: what the ISV's sign-up page is told by the buyer's browser, and the ledger by AWS.

use std::collections::BTreeMap;

use marketplace::ids::{AccountId, LicenseId};
use serde::{Deserialize, Serialize};

use crate::facts::AgreementFacts;
use crate::judge::Contradiction;
use crate::moment::Moment;

/// A buyer's registration for one license.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Registration {
    /// The license: AWS names no agreement.
    pub license: LicenseId,
    /// The account that registered. Usually the buyer's; the license may be shared with another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// When it first did, RFC 3339.
    pub registered_at: String,
}

/// When anybody first registered for a license under the agreement.
pub fn first(facts: &AgreementFacts) -> Option<Moment> {
    facts.licenses.values().filter_map(|license| license.registered.get()).min()
}

/// The registration for each license that has one, with its time.
pub(crate) fn registrations(facts: &AgreementFacts) -> BTreeMap<LicenseId, (Registration, Moment)> {
    let registered = facts.licenses.iter().filter_map(|(id, license)| {
        let at = license.registered.get()?;
        let (account, registered_at) = (license.customer.get().cloned(), at.to_string());
        Some((id.clone(), (Registration { license: id.clone(), account, registered_at }, at)))
    });
    registered.collect()
}

/// Licenses for which several accounts registered.
pub(crate) fn contradiction(facts: &AgreementFacts) -> Contradiction {
    let found = facts.licenses.iter().filter_map(|(id, license)| {
        let (accounts, first, last) = crate::judge::contradiction(&license.customer)?;
        Some((format!("{id}: {accounts}"), first, last))
    });
    found.reduce(|(values, first, last), (more, earlier, later)| {
        (format!("{values}; {more}"), first.min(earlier), last.max(later))
    })
}
