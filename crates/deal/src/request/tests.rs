//! What is done next: a row for each situation, and every short history of a request with an AWS that may lose answers, refuse,
//! fail and leave drafts behind.

use std::collections::BTreeSet;

use marketplace::ids::{ChangeSetId, OpportunityId};

use super::record::{self, intended};
use super::*;
use crate::facts::request::{Wish, WishKind};
use crate::lattice::Join;
use crate::sample::{account, at, opportunity_id, product};

mod concluded;
mod histories;

pub(super) const T0: &str = "2026-12-01T10:00:00Z";

pub(super) fn request_id() -> RequestId {
    RequestId::new("req-1").unwrap()
}

pub(super) fn wish(kind: WishKind) -> Wish {
    Wish {
        kind,
        opportunity: (kind != WishKind::Create).then(|| opportunity_id("resaleauthz-1")),
        name: Some("Example Corp".to_owned()),
        partner: Some(account("222233334444")),
        product: Some(product("prod-1")),
        draft: Some("{}".to_owned()),
        who: "ann".to_owned(),
        why: "a new partner".to_owned(),
    }
}

pub(super) fn refusal(hope: Hope) -> Refusal {
    Refusal {
        doing: "starting a change set".to_owned(),
        code: Some("ValidationException".to_owned()),
        text: "no".to_owned(),
        hope,
        times: 0,
    }
}

pub(super) fn report(end: End, code: Option<&str>, opportunity: Option<&str>) -> Report {
    Report {
        end,
        ended: None,
        failure_code: code.map(str::to_owned),
        failure: None,
        errors: Vec::new(),
        opportunity: opportunity.map(opportunity_id),
    }
}

pub(super) fn set(id: &str) -> ChangeSetId {
    ChangeSetId::new(id).unwrap()
}

/// What is recorded, each at so many seconds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Said {
    Wish,
    Corrected,
    /// The attempt is recorded and called, or called again.
    Call(u32),
    Started(u32, &'static str),
    Lost(u32),
    Refused(u32, Hope),
    Nothing(u32),
    Polled(u32, &'static str),
    Noticed(u32, &'static str),
    Ended(u32, &'static str, End, Option<&'static str>, Option<&'static str>),
    Drafts(u32, &'static [&'static str]),
    Trouble(Hope),
    ReadBack,
}

/// Each with the second at which it is recorded.
pub(super) type Told = Vec<(i64, Said)>;

pub(super) fn facts_of(kind: WishKind, history: &[(i64, Said)]) -> RequestFacts {
    let mut facts = RequestFacts::default();
    let mut call = at(T0);
    for (seconds, said) in history {
        let time = at(T0).plus_seconds(*seconds);
        let new = match *said {
            Said::Wish => record::wished(1, &wish(kind), time),
            Said::Corrected => record::wished(2, &wish(kind), time),
            Said::Call(number) => {
                let first = !facts.attempts.contains_key(&number);
                let intended = first.then(|| intended(&facts, &request_id(), number, "[]"));
                let (new, called) = record::calling(&facts, number, intended.flatten(), time);
                call = called;
                new
            }
            Said::Started(number, id) => record::started(number, &set(id), time),
            Said::Lost(number) => record::unanswered(number, call),
            Said::Refused(number, hope) => record::refused(&facts, number, refusal(hope), call),
            Said::Nothing(number) => record::searched(number, time),
            Said::Polled(number, id) => record::polled(number, &set(id), time),
            Said::Noticed(number, id) => record::noticed(number, &set(id), time),
            Said::Ended(number, id, end, code, opportunity) => {
                record::reported(number, &set(id), report(end, code, opportunity), time)
            }
            Said::Drafts(number, drafts) => {
                let drafts: Vec<OpportunityId> =
                    drafts.iter().map(|id| opportunity_id(id)).collect();
                record::sought(number, &drafts, time)
            }
            Said::Trouble(hope) => record::troubled(&facts, refusal(hope), time),
            Said::ReadBack => record::read_back(time),
        };
        facts.join(&new);
    }
    facts
}

/// The next step with the second from which on it is due.
fn shown(facts: &RequestFacts) -> String {
    let seconds = |time: Moment| (time.micros() - at(T0).micros()) / 1_000_000;
    let when = due(facts).map(|due| format!("{} ", seconds(due).max(-1))).unwrap_or_default();
    let step = match next(facts, Moment::MAX) {
        Step::Wait { .. } => "wait".to_owned(),
        Step::Start { attempt } => format!("start {attempt}"),
        Step::Search { attempt, after } => format!("search {attempt} after {}", seconds(after)),
        Step::Poll { id } => format!("poll {id}"),
        Step::FindDraft { attempt, reported, .. } => {
            format!("find draft {attempt} {}", reported.map_or("?".to_owned(), |id| id.to_string()))
        }
        Step::ReadBack { opportunity } => format!("read back {opportunity}"),
        Step::Done(Outcome::Succeeded(made)) => {
            format!("succeeded {}", made.map_or("?".to_owned(), |id| id.to_string()))
        }
        Step::Done(Outcome::Failed) => "failed".to_owned(),
        Step::Done(Outcome::Cancelled) => "cancelled".to_owned(),
    };
    let status = status(facts).map_or("unknown", Status::word);
    format!("{status}: {when}{step}")
}

#[test]
fn what_is_done_next() {
    use Said::{
        Call, Corrected, Drafts, Ended, Lost, Nothing, Noticed, Polled, ReadBack, Refused, Started,
        Trouble, Wish,
    };
    use WishKind::{Clone, Create, Publish, Restrict};
    const CLIENT: Option<&str> = Some("CLIENT_ERROR");
    const FAULT: Option<&str> = Some("SERVER_FAULT");
    let done = |id| Ended(1, "a", End::Succeeded, None, id);
    let failed = |code, id| Ended(1, "a", End::Failed, code, id);
    #[rustfmt::skip]
    let cases: Vec<(&str, WishKind, Told, &str)> = vec![
        ("nothing", Create, vec![], "unknown: wait"),
        ("only a name", Create, vec![(0, Noticed(1, "a"))], "unknown: wait"),
        ("a wish", Create, vec![(0, Wish)], "wished: 0 start 1"),
        ("a call is under way", Create, vec![(0, Wish), (1, Call(1))], "sending: 301 search 1 after -899"),
        ("no answer came", Create, vec![(0, Wish), (1, Call(1)), (1, Lost(1))], "sending: 31 search 1 after -899"),
        ("and nothing has its name", Create, vec![(0, Wish), (1, Call(1)), (1, Lost(1)), (40, Nothing(1))], "sending: 40 start 1"),
        ("a search before the call says nothing", Create, vec![(0, Wish), (1, Nothing(1)), (2, Call(1)), (2, Lost(1))], "sending: 32 search 1 after -898"),
        ("the program ended, and nothing has its name", Create, vec![(0, Wish), (1, Call(1)), (310, Nothing(1))], "sending: 310 start 1"),
        ("it is sent again", Create, vec![(0, Wish), (1, Call(1)), (310, Nothing(1)), (311, Call(1))], "sending: 611 search 1 after -899"),
        ("throttled", Create, vec![(0, Wish), (1, Call(1)), (1, Refused(1, Hope::Soon))], "sending: 31 start 1"),
        ("throttled twice", Create, vec![(0, Wish), (1, Call(1)), (1, Refused(1, Hope::Soon)), (31, Call(1)), (31, Refused(1, Hope::Soon))], "sending: 91 start 1"),
        ("locked", Create, vec![(0, Wish), (1, Call(1)), (1, Refused(1, Hope::Later))], "waiting: 121 start 1"),
        ("refused", Create, vec![(0, Wish), (1, Call(1)), (1, Refused(1, Hope::Never))], "failed: failed"),
        ("refused and corrected", Create, vec![(0, Wish), (1, Call(1)), (1, Refused(1, Hope::Never)), (50, Corrected)], "wished: 50 start 2"),
        ("locked, perhaps by ourselves", Create, vec![(0, Wish), (1, Call(1)), (1, Lost(1)), (40, Nothing(1)), (41, Call(1)), (41, Refused(1, Hope::Later))], "waiting: 161 search 1 after -899"),
        ("not by ourselves", Create, vec![(0, Wish), (1, Call(1)), (1, Lost(1)), (40, Nothing(1)), (41, Call(1)), (41, Refused(1, Hope::Later)), (170, Nothing(1))], "waiting: 170 start 1"),
        ("refused, perhaps for being a repetition", Create, vec![(0, Wish), (1, Call(1)), (310, Nothing(1)), (311, Call(1)), (311, Refused(1, Hope::Never))], "sending: 341 search 1 after -899"),
        ("refused, and no repetition", Create, vec![(0, Wish), (1, Call(1)), (310, Nothing(1)), (311, Call(1)), (311, Refused(1, Hope::Never)), (350, Nothing(1))], "failed: failed"),
        ("taken", Create, vec![(0, Wish), (1, Call(1)), (2, Started(1, "a"))], "applying: 32 poll a"),
        ("taken after a refusal", Create, vec![(0, Wish), (1, Call(1)), (1, Refused(1, Hope::Never)), (2, Started(1, "a"))], "applying: 32 poll a"),
        ("found by its name", Create, vec![(0, Wish), (1, Call(1)), (1, Lost(1)), (40, Started(1, "a"))], "applying: 70 poll a"),
        ("a notification is the first to tell", Create, vec![(0, Wish), (1, Call(1)), (2, Noticed(1, "a"))], "applying: -1 poll a"),
        ("asked once", Create, vec![(0, Wish), (1, Call(1)), (2, Started(1, "a")), (32, Polled(1, "a"))], "applying: 92 poll a"),
        ("asked for an hour", Create, vec![(0, Wish), (1, Call(1)), (2, Started(1, "a")), (3_602, Polled(1, "a"))], "applying: 7202 poll a"),
        ("asked for a day", Create, vec![(0, Wish), (1, Call(1)), (2, Started(1, "a")), (86_402, Polled(1, "a"))], "applying: 172802 poll a"),
        ("a notification", Create, vec![(0, Wish), (1, Call(1)), (2, Started(1, "a")), (32, Polled(1, "a")), (40, Noticed(1, "a"))], "applying: 2 poll a"),
        ("a notification that AWS contradicts", Create, vec![(0, Wish), (1, Call(1)), (2, Started(1, "a")), (40, Noticed(1, "a")), (41, Polled(1, "a"))], "applying: 71 poll a"),
        ("AWS does not answer", Create, vec![(0, Wish), (1, Call(1)), (2, Started(1, "a")), (32, Trouble(Hope::Soon))], "applying: 62 poll a"),
        ("nor a second time", Create, vec![(0, Wish), (1, Call(1)), (2, Started(1, "a")), (32, Trouble(Hope::Soon)), (62, Trouble(Hope::Soon))], "applying: 122 poll a"),
        ("we may not ask", Create, vec![(0, Wish), (1, Call(1)), (2, Started(1, "a")), (32, Trouble(Hope::Never))], "applying: 3632 poll a"),
        ("it answered since", Create, vec![(0, Wish), (1, Call(1)), (2, Started(1, "a")), (32, Trouble(Hope::Never)), (40, Polled(1, "a"))], "applying: 100 poll a"),
        ("created", Create, vec![(0, Wish), (1, Call(1)), (2, Started(1, "a")), (32, done(Some("x")))], "succeeded: 32 read back x"),
        ("AWS does not describe what it made", Create, vec![(0, Wish), (1, Call(1)), (2, Started(1, "a")), (32, done(Some("x"))), (33, Trouble(Hope::Soon))], "succeeded: 63 read back x"),
        ("read back", Create, vec![(0, Wish), (1, Call(1)), (2, Started(1, "a")), (32, done(Some("x"))), (33, Trouble(Hope::Soon)), (63, ReadBack)], "succeeded: succeeded x"),
        ("cloned", Clone, vec![(0, Wish), (1, Call(1)), (2, Started(1, "a")), (32, done(Some("x")))], "succeeded: 32 read back x"),
        ("created, and AWS names nothing", Create, vec![(0, Wish), (1, Call(1)), (2, Started(1, "a")), (32, done(None))], "succeeded: succeeded ?"),
        ("published", Publish, vec![(0, Wish), (1, Call(1)), (2, Started(1, "a")), (32, done(None))], "succeeded: 32 read back resaleauthz-1"),
        ("failed", Create, vec![(0, Wish), (1, Call(1)), (2, Started(1, "a")), (32, failed(CLIENT, None))], "failed: 62 find draft 1 ?"),
        ("failed, and AWS names a draft", Create, vec![(0, Wish), (1, Call(1)), (2, Started(1, "a")), (32, failed(CLIENT, Some("x")))], "failed: 62 find draft 1 x"),
        ("nothing is left of a restriction", Restrict, vec![(0, Wish), (1, Call(1)), (2, Started(1, "a")), (32, failed(CLIENT, Some("x")))], "failed: failed"),
        ("no draft was left", Create, vec![(0, Wish), (1, Call(1)), (2, Started(1, "a")), (32, failed(CLIENT, None)), (70, Drafts(1, &[]))], "failed: failed"),
        ("a draft was left", Create, vec![(0, Wish), (1, Call(1)), (2, Started(1, "a")), (32, failed(CLIENT, None)), (70, Drafts(1, &["x"]))], "failed: failed"),
        ("corrected before it was looked for", Create, vec![(0, Wish), (1, Call(1)), (2, Started(1, "a")), (32, failed(CLIENT, None)), (40, Corrected)], "wished: 62 find draft 1 ?"),
        ("corrected", Create, vec![(0, Wish), (1, Call(1)), (2, Started(1, "a")), (32, failed(CLIENT, None)), (70, Drafts(1, &["x"])), (99, Corrected)], "wished: 99 start 2"),
        ("a fault of AWS", Create, vec![(0, Wish), (1, Call(1)), (2, Started(1, "a")), (32, failed(FAULT, None)), (70, Drafts(1, &["x"]))], "sending: 92 start 2"),
        ("a fault of AWS, and which draft was left is not clear", Create, vec![(0, Wish), (1, Call(1)), (2, Started(1, "a")), (32, failed(FAULT, None)), (70, Drafts(1, &["x", "y"]))], "failed: failed"),
        ("a second fault", Publish, vec![(0, Wish), (1, Call(1)), (2, Started(1, "a")), (32, failed(FAULT, None)), (92, Call(2)), (93, Started(2, "b")), (99, Ended(2, "b", End::Failed, FAULT, None))], "sending: 699 start 3"),
        ("a third fault", Publish, vec![(0, Wish), (1, Call(1)), (2, Started(1, "a")), (32, failed(FAULT, None)), (92, Call(2)), (93, Started(2, "b")), (99, Ended(2, "b", End::Failed, FAULT, None)), (699, Call(3)), (700, Started(3, "c")), (709, Ended(3, "c", End::Failed, FAULT, None))], "failed: failed"),
        ("cancelled", Create, vec![(0, Wish), (1, Call(1)), (2, Started(1, "a")), (32, Ended(1, "a", End::Cancelled, None, None))], "cancelled: cancelled"),
        ("wished again", Create, vec![(0, Wish), (1, Call(1)), (2, Started(1, "a")), (32, Ended(1, "a", End::Cancelled, None, None)), (50, Corrected)], "wished: 50 start 2"),
        ("taken twice", Create, vec![(0, Wish), (1, Call(1)), (2, Started(1, "a")), (3, Started(1, "b")), (32, failed(CLIENT, None))], "applying: 33 poll b"),
        ("taken after all, with another attempt under way", Create, vec![(0, Wish), (1, Call(1)), (1, Refused(1, Hope::Never)), (50, Corrected), (50, Call(2)), (60, Noticed(1, "a"))], "applying: -1 poll a"),
    ];
    for (name, kind, history, expected) in cases {
        let facts = facts_of(kind, &history);
        assert_eq!(shown(&facts), expected, "{name}");
        // What was recorded joins in any order.
        let again = facts_of(kind, &history);
        assert_eq!(again, facts, "{name}");
    }
}

/// Whatever the facts, there is an answer, and a step is never due before it is done.
#[test]
fn any_facts_have_a_next_step() {
    for seed in 0..3_000 {
        let facts = crate::sample::Gen::drawn(seed).facts(crate::stream::StreamKind::Request);
        let crate::facts::Facts::Request(facts) = facts else { panic!("a request") };
        let step = next(&facts, Moment::MAX);
        match due(&facts) {
            Some(due) => {
                assert!(
                    !matches!(step, Step::Done(_) | Step::Wait { .. }),
                    "seed {seed}: {step:?}"
                );
                let before = Moment::from_micros(due.micros() - 1);
                assert_eq!(next(&facts, before), Step::Wait { until: due }, "seed {seed}");
                assert_eq!(next(&facts, due), step, "seed {seed}");
            }
            None if status(&facts).is_none() => {
                assert_eq!(step, Step::Wait { until: Moment::MAX }, "seed {seed}");
            }
            None => assert!(matches!(step, Step::Done(_)), "seed {seed}: {step:?}"),
        }
    }
    let words: BTreeSet<&str> = Status::ALL.into_iter().map(Status::word).collect();
    assert_eq!(words.len(), Status::ALL.len());
}
