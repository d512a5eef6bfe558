//! A bundle from a ledger, in one snapshot.

use std::collections::{BTreeMap, BTreeSet};

use deal::stream::StreamId;
use marketplace::digest::Digest;
use marketplace::ids::AgreementId;
use marketplace::notification::Family;
use marketplace::parse::parse;

use super::{BUNDLE, Body, Bundle, Listed, NotificationPart, StreamPart, named};
use crate::MAX_BODY;
use crate::checkpoint::{Anchor, HEADS, Head, Lists};
use crate::export::Line;
use crate::folding::Folding;
use crate::merkle::{Path, leaf};
use crate::row::{Cause, EventRow};
use crate::store::{Snapshot, StoreError};
use crate::verify::{HeadsError, Lines};

/// Events read at once.
const PAGE: u32 = 500;

/// Raw bodies read at once.
const BODIES: usize = 50;

/// Why there is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// The ledger could not be read.
    #[error("could not read the ledger")]
    Read(#[from] StoreError),
    /// The heads file could not be read.
    #[error(transparent)]
    Heads(#[from] HeadsError),
    /// The heads file is none, or another one.
    #[error("the heads file is not the one that the anchor was made of")]
    OtherHeads,
    /// Nothing is known of the agreement.
    #[error("there is no agreement `{0}` in the ledger")]
    NoSuchAgreement(AgreementId),
    /// No entitlement was ever published.
    #[error("agreement `{0}` has no entitlement yet: its creation is not known")]
    NoEntitlement(AgreementId),
}

/// Collects what the ledger says of an entitlement. With an anchor, the heads file beside it is read once, and all of its leaves are
/// held: 32 bytes for each stream and each notification.
pub async fn gather(
    snapshot: &mut dyn Snapshot,
    entitlement: &AgreementId,
    against: Option<(&Anchor, Lines<'_>)>,
) -> Result<Bundle, ProofError> {
    let mut events = BTreeMap::new();
    let mut wanted = vec![StreamId::agreement(entitlement)];
    while let Some(stream) = wanted.pop() {
        if events.contains_key(&stream) {
            continue;
        }
        let (rows, folding) = whole(snapshot, &stream).await?;
        wanted.extend(named(folding.state()));
        if rows.is_empty() && events.is_empty() {
            return Err(ProofError::NoSuchAgreement(entitlement.clone()));
        }
        if events.is_empty() && folding.state().concluded.entitlement.is_none() {
            return Err(ProofError::NoEntitlement(entitlement.clone()));
        }
        events.insert(stream, rows);
    }
    let bodies = bodies(snapshot, entitlement, events.values().flatten()).await?;
    let mut leaves = Leaves::default();
    let anchor = match against {
        None => None,
        Some((anchor, lines)) => {
            leaves.read(anchor, lines, &events, &bodies)?;
            Some(anchor.clone())
        }
    };
    let stream = |(stream, rows): (StreamId, Vec<EventRow>)| {
        let events = rows.into_iter().map(Line::from).collect();
        StreamPart { listed: leaves.stream(&stream), stream, events }
    };
    let notification = |(digest, body): (Digest, Option<Vec<u8>>)| NotificationPart {
        path: leaves.notification(&digest),
        digest,
        body: body.map(Body::of),
    };
    Ok(Bundle {
        format: BUNDLE.to_owned(),
        entitlement: entitlement.clone(),
        streams: events.into_iter().map(stream).collect(),
        notifications: bodies.into_iter().map(notification).collect(),
        anchor,
    })
}

/// All events of a stream, and what they fold to.
async fn whole(
    snapshot: &mut dyn Snapshot,
    stream: &StreamId,
) -> Result<(Vec<EventRow>, Folding), StoreError> {
    let (mut rows, mut folding) = (Vec::new(), Folding::new(stream.clone()));
    let mut from = i64::MIN;
    loop {
        let page = snapshot.events(stream, from, PAGE).await?;
        let Some(last) = page.last() else { return Ok((rows, folding)) };
        from = last.version.saturating_add(1);
        for row in &page {
            folding.event(row)?;
        }
        rows.extend(page);
    }
}

/// The raw bodies of the notifications that caused these events, but for those that are not to be carried.
async fn bodies(
    snapshot: &mut dyn Snapshot,
    entitlement: &AgreementId,
    events: impl Iterator<Item = &EventRow>,
) -> Result<BTreeMap<Digest, Option<Vec<u8>>>, StoreError> {
    let causes = events.filter_map(|event| match Cause::parse(&event.cause) {
        Some(Cause::Notification(digest)) => Some(digest),
        Some(Cause::Command(_) | Cause::Time) | None => None,
    });
    let digests: BTreeSet<Digest> = causes.collect();
    let digests: Vec<Digest> = digests.into_iter().collect();
    let mut bodies = BTreeMap::new();
    for part in digests.chunks(BODIES) {
        let stored = snapshot.bodies(part).await?;
        bodies.extend(stored.into_iter().map(|stored| {
            // What was too long is kept in part, which proves nothing.
            let body = stored.body.filter(|body| body.len() < MAX_BODY);
            (stored.digest, body.filter(|body| !is_of_another(body, entitlement)))
        }));
    }
    Ok(bodies)
}

/// Whether a body tells of another agreement, under the same offer or opportunity: that is another buyer's business.
fn is_of_another(body: &[u8], entitlement: &AgreementId) -> bool {
    match parse(body).map(|notification| notification.family) {
        Ok(Family::Agreement(notice)) => notice.agreement.is_some_and(|id| id != *entitlement),
        Ok(_) | Err(_) => false,
    }
}

/// The leaves of an anchor's two trees, and which of them are wanted.
#[derive(Default)]
struct Leaves {
    streams: Vec<Digest>,
    notifications: Vec<Digest>,
    /// The version and the place of each wanted stream.
    listed: BTreeMap<StreamId, (i64, usize)>,
    /// The place of each wanted notification.
    received: BTreeMap<Digest, usize>,
}

impl Leaves {
    /// Reads a whole heads file.
    fn read(
        &mut self,
        anchor: &Anchor,
        lines: Lines<'_>,
        streams: &BTreeMap<StreamId, Vec<EventRow>>,
        notifications: &BTreeMap<Digest, Option<Vec<u8>>>,
    ) -> Result<(), ProofError> {
        let mut line = || lines().map_err(HeadsError);
        if line()?.as_deref() != Some(HEADS) {
            return Err(ProofError::OtherHeads);
        }
        let mut lists = Lists::default();
        while let Some(line) = line()? {
            let head = Head::read(&line).ok_or(ProofError::OtherHeads)?;
            lists.add(&head);
            let leaf = leaf(&head.line());
            match head {
                Head::Stream(id, version, _) => {
                    if streams.contains_key(&id) {
                        self.listed.insert(id, (version, self.streams.len()));
                    }
                    self.streams.push(leaf);
                }
                Head::Notification(digest) => {
                    if notifications.contains_key(&digest) {
                        self.received.insert(digest, self.notifications.len());
                    }
                    self.notifications.push(leaf);
                }
            }
        }
        if lists.are_of(anchor) { Ok(()) } else { Err(ProofError::OtherHeads) }
    }

    fn stream(&self, stream: &StreamId) -> Option<Listed> {
        let (version, place) = self.listed.get(stream)?;
        Some(Listed { version: *version, path: Path::of(&self.streams, *place)? })
    }

    fn notification(&self, digest: &Digest) -> Option<Path> {
        Path::of(&self.notifications, *self.received.get(digest)?)
    }
}
