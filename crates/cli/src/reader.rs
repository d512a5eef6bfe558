//! From the ledger's rows to items, at one moment and one time.

use std::collections::{BTreeMap, BTreeSet};

use deal::item::{Agreement, Deal, EntitlementItem, FindingItem, Offer, Opportunity};
use deal::key::{KeyKind, KeyQuery};
use deal::moment::Moment;
use deal::state::State;
use deal::stream::{StreamId, StreamKind};
use ledger::row::StreamRow;
use ledger::store::{Snapshot, Store, StoreError};
use marketplace::ids::{AccountId, AgreementId, OfferId, OpportunityId};

use crate::failure::Failure;

/// Streams read in one step of a list.
pub const STEP: u32 = 200;

/// A consistent read of the ledger, judged at one time.
pub struct Reader {
    /// The read.
    pub snapshot: Box<dyn Snapshot>,
    /// The time at which statuses are judged.
    pub now: Moment,
    accounts: BTreeSet<AccountId>,
}

/// A stream with its state.
#[derive(Debug, Clone)]
pub struct Known {
    /// Its row.
    pub row: StreamRow,
    /// Its state.
    pub state: State,
}

/// Which streams of one kind a list walks over, in the order of their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The kind.
    pub kind: StreamKind,
    /// Only those with this key.
    pub key: Option<(KeyKind, String)>,
}

/// What was attempted when a read failed.
pub fn reading(error: StoreError) -> Failure {
    Failure::new("could not read the ledger").because(error)
}

impl Reader {
    /// Begins to read a ledger as it is.
    pub async fn open(
        store: &dyn Store,
        now: Moment,
        accounts: BTreeSet<AccountId>,
    ) -> Result<Self, Failure> {
        let snapshot = store.snapshot().await.map_err(reading)?;
        Ok(Self::new(snapshot, now, accounts))
    }

    /// Reads from a snapshot.
    pub fn new(snapshot: Box<dyn Snapshot>, now: Moment, accounts: BTreeSet<AccountId>) -> Self {
        Self { snapshot, now, accounts }
    }

    /// The streams of a source after one id, at most `limit`; none: there are no more.
    pub async fn walk(
        &mut self,
        source: &Source,
        after: Option<&StreamId>,
        limit: u32,
    ) -> Result<Vec<Known>, Failure> {
        let Some((kind, value)) = &source.key else {
            let rows = self.snapshot.page(Some(source.kind), after, limit).await;
            return rows.map_err(reading)?.into_iter().map(known).collect();
        };
        let start = format!("{}/", source.kind.word());
        let after = after.map_or(start, ToString::to_string);
        let mut query = KeyQuery::all(*kind, value.clone(), limit);
        query.after = Some((0, after));
        let found = self.snapshot.find(&[query]).await.map_err(reading)?;
        let ids = found.into_iter().flatten().map(|(_, stream)| stream);
        let ids: Vec<_> = ids.filter(|stream| stream.kind() == source.kind).collect();
        self.states(&ids).await.map(|states| states.into_values().collect())
    }

    /// The states of these streams; those that do not exist are left out.
    pub async fn states(&mut self, ids: &[StreamId]) -> Result<BTreeMap<StreamId, Known>, Failure> {
        let mut states = BTreeMap::new();
        for part in ids.chunks(STEP as usize) {
            for row in self.snapshot.streams(part).await.map_err(reading)? {
                states.insert(row.stream.clone(), known(row)?);
            }
        }
        Ok(states)
    }

    /// The state of one stream.
    pub async fn state(&mut self, id: &StreamId) -> Result<Option<Known>, Failure> {
        Ok(self.states(std::slice::from_ref(id)).await?.into_values().next())
    }

    /// Streams of one kind with a key, in the order of their ids, at most `limit`.
    pub async fn with_key(
        &mut self,
        kind: StreamKind,
        key: (KeyKind, String),
        limit: u32,
    ) -> Result<Vec<Known>, Failure> {
        self.walk(&Source { kind, key: Some(key) }, None, limit).await
    }

    /// Opportunities.
    pub fn opportunities(&self, streams: &[Known]) -> Vec<Opportunity> {
        streams.iter().filter_map(|known| self.opportunity(known)).collect()
    }

    /// One opportunity.
    pub fn opportunity(&self, known: &Known) -> Option<Opportunity> {
        let id = OpportunityId::new(known.row.stream.id()).ok()?;
        Opportunity::new(&id, &known.state, &self.accounts, self.now)
    }

    /// Offers; which of them are accepted is looked up.
    pub async fn offers(&mut self, streams: &[Known]) -> Result<Vec<Offer>, Failure> {
        let queries: Vec<_> = streams
            .iter()
            .map(|known| KeyQuery::all(KeyKind::Offer, known.row.stream.id(), 1))
            .collect();
        let found = if queries.is_empty() {
            Vec::new()
        } else {
            self.snapshot.find(&queries).await.map_err(reading)?
        };
        let pairs = streams.iter().zip(found).filter_map(|(known, agreements)| {
            let id = OfferId::new(known.row.stream.id()).ok()?;
            Offer::new(&id, &known.state, !agreements.is_empty(), self.now)
        });
        Ok(pairs.collect())
    }

    /// Agreements.
    pub fn agreements(&self, streams: &[Known]) -> Vec<Agreement> {
        let agreement = |known: &Known| {
            let id = AgreementId::new(known.row.stream.id()).ok()?;
            Agreement::new(&id, &known.state, self.now)
        };
        streams.iter().filter_map(agreement).collect()
    }

    /// Entitlements; agreements whose creation is not known have none.
    pub fn entitlements(&self, streams: &[Known]) -> Vec<EntitlementItem> {
        let entitlement = |known: &Known| {
            let id = AgreementId::new(known.row.stream.id()).ok()?;
            EntitlementItem::new(&id, &known.state, self.now)
        };
        streams.iter().filter_map(entitlement).collect()
    }

    /// The deals of these agreements, with offers and opportunities looked up.
    pub async fn deals_of_agreements(
        &mut self,
        agreements: &[Agreement],
    ) -> Result<Vec<Deal>, Failure> {
        let named = agreements.iter().flat_map(|agreement| {
            let offer = agreement.offer.as_ref().map(StreamId::offer);
            offer.into_iter().chain(agreement.opportunity.as_ref().map(StreamId::opportunity))
        });
        let around = self.around(named.collect()).await?;
        let deal = |agreement: &Agreement| {
            let offer = agreement.offer.as_ref().and_then(|id| around.offers.get(id));
            let opportunity =
                agreement.opportunity.as_ref().and_then(|id| around.opportunities.get(id));
            Deal::of_agreement(agreement, offer, opportunity)
        };
        Ok(agreements.iter().map(deal).collect())
    }

    /// The deals of these offers, with opportunities looked up.
    pub async fn deals_of_offers(&mut self, offers: &[Offer]) -> Result<Vec<Deal>, Failure> {
        let named = offers.iter().filter_map(|offer| offer.opportunity.as_ref());
        let around = self.around(named.map(StreamId::opportunity).collect()).await?;
        let deal = |offer: &Offer| {
            let opportunity = offer.opportunity.as_ref();
            Deal::of_offer(offer, opportunity.and_then(|id| around.opportunities.get(id)))
        };
        Ok(offers.iter().map(deal).collect())
    }

    async fn around(&mut self, ids: BTreeSet<StreamId>) -> Result<Around, Failure> {
        let ids: Vec<_> = ids.into_iter().collect();
        let states: Vec<_> = self.states(&ids).await?.into_values().collect();
        let offers: Vec<_> =
            states.iter().filter(|known| known.state.offer().is_some()).cloned().collect();
        let offers = self.offers(&offers).await?;
        let opportunities = self.opportunities(&states);
        Ok(Around {
            offers: offers.into_iter().map(|offer| (offer.id.clone(), offer)).collect(),
            opportunities: opportunities
                .into_iter()
                .map(|opportunity| (opportunity.id.clone(), opportunity))
                .collect(),
        })
    }
}

/// What agreements and offers name.
struct Around {
    offers: BTreeMap<OfferId, Offer>,
    opportunities: BTreeMap<OpportunityId, Opportunity>,
}

/// The open findings of streams, in the order of their ids.
pub fn findings<'a>(streams: impl IntoIterator<Item = &'a Known>) -> Vec<FindingItem> {
    let findings = streams.into_iter().flat_map(|known| known.state.concluded.findings.values());
    let items: BTreeMap<_, _> =
        findings.map(|finding| (finding.id.clone(), FindingItem::new(finding))).collect();
    items.into_values().collect()
}

fn known(row: StreamRow) -> Result<Known, Failure> {
    let state = State::from_json(row.stream.kind(), &row.facts, &row.concluded);
    let state = state.map_err(|error| {
        Failure::new(format!("could not read the state of stream `{}`", row.stream))
            .because(error)
            .hint("`resold ledger verify` lists what does not fit; `resold ledger rebuild` makes streams anew")
    })?;
    Ok(Known { row, state })
}

/// At most so many related streams are shown.
pub const RELATED: u32 = 200;

/// What describes our own history of a stream, not the world.
#[derive(Debug, Clone, serde::Serialize)]
pub struct History {
    /// The stream.
    pub stream: String,
    /// The version of its last event.
    pub version: i64,
    /// The hash of its last event.
    pub head: String,
    /// When it was last judged and something was recorded.
    pub judged_at: String,
    /// When time alone may next change a conclusion.
    pub due_at: Option<String>,
}

impl Known {
    /// Our own history of the stream.
    pub fn history(&self) -> History {
        History {
            stream: self.row.stream.to_string(),
            version: self.row.version,
            head: self.row.head.to_string(),
            judged_at: self.state.concluded.judged_at.to_string(),
            due_at: self.row.due_at.map(|due| Moment::from_micros(due).to_string()),
        }
    }
}
