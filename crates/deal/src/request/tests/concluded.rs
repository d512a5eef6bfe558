//! What is published, found and told of a request.

use super::Said::{Call, Corrected, Drafts, Ended, Noticed, Refused, Started};
use super::*;
use crate::facts::Facts;
use crate::forward::forwarded;
use crate::item::Request;
use crate::judge::request;
use crate::lattice::Register;
use crate::public::PublicEvent;
use crate::sample::register;
use crate::state::State;
use crate::stream::{StreamId, StreamKind};

fn state(kind: WishKind, history: &[(i64, Said)]) -> State {
    let facts = Facts::Request(Box::new(facts_of(kind, history)));
    State { facts, ..State::none(StreamKind::Request) }
}

fn word(event: &PublicEvent) -> String {
    match event {
        PublicEvent::FindingRaised(finding) => {
            let evidence = finding.evidence.iter().map(|(name, value)| format!("{name}={value}"));
            format!("+{} {}", finding.kind.word(), evidence.collect::<Vec<_>>().join("; "))
        }
        PublicEvent::FindingClosed(finding) => format!("-{}", finding.kind.word()),
        PublicEvent::OpportunityRequested(news)
        | PublicEvent::OpportunityRequestSucceeded(news)
        | PublicEvent::OpportunityRequestFailed(news) => {
            let made = news.opportunity.as_ref().map(|id| format!(" {id}")).unwrap_or_default();
            let from = news.cloned_from.as_ref().map(|id| format!(" from {id}"));
            let news = [
                vec![format!("{}{made}{}", news.status, from.unwrap_or_default())],
                news.codes.clone(),
            ];
            news.concat().join(" ")
        }
        other => other.detail_type().to_owned(),
    }
}

fn told(state: &State, seconds: i64) -> Vec<String> {
    let now = at(T0).plus_seconds(seconds);
    let stream = StreamId::request(&request_id());
    request(&stream, state, at(T0), now).iter().map(|(event, _)| word(event)).collect()
}

#[test]
fn what_is_published_and_found() {
    use WishKind::{Clone, Create, Restrict};
    let day = OVERDUE_HOURS * 3_600;
    let begun = vec![(0, Said::Wish), (1, Call(1)), (2, Started(1, "a"))];
    let and = |more: &[(i64, Said)]| [begun.clone(), more.to_vec()].concat();
    let failed = (9, Ended(1, "a", End::Failed, Some("CLIENT_ERROR"), None));
    let free_text = (9, Ended(1, "a", End::Failed, Some("Call 1-800 now!"), None));
    let made = |id| (9, Ended(1, "a", End::Succeeded, None, Some(id)));
    let twice =
        [made("x"), (8, Started(1, "b")), (9, Ended(1, "b", End::Succeeded, None, Some("y")))];
    #[rustfmt::skip]
    let cases: Vec<(&str, WishKind, Told, i64, Vec<&str>)> = vec![
        ("a stub", Create, vec![(0, Noticed(1, "a"))], 9, vec![]),
        ("a wish", Create, vec![(0, Said::Wish)], 9, vec!["requested"]),
        ("about one", Restrict, vec![(0, Said::Wish)], 9, vec!["requested resaleauthz-1"]),
        ("a clone", Clone, vec![(0, Said::Wish)], 9, vec!["requested from resaleauthz-1"]),
        ("waiting is not told", Create, vec![(0, Said::Wish), (1, Call(1)), (1, Refused(1, Hope::Later))], 9, vec!["requested"]),
        ("refused", Create, vec![(0, Said::Wish), (1, Call(1)), (1, Refused(1, Hope::Never))], 9, vec!["failed ValidationException", "+request-failed codes=ValidationException"]),
        ("applying", Create, begun.clone(), day + 1, vec!["requested"]),
        ("applying for a day", Create, begun.clone(), day + 2, vec!["requested", "+request-unfinished applying since=2026-12-01T10:00:02Z; change sets=a"]),
        ("made", Create, and(&[made("x")]), day + 2, vec!["succeeded x"]),
        ("cloned", Clone, and(&[made("x")]), 9, vec!["succeeded x from resaleauthz-1"]),
        ("failed", Create, and(&[failed]), 9, vec!["failed CLIENT_ERROR", "+request-failed change sets=a; codes=CLIENT_ERROR"]),
        ("a code that is none", Create, and(&[free_text]), 9, vec!["failed", "+request-failed change sets=a"]),
        ("a draft was left", Create, and(&[failed, (10, Drafts(1, &["x"]))]), 9, vec!["failed CLIENT_ERROR", "+request-failed change sets=a; codes=CLIENT_ERROR; draft left behind=x"]),
        ("which draft is not clear", Create, and(&[failed, (10, Drafts(1, &["x", "y"]))]), 9, vec!["failed CLIENT_ERROR", "+request-failed change sets=a; codes=CLIENT_ERROR; drafts that may be ours=x, y"]),
        ("corrected", Create, and(&[failed, (11, Corrected)]), 11, vec!["requested"]),
        ("cancelled", Create, and(&[(9, Ended(1, "a", End::Cancelled, None, None))]), 9, vec!["cancelled"]),
        ("made twice", Create, and(&twice), 9, vec!["succeeded x", "+conflicting-facts opportunity=y, x"]),
    ];
    for (name, kind, history, seconds, expected) in cases {
        assert_eq!(told(&state(kind, &history), seconds), expected, "{name}");
    }
}

/// Time alone opens the one finding, and every other step has its time in the key.
#[test]
fn when_a_request_is_judged_and_driven() {
    let begun = vec![(0, Said::Wish), (1, Call(1)), (2, Started(1, "a"))];
    let state = state(WishKind::Create, &begun);
    let due = state.due_at(at(T0)).expect("a deadline");
    assert_eq!(due, at("2026-12-02T10:00:02Z"));
    assert_eq!(state.due_at(due), None);
    let keys: Vec<String> = state
        .keys()
        .iter()
        .map(|key| format!("{} {} {}", key.kind.word(), key.value, key.hi))
        .collect();
    let poll = at("2026-12-01T10:00:32Z").micros();
    assert_eq!(keys, [format!("drive request {poll}")]);
}

#[test]
fn whom_a_request_tells() {
    let own = StreamId::request(&request_id());
    let parts = |kind, history: &[(i64, Said)]| {
        let facts = Facts::Request(Box::new(facts_of(kind, history)));
        let parts = forwarded(&own, &facts).into_iter();
        let parts = parts.map(|(stream, facts)| format!("{stream} {}", facts.to_json().unwrap()));
        parts.collect::<Vec<_>>()
    };
    let begun = [(0, Said::Wish), (1, Call(1)), (2, Started(1, "a"))];
    let made = (9, Ended(1, "a", End::Succeeded, None, Some("resaleauthz-2")));
    let failed = (9, Ended(1, "a", End::Failed, None, None));
    assert_eq!(parts(WishKind::Create, &begun[..1]), [""; 0]);
    let set = r#"changeset/a {"requests":[["req-1",1]]}"#;
    assert_eq!(
        parts(WishKind::Restrict, &begun),
        [set, r#"opportunity/resaleauthz-1 {"requested_by":["req-1"]}"#]
    );
    assert_eq!(
        parts(WishKind::Clone, &[begun[0], begun[1], begun[2], made]),
        [
            set,
            r#"opportunity/resaleauthz-2 {"requested_by":["req-1"],"cloned_from":["resaleauthz-1"]}"#,
            r#"opportunity/resaleauthz-1 {"cloned_to":["resaleauthz-2"]}"#,
        ]
    );
    assert_eq!(
        parts(WishKind::Create, &[begun[0], begun[1], begun[2], failed, (40, Drafts(1, &["x"]))]),
        [set, r#"opportunity/x {"requested_by":["req-1"]}"#]
    );
}

/// The name or the request itself says whose a change set is; a number beyond every attempt of ours is somebody else's joke.
#[test]
fn whom_a_change_set_tells() {
    use crate::facts::ChangeSetFacts;
    let stream = StreamId::change_set(&set("a"));
    let facts = |attempt, ended: bool| ChangeSetFacts {
        requests: [(request_id(), attempt)].into_iter().collect(),
        result: if ended { register("failed".to_owned(), at(T0)) } else { Register::default() },
        ..ChangeSetFacts::default()
    };
    for (attempt, ended, expected) in [(1, true, 1), (1, false, 0), (MAX_ATTEMPTS + 1, true, 0)] {
        let parts = forwarded(&stream, &Facts::ChangeSet(facts(attempt, ended)));
        assert_eq!(parts.len(), expected, "attempt {attempt}, ended: {ended}");
        for (request, told) in parts {
            assert_eq!(request, StreamId::request(&request_id()));
            assert_eq!(told, Facts::Request(Box::new(record::noticed(attempt, &set("a"), at(T0)))));
        }
    }
}

#[test]
fn what_is_shown_of_a_request() {
    let begun = vec![(0, Said::Wish), (1, Call(1)), (1, Refused(1, Hope::Later))];
    let shown = Request::new(request_id(), &facts_of(WishKind::Clone, &begun));
    assert_eq!((shown.kind, shown.status), (Some("clone"), "waiting"));
    assert_eq!(
        (shown.opportunity, shown.cloned_from),
        (None, Some(opportunity_id("resaleauthz-1")))
    );
    assert_eq!(
        (shown.code.as_deref(), shown.reason.as_deref()),
        (Some("ValidationException"), Some("no"))
    );
    assert_eq!((shown.who.as_deref(), shown.attempts), (Some("ann"), 1));
    assert_eq!(shown.next_at.as_deref(), Some("2026-12-01T10:02:01Z"));
    let stub = Request::new(request_id(), &RequestFacts::default());
    assert_eq!((stub.kind, stub.status, stub.next_at), (None, "unknown", None));
}
