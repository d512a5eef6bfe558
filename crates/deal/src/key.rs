//! Keys: index rows from what a stream says to the stream, so that relations need no unbounded state.

/// What a key indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyKind {
    /// Streams of a buyer: offers that target it, opportunities for it, agreements it accepted.
    Buyer,
    /// Offers that judged this opportunity eligible. Value: the opportunity's id.
    Candidate,
    /// Agreements that carry this id of a cancellation request or a billing adjustment.
    Case,
    /// Requests that are not done. Value: [`DRIVE`]; the time is when something is to be done next.
    Drive,
    /// Offers that wait to be judged when an opportunity of the same partner and product changes.
    /// Value: partner `|` product name; the time is when the offer was released.
    Judge,
    /// Agreements with this license.
    License,
    /// Streams with open findings. Value: the finding's kind.
    Finding,
    /// Streams of an offer: its agreements. Value: the offer's id.
    Offer,
    /// Offers and agreements of an opportunity, by their effective link. Value: the opportunity's id.
    Opportunity,
    /// Streams of a partner. Value: its account.
    Partner,
    /// Agreements with a license of which AWS is to be asked. Value: [`READ`]; the time is from when on.
    Read,
    /// Agreements with a license that AWS can be asked about. Value: the license's slice, see [`crate::reading::slice_word`].
    Slice,
    /// Offers for which this single-use opportunity is the only eligible one.
    Sole,
    /// Agreements that may succeed one another. Value: partner `|` buyer, and partner `|*`; the time is the end or the
    /// start.
    Succession,
    /// Offers that use up this opportunity (confirmed, or set by a person); the time is since when.
    Uses,
    /// Opportunities of a partner for a product. Value: partner `|` product name; the times are when it was
    /// created and when it ends.
    Window,
}

impl KeyKind {
    /// Every kind.
    pub const ALL: [Self; 16] = [
        Self::Buyer,
        Self::Candidate,
        Self::Case,
        Self::Drive,
        Self::Judge,
        Self::License,
        Self::Finding,
        Self::Offer,
        Self::Opportunity,
        Self::Partner,
        Self::Read,
        Self::Slice,
        Self::Sole,
        Self::Succession,
        Self::Uses,
        Self::Window,
    ];

    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Buyer => "buyer",
            Self::Candidate => "candidate",
            Self::Case => "case",
            Self::Drive => "drive",
            Self::Judge => "judge",
            Self::License => "license",
            Self::Finding => "finding",
            Self::Offer => "offer",
            Self::Opportunity => "opportunity",
            Self::Partner => "partner",
            Self::Read => "read",
            Self::Slice => "slice",
            Self::Sole => "sole",
            Self::Succession => "succession",
            Self::Uses => "uses",
            Self::Window => "window",
        }
    }
}

/// The one value under which requests wait to be driven.
pub const DRIVE: &str = "request";

/// The one value under which licenses wait to be read.
pub const READ: &str = "license";

/// One index row of a stream. A stream's keys are a function of its facts and its last conclusions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// What is indexed.
    pub kind: KeyKind,
    /// The value looked up, at most 300 bytes.
    pub value: String,
    /// Beginning of the time span in microseconds since 1970 (0 where the kind has no time).
    pub lo: i64,
    /// End of the time span, inclusive; equal to `lo` for a point in time.
    pub hi: i64,
}

impl Key {
    /// A key without a time.
    pub fn new(kind: KeyKind, value: impl Into<String>) -> Self {
        Self { kind, value: value.into(), lo: 0, hi: 0 }
    }
}

/// Which keys to find: those of one kind and value whose span overlaps another, in the order of (`hi`, stream).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyQuery {
    /// What is looked up.
    pub kind: KeyKind,
    /// The value looked up.
    pub value: String,
    /// Only keys with `hi` at or after this.
    pub hi_from: i64,
    /// Only keys with `hi` at or before this.
    pub hi_to: i64,
    /// Only keys with `lo` at or before this.
    pub lo_to: i64,
    /// Only keys after this (`hi`, stream): where an earlier query stopped.
    pub after: Option<(i64, String)>,
    /// At most so many.
    pub limit: u32,
}

impl KeyQuery {
    /// Whether this finds a key, but for where it begins and stops.
    pub fn finds(&self, key: &Key) -> bool {
        let spans = (self.hi_from..=self.hi_to).contains(&key.hi) && key.lo <= self.lo_to;
        key.kind == self.kind && key.value == self.value && spans
    }

    /// Every key of one kind and value, whatever its time.
    pub fn all(kind: KeyKind, value: impl Into<String>, limit: u32) -> Self {
        let value = value.into();
        Self {
            kind,
            value,
            hi_from: i64::MIN,
            hi_to: i64::MAX,
            lo_to: i64::MAX,
            after: None,
            limit,
        }
    }
}
