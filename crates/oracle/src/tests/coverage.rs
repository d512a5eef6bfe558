//! Everything that can happen does, over the seeds of the tests.

use std::collections::BTreeMap;

use super::{SEEDS, world};
use crate::expect::{Basis, expected};
use crate::known::{Known, is_described};
use crate::market::{Market, Rest, Role, Said, Sale, Stage, Step, What};
use crate::{Deed, NoticeKind, World};

/// How often each case occurs in a world.
fn count(world: &World) -> Vec<(&'static str, usize)> {
    let market = &world.market;
    let mut counts = opportunities(market);
    counts.extend(offers(world));
    counts.extend(agreements(world));
    counts.extend(notices(world));
    counts.extend(findings(world));
    counts
}

fn opportunities(market: &Market) -> Vec<(&'static str, usize)> {
    let all = || market.opportunities.values();
    let partners = market.opportunities.values().filter(|of| of.reseller != market.us);
    let mut by_partner: BTreeMap<&str, usize> = BTreeMap::new();
    for of in partners {
        *by_partner.entry(&of.reseller.account).or_default() += 1;
    }
    let at = |stage| all().filter(|of| of.sights.iter().any(|sight| sight.stage == stage)).count();
    let by = |names: usize| {
        let sights = all().flat_map(|of| of.sights.iter().map(move |one| (of, one)));
        let is = |(of, one): &(&crate::market::Opportunity, &crate::market::Sight)| {
            one.names.len() == names && one.names.contains(&of.product.uuid)
        };
        sights.filter(is).count()
    };
    let late = all().filter(|of| {
        of.sights.iter().all(|one| one.imported > crate::draw::later(one.modified, 10 * 86_400))
            && is_described(of)
    });
    vec![
        ("partner with one opportunity", by_partner.values().filter(|n| **n == 1).count()),
        ("partner with three or more", by_partner.values().filter(|n| **n >= 3).count()),
        (
            "open-ended",
            all().filter(|of| of.terms.last_day.is_none() && of.terms.quantity.is_none()).count(),
        ),
        (
            "until a day",
            all().filter(|of| of.terms.last_day.is_some() && of.terms.quantity.is_none()).count(),
        ),
        ("single use", all().filter(|of| of.terms.quantity == Some(1)).count()),
        ("several uses", all().filter(|of| of.terms.quantity > Some(1)).count()),
        ("targeted", all().filter(|of| !of.terms.buyers.is_empty()).count()),
        ("any buyer", all().filter(|of| of.terms.buyers.is_empty()).count()),
        ("seen as draft", at(Stage::Draft)),
        ("seen restricted", at(Stage::Restricted)),
        ("never described", all().filter(|of| !is_described(of)).count()),
        ("described late", late.count()),
        ("seen as draft only", {
            let only = |of: &&crate::market::Opportunity| {
                of.sights.iter().all(|one| one.stage == Stage::Draft) && is_described(of)
            };
            all().filter(only).count()
        }),
        ("product by UUID", by(1)),
        ("product by UUID and ARN", by(2)),
        (
            "terms changed after a draft",
            all().filter(|of| of.sights.iter().any(|one| one.terms != of.terms)).count(),
        ),
        ("granted to us", all().filter(|of| of.reseller == market.us).count()),
    ]
}

fn offers(world: &World) -> Vec<(&'static str, usize)> {
    let market = &world.market;
    let known = Known::new(market);
    let all = || market.offers.values();
    let of = |sale| all().filter(|offer| offer.sale == sale).count();
    let accepted = |least| all().filter(|one| known.of_offer(&one.id).count() >= least).count();
    let expected = expected(market);
    let links = || expected.offers.values().filter_map(|view| view.link.as_ref());
    let basis = |basis| links().filter(|link| link.basis == basis).count();
    vec![
        ("partner's offer", of(Sale::Partner)),
        ("own offer", of(Sale::Own)),
        ("resold offer", of(Sale::Resold)),
        ("offer to several buyers", all().filter(|offer| offer.buyers.len() > 1).count()),
        ("offer to nobody named", all().filter(|offer| offer.buyers.is_empty()).count()),
        ("offer without a product", all().filter(|offer| offer.names.is_empty()).count()),
        ("offer told again", all().filter(|offer| offer.told && offer.again.is_some()).count()),
        ("offer never told", all().filter(|offer| !offer.told).count()),
        ("offer unheard of", all().filter(|offer| !known.is_known(offer)).count()),
        ("offer accepted by several", accepted(2)),
        ("offer never accepted", all().count() - accepted(1)),
        ("offer in a set", all().filter(|offer| offer.set.is_some()).count()),
        ("one id, two contents", market.twins.len()),
        (
            "offer known by its set only",
            all()
                .filter(|one| {
                    one.set.is_some() && !one.told && known.of_offer(&one.id).next().is_none()
                })
                .count(),
        ),
        ("two accounts of ours told", all().filter(|one| market.is_sister(&one.seller)).count()),
        ("link confirmed", basis(Basis::Confirmed)),
        ("link set by a person", basis(Basis::Manual)),
        ("link inferred", basis(Basis::Inferred)),
        ("link ambiguous", basis(Basis::Ambiguous)),
        ("link contested", links().filter(|link| link.contested).count()),
        ("link unmatched", basis(Basis::Unmatched)),
    ]
}

fn agreements(world: &World) -> Vec<(&'static str, usize)> {
    let market = &world.market;
    let expected = expected(market);
    let deals = || expected.deals.values().filter(|deal| deal.created);
    let status = |word| deals().filter(|deal| deal.status == word).count();
    let ended = |word: &str| deals().filter(|deal| deal.reason.as_deref() == Some(word)).count();
    let known = Known::new(market);
    let told = || known.agreements.values();
    let named = |previous: bool| {
        let follows = |deal: &&crate::expect::Deal| {
            let agreement = &market.agreements[&deal.id];
            deal.predecessor.is_some() && agreement.previous.is_some() == previous
        };
        deals().filter(follows).count()
    };
    vec![
        ("agreement scheduled", status("scheduled")),
        ("agreement active", status("active")),
        ("agreement ending", status("ending")),
        ("agreement ended", status("ended")),
        ("agreement without creation", expected.deals.len() - deals().count()),
        ("ended expired", ended("expired")),
        ("ended cancelled", ended("cancelled")),
        ("ended terminated", ended("terminated")),
        ("ended renewed", ended("renewed")),
        ("ended replaced", ended("replaced")),
        ("ended deprovisioned", ended("deprovisioned")),
        ("predecessor named", named(true)),
        ("predecessor matched", named(false)),
        ("pay as you go", deals().filter(|deal| deal.ends.is_none()).count()),
        ("authorization named", told().filter(|told| known.named(told).is_some()).count()),
        ("authorization not named", told().filter(|told| known.named(told).is_none()).count()),
        ("inferred by its offer", deals().filter(|d| d.basis == Some(Basis::Inferred)).count()),
        ("license awaited", deals().filter(|deal| deal.licenses.is_empty()).count()),
        ("license held", deals().filter(|deal| !deal.held().is_empty()).count()),
        ("several licenses", deals().filter(|deal| deal.licenses.len() > 1).count()),
        ("reminded of the end", deals().filter(|deal| deal.reminder.is_some()).count()),
        ("advisory stands", deals().filter(|deal| deal.advisory).count()),
        ("live again by a newer license", {
            let revived = |deal: &&crate::expect::Deal| {
                deal.status == "active" && deal.licenses.values().any(|held| !held)
            };
            deals().filter(revived).count()
        }),
    ]
}

fn notices(world: &World) -> Vec<(&'static str, usize)> {
    let market = &world.market;
    let said: Vec<&Said> = market.agreements.values().flat_map(|one| &one.said).collect();
    let says = |is: fn(&What) -> bool| said.iter().filter(|said| is(&said.what)).count();
    let role = |role| said.iter().filter(|said| said.role == role).count();
    let kind = |kind| world.notices.iter().filter(|notice| notice.kind == kind).count();
    let rest = |is: fn(&Rest) -> bool| market.asides.iter().filter(|one| is(&one.what)).count();
    let deed = |is: fn(&Deed) -> bool| market.commands.iter().filter(|one| is(&one.what)).count();
    let approved = |what: &What| matches!(what, What::Cancellation { step: Step::Approved, .. });
    vec![
        ("amended", says(|what| matches!(what, What::Amended { .. }))),
        ("ending announced", says(|what| matches!(what, What::Ending { .. }))),
        ("renewal announced", says(|what| *what == What::RenewalUpcoming)),
        ("advisory resolved", says(|what| matches!(what, What::Advisory { issued: false, .. }))),
        ("bill adjusted", says(|what| matches!(what, What::Adjusted { completed: true, .. }))),
        ("bill not adjusted", says(|what| matches!(what, What::Adjusted { completed: false, .. }))),
        ("cancellation approved", said.iter().filter(|said| approved(&said.what)).count()),
        ("cancellation rejected", {
            says(|what| matches!(what, What::Cancellation { step: Step::Rejected, .. }))
        }),
        ("as manufacturer", role(Role::Manufacturer)),
        ("as proposer", role(Role::Proposer)),
        ("in an unheard-of role", role(Role::Distributor)),
        ("without a role", role(Role::None)),
        ("without an account", said.iter().filter(|said| !said.account).count()),
        ("without an agreement", said.iter().filter(|said| !said.agreement).count()),
        ("excluded by a person", deed(|what| matches!(what, Deed::Decide { linked: false, .. }))),
        ("acknowledged", deed(|what| matches!(what, Deed::Acknowledge { .. }))),
        ("erased", deed(|what| matches!(what, Deed::Erase { .. }))),
        ("parked for ever", expected(market).inbox["parked"]),
        ("told again", {
            let all = market.agreements.values();
            all.filter(|one| matches!(one.said.as_slice(), [.., a, b] if a.what == b.what)).count()
        }),
        ("told out of order", {
            let at = |said: &Said| match said.what {
                What::Advisory { at, .. } | What::Cancellation { at, .. } => Some(at),
                _ => None,
            };
            let all = market.agreements.values();
            all.filter(|one| !one.said.iter().filter_map(at).is_sorted()).count()
        }),
        (
            "broken copy under a good id",
            rest(|what| matches!(what, Rest::Malformed { like: Some(_), .. })),
        ),
        ("imitation of a notice", rest(|what| matches!(what, Rest::Imitation { .. }))),
        ("accounts configured", usize::from(!market.accounts.is_empty())),
        ("no account configured", usize::from(market.accounts.is_empty())),
        ("unknown", kind(NoticeKind::Unknown)),
        ("malformed", kind(NoticeKind::Malformed)),
        ("foreign", kind(NoticeKind::Foreign)),
        ("purchase of ours", rest(|what| matches!(what, Rest::Purchase { .. }))),
        (
            "change set succeeded",
            rest(|what| matches!(what, Rest::ChangeSet { result: "Succeeded", .. })),
        ),
        (
            "change set cancelled",
            rest(|what| matches!(what, Rest::ChangeSet { result: "Cancelled", .. })),
        ),
    ]
}

/// Every kind of finding that a world can have.
fn findings(world: &World) -> Vec<(&'static str, usize)> {
    let found = expected(&world.market).findings;
    let kinds = [
        "agreement-without-license",
        "buyer-outside-opportunity",
        "change-set-failed",
        "conflicting-facts",
        "disbursement-paused",
        "end-time-passed",
        "evidence-contradicted",
        "license-without-agreement",
        "link-ambiguous",
        "link-unmatched",
        "offer-after-end-date",
        "person-overruled",
        "quantity-exceeded",
        "reseller-not-authorized",
        "restricted-authorization",
        "security-report",
        "succession-ambiguous",
        "unknown-authorization",
    ];
    kinds.map(|kind| (kind, found.must.iter().filter(|(one, _)| *one == kind).count())).to_vec()
}

#[test]
fn every_case_occurs() {
    let mut totals: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in SEEDS {
        for (name, number) in count(&world(seed)) {
            *totals.entry(name).or_default() += number;
        }
    }
    let never: Vec<&&str> = totals.iter().filter(|(_, n)| **n == 0).map(|(name, _)| name).collect();
    assert!(never.is_empty(), "{never:?} of {totals:#?}");
}
