use super::*;
use crate::notification::{AgreementEvent, AgreementNotice};

mod digest;
mod families;
mod hostile;
mod rules;

const GOOD: &str = include_str!("tests/created.json");

/// An event as AWS writes it, with this detail.
fn event(source: &str, detail_type: &str, detail: &str) -> String {
    format!(
        r#"{{"version":"0","id":"6b1f0c1e-0000-4000-8000-0000000000aa","detail-type":"{detail_type}",
        "source":"{source}","account":"111122223333","time":"2026-12-03T09:14:05Z","region":"us-east-1",
        "resources":[],"detail":{detail}}}"#
    )
}

fn read(source: &str, detail_type: &str, detail: &str) -> Notification {
    parse(event(source, detail_type, detail).as_bytes()).unwrap()
}

fn notice(name: &str, detail: &str) -> AgreementNotice {
    match read(AGREEMENTS, name, detail).family {
        Family::Agreement(notice) => *notice,
        other => panic!("{name}: {other:?}"),
    }
}

fn what(name: &str, detail: &str) -> AgreementEvent {
    notice(name, detail).what
}

/// The words of the reason.
fn refusal(body: &[u8]) -> String {
    parse(body).unwrap_err().reason.to_string()
}
