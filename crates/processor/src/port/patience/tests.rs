use std::cell::RefCell;

use super::*;
use crate::chain::Chain;

const PATIENCE: Patience = Patience {
    attempts: 5,
    first: Duration::from_millis(500),
    longest: Duration::from_secs(3),
    within: Duration::from_secs(6),
};

fn error(outcome: CallOutcome, retry: Retry) -> CallError {
    let cause = "ThrottlingException: Rate exceeded".into();
    CallError { doing: "list", outcome, retry, code: Some("ThrottlingException".into()), cause }
}

#[test]
fn a_call_is_made_again_only_where_that_helps_and_harms_nothing() {
    use CallOutcome::{Refused, Unknown};
    let cases = [
        // what it means twice, outcome, retry, again
        (Repeat::Harmless, Refused, Retry::Soon, true),
        (Repeat::Harmless, Unknown, Retry::Soon, true),
        (Repeat::Harmless, Refused, Retry::Later, false),
        (Repeat::Harmless, Unknown, Retry::Later, false),
        (Repeat::Harmless, Refused, Retry::Never, false),
        (Repeat::Harmless, Unknown, Retry::Never, false),
        (Repeat::IfRefused, Refused, Retry::Soon, true),
        (Repeat::IfRefused, Unknown, Retry::Soon, false),
        (Repeat::IfRefused, Refused, Retry::Later, false),
        (Repeat::IfRefused, Unknown, Retry::Later, false),
        (Repeat::IfRefused, Refused, Retry::Never, false),
        (Repeat::IfRefused, Unknown, Retry::Never, false),
    ];
    for (repeat, outcome, retry, expected) in cases {
        let pause = PATIENCE.pause(1, Duration::ZERO, repeat, &error(outcome, retry), |it| it);
        assert_eq!(pause.is_some(), expected, "{repeat:?} {outcome:?} {retry:?}");
    }
}

#[test]
fn pauses_double_up_to_the_longest_and_end() {
    let cases = [
        // failures, milliseconds spent, milliseconds of the longest pause
        (1, 0, Some(500)),
        (2, 0, Some(1_000)),
        (3, 0, Some(2_000)),
        (4, 0, Some(3_000)),
        (4, 3_000, Some(3_000)),
        // It would end after the time.
        (4, 3_001, None),
        (1, 6_001, None),
        // No attempt is left.
        (5, 0, None),
        (u32::MAX, 0, None),
    ];
    let busy = error(CallOutcome::Refused, Retry::Soon);
    for (failures, spent, expected) in cases {
        let spent = Duration::from_millis(spent);
        let pause = PATIENCE.pause(failures, spent, Repeat::Harmless, &busy, |longest| longest);
        assert_eq!(pause, expected.map(Duration::from_millis), "{failures} {spent:?}");
    }
    let endless = Patience { attempts: u32::MAX, ..PATIENCE };
    let pause = endless.pause(1_000, Duration::ZERO, Repeat::Harmless, &busy, |longest| longest);
    assert_eq!(pause, Some(PATIENCE.longest));
}

#[test]
fn jitter_is_anything_up_to_the_longest() {
    let longest = Duration::from_millis(500);
    let drawn: Vec<_> = (0..1_000).map(|_| full_jitter(longest)).collect();
    assert!(drawn.iter().all(|pause| *pause <= longest), "{drawn:?}");
    assert!(drawn.iter().any(|pause| *pause < longest / 4), "{drawn:?}");
    assert!(drawn.iter().any(|pause| *pause > longest / 4 * 3), "{drawn:?}");
}

/// Makes a call that fails in these ways, then succeeds: when it was made, and what came of it.
fn called(
    repeat: Repeat,
    failures: Vec<CallError>,
    takes: Duration,
) -> (Vec<u64>, Result<u32, String>) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().expect("a runtime");
    runtime.block_on(async {
        let (began, made) = (Instant::now(), RefCell::new(Vec::new()));
        let failures = RefCell::new(failures.into_iter());
        let call = || async {
            made.borrow_mut().push(u64::try_from(began.elapsed().as_millis()).expect("soon"));
            sleep(takes).await;
            let failure = failures.borrow_mut().next();
            failure.map_or(Ok(7), Err)
        };
        let answer = PATIENCE.call(repeat, |longest| longest, call).await;
        (made.take(), answer.map_err(|error| Chain(&error).to_string()))
    })
}

#[test]
fn a_call_ends_with_its_success_or_its_last_failure() {
    use CallOutcome::{Refused, Unknown};
    let said = Err("cannot list: ThrottlingException: Rate exceeded".to_owned());
    let fails = |outcome, retry, times| (0..times).map(|_| error(outcome, retry)).collect();
    let (read, start) = (Repeat::Harmless, Repeat::IfRefused);
    let cases: [(_, Vec<CallError>, _, Vec<u64>, _); 7] = [
        // what it means twice, failures, milliseconds of each, when it is made, answer
        (read, vec![], 0, vec![0], Ok(7)),
        (read, fails(Refused, Retry::Soon, 2), 0, vec![0, 500, 1_500], Ok(7)),
        (read, fails(Unknown, Retry::Soon, 9), 0, vec![0, 500, 1_500, 3_500], said.clone()),
        // Calls that take long leave less time for others.
        (read, fails(Unknown, Retry::Soon, 9), 2_000, vec![0, 2_500, 5_500], said.clone()),
        (read, fails(Refused, Retry::Never, 1), 0, vec![0], said.clone()),
        (start, fails(Refused, Retry::Soon, 1), 0, vec![0, 500], Ok(7)),
        (start, fails(Unknown, Retry::Soon, 1), 0, vec![0], said),
    ];
    for (repeat, failures, takes, made, answer) in cases {
        let case = format!("{repeat:?} {failures:?} {takes}");
        let found = called(repeat, failures, Duration::from_millis(takes));
        assert_eq!(found, (made, answer), "{case}");
    }
}
