//! A smaller world: without some of it, and without what depends on that.

use std::collections::{BTreeMap, BTreeSet};

use crate::expect::expected;
use crate::invent::decidable;
use crate::market::{Market, Rest};
use crate::world::{Command, Deed, World};

impl World {
    /// What a world may be without: everything that a notice, a description or a command is about, by its name.
    pub fn parts(&self) -> BTreeSet<String> {
        let notices = self.notices.iter().map(|notice| notice.about.clone());
        let imports = self.imports.iter().map(|import| import.about.clone());
        notices.chain(imports).chain(self.commands.iter().map(Command::name)).collect()
    }

    /// The same world without these parts and what depends on them: an opportunity's offers, an offer's agreements, the
    /// commands that nobody could give any more. What is left is told in the same words.
    #[must_use]
    pub fn without(&self, parts: &BTreeSet<String>) -> Self {
        let mut market = self.market.clone();
        let gone = with_dependants(&market, parts);
        take_away(&mut market, &gone);
        let kept = |about: &String| !gone.contains(about);
        let kept_notices = (0..).zip(&self.notices).filter(|(_, notice)| kept(&notice.about));
        let kept_notices: Vec<(usize, _)> = kept_notices.collect();
        let places: BTreeMap<usize, usize> =
            kept_notices.iter().map(|(before, _)| *before).zip(0..).collect();
        take_commands_away(&mut market, &gone, &places);
        Self {
            accounts: self.accounts.clone(),
            now: self.now,
            imports: self.imports.iter().filter(|import| kept(&import.about)).cloned().collect(),
            notices: kept_notices.into_iter().map(|(_, notice)| notice.clone()).collect(),
            commands: market.commands.clone(),
            market,
        }
    }
}

fn with_dependants(market: &Market, parts: &BTreeSet<String>) -> BTreeSet<String> {
    let mut gone = parts.clone();
    loop {
        let before = gone.len();
        for offer in market.offers.values() {
            if offer.from.as_ref().is_some_and(|from| gone.contains(from)) {
                gone.insert(offer.id.clone());
            }
            // A set names all of its offers.
            if gone.contains(&offer.id) {
                gone.extend(offer.set.clone());
            }
        }
        for agreement in market.agreements.values() {
            let previous = agreement.previous.as_ref();
            if gone.contains(&agreement.offer) || previous.is_some_and(|id| gone.contains(id)) {
                gone.insert(agreement.id.clone());
            }
        }
        if gone.len() == before {
            return gone;
        }
    }
}

fn take_away(market: &mut Market, gone: &BTreeSet<String>) {
    market.opportunities.retain(|id, _| !gone.contains(id));
    market.offers.retain(|id, _| !gone.contains(id));
    market.agreements.retain(|id, _| !gone.contains(id));
    market.asides.retain(|aside| {
        let imitates = match &aside.what {
            Rest::Imitation { offer, .. } => gone.contains(offer),
            _ => false,
        };
        !imitates && !gone.contains(&aside.name())
    });
    market.twins.retain(|(one, other)| !gone.contains(one) && !gone.contains(other));
    for offer in market.offers.values_mut() {
        offer.set = offer.set.take().filter(|set| !gone.contains(set));
    }
    for aside in &mut market.asides {
        if let Rest::Malformed { like, .. } = &mut aside.what {
            *like = like.take().filter(|offer| !gone.contains(offer));
        }
    }
}

/// Leaves the commands that can still be given.
fn take_commands_away(
    market: &mut Market,
    gone: &BTreeSet<String>,
    places: &BTreeMap<usize, usize>,
) {
    market.commands.retain(|command| !gone.contains(&command.name()));
    let (offers, opportunities) = decidable(market);
    market.commands.retain_mut(|command| match &mut command.what {
        Deed::Decide { offer, opportunity, .. } => {
            offers.iter().any(|of| of.id == *offer)
                && opportunities.iter().any(|of| of.id == *opportunity)
        }
        Deed::Acknowledge { .. } => true,
        Deed::Erase { notice, .. } => match places.get(notice) {
            Some(place) => {
                *notice = *place;
                true
            }
            None => false,
        },
    });
    let is_acknowledged = |command: &Command| matches!(command.what, Deed::Acknowledge { .. });
    let mut unseen = market.clone();
    unseen.commands.retain(|command| !is_acknowledged(command));
    let open: BTreeSet<String> = expected(&unseen)
        .findings
        .must
        .into_iter()
        .map(|(kind, subject)| format!("{kind}:{subject}"))
        .collect();
    market.commands.retain(|command| match &command.what {
        Deed::Acknowledge { finding } => open.contains(finding),
        Deed::Decide { .. } | Deed::Erase { .. } => true,
    });
}
