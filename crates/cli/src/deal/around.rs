//! What hangs together around an id.

use std::collections::{BTreeMap, BTreeSet};

use deal::facts::Facts;
use deal::finding::FindingKind;
use deal::item::Offer;
use deal::key::{KeyKind, KeyQuery};
use deal::stream::{StreamId, StreamKind};
use marketplace::ids::{AccountId, LicenseId};

use crate::failure::Failure;
use crate::notification::{beginning, may_be_digest, streams};
use crate::reader::{Known, Reader, reading};

/// At most so many offers, and so many agreements, are shown.
pub const SHOWN: u32 = 50;

/// The streams of deals.
#[derive(Debug, Default)]
pub struct Around {
    /// Opportunities, offers and agreements.
    pub streams: BTreeMap<StreamId, Known>,
    /// There are more offers or agreements than are shown.
    pub truncated: bool,
}

impl Around {
    /// The streams of one kind.
    pub fn of(&self, kind: StreamKind) -> Vec<Known> {
        self.streams.values().filter(|known| known.row.stream.kind() == kind).cloned().collect()
    }
}

/// Finds the streams that an id names, and those that belong to them.
pub async fn around(reader: &mut Reader, id: &str) -> Result<Around, Failure> {
    let named = named(reader, id).await?;
    let mut around = Around { streams: reader.states(&named).await?, truncated: false };
    let sets = around.of(StreamKind::OfferSet);
    let offers = sets.iter().flat_map(|known| match &known.state.facts {
        Facts::OfferSet(set) => set.offers.iter().map(StreamId::offer).collect(),
        _ => Vec::new(),
    });
    let offers = offers.collect();
    add(reader, &mut around, offers).await?;
    around.streams.retain(|id, _| {
        matches!(id.kind(), StreamKind::Opportunity | StreamKind::Offer | StreamKind::Agreement)
    });
    down(reader, &mut around).await?;
    up(reader, &mut around).await?;
    if around.streams.is_empty() { Err(none(id)) } else { Ok(around) }
}

/// The streams that an id names.
async fn named(reader: &mut Reader, id: &str) -> Result<Vec<StreamId>, Failure> {
    let finding = id.split_once(':').filter(|(word, _)| FindingKind::from_word(word).is_some());
    let stream = finding.map_or(id, |(_, stream)| stream);
    if let Ok(stream) = StreamId::try_from(stream.to_owned()) {
        return Ok(vec![stream]);
    }
    let kinds =
        [StreamKind::Agreement, StreamKind::Offer, StreamKind::Opportunity, StreamKind::OfferSet];
    let ids = kinds.map(|kind| StreamId::try_from(format!("{}/{id}", kind.word())).ok());
    let ids: Vec<_> = ids.into_iter().flatten().collect();
    let mut found: BTreeSet<StreamId> = reader.states(&ids).await?.into_keys().collect();
    let license = LicenseId::from_arn(id).ok().map(|id| (KeyKind::License, id.to_string()));
    let keys = license.into_iter().chain([(KeyKind::Case, id.to_owned())]);
    let queries: Vec<_> =
        keys.map(|(kind, value)| KeyQuery::all(kind, value, SHOWN.saturating_add(1))).collect();
    let agreements = reader.snapshot.find(&queries).await.map_err(reading)?;
    found.extend(agreements.into_iter().flatten().map(|(_, stream)| stream));
    if found.is_empty() {
        found = written(reader, id).await?;
    }
    Ok(found.into_iter().collect())
}

/// The streams that a notification wrote, named by its digest or by EventBridge's id.
async fn written(reader: &mut Reader, id: &str) -> Result<BTreeSet<StreamId>, Failure> {
    let known = reader.snapshot.known(&[], &[id.to_owned()]).await.map_err(reading)?;
    let mut digests: BTreeSet<_> = known.into_iter().map(|known| known.digest).collect();
    if may_be_digest(id) {
        digests
            .extend(beginning(&mut *reader.snapshot, id).await?.into_iter().map(|row| row.digest));
    }
    let mut found = BTreeSet::new();
    for digest in digests {
        let outcomes = reader.snapshot.outcomes(&digest).await.map_err(reading)?;
        found.extend(outcomes.iter().flat_map(streams));
    }
    Ok(found)
}

/// Adds the offers and agreements of opportunities, and the agreements of offers.
async fn down(reader: &mut Reader, around: &mut Around) -> Result<(), Failure> {
    for (kind, key, below) in [
        (StreamKind::Opportunity, KeyKind::Opportunity, StreamKind::Offer),
        (StreamKind::Opportunity, KeyKind::Opportunity, StreamKind::Agreement),
        (StreamKind::Offer, KeyKind::Offer, StreamKind::Agreement),
    ] {
        for above in around.of(kind) {
            let id = above.row.stream.id().to_owned();
            let found = reader.with_key(below, (key, id), SHOWN.saturating_add(1)).await?;
            for known in found {
                around.streams.insert(known.row.stream.clone(), known);
            }
        }
        let most = SHOWN as usize;
        let rest: Vec<_> = around.of(below).into_iter().skip(most).collect();
        around.truncated |= !rest.is_empty();
        for known in rest {
            around.streams.remove(&known.row.stream);
        }
    }
    Ok(())
}

/// Adds the offers and opportunities that agreements and offers name.
async fn up(reader: &mut Reader, around: &mut Around) -> Result<(), Failure> {
    let agreements = reader.agreements(&around.of(StreamKind::Agreement));
    let offers = agreements.iter().filter_map(|item| item.offer.as_ref().map(StreamId::offer));
    let named = agreements.iter().filter_map(|item| item.opportunity.as_ref());
    let named = offers.chain(named.map(StreamId::opportunity)).collect();
    add(reader, around, named).await?;
    let offers: Vec<Offer> = reader.offers(&around.of(StreamKind::Offer)).await?;
    let named = offers.iter().filter_map(|item| item.opportunity.as_ref());
    add(reader, around, named.map(StreamId::opportunity).collect()).await
}

async fn add(reader: &mut Reader, around: &mut Around, ids: Vec<StreamId>) -> Result<(), Failure> {
    let new: BTreeSet<_> = ids.into_iter().filter(|id| !around.streams.contains_key(id)).collect();
    let new: Vec<_> = new.into_iter().collect();
    around.streams.extend(reader.states(&new).await?);
    Ok(())
}

fn none(id: &str) -> Failure {
    let failure = Failure::new(format!("no deal in the ledger has the id `{id}`"));
    if AccountId::new(id).is_ok() {
        return failure.hint(format!(
            "it is an account: `resold deal list --partner {id}` or `--buyer {id}` prints its deals"
        ));
    }
    if may_be_digest(id) {
        return failure.hint(format!("`resold inbox show {id}` shows a notification of no deal"));
    }
    failure.hint("`resold deal list` prints the deals; give the whole id")
}
