//! What must have become of every notification.

use std::collections::BTreeMap;

use crate::known::Known;
use crate::market::Rest;
use crate::world::{Deed, NoticeKind};

/// Notifications by their outcome, imports among them.
pub(super) fn inbox(known: &Known<'_>) -> BTreeMap<&'static str, usize> {
    let market = known.market;
    let sights: usize = market.opportunities.values().map(|one| one.sights.len()).sum();
    let offers: usize = market.offers.values().map(|offer| offer.namings().count()).sum();
    let sets: std::collections::BTreeSet<&String> =
        market.offers.values().filter_map(|offer| offer.set.as_ref()).collect();
    let told = market.offers.values().filter(|offer| offer.told);
    let copies = told.filter(|offer| market.is_sister(&offer.seller)).count();
    let said = market.agreements.values().flat_map(|one| one.said.iter().map(move |s| (one, s)));
    let said: usize = said.map(|(one, said)| market.copies(one, said)).sum();
    let applied = sights + offers + copies + sets.len() + said - known.parked;
    let mut inbox = BTreeMap::from([
        ("applied", applied),
        ("parked", known.parked),
        ("quarantined", 0),
        ("unknown", 0),
    ]);
    for aside in &market.asides {
        let outcome = match aside.what {
            Rest::ChangeSet { .. }
            | Rest::DisbursementPaused { .. }
            | Rest::SecurityReport { .. }
            | Rest::Purchase { .. } => "applied",
            Rest::Orphan { .. } => "parked",
            Rest::Unknown { .. } => "unknown",
            Rest::Foreign { .. } | Rest::Malformed { .. } | Rest::Imitation { .. } => "quarantined",
        };
        *inbox.entry(outcome).or_default() += 1;
    }
    for command in &market.commands {
        let Deed::Erase { kind, .. } = &command.what else { continue };
        let was = match kind {
            NoticeKind::Known => "applied",
            NoticeKind::Unknown => "unknown",
            NoticeKind::Malformed | NoticeKind::Foreign => "quarantined",
        };
        let count = inbox.entry(was).or_default();
        *count = count.saturating_sub(1);
        *inbox.entry("erased").or_default() += 1;
    }
    inbox
}
