//! What people decide in one run: commands, given at their time, repeated after whatever went wrong.

use std::collections::VecDeque;

use deal::moment::Moment;
use marketplace::digest::Digest;
use marketplace::ids::{OfferId, OpportunityId};
use marketplace::parse::parse;
use oracle::{Deed, World};
use processor::Processor;
use processor::command::CommandError;

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The time of the person's word. Whoever has to repeat it says the same: what a repetition is dated would tell of our
    /// own history only.
    pub at: Moment,
    /// Who gives it.
    pub who: String,
    /// Why.
    pub why: String,
    /// What is to be done.
    pub what: What,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// `offer link` or `offer unlink`.
    Decide {
        /// The offer.
        offer: OfferId,
        /// The opportunity.
        opportunity: OpportunityId,
        /// Linked, or excluded.
        linked: bool,
    },
    /// `findings acknowledge`, by the finding's id.
    Acknowledge(String),
    /// `inbox erase`.
    Erase(Digest),
}

impl Command {
    /// The commands of a world, in the order of time; or why one cannot be given.
    pub fn all(world: &World) -> Result<Vec<Self>, String> {
        let command = |of: &oracle::Command| -> Result<Self, String> {
            let what = match &of.what {
                Deed::Decide { offer, opportunity, linked } => What::Decide {
                    offer: OfferId::new(offer).map_err(|error| error.to_string())?,
                    opportunity: OpportunityId::new(opportunity)
                        .map_err(|error| error.to_string())?,
                    linked: *linked,
                },
                Deed::Acknowledge { finding } => What::Acknowledge(finding.clone()),
                Deed::Erase { notice, .. } => {
                    let body = world.notices.get(*notice).map(|notice| notice.body.as_bytes());
                    let digest = parse(body.ok_or("a notice that is not there is erased")?);
                    What::Erase(digest.map_or_else(|error| error.digest, |read| read.digest))
                }
            };
            Ok(Self { at: of.at.into(), who: of.who.into(), why: of.why.into(), what })
        };
        let mut all = world.commands.iter().map(command).collect::<Result<Vec<_>, _>>()?;
        all.sort_by_key(|command| command.at);
        Ok(all)
    }

    /// The notification whose body it erases.
    pub(crate) const fn erased(&self) -> Option<Digest> {
        match self.what {
            What::Erase(digest) => Some(digest),
            What::Decide { .. } | What::Acknowledge(_) => None,
        }
    }

    /// Whether it depends on what the person saw, so that it is given after all else.
    pub(crate) const fn is_last(&self) -> bool {
        match self.what {
            What::Decide { .. } => false,
            What::Acknowledge(_) | What::Erase(_) => true,
        }
    }

    /// In words.
    pub fn words(&self) -> String {
        match &self.what {
            What::Decide { offer, opportunity, linked } => {
                let link = if *linked { "link" } else { "unlink" };
                format!("offer {link} {offer} {opportunity}")
            }
            What::Acknowledge(finding) => format!("findings acknowledge {finding}"),
            What::Erase(digest) => format!("inbox erase {digest}"),
        }
    }

    async fn carried_out(&self, processor: &Processor) -> Result<(), CommandError> {
        match &self.what {
            What::Decide { offer, opportunity, linked } => {
                processor.decide_link(offer, opportunity, *linked, &self.who, &self.why).await
            }
            What::Acknowledge(id) => {
                processor.acknowledge(id, &self.who, &self.why).await.map(drop)
            }
            What::Erase(digest) => processor.erase(digest, &self.who, &self.why).await,
        }
    }
}

/// A command that somebody wants to give.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) command: Command,
    /// It was tried, and nobody knows with which result.
    interrupted: bool,
}

/// What a person hears.
#[derive(Debug)]
pub(crate) enum Answer {
    /// It holds.
    Done,
    /// The ledger does not know yet what it is about.
    NotYet(Wish),
    /// It failed, or was said to have failed.
    Failed(Wish),
}

impl Wish {
    /// Gives the command.
    pub(crate) async fn give(self, processor: &Processor) -> Answer {
        match self.command.carried_out(processor).await {
            Ok(()) | Err(CommandError::ErasedBefore(_)) => Answer::Done,
            // What was said to have failed did not.
            Err(CommandError::NoSuchFinding(_)) if self.interrupted => Answer::Done,
            Err(
                CommandError::NoSuchOffer(_)
                | CommandError::NoSuchOpportunity(_)
                | CommandError::NoSuchFinding(_)
                | CommandError::NoSuchNotification(_)
                | CommandError::ClosesByItself(_),
            ) => Answer::NotYet(self),
            Err(CommandError::Process(_)) => Answer::Failed(self),
        }
    }
}

/// People with what they still want.
#[derive(Debug, Default)]
pub(crate) struct People {
    /// In the order of time.
    wishes: VecDeque<Wish>,
    /// The ledger does not know yet what these are about.
    waiting: Vec<Wish>,
    /// After all else.
    last: Vec<Wish>,
}

impl People {
    pub(crate) fn new(commands: &[Command]) -> Self {
        let wish = |command: &Command| Wish { command: command.clone(), interrupted: false };
        let (last, wishes) =
            commands.iter().map(wish).partition::<Vec<_>, _>(|wish| wish.command.is_last());
        Self { wishes: wishes.into(), waiting: Vec::new(), last }
    }

    /// When the next command is given, in microseconds.
    pub(crate) fn next(&self) -> Option<i64> {
        self.wishes.front().map(|wish| wish.command.at.micros())
    }

    /// A command whose time has come.
    pub(crate) fn take(&mut self, now: i64) -> Option<Wish> {
        self.wishes.pop_front_if(|wish| wish.command.at.micros() <= now)
    }

    /// Somebody hears the answer: a command that failed is given again.
    pub(crate) fn hear(&mut self, answer: Answer) {
        match answer {
            Answer::Done => {}
            Answer::NotYet(wish) => self.waiting.push(wish),
            Answer::Failed(wish) => self.repeat(wish),
        }
    }

    /// Nobody knows what became of a command: it is given again.
    pub(crate) fn repeat(&mut self, wish: Wish) {
        self.wishes.push_front(Wish { interrupted: true, ..wish });
    }

    /// The ledger learned something: what waited for that is tried again.
    pub(crate) fn learned(&mut self) {
        for wish in self.waiting.drain(..) {
            self.wishes.push_front(wish);
        }
    }

    /// Everything was told: what depends on what people see is given now.
    pub(crate) fn see(&mut self) {
        self.wishes.extend(self.last.drain(..));
    }

    /// The commands that could never be carried out.
    pub(crate) fn refused(&self) -> impl Iterator<Item = &Command> {
        self.waiting.iter().map(|wish| &wish.command)
    }
}
