//! The heads that a checkpoint listed, while the ledger is walked: each must still be there and unchanged.

use std::cmp::Ordering;
use std::io;

use deal::stream::StreamId;
use marketplace::digest::Digest;

use super::{FaultKind, Report, Subject};
use crate::checkpoint::{Anchor, HEADS, Head, Lists};
use crate::row::EventRow;

/// The lines of a heads file, one after the other, without their line breaks.
pub type Lines<'a> = &'a mut (dyn FnMut() -> io::Result<Option<String>> + Send);

/// A heads file that is read beside the ledger, and the anchor that it must add up to.
pub(super) struct Against<'a> {
    anchor: &'a Anchor,
    lines: Lines<'a>,
    next: Option<Head>,
    lists: Lists,
    /// The lines came to an end, or to one that is none.
    over: bool,
}

/// Why a heads file could not be read.
#[derive(Debug, thiserror::Error)]
#[error("could not read the heads file")]
pub struct HeadsError(#[source] pub io::Error);

impl<'a> Against<'a> {
    pub(super) fn new(
        anchor: &'a Anchor,
        lines: Lines<'a>,
        report: &mut Report,
    ) -> Result<Self, HeadsError> {
        let first = lines().map_err(HeadsError)?;
        let mut against = Self { anchor, lines, next: None, lists: Lists::default(), over: false };
        if first.as_deref() == Some(HEADS) {
            against.step(report)?;
        } else {
            against.over = true;
            let detail = format!("its first line is not `{HEADS}`");
            report.fault(FaultKind::AnchorFile, Subject::Heads, detail);
        }
        Ok(against)
    }

    /// Goes on to the next line.
    fn step(&mut self, report: &mut Report) -> Result<(), HeadsError> {
        self.next = None;
        let Some(line) = (self.lines)().map_err(HeadsError)? else {
            self.over = true;
            return Ok(());
        };
        if let Some(head) = Head::read(&line) {
            self.lists.add(&head);
            self.next = Some(head);
        } else {
            self.over = true;
            let detail = "a line is no head; the lines after it were not looked at";
            report.fault(FaultKind::AnchorFile, Subject::Heads, detail);
        }
        Ok(())
    }

    /// What is listed of a stream that the ledger has; listed streams before it are gone.
    pub(super) fn stream(
        &mut self,
        stream: &StreamId,
        report: &mut Report,
    ) -> Result<Option<Listed>, HeadsError> {
        while let Some(Head::Stream(id, version, hash)) = &self.next {
            let listed = Listed { version: *version, hash: *hash, found: false };
            match id.as_str().cmp(stream.as_str()) {
                Ordering::Greater => return Ok(None),
                Ordering::Equal => {
                    self.step(report)?;
                    return Ok(Some(listed));
                }
                Ordering::Less => {
                    gone(id.clone(), report);
                    self.step(report)?;
                }
            }
        }
        Ok(None)
    }

    /// Every stream of the ledger was seen: those still listed are gone.
    pub(super) fn streams_over(&mut self, report: &mut Report) -> Result<(), HeadsError> {
        while let Some(Head::Stream(id, _, _)) = &self.next {
            gone(id.clone(), report);
            self.step(report)?;
        }
        Ok(())
    }

    /// A notification that the ledger has, or none: listed ones before it are gone.
    pub(super) fn notification(
        &mut self,
        digest: Option<&Digest>,
        report: &mut Report,
    ) -> Result<(), HeadsError> {
        while let Some(Head::Notification(listed)) = &self.next {
            match digest.map_or(Ordering::Less, |digest| listed.cmp(digest)) {
                Ordering::Greater => return Ok(()),
                Ordering::Equal => return self.step(report),
                Ordering::Less => {
                    let subject = Subject::Notification(*listed);
                    let detail = "the anchor lists it, and the ledger does not hold it";
                    report.fault(FaultKind::AnchorGone, subject, detail);
                    self.step(report)?;
                }
            }
        }
        Ok(())
    }

    /// The lines must add up to the anchor; otherwise they are not those that it was made of.
    pub(super) fn finish(mut self, report: &mut Report) -> Result<(), HeadsError> {
        if self.next.is_some() {
            let detail = "its lines are not in order, or the ledger was not read to its end; the rest was not looked at";
            report.fault(FaultKind::AnchorFile, Subject::Heads, detail);
            while !self.over {
                self.step(report)?;
            }
        }
        let anchor = self.anchor;
        let found = self.lists.finish(deal::moment::Moment::default());
        for (name, same) in [
            ("streams", found.streams == anchor.streams && found.events == anchor.events),
            ("notifications", found.notifications == anchor.notifications),
        ] {
            if !same {
                let detail = format!("its {name} do not add up to the anchor");
                report.fault(FaultKind::AnchorFile, Subject::Heads, detail);
            }
        }
        Ok(())
    }
}

fn gone(stream: StreamId, report: &mut Report) {
    let detail = "the anchor lists it, and the ledger has no event of it";
    report.fault(FaultKind::AnchorGone, Subject::Stream(stream), detail);
}

/// The version of a stream that the anchor lists.
pub(super) struct Listed {
    version: i64,
    hash: Digest,
    found: bool,
}

impl Listed {
    /// An event of the stream.
    pub(super) fn event(&mut self, event: &EventRow, report: &mut Report) {
        if event.version != self.version {
            return;
        }
        self.found = true;
        if event.hash != self.hash {
            let subject = Subject::Event(event.stream.clone(), event.version);
            let detail = format!("its hash is {}, the anchor lists {}", event.hash, self.hash);
            report.fault(FaultKind::AnchorDiffers, subject, detail);
        }
    }

    /// All events of the stream were seen.
    pub(super) fn finish(&self, stream: &StreamId, report: &mut Report) {
        if !self.found {
            let subject = Subject::Event(stream.clone(), self.version);
            let detail = "the anchor lists it, and the ledger does not hold it";
            report.fault(FaultKind::AnchorGone, subject, detail);
        }
    }
}

#[cfg(test)]
mod tests;
