//! What people decide: which opportunity an offer was made from, what they have seen to, what they want erased.

use jiff::Timestamp;

use crate::draw::{DAY, Draw, HOUR, later};
use crate::expect::{Expected, expected};
use crate::known::{Known, is_described};
use crate::market::{Market, Offer, Opportunity, Sale};
use crate::world::{Command, Deed, Notice, NoticeKind};

const WHO: [&str; 2] = ["alliances@example.com", "revenue@example.com"];
const WHY: [&str; 3] = ["the partner said so", "seen to, ticket 4711", "by the order form"];

/// Findings that only a person closes (design, section 7).
const ACKNOWLEDGED: [&str; 11] = [
    "buyer-outside-opportunity",
    "change-set-failed",
    "conflicting-facts",
    "disbursement-paused",
    "evidence-contradicted",
    "offer-after-end-date",
    "person-overruled",
    "quantity-exceeded",
    "reseller-not-authorized",
    "restricted-authorization",
    "security-report",
];

/// Links and unlinks of partners' offers, at any time after their release.
pub(super) fn decide(draw: &mut Draw, market: &mut Market) {
    let (offers, opportunities) = decidable(market);
    let mut commands: Vec<Command> = Vec::new();
    for _ in 0..draw.below(6) {
        let Some(offer) = draw.one(&offers) else { continue };
        // Rarely somebody links what was granted to another partner.
        let strays = draw.percent(10);
        let fits = |one: &&Opportunity| strays || one.reseller == offer.seller;
        let fitting: Vec<&Opportunity> = opportunities.iter().filter(fits).collect();
        let Some(opportunity) = draw.one(&fitting).copied() else { continue };
        let span = market.now.as_second().saturating_sub(offer.released.as_second());
        let at = draw.after(offer.released, HOUR.min(span), span);
        let linked = draw.percent(60);
        let again = draw.percent(30).then(|| draw.after(at, HOUR, 10 * DAY));
        let mut decide = |at, linked| {
            let (offer, opportunity) = (offer.id.clone(), opportunity.id.clone());
            commands.push(command(draw, at, Deed::Decide { offer, opportunity, linked }));
        };
        decide(at, linked);
        // Somebody thinks better of it.
        if let Some(at) = again {
            decide(at, !linked);
        }
    }
    let before = later(market.now, -60);
    commands.retain(|command| command.at < before);
    commands.sort_by_key(|command| command.at);
    commands.dedup_by_key(|command| command.at);
    market.commands = commands;
}

/// The offers and opportunities that a person can link: a partner's, and known.
pub(crate) fn decidable(market: &Market) -> (Vec<Offer>, Vec<Opportunity>) {
    let known = Known::new(market);
    let offers = market.offers.values();
    let offers = offers.filter(|offer| offer.sale == Sale::Partner && known.is_known(offer));
    let named: Vec<&str> = known.agreements.values().filter_map(|told| known.named(told)).collect();
    let is_known = |one: &&Opportunity| is_described(one) || named.contains(&one.id.as_str());
    let opportunities = market.opportunities.values().filter(is_known);
    (offers.cloned().collect(), opportunities.cloned().collect())
}

/// What people do after all was told: they acknowledge findings, and have bodies erased.
pub(crate) fn clear(draw: &mut Draw, market: &mut Market, notices: &[Notice]) {
    let Expected { findings, .. } = expected(market);
    let open: Vec<String> = findings
        .must
        .into_iter()
        .filter(|(kind, _)| ACKNOWLEDGED.contains(kind))
        .map(|(kind, subject)| format!("{kind}:{subject}"))
        .collect();
    let number = draw.below(4);
    let acknowledged = draw.some(&open, number);
    let erasable: Vec<usize> =
        (0..).zip(notices).filter(|(_, notice)| is_settled(notice)).map(|(at, _)| at).collect();
    let number = draw.below(3);
    let erased = draw.some(&erasable, number);
    let mut deeds: Vec<Deed> =
        acknowledged.into_iter().map(|finding| Deed::Acknowledge { finding }).collect();
    deeds.extend(
        erased
            .into_iter()
            .filter_map(|notice| Some(Deed::Erase { notice, kind: notices.get(notice)?.kind })),
    );
    for deed in deeds {
        let at = draw.after(market.now, -40, -2);
        let command = command(draw, at, deed);
        market.commands.push(command);
    }
}

/// Nothing that may still come is needed to use it: the release of an offer, or what is never used.
fn is_settled(notice: &Notice) -> bool {
    match notice.kind {
        NoticeKind::Malformed | NoticeKind::Foreign => true,
        NoticeKind::Unknown => false,
        NoticeKind::Known => notice.body.contains("Offer Released"),
    }
}

fn command(draw: &mut Draw, at: Timestamp, what: Deed) -> Command {
    let word = |draw: &mut Draw, of: &[&'static str]| draw.one(of).copied().unwrap_or_default();
    Command { at, who: word(draw, &WHO), why: word(draw, &WHY), what }
}
