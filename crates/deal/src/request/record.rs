//! What is recorded of a request: a wish, a call before it is made, and each answer, as facts to be joined.

use std::collections::BTreeMap;

use marketplace::digest::Digest;
use marketplace::ids::{ChangeSetId, OpportunityId};

use super::{Answer, RequestId, answer, token, trouble};
use crate::facts::request::{
    Attempt, Intended, Refusal, Report, RequestFacts, SeenChangeSet, Wish,
};
use crate::lattice::{Authority, First, Fixed, Last, Register, Witness};
use crate::moment::Moment;

fn said(at: Moment, content: &str) -> Witness {
    Witness::new(Authority::Other, at, &Digest::of(content.as_bytes()))
}

fn of(number: u32, attempt: Attempt) -> RequestFacts {
    RequestFacts { attempts: BTreeMap::from([(number, attempt)]), ..RequestFacts::default() }
}

fn seen(number: u32, id: &ChangeSetId, seen: SeenChangeSet) -> RequestFacts {
    let change_sets = BTreeMap::from([(id.clone(), seen)]);
    of(number, Attempt { change_sets, ..Attempt::default() })
}

/// A person wishes something; the first wish has number 1.
pub fn wished(number: u32, wish: &Wish, at: Moment) -> RequestFacts {
    let witness = said(at, &format!("{wish:?}"));
    let wishes = BTreeMap::from([(number, Fixed::said(Some(wish.clone()), &witness))]);
    RequestFacts { wishes, ..RequestFacts::default() }
}

/// What a new attempt sends: the changes for the wish that holds, and for the draft that was left behind, if one was. `None`: a stub.
pub fn intended(
    facts: &RequestFacts,
    request: &RequestId,
    number: u32,
    changes: &str,
) -> Option<Intended> {
    let (wish, wished, _) = facts.wish()?;
    Some(Intended {
        wish,
        token: token(request, number, changes),
        changes: changes.to_owned(),
        digest: Digest::of(changes.as_bytes()),
        draft: facts.reusable().filter(|_| wished.kind.creates()).cloned(),
    })
}

/// An attempt is called now; with what it sends, if that is its first call. The second value dates the call: later than any call
/// before it, so that two drivers who read the same never record the same.
pub fn calling(
    facts: &RequestFacts,
    number: u32,
    intended: Option<Intended>,
    now: Moment,
) -> (RequestFacts, Moment) {
    let before = facts.attempts.get(&number);
    let last = before.and_then(|attempt| Some((attempt, attempt.called_at()?)));
    let call =
        last.map_or(now, |(_, last)| now.max(Moment::from_micros(last.micros().saturating_add(1))));
    let unheard = last.filter(|(attempt, _)| !matches!(answer(attempt), Answer::Refused(_)));
    let unanswered = unheard.map_or_else(Last::default, |(_, last)| Last::at(last));
    let witness = said(call, intended.as_ref().map_or("", |intended| intended.token.as_str()));
    let intended = Fixed::said(intended, &witness);
    let called = Last::at(call);
    (of(number, Attempt { intended, called, unanswered, ..Attempt::default() }), call)
}

/// AWS took the change set, or it was found by its name.
pub fn started(number: u32, id: &ChangeSetId, at: Moment) -> RequestFacts {
    seen(number, id, SeenChangeSet { known: First::at(at), ..SeenChangeSet::default() })
}

/// No answer came to a call.
pub fn unanswered(number: u32, call: Moment) -> RequestFacts {
    of(number, Attempt { unanswered: Last::at(call), ..Attempt::default() })
}

/// AWS refused a call.
pub fn refused(facts: &RequestFacts, number: u32, refusal: Refusal, call: Moment) -> RequestFacts {
    let before = facts.attempts.get(&number).and_then(|attempt| attempt.refused.get());
    let times = before.map_or(1, |before| before.times.saturating_add(1));
    let refusal = Refusal { times, ..refusal };
    let witness = said(call, &format!("{refusal:?}"));
    of(number, Attempt { refused: Register::said(Some(refusal), &witness), ..Attempt::default() })
}

/// No change set has the attempt's name.
pub fn searched(number: u32, at: Moment) -> RequestFacts {
    of(number, Attempt { searched: Last::at(at), ..Attempt::default() })
}

/// AWS says that a change set is not done.
pub fn polled(number: u32, id: &ChangeSetId, at: Moment) -> RequestFacts {
    seen(number, id, SeenChangeSet { polled: Last::at(at), ..SeenChangeSet::default() })
}

/// A notification says that a change set ended.
pub fn noticed(number: u32, id: &ChangeSetId, at: Moment) -> RequestFacts {
    seen(number, id, SeenChangeSet { noticed: Last::at(at), ..SeenChangeSet::default() })
}

/// AWS describes how a change set ended.
pub fn reported(number: u32, id: &ChangeSetId, report: Report, at: Moment) -> RequestFacts {
    let witness = said(at, &format!("{report:?}"));
    let report = Register::said(Some(report), &witness);
    seen(number, id, SeenChangeSet { report, ..SeenChangeSet::default() })
}

/// Which drafts an attempt may have left behind. One is it; of several, nobody can tell.
pub fn sought(number: u32, drafts: &[OpportunityId], at: Moment) -> RequestFacts {
    let mut facts = of(number, Attempt { sought: Last::at(at), ..Attempt::default() });
    match drafts {
        [draft] => facts.draft = Fixed::said(Some(draft.clone()), &said(at, draft.as_str())),
        several => facts.candidates = several.iter().cloned().collect(),
    }
    facts
}

/// What it made was read back from AWS into the ledger.
pub fn read_back(at: Moment) -> RequestFacts {
    RequestFacts { read_back: Last::at(at), ..RequestFacts::default() }
}

/// A question was not answered.
pub fn troubled(facts: &RequestFacts, refusal: Refusal, at: Moment) -> RequestFacts {
    let times = trouble(facts).map_or(1, |(_, before)| before.times.saturating_add(1));
    let refusal = Refusal { times, ..refusal };
    let witness = said(at, &format!("{refusal:?}"));
    RequestFacts { trouble: Register::said(Some(refusal), &witness), ..RequestFacts::default() }
}
