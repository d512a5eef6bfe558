//! An event as the log holds it: whoever can write the database can put anything there.

use deal::event::{Event, SCHEMA};
use deal::forward::forwarded;
use deal::item::{CauseItem, Place, TimelineItem};
use deal::judge;
use deal::moment::Moment;
use deal::state::State;
use deal::stream::{StreamId, StreamKind};

/// Types of events, known and unknown; the last one is a stream's row: facts, a line break, conclusions.
const KINDS: [&str; 18] = [
    "fact/offer-released",
    "fact/finding-acknowledged",
    "fact/",
    "public/Opportunity Released",
    "public/Opportunity Changed",
    "public/Offer Received",
    "public/Offer Linked",
    "public/Entitlement Granted",
    "public/Entitlement Started",
    "public/Entitlement Changed",
    "public/Entitlement Ending",
    "public/Entitlement Ended",
    "public/Renewal Upcoming",
    "public/Finding Raised",
    "public/Finding Closed",
    "work/pending",
    "public/Offer Eaten",
    STATE,
];

const STATE: &str = "state";

/// Checks one payload: its first byte says of which kind of stream it is, its second one of which type.
pub fn check(input: &[u8]) {
    let [stream, kind, payload @ ..] = input else { return };
    let stream = pick(&StreamKind::ALL, *stream);
    let kind = pick(&KINDS, *kind);
    let Ok(payload) = std::str::from_utf8(payload) else { return };
    if kind == STATE {
        let (facts, concluded) = payload.split_once('\n').unwrap_or((payload, "{}"));
        if let Ok(state) = State::from_json(stream, facts, concluded) {
            kept(stream, &state);
        }
    } else if let Ok(event) = Event::read(stream, kind, SCHEMA, payload) {
        holds(stream, &event);
    }
}

/// `a` is the first one, `b` the second one, and so on.
fn pick<T: Copy>(all: &[T], byte: u8) -> T {
    all[usize::from(byte.wrapping_sub(b'a')) % all.len()]
}

/// Checks an event that was read or made.
pub fn holds(stream: StreamKind, event: &Event) {
    let written = event.to_json().expect("an event can be written");
    let read = Event::read(stream, &event.kind(), SCHEMA, &written);
    let read = read.expect("what was written can be read");
    assert_eq!(&read, event, "it is read as it was written");
    assert_eq!(read.to_json().expect("JSON"), written, "it is written as it was read");

    let mut once = State::none(stream);
    once.fold(event, Moment::default());
    let mut twice = once.clone();
    twice.fold(event, Moment::default());
    assert_eq!(twice, once, "what is said twice is said once");
    kept(stream, &once);

    if let Event::Facts { facts, .. } = event {
        for (told, _) in forwarded(&id(stream), facts) {
            assert_eq!(StreamId::try_from(told.to_string()), Ok(told));
        }
    }
    let place = Place {
        id: String::new(),
        stream: id(stream),
        version: 1,
        occurred_at: Moment::MAX,
        recorded_at: Moment::MIN,
    };
    let _ = TimelineItem::new(place, event, CauseItem::default());
}

/// A state is kept and read as it is, and whatever is in it can be judged.
fn kept(stream: StreamKind, state: &State) {
    let facts = state.facts.to_json().expect("facts can be written");
    let concluded = serde_json::to_string(&state.concluded).expect("conclusions can be written");
    let read = State::from_json(stream, &facts, &concluded);
    assert_eq!(&read.expect("what was written can be read"), state);
    let _ = state.keys();
    for at in [Moment::MIN, Moment::default(), Moment::MAX] {
        let _ = state.due_at(at);
        let mut judged = state.clone();
        let news = judge::rest(&id(stream), state, at).into_iter();
        for (news, at) in news.chain(judge::request(&id(stream), state, at, at)) {
            judged.fold(&Event::Public(news), at);
        }
    }
}

fn id(stream: StreamKind) -> StreamId {
    StreamId::try_from(format!("{}/1", stream.word())).expect("an id")
}
