//! Opportunities in every availability mode, and when we asked AWS to describe them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::draw::{DAY, Draw, HOUR, later};
use crate::market::{Market, Opportunity, Party, Product, Sight, Stage, Terms};

use super::Scene;

/// The ways in which an opportunity is available.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    OpenEnded,
    UntilDay,
    SingleUse,
    SomeUses,
    Targeted,
    TargetedSingleUse,
    Restricted,
    /// Never described: known by its id at most.
    Stub,
}

const MODES: [Mode; 8] = [
    Mode::OpenEnded,
    Mode::UntilDay,
    Mode::SingleUse,
    Mode::SomeUses,
    Mode::Targeted,
    Mode::TargetedSingleUse,
    Mode::Restricted,
    Mode::Stub,
];

/// One to four opportunities a partner, and one that another maker granted to us.
pub(super) fn invent(draw: &mut Draw, scene: &Scene, market: &mut Market) {
    for partner in &scene.partners {
        for _ in 0..=draw.below(4) {
            let Some(product) = draw.one(&scene.products).cloned() else { return };
            add(draw, scene, market, partner, product);
        }
    }
    if draw.percent(70) {
        let us = market.us.clone();
        add(draw, scene, market, &us, scene.foreign.clone());
    }
}

fn add(draw: &mut Draw, scene: &Scene, market: &mut Market, reseller: &Party, product: Product) {
    let mode = draw.one(&MODES).copied().unwrap_or(Mode::OpenEnded);
    let created = draw.after(scene.began, 0, 30 * DAY);
    let opens = draw.after(created, HOUR, 3 * DAY);
    let mut opportunity = Opportunity {
        id: format!("resaleauthz-{}", draw.text(13)),
        reseller: reseller.clone(),
        terms: terms(draw, scene, mode, opens),
        created,
        opens,
        sights: Vec::new(),
        product,
    };
    if mode != Mode::Stub {
        opportunity.sights = sights(draw, &opportunity, mode, market.now);
    }
    market.opportunities.insert(opportunity.id.clone(), opportunity);
}

fn terms(draw: &mut Draw, scene: &Scene, mode: Mode, opens: Timestamp) -> Terms {
    let targeted = matches!(mode, Mode::Targeted | Mode::TargetedSingleUse) || draw.percent(10);
    let number = if targeted { 1 + draw.below(3) } else { 0 };
    let ends = match mode {
        Mode::UntilDay | Mode::SingleUse | Mode::TargetedSingleUse => true,
        Mode::SomeUses => draw.percent(50),
        _ => false,
    };
    let last = later(opens, draw.seconds(5 * DAY, 60 * DAY));
    Terms {
        buyers: draw.some(&scene.buyers, number),
        last_day: ends.then(|| TimeZone::UTC.to_datetime(last).date()),
        quantity: match mode {
            Mode::SingleUse | Mode::TargetedSingleUse => Some(1),
            Mode::SomeUses => Some(2 + draw.below(2)),
            _ => None,
        },
    }
}

/// What we saw of it: mostly Active, sometimes Draft before, or nothing else; late, or several times.
fn sights(draw: &mut Draw, of: &Opportunity, mode: Mode, now: Timestamp) -> Vec<Sight> {
    let mut stages = Vec::new();
    let (draft, unseen) = (draw.percent(30), draw.percent(15));
    if draft {
        stages.push((Stage::Draft, of.created));
        if draw.percent(40) {
            let span = of.opens.as_second().saturating_sub(of.created.as_second());
            stages.push((Stage::Draft, draw.after(of.created, 60, span - 60)));
        }
    }
    let restricted = mode == Mode::Restricted;
    if !unseen || !(draft || restricted) {
        stages.push((Stage::Active, of.opens));
        if draw.percent(25) {
            // AWS counted an offer.
            stages.push((Stage::Active, draw.after(of.opens, HOUR, 4 * DAY)));
        }
    }
    if restricted {
        stages.push((Stage::Restricted, draw.after(of.opens, 5 * DAY, 40 * DAY)));
    }
    let late = draw.percent(20);
    let (usual, unfinished) = (names(draw, &of.product), draw.percent(40));
    let sight = |(stage, modified): (Stage, Timestamp)| {
        let longest = if late { 60 * DAY } else { 2 * DAY };
        let imported = later(modified, draw.seconds(60, longest)).min(now);
        let names = if draw.percent(80) { usual.clone() } else { names(draw, &of.product) };
        let begun = stage == Stage::Draft && unfinished;
        let terms = if begun { Terms::default() } else { of.terms.clone() };
        Sight { stage, terms, names, modified, imported }
    };
    stages.into_iter().filter(|(_, modified)| *modified < now).map(sight).collect()
}

fn names(draw: &mut Draw, product: &Product) -> Vec<String> {
    match draw.below(8) {
        0 => vec![product.uuid.clone()],
        1 | 2 => vec![product.id.clone(), product.uuid.clone()],
        _ => vec![product.id.clone()],
    }
}
