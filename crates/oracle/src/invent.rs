//! Makes a market up: what happens from its beginning until now.

mod agreement;
mod fate;
mod offer;
mod opportunity;
mod people;
mod rest;

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::draw::{DAY, Draw, HOUR, later};
use crate::market::{Market, Party, Product};
use crate::world::Size;

pub(crate) use people::{clear, decidable};

const US: &str = "111122223333";
const MAKER: &str = "999988887777";
const PARTNER_NAMES: [&str; 3] = ["Northwind Resale", "Contoso Channel", "Tailspin Partners"];
/// Buyers are few, so that they meet several partners, and one partner several times.
const BUYERS: [&str; 5] =
    ["555566667777", "666677778888", "777788889999", "888899990000", "444433332222"];

/// Who may meet whom while a market is made up.
#[derive(Debug)]
struct Scene {
    began: Timestamp,
    partners: Vec<Party>,
    /// Ours.
    products: Vec<Product>,
    /// Another maker's.
    foreign: Product,
    buyers: Vec<String>,
}

/// A market of a seed and a size.
pub(crate) fn market(draw: &mut Draw, size: Size) -> Market {
    let began = later(Timestamp::from_second(1_788_220_800).unwrap_or_default(), 0);
    let began = later(began, draw.seconds(0, 60 * DAY));
    let us = Party { account: US.to_owned(), name: "Acme Cloud Software" };
    let mut scene = scene(draw, size, began, &us);
    let accounts = match draw.below(4) {
        0 => vec![US.to_owned()],
        1 => vec![US.to_owned(), "111122220000".to_owned()],
        _ => Vec::new(),
    };
    let sister = accounts.get(1).cloned().filter(|_| draw.percent(50));
    if let (Some(sister), Some(partner)) = (&sister, scene.partners.first_mut()) {
        partner.account.clone_from(sister);
    }
    let mut market = Market {
        us,
        sister,
        accounts,
        now: draw.after(began, 70 * DAY, 150 * DAY),
        opportunities: BTreeMap::new(),
        offers: BTreeMap::new(),
        agreements: BTreeMap::new(),
        asides: Vec::new(),
        twins: Vec::new(),
        commands: Vec::new(),
    };
    opportunity::invent(draw, &scene, &mut market);
    offer::invent(draw, &scene, &mut market, size.offers);
    offer::bundle(draw, &mut market);
    rest::invent(draw, &scene, &mut market);
    if draw.percent(40) {
        linger(draw, &mut market);
    }
    // By the next draws again: with it, a world is otherwise what it is without.
    rest::imitate(&mut draw.clone(), &mut market);
    people::decide(draw, &mut market);
    market
}

/// Lets nothing happen until shortly before, or after, a time at which something changes by itself.
fn linger(draw: &mut Draw, market: &mut Market) {
    let mut bounds: Vec<Timestamp> =
        market.offers.values().map(|offer| later(offer.released, 72 * HOUR)).collect();
    for agreement in market.agreements.values() {
        let starts = agreement.starts;
        bounds.extend([starts, later(starts, 24 * HOUR), later(agreement.accepted, 72 * HOUR)]);
        bounds.extend(agreement.ends.map(|ends| later(ends, HOUR)));
        bounds.extend(agreement.said.iter().map(|said| later(said.at, HOUR)));
        bounds.extend(agreement.said.iter().map(|said| later(said.at, 24 * HOUR)));
    }
    bounds.retain(|bound| *bound > later(market.now, 5) && *bound < later(market.now, 30 * DAY));
    if let Some(bound) = draw.one(&bounds).copied() {
        market.now = draw.after(bound, -3, 3);
    }
}

fn scene(draw: &mut Draw, size: Size, began: Timestamp, us: &Party) -> Scene {
    let partner =
        |(number, name): (usize, &&'static str)| Party { account: format!("22{number:010}"), name };
    let names = PARTNER_NAMES.iter().cycle();
    let maker = Party { account: MAKER.to_owned(), name: "Edgewater Systems" };
    Scene {
        began,
        partners: (1..).zip(names).take(size.partners.max(1)).map(partner).collect(),
        products: vec![
            product(draw, "Acme Cloud Platform", us),
            product(draw, "Acme Cloud Security", us),
        ],
        foreign: product(draw, "Edgewater Gateway", &maker),
        buyers: BUYERS.map(str::to_owned).to_vec(),
    }
}

fn product(draw: &mut Draw, title: &'static str, maker: &Party) -> Product {
    Product {
        id: format!("prod-{}", draw.text(13)),
        code: draw.text(25),
        uuid: draw.uuid(),
        title,
        maker: maker.clone(),
    }
}
