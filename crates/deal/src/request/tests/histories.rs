//! Every short history: at each step AWS, the network, the machine and the people do whatever they may. Then everybody behaves,
//! and the request must end.

use super::*;
use crate::facts::request::Wish;

/// Answers that are tried in every combination, before everybody behaves.
const DEPTH: u32 = 6;

/// A change set at AWS.
#[derive(Debug, Clone)]
struct Set {
    token: String,
    number: u32,
    creates: bool,
    end: Option<(End, Option<&'static str>)>,
    /// It is not listed yet.
    hidden: bool,
}

/// What is true at AWS, and what the ledger has of it.
#[derive(Debug, Clone)]
struct History {
    facts: RequestFacts,
    sets: Vec<Set>,
    /// Opportunities, and drafts that failed change sets left.
    made: usize,
    drafts: Vec<OpportunityId>,
    /// Somebody else made a draft of the same name.
    crowded: bool,
    now: Moment,
    told: Vec<String>,
}

/// What happens at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// As it should be.
    Well,
    /// The machine stops before the call.
    StoppedBefore,
    /// AWS does it, and the answer is lost.
    Lost,
    /// AWS does it, and the machine stops before it records the answer.
    StoppedAfter,
    /// No answer, and AWS did nothing.
    Vain,
    /// AWS refuses.
    Refused(Hope),
    /// AWS does it, and does not list it for a while.
    Hidden,
    /// AWS does not answer a question.
    Trouble(Hope),
    /// Not done yet.
    Applying,
    /// It failed; with or without a draft left, that AWS names or not.
    Failed { code: &'static str, leaves: bool, names: bool },
    /// It was cancelled.
    Cancelled,
    /// Somebody else has a draft of the same name, made at the same time.
    Crowded,
}

const STARTS: [Turn; 9] = [
    Turn::Well,
    Turn::StoppedBefore,
    Turn::StoppedAfter,
    Turn::Lost,
    Turn::Vain,
    Turn::Hidden,
    Turn::Refused(Hope::Soon),
    Turn::Refused(Hope::Later),
    Turn::Refused(Hope::Never),
];
const SEARCHES: [Turn; 2] = [Turn::Well, Turn::Trouble(Hope::Soon)];
const POLLS: [Turn; 7] = [
    Turn::Well,
    Turn::Applying,
    Turn::Failed { code: "CLIENT_ERROR", leaves: true, names: true },
    Turn::Failed { code: "CLIENT_ERROR", leaves: false, names: true },
    Turn::Failed { code: "SERVER_FAULT", leaves: true, names: false },
    Turn::Cancelled,
    Turn::Trouble(Hope::Never),
];
const READS: [Turn; 2] = [Turn::Well, Turn::Trouble(Hope::Soon)];
const SEEKS: [Turn; 3] = [Turn::Well, Turn::Crowded, Turn::Trouble(Hope::Later)];

impl History {
    fn new(wish: &Wish) -> Self {
        Self {
            facts: record::wished(1, wish, at(T0)),
            sets: Vec::new(),
            made: 0,
            drafts: Vec::new(),
            crowded: false,
            now: at(T0),
            told: Vec::new(),
        }
    }

    fn learn(&mut self, new: &RequestFacts) {
        self.facts.join(new);
    }

    /// Takes the next step; `None`: it is done.
    fn step(&mut self) -> Option<Step> {
        loop {
            match next(&self.facts, self.now) {
                Step::Wait { until } if until == Moment::MAX => {
                    panic!("it waits for ever: {:?}", self.told)
                }
                Step::Wait { until } => self.now = until,
                Step::Done(_) => return None,
                step => return Some(step),
            }
        }
    }

    fn take(&mut self, step: &Step, turn: Turn) {
        self.told.push(format!("{step:?}: {turn:?}"));
        match step {
            Step::Start { attempt } => self.start(*attempt, turn),
            Step::Search { attempt, .. } => self.search(*attempt, turn),
            Step::Poll { id } => self.poll(id, turn),
            Step::FindDraft { attempt, reported, .. } => {
                self.seek(*attempt, reported.as_ref(), turn);
            }
            Step::ReadBack { .. } => self.read_back(turn),
            Step::Wait { .. } | Step::Done(_) => panic!("no step: {step:?}"),
        }
        self.check();
    }

    fn start(&mut self, number: u32, turn: Turn) {
        let first = !self.facts.attempts.contains_key(&number);
        let new = first.then(|| intended(&self.facts, &request_id(), number, "[]")).flatten();
        assert!(!first || new.is_some(), "an attempt is intended: {:?}", self.told);
        let (called, call) = record::calling(&self.facts, number, new, self.now);
        self.learn(&called);
        let intent = self.facts.attempts[&number].intended.get().unwrap().clone();
        let creates = intent.draft.is_none();
        let known = self.facts.draft.get().is_some();
        assert!(
            !(creates && known && first),
            "a create although a draft is known: {:?}",
            self.told
        );
        let is_taken = !matches!(turn, Turn::StoppedBefore | Turn::Vain | Turn::Refused(_));
        let before = self.sets.iter().position(|set| set.token == intent.token);
        let place = before.or_else(|| {
            let (end, hidden) = (None, turn == Turn::Hidden);
            let set = Set { token: intent.token, number, creates, end, hidden };
            is_taken.then(|| self.sets.push(set));
            is_taken.then(|| self.sets.len() - 1)
        });
        match turn {
            Turn::Well => {
                let id = id_of(place.expect("it was taken"));
                self.learn(&record::started(number, &id, self.now));
            }
            Turn::Lost | Turn::Vain | Turn::Hidden => {
                self.learn(&record::unanswered(number, call));
            }
            Turn::Refused(hope) => {
                self.learn(&record::refused(&self.facts, number, refusal(hope), call));
            }
            Turn::StoppedBefore | Turn::StoppedAfter => {}
            _ => panic!("no turn of a start: {turn:?}"),
        }
    }

    fn search(&mut self, number: u32, turn: Turn) {
        if let Turn::Trouble(hope) = turn {
            return self.learn(&record::troubled(&self.facts, refusal(hope), self.now));
        }
        let named = self.sets.iter().position(|set| set.number == number && !set.hidden);
        self.sets.iter_mut().for_each(|set| set.hidden = false);
        let new = match named {
            Some(place) => record::started(number, &id_of(place), self.now),
            None => record::searched(number, self.now),
        };
        self.learn(&new);
    }

    fn poll(&mut self, id: &ChangeSetId, turn: Turn) {
        let place: usize = id.as_str().strip_prefix("set-").unwrap().parse().unwrap();
        let number = self.sets[place].number;
        if let Turn::Trouble(hope) = turn {
            return self.learn(&record::troubled(&self.facts, refusal(hope), self.now));
        }
        if turn == Turn::Applying {
            return self.learn(&record::polled(number, id, self.now));
        }
        let creates = self.sets[place].creates;
        let (end, code, left) = match turn {
            Turn::Well => (End::Succeeded, None, Some(format!("resaleauthz-made-{place}"))),
            Turn::Failed { code, leaves, names } => {
                let draft = format!("resaleauthz-draft-{place}");
                if leaves && creates {
                    self.drafts.push(opportunity_id(&draft));
                }
                (End::Failed, Some(code), names.then_some(draft))
            }
            Turn::Cancelled => (End::Cancelled, None, None),
            _ => panic!("no turn of a poll: {turn:?}"),
        };
        self.sets[place].end = Some((end, code));
        self.made += usize::from(end == End::Succeeded);
        let report = report(end, code, left.as_deref());
        self.learn(&record::reported(number, id, report, self.now));
    }

    fn seek(&mut self, number: u32, reported: Option<&OpportunityId>, turn: Turn) {
        if let Turn::Trouble(hope) = turn {
            return self.learn(&record::troubled(&self.facts, refusal(hope), self.now));
        }
        let mut found: Vec<OpportunityId> =
            self.drafts.iter().filter(|draft| Some(*draft) == reported).cloned().collect();
        if found.is_empty() {
            found.clone_from(&self.drafts);
            if turn == Turn::Crowded {
                self.crowded = true;
                found.extend(["resaleauthz-b1", "resaleauthz-b2"].map(opportunity_id));
            }
        }
        self.learn(&record::sought(number, &found, self.now));
    }

    fn read_back(&mut self, turn: Turn) {
        let new = match turn {
            Turn::Trouble(hope) => record::troubled(&self.facts, refusal(hope), self.now),
            _ => record::read_back(self.now),
        };
        self.learn(&new);
    }

    fn check(&self) {
        let running = self.sets.iter().filter(|set| set.end.is_none());
        let tokens: BTreeSet<&str> = running.map(|set| set.token.as_str()).collect();
        assert!(tokens.len() <= 1, "two tokens under way: {:?}", self.told);
        assert!(self.made <= 1, "made twice: {:?}", self.told);
        assert!(self.crowded || self.drafts.len() <= 1, "two drafts: {:?}", self.told);
        let last = self.facts.attempts.keys().next_back().copied().unwrap_or(0);
        assert!(last <= MAX_ATTEMPTS, "no end of attempts: {:?}", self.told);
    }
}

fn id_of(place: usize) -> ChangeSetId {
    set(&format!("set-{place}"))
}

/// Everybody behaves from here on.
fn end(mut history: History) {
    for _ in 0..20 {
        let Some(step) = history.step() else {
            let outcome = next(&history.facts, history.now);
            let succeeded = matches!(outcome, Step::Done(Outcome::Succeeded(_)));
            assert_eq!(history.made, usize::from(succeeded), "{:?}", history.told);
            assert!(history.sets.iter().all(|set| set.end.is_some()), "{:?}", history.told);
            return;
        };
        history.take(&step, Turn::Well);
    }
    panic!("it never ends: {:?}", history.told);
}

fn explore(mut history: History, depth: u32, count: &mut usize) {
    let step = history.step();
    let Some(step) = step else {
        *count += 1;
        end(history.clone());
        // A person corrects what failed, once.
        let failed =
            !matches!(next(&history.facts, history.now), Step::Done(Outcome::Succeeded(_)));
        if failed && history.facts.wishes.len() == 1 && depth > 0 {
            let corrected = Wish { why: "corrected".to_owned(), ..wish(WishKind::Create) };
            let again = record::wished(2, &corrected, history.now.plus_seconds(1));
            history.learn(&again);
            history.told.push("a person corrects it".to_owned());
            explore(history, depth - 1, count);
        }
        return;
    };
    if depth == 0 {
        *count += 1;
        return end(history);
    }
    let turns: &[Turn] = match step {
        Step::Start { .. } => &STARTS,
        Step::Search { .. } => &SEARCHES,
        Step::Poll { .. } => &POLLS,
        Step::FindDraft { .. } => &SEEKS,
        Step::ReadBack { .. } => &READS,
        Step::Wait { .. } | Step::Done(_) => &[],
    };
    for turn in turns {
        let mut next = history.clone();
        next.take(&step, *turn);
        explore(next, depth - 1, count);
    }
    // A notification may come at any time once there is a change set.
    let unnoticed = history.sets.iter().position(|set| {
        let attempt = history.facts.attempts.get(&set.number);
        attempt
            .is_none_or(|attempt| attempt.change_sets.values().all(|seen| seen.noticed.is_empty()))
    });
    if let Some(place) = unnoticed {
        let number = history.sets[place].number;
        let told = record::noticed(number, &id_of(place), history.now);
        history.learn(&told);
        history.told.push("a notification".to_owned());
        explore(history, depth - 1, count);
    }
}

#[test]
fn every_short_history_makes_one_opportunity_or_says_why_not() {
    let mut count = 0;
    explore(History::new(&wish(WishKind::Create)), DEPTH, &mut count);
    assert!(count > 10_000, "histories were tried: {count}");
}
