//! Whether a bundle holds, without the ledger that it is from: every fault, not the first.

use std::collections::{BTreeMap, BTreeSet};

use deal::entitlement::Entitlement;
use deal::stream::StreamId;
use marketplace::digest::Digest;
use marketplace::parse::{is_filed, parse};

use super::{BUNDLE, Bundle, NotificationPart, StreamPart, named};
use crate::checkpoint::{Anchor, Head, Summary};
use crate::merkle::{Path, leaf};
use crate::row::{Cause, EventRow};
use crate::verify::chain::Chain;
use crate::verify::notifications::digest;
use crate::verify::{FaultKind, Report, Subject};

/// What was checked, what it says, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checked {
    /// The entitlement as it was last published; `None` if the bundle does not say.
    pub entitlement: Option<Entitlement>,
    /// Counts of events, streams, notifications, and the faults. Of a ledger's tables a bundle has no more.
    pub report: Report,
    /// How far an anchor stands behind it; `None` without one.
    pub anchored: Option<Anchored>,
}

/// How far an anchor stands behind a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchored {
    /// The anchor.
    pub anchor: Anchor,
    /// It was given beside the bundle; otherwise it is the bundle's own, and proves what whoever made the bundle wanted.
    pub given: bool,
    /// Streams whose listed version is on a path to its root.
    pub streams: u64,
    /// Notifications that are.
    pub notifications: u64,
    /// Events after the listed versions, and those of streams that it does not list.
    pub later: u64,
}

/// Checks a bundle. With an anchor, every stream up to its last event and every notification must be under its roots.
pub fn check(bundle: &Bundle, given: Option<&Anchor>) -> Checked {
    let anchor = given.or(bundle.anchor.as_ref());
    let anchored = anchor.map(|anchor| Anchored {
        anchor: anchor.clone(),
        given: given.is_some(),
        streams: 0,
        notifications: 0,
        later: 0,
    });
    let mut checking = Checking {
        report: Report::default(),
        anchored,
        named: BTreeSet::new(),
        causes: BTreeMap::new(),
    };
    if bundle.format != BUNDLE {
        checking.bundle(format!("its format is `{}`, not `{BUNDLE}`", bundle.format));
    }
    if given.is_some() && bundle.anchor.as_ref() != given {
        let detail = match &bundle.anchor {
            None => "it was made without an anchor".to_owned(),
            Some(own) => format!("it was made with another anchor, of {}", own.made_at),
        };
        checking.bundle(detail);
    }
    let entitlement = checking.streams(bundle);
    checking.notifications(bundle);
    Checked { entitlement, report: checking.report, anchored: checking.anchored }
}

struct Checking {
    report: Report,
    anchored: Option<Anchored>,
    /// The streams that the bundle must have.
    named: BTreeSet<StreamId>,
    /// Notifications that events name, and the events.
    causes: BTreeMap<Digest, Vec<Subject>>,
}

impl Checking {
    fn bundle(&mut self, detail: impl Into<String>) {
        self.report.fault(FaultKind::Contents, Subject::Bundle, detail);
    }

    /// Every stream, and that they are those of the entitlement.
    fn streams(&mut self, bundle: &Bundle) -> Option<Entitlement> {
        let agreement = StreamId::agreement(&bundle.entitlement);
        self.named.insert(agreement.clone());
        let mut seen = BTreeSet::new();
        let mut entitlement = None;
        for part in &bundle.streams {
            if !seen.insert(part.stream.clone()) {
                self.bundle(format!("it has {} twice", part.stream));
            }
            let published = self.stream(part);
            if part.stream == agreement {
                entitlement = published;
            }
        }
        let missing: Vec<_> = self.named.difference(&seen).cloned().collect();
        for stream in missing {
            self.bundle(format!("it lacks {stream}"));
        }
        let strange: Vec<_> = seen.difference(&self.named).cloned().collect();
        for stream in strange {
            self.bundle(format!("{stream} does not belong to this entitlement"));
        }
        if seen.contains(&agreement) && entitlement.is_none() {
            self.bundle(format!("{agreement} tells of no entitlement"));
        }
        entitlement
    }

    /// One stream; returns the entitlement that it published.
    fn stream(&mut self, part: &StreamPart) -> Option<Entitlement> {
        self.report.streams = self.report.streams.saturating_add(1);
        let mut chain = Chain::new(part.stream.clone());
        let mut listed_hash = None;
        let mut last = 0;
        for line in &part.events {
            let event = EventRow::from(line.clone());
            self.report.events = self.report.events.saturating_add(1);
            let subject = Subject::Event(event.stream.clone(), event.version);
            if event.stream != part.stream {
                let detail = format!("it stands among the events of {}", part.stream);
                self.report.fault(FaultKind::Contents, subject.clone(), detail);
            }
            chain.event(&event, &mut self.report);
            self.cause(&event, subject);
            if part.listed.as_ref().is_some_and(|listed| listed.version == event.version) {
                listed_hash = Some(event.hash);
            }
            last = event.version;
        }
        if part.events.is_empty() {
            self.bundle(format!("it has no event of {}", part.stream));
        }
        self.head(part, listed_hash, last);
        let state = chain.state()?;
        self.named.extend(named(state));
        state.concluded.entitlement.clone()
    }

    fn cause(&mut self, event: &EventRow, subject: Subject) {
        match Cause::parse(&event.cause) {
            Some(Cause::Notification(digest)) => {
                self.causes.entry(digest).or_default().push(subject);
            }
            Some(Cause::Command(_) | Cause::Time) => {}
            None => {
                let detail = format!("`{}` is no cause", event.cause);
                self.report.fault(FaultKind::Cause, subject, detail);
            }
        }
    }

    /// The line of a stream in the anchor, and what comes after it.
    fn head(&mut self, part: &StreamPart, hash: Option<Digest>, last: i64) {
        let subject = Subject::Stream(part.stream.clone());
        let Some(listed) = &part.listed else {
            return self.beyond(
                subject,
                part.events.len(),
                "the bundle has no place in the anchor for it",
            );
        };
        let Some(hash) = hash else {
            let detail = format!("it is listed at version {}, which is not there", listed.version);
            return self.report.fault(FaultKind::Path, subject, detail);
        };
        let later = usize::try_from(last.saturating_sub(listed.version)).unwrap_or(0);
        if later > 0 {
            self.beyond(
                subject.clone(),
                later,
                &format!("{later} of its events came after the anchor"),
            );
        }
        let head = Head::Stream(part.stream.clone(), listed.version, hash);
        if self.leads(&head, &listed.path, subject, |anchor| &anchor.streams)
            && let Some(anchored) = &mut self.anchored
        {
            anchored.streams = anchored.streams.saturating_add(1);
        }
    }

    /// Events that the anchor does not stand behind: a fault if it was given to stand behind all of them.
    fn beyond(&mut self, subject: Subject, events: usize, detail: &str) {
        let Some(anchored) = &mut self.anchored else { return };
        let events = u64::try_from(events).unwrap_or(u64::MAX);
        anchored.later = anchored.later.saturating_add(events);
        if anchored.given {
            self.report.fault(FaultKind::Unanchored, subject, detail);
        }
    }

    /// Whether a line's path leads to the root of one of the anchor's lists.
    fn leads(
        &mut self,
        head: &Head,
        path: &Path,
        subject: Subject,
        list: impl FnOnce(&Anchor) -> &Summary,
    ) -> bool {
        let Some(anchored) = &self.anchored else {
            self.report.fault(FaultKind::Path, subject, "it has a path, and the bundle no anchor");
            return false;
        };
        let list = list(&anchored.anchor);
        let leads = path.root(leaf(&head.line()), list.count) == Some(list.root);
        if !leads {
            let detail = "its path does not lead from what the bundle has of it to the anchor";
            self.report.fault(FaultKind::Path, subject, detail);
        }
        leads
    }

    /// Every notification, and that they are those that the events name.
    fn notifications(&mut self, bundle: &Bundle) {
        let mut seen = BTreeSet::new();
        for part in &bundle.notifications {
            self.report.notifications = self.report.notifications.saturating_add(1);
            let subject = Subject::Notification(part.digest);
            if !seen.insert(part.digest) {
                self.bundle(format!("it has {subject} twice"));
            }
            if !self.causes.contains_key(&part.digest) {
                self.bundle(format!("{subject} caused none of its events"));
            }
            self.body(part);
            self.received(part);
        }
        for (digest, subjects) in std::mem::take(&mut self.causes) {
            for subject in subjects.into_iter().filter(|_| !seen.contains(&digest)) {
                let detail = format!("the bundle lacks its notification {digest}");
                self.report.fault(FaultKind::Cause, subject, detail);
            }
        }
    }

    /// The digest of its body is its name. Of some only that is there.
    fn body(&mut self, part: &NotificationPart) {
        let subject = Subject::Notification(part.digest);
        let Some(body) = &part.body else {
            self.report.erased = self.report.erased.saturating_add(1);
            return;
        };
        let Some(bytes) = body.bytes() else {
            let detail = "its body is not written in hexadecimal digits";
            return self.report.fault(FaultKind::Body, subject, detail);
        };
        if is_filed(&part.digest, &bytes) {
            return;
        }
        let of_content = digest(&parse(&bytes));
        self.report.fault(
            FaultKind::Body,
            subject,
            format!("its body has the digest {of_content}"),
        );
    }

    fn received(&mut self, part: &NotificationPart) {
        let subject = Subject::Notification(part.digest);
        let Some(path) = &part.path else {
            if self.anchored.as_ref().is_some_and(|anchored| anchored.given) {
                let detail = "the bundle has no place in the anchor for it";
                self.report.fault(FaultKind::Unanchored, subject, detail);
            }
            return;
        };
        let head = Head::Notification(part.digest);
        if self.leads(&head, path, subject, |anchor| &anchor.notifications)
            && let Some(anchored) = &mut self.anchored
        {
            anchored.notifications = anchored.notifications.saturating_add(1);
        }
    }
}
