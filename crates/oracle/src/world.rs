//! A world: a market as AWS tells of it, and the truth to judge a ledger by.

use jiff::Timestamp;

use crate::draw::Draw;
use crate::fault::Fault;
use crate::market::Market;
use crate::observed::Observed;
use crate::{expect, invent, judge, write};

/// How much happens in a world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Resellers of our products.
    pub partners: usize,
    /// Offers, but for those that replace others.
    pub offers: usize,
}

impl Default for Size {
    /// Small: thousands of worlds a minute.
    fn default() -> Self {
        Self { partners: 2, offers: 12 }
    }
}

/// A market, what we can hear of it, and, hidden, the truth.
#[derive(Debug, Clone)]
pub struct World {
    /// The configured seller accounts; none: every account is accepted.
    pub accounts: Vec<String>,
    /// When the ledger is judged.
    pub now: Timestamp,
    /// What we ask the Catalog API, in the order of time.
    pub imports: Vec<Import>,
    /// What AWS tells us, in the order of time.
    pub notices: Vec<Notice>,
    /// What people decide: links in the order of time, then what they do after everything was told.
    pub commands: Vec<Command>,
    pub(crate) market: Market,
}

/// One observation of an opportunity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// When we asked.
    pub at: Timestamp,
    /// The part of the world that it is about.
    pub about: String,
    /// What `aws marketplace-catalog describe-entity` prints.
    pub document: String,
}

/// What a person decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The time of the person's word, however often it has to be repeated.
    pub at: Timestamp,
    /// Who.
    pub who: &'static str,
    /// Why.
    pub why: &'static str,
    /// What.
    pub what: Deed,
}

impl Command {
    /// What it is called as a part of the world.
    pub fn name(&self) -> String {
        format!("command {}", self.at)
    }
}

/// What a person does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// `offer link`, or `offer unlink`: maybe before the ledger knows the two.
    Decide {
        /// The offer.
        offer: String,
        /// The opportunity.
        opportunity: String,
        /// Linked, or excluded.
        linked: bool,
    },
    /// `findings acknowledge`, after everything was told.
    Acknowledge {
        /// The finding's kind and subject.
        finding: String,
    },
    /// `inbox erase`, after everything was told.
    Erase {
        /// Its number in [`World::notices`].
        notice: usize,
        /// What became of it.
        kind: NoticeKind,
    },
}

/// One EventBridge event, or poison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// When it is emitted.
    pub at: Timestamp,
    /// The part of the world that it is about.
    pub about: String,
    /// EventBridge's id; two notices may share one.
    pub id: String,
    /// The event's JSON, or a body that cannot be read.
    pub body: String,
    /// What must become of it.
    pub kind: NoticeKind,
}

/// What must become of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoticeKind {
    /// It is applied, or parked while nothing tells where it belongs.
    Known,
    /// Its detail-type is unknown: kept and counted.
    Unknown,
    /// It cannot be read: quarantined.
    Malformed,
    /// It is for an account that is not configured: quarantined.
    Foreign,
}

impl World {
    /// The world of a seed: the same each time.
    pub fn generate(seed: u64, size: Size) -> Self {
        let mut draw = Draw::new(seed);
        let mut market = invent::market(&mut draw, size);
        let imports = write::imports(&mut draw, &market);
        let notices = write::notices(&mut draw, &market);
        invent::clear(&mut draw, &mut market, &notices);
        let (accounts, now, commands) =
            (market.accounts.clone(), market.now, market.commands.clone());
        Self { accounts, now, imports, notices, commands, market }
    }

    /// Everything in which a ledger differs from the truth, judged at [`Self::now`] after every notice was delivered,
    /// every command was carried out and one sweep has run.
    pub fn judge(&self, observed: &Observed) -> Vec<Fault> {
        judge::judge(&expect::expected(&self.market), observed)
    }
}
