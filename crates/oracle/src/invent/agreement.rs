//! Agreements: acceptance, and the agreements that renew or replace them.

use jiff::Timestamp;

use crate::draw::{DAY, Draw, HOUR, later, whole};
use crate::market::{Agreement, Market, Offer, Product, Role, Said, Sale, What};

use super::fate::{Fate, Succession};
use super::{Scene, offer};

/// A buyer accepts an offer; what follows is followed until the third agreement.
pub(super) fn accept(
    draw: &mut Draw,
    scene: &Scene,
    market: &mut Market,
    offer: &Offer,
    buyer: &str,
    accepted: Timestamp,
) {
    let mut offer = offer.clone();
    let mut next = Acceptance { accepted, intent: "NEW", previous: None };
    for _ in 0..3 {
        let Some((id, succession)) = live(draw, market, &offer, buyer, &next) else { return };
        let Some(succession) = succession else { return };
        let new = successor(draw, scene, market, &offer, &succession);
        let Some(new) = new else { return };
        next = Acceptance {
            accepted: draw.after(succession.at, -HOUR, HOUR).max(later(new.released, 1)),
            intent: succession.intent(),
            previous: draw.percent(50).then_some(id),
        };
        offer = new;
        if next.previous.is_none() && draw.percent(15) {
            // Two that may follow: nobody's to choose from.
            live(draw, market, &offer, buyer, &next);
        }
    }
}

/// That a buyer accepts an offer.
#[derive(Debug)]
struct Acceptance {
    accepted: Timestamp,
    intent: &'static str,
    /// The agreement that it follows, if that is named.
    previous: Option<String>,
}

/// One agreement with its whole life until now; none if it would begin later.
fn live(
    draw: &mut Draw,
    market: &mut Market,
    offer: &Offer,
    buyer: &str,
    of: &Acceptance,
) -> Option<(String, Option<Succession>)> {
    if of.accepted > later(market.now, -120) {
        return None;
    }
    let mut life = Life::new(draw, market.now, offer, buyer, of);
    life.sister = market.is_sister(&offer.seller);
    let succession = Fate::draw(&mut life).happen(&mut life);
    let agreement = life.finish();
    let id = agreement.id.clone();
    market.agreements.insert(id.clone(), agreement);
    Some((id, succession))
}

/// The offer that is accepted next: the same for a renewal, mostly a new one for a replacement.
fn successor(
    draw: &mut Draw,
    scene: &Scene,
    market: &mut Market,
    old: &Offer,
    succession: &Succession,
) -> Option<Offer> {
    if !succession.replaces {
        return Some(old.clone());
    }
    let mut new = match old.sale {
        Sale::Own => offer::own(draw, scene, market)?,
        Sale::Partner | Sale::Resold => offer::from_one_of(draw, scene, market, &old.seller)?,
    };
    new.released = whole(later(succession.at, -draw.seconds(HOUR, 2 * DAY)));
    new.expires = Some(later(new.released, 20 * DAY));
    market.offers.insert(new.id.clone(), new.clone());
    Some(new)
}

/// An agreement while it is made up.
#[derive(Debug)]
pub(super) struct Life<'a> {
    pub(super) draw: &'a mut Draw,
    pub(super) now: Timestamp,
    pub(super) agreement: Agreement,
    pub(super) sale: Sale,
    product: Product,
    /// Its notices name the opportunity.
    named: bool,
    /// The seller is our account too.
    sister: bool,
    /// When AWS last told of it in time.
    last: Timestamp,
}

impl<'a> Life<'a> {
    fn new(
        draw: &'a mut Draw,
        now: Timestamp,
        offer: &Offer,
        buyer: &str,
        of: &Acceptance,
    ) -> Self {
        // Some of AWS's services write whole seconds.
        let accepted = if draw.percent(30) { whole(of.accepted) } else { of.accepted };
        let future = of.intent == "NEW" && draw.percent(12);
        let starts = if future { later(accepted, draw.seconds(DAY, 60 * DAY)) } else { accepted };
        let days = [31, 92, 365].get(draw.below(4)).copied();
        let agreement = Agreement {
            id: format!("agmt-{}", draw.text(25)),
            offer: offer.id.clone(),
            buyer: buyer.to_owned(),
            intent: of.intent,
            accepted,
            starts,
            ends: days.map(|days| later(starts, days * DAY)),
            previous: of.previous.clone(),
            said: Vec::new(),
        };
        let named = match offer.sale {
            Sale::Partner => draw.percent(80),
            Sale::Own => false,
            Sale::Resold => true,
        };
        let product = offer.product.clone();
        let last = accepted;
        Self { draw, now, agreement, sale: offer.sale, product, named, sister: false, last }
    }

    /// AWS tells of it some seconds after it happened; nothing that would come after now.
    pub(super) fn say(&mut self, happened: Timestamp, what: What) -> Option<Timestamp> {
        // Where the detail has a time of its own, AWS may be late and everything else in order.
        let dated = matches!(what, What::Advisory { .. } | What::Cancellation { .. });
        let late = dated && self.draw.percent(15);
        let at = if late {
            whole(later(happened, self.draw.seconds(HOUR, 20 * HOUR)))
        } else {
            let at = whole(later(happened, self.draw.seconds(2, 20)));
            at.max(later(whole(self.last), 1))
        };
        if at > self.now {
            return None;
        }
        if !late {
            self.last = at;
        }
        let said = self.said(at, what);
        self.agreement.said.push(said);
        Some(at)
    }

    /// AWS may tell the last thing once more, as another event.
    fn finish(mut self) -> Agreement {
        let again = self.agreement.said.last().map(|said| said.what.clone());
        let again = again.filter(|what| !matches!(what, What::Amended { .. }));
        if let Some(what) = again.filter(|_| self.draw.percent(6)) {
            self.say(later(self.last, HOUR), what);
        }
        self.agreement.said.sort_by_key(|said| said.at);
        self.agreement
    }

    /// Whether we heard of its creation.
    fn is_created(&self) -> bool {
        self.agreement.said.iter().any(|said| said.what == What::Created)
    }

    /// The end by its terms, as last said.
    pub(super) fn ends(&self) -> Option<Timestamp> {
        let amended = self.agreement.said.iter().rev().find_map(|said| match said.what {
            What::Amended { ends } => Some(ends),
            _ => None,
        });
        amended.unwrap_or(self.agreement.ends)
    }

    /// A notice with the ids that its family carries, now and then without one of them.
    fn said(&mut self, at: Timestamp, what: What) -> Said {
        let (id, code) = (self.product.id.clone(), self.product.code.clone());
        let buyer = self.agreement.buyer.clone();
        let mut said = Said {
            at,
            role: self.role(&what),
            account: self.draw.percent(92),
            agreement: true,
            authorization: false,
            offer: true,
            acceptor: Some(buyer),
            proposer: true,
            names: Vec::new(),
            what,
        };
        match &said.what {
            What::Created => said.authorization = self.named,
            What::Amended { .. } => {
                said.authorization = self.named;
                // A fact that cannot change, said with another value.
                if self.is_created() && self.draw.percent(4) {
                    said.acceptor = Some("121212121212".to_owned());
                }
            }
            What::Ended { .. } => {
                said.authorization = self.named && self.draw.percent(90);
                // The documentation shows the offer, real events do not.
                said.offer = self.draw.percent(50);
            }
            What::LicenseUpdated { .. } | What::LicenseDeprovisioned { .. } => {
                said.agreement = self.draw.percent(93);
                said.offer = self.draw.percent(90);
                said.names = match self.draw.below(5) {
                    0 => vec![code],
                    1 => vec![id],
                    _ => vec![code, id],
                };
            }
            What::Adjusted { .. } => {
                said.agreement = self.draw.percent(90);
                (said.offer, said.acceptor, said.proposer) = (false, None, false);
            }
            What::Cancellation { .. } => {
                said.agreement = self.draw.percent(90);
                said.proposer = false;
                said.names = vec![id];
            }
            What::Advisory { .. }
            | What::Ending { .. }
            | What::RenewalTermsFinalized
            | What::RenewalUpcoming => said.names = vec![id],
        }
        // Without its account and its role nobody could tell whose sale it is.
        said.account |= said.role == Role::None || self.sister;
        said
    }

    /// AWS tells the manufacturer of a partner's sale, the proposer of ours; of licenses the manufacturer alone.
    fn role(&mut self, what: &What) -> Role {
        let license = what.is_told_to_the_maker();
        let odd = if self.sister { 39 } else { self.draw.below(40) };
        match self.sale {
            Sale::Partner if odd == 0 => Role::None,
            Sale::Partner if odd == 1 && *what != What::Created => Role::Distributor,
            Sale::Own | Sale::Resold if !license || odd < 4 => Role::Proposer,
            Sale::Partner | Sale::Own | Sale::Resold => Role::Manufacturer,
        }
    }
}
