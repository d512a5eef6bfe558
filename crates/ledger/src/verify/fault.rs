//! What can be wrong with a ledger, or with an evidence bundle of one.

use std::fmt;

use deal::stream::StreamId;
use marketplace::digest::Digest;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// An event's hash is not the hash of its columns.
    Seal,
    /// An event does not name the hash of the event before it.
    Chain,
    /// Versions of a stream are missing.
    Versions,
    /// An event's id does not follow from its stream and version.
    EventId,
    /// An event cannot be read as one.
    EventUnreadable,
    /// A newer version of resold wrote the event.
    EventNewer,
    /// The notification that an event names as its cause is not in the ledger, or the cause is no cause.
    Cause,
    /// A stream with events has no row.
    StreamRow,
    /// The version in a stream's row is not that of its last event: the tail was cut, or the row is behind.
    Version,
    /// The head in a stream's row is not the hash of its last event.
    Head,
    /// A newer version of resold folded the stream.
    FoldNewer,
    /// The facts in a stream's row are not what its events fold to.
    Facts,
    /// The conclusions in a stream's row are not what its events fold to.
    Concluded,
    /// An index row is missing.
    KeyMissing,
    /// An index row follows from nothing.
    KeyUnknown,
    /// A public event is not in the outbox.
    OutboxMissing,
    /// A row of the outbox belongs to no public event.
    OutboxUnknown,
    /// A row of the outbox says something else than its event.
    OutboxDiffers,
    /// A notification's body does not have the digest that it is kept under.
    Body,
    /// A notification's body is gone and nobody erased it.
    BodyMissing,
    /// A notification's body is there though it was erased.
    BodyKept,
    /// What a notification's row repeats of its body is not what the body says.
    Label,
    /// A notification has no delivery, or deliveries have no notification.
    Delivery,
    /// Outcomes of a notification are missing.
    Outcome,
    /// A notification waits and is not in the inbox, or the reverse.
    Inbox,
    /// A SQL view is missing, or does not show what the streams' rows say.
    View,
    /// What an anchor lists is not in the ledger any more.
    AnchorGone,
    /// An event is another than the one that an anchor lists.
    AnchorDiffers,
    /// A heads file is not the one that the anchor was made of.
    AnchorFile,
    /// An evidence bundle lacks a part, has one too many, or has one twice; or it was made with another anchor.
    Contents,
    /// The path of an evidence bundle does not lead to the anchor.
    Path,
    /// The anchor that an evidence bundle is held against does not list a part of it.
    Unanchored,
    /// A row holds what cannot be read; the rows of its table after it were not looked at.
    RowUnreadable,
}

impl FaultKind {
    /// Every kind.
    pub const ALL: [Self; 33] = [
        Self::Seal,
        Self::Chain,
        Self::Versions,
        Self::EventId,
        Self::EventUnreadable,
        Self::EventNewer,
        Self::Cause,
        Self::StreamRow,
        Self::Version,
        Self::Head,
        Self::FoldNewer,
        Self::Facts,
        Self::Concluded,
        Self::KeyMissing,
        Self::KeyUnknown,
        Self::OutboxMissing,
        Self::OutboxUnknown,
        Self::OutboxDiffers,
        Self::Body,
        Self::BodyMissing,
        Self::BodyKept,
        Self::Label,
        Self::Delivery,
        Self::Outcome,
        Self::Inbox,
        Self::View,
        Self::AnchorGone,
        Self::AnchorDiffers,
        Self::AnchorFile,
        Self::Contents,
        Self::Path,
        Self::Unanchored,
        Self::RowUnreadable,
    ];

    /// The shown word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Seal => "seal",
            Self::Chain => "chain",
            Self::Versions => "versions",
            Self::EventId => "event-id",
            Self::EventUnreadable => "event-unreadable",
            Self::EventNewer => "event-newer",
            Self::Cause => "cause",
            Self::StreamRow => "stream-row",
            Self::Version => "version",
            Self::Head => "head",
            Self::FoldNewer => "fold-newer",
            Self::Facts => "facts",
            Self::Concluded => "concluded",
            Self::KeyMissing => "key-missing",
            Self::KeyUnknown => "key-unknown",
            Self::OutboxMissing => "outbox-missing",
            Self::OutboxUnknown => "outbox-unknown",
            Self::OutboxDiffers => "outbox-differs",
            Self::Body => "body",
            Self::BodyMissing => "body-missing",
            Self::BodyKept => "body-kept",
            Self::Label => "label",
            Self::Delivery => "delivery",
            Self::Outcome => "outcome",
            Self::Inbox => "inbox",
            Self::View => "view",
            Self::AnchorGone => "anchor-gone",
            Self::AnchorDiffers => "anchor-differs",
            Self::AnchorFile => "anchor-file",
            Self::Contents => "contents",
            Self::Path => "path",
            Self::Unanchored => "unanchored",
            Self::RowUnreadable => "row-unreadable",
        }
    }

    /// Whether [`crate::rebuild::rebuild`] mends it: what is wrong is derived from events, not recorded. A wrong head or
    /// version is not: it tells of events that are gone, and building the row anew would hide that.
    pub const fn is_derived(self) -> bool {
        match self {
            Self::StreamRow
            | Self::Facts
            | Self::Concluded
            | Self::KeyMissing
            | Self::KeyUnknown => true,
            Self::Seal
            | Self::Chain
            | Self::Versions
            | Self::EventId
            | Self::EventUnreadable
            | Self::EventNewer
            | Self::Cause
            | Self::Version
            | Self::Head
            | Self::FoldNewer
            | Self::OutboxMissing
            | Self::OutboxUnknown
            | Self::OutboxDiffers
            | Self::Body
            | Self::BodyMissing
            | Self::BodyKept
            | Self::Label
            | Self::Delivery
            | Self::Outcome
            | Self::Inbox
            | Self::View
            | Self::AnchorGone
            | Self::AnchorDiffers
            | Self::AnchorFile
            | Self::Contents
            | Self::Path
            | Self::Unanchored
            | Self::RowUnreadable => false,
        }
    }
}

/// What a fault is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// One event: shown as `offer/offer-...@3`.
    Event(StreamId, i64),
    /// A stream: shown as `offer/offer-...`.
    Stream(StreamId),
    /// A notification: shown as `notification:` and its digest.
    Notification(Digest),
    /// A table.
    Table(&'static str),
    /// A view.
    View(&'static str),
    /// The heads file of a checkpoint.
    Heads,
    /// An evidence bundle.
    Bundle,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(stream, version) => write!(f, "{stream}@{version}"),
            Self::Stream(stream) => write!(f, "{stream}"),
            Self::Notification(digest) => write!(f, "notification:{digest}"),
            Self::Table(name) => write!(f, "table `{name}`"),
            Self::View(name) => write!(f, "view `{name}`"),
            Self::Heads => f.write_str("the heads file"),
            Self::Bundle => f.write_str("the bundle"),
        }
    }
}

/// Something wrong with the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub kind: FaultKind,
    /// With what.
    pub subject: Subject,
    /// What was found and what should be there, in words.
    pub detail: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.kind.word(), self.subject, self.detail)
    }
}
