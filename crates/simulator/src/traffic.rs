//! What arrives, in the order in which it happened.

use std::collections::BTreeSet;

use deal::moment::Moment;
use marketplace::catalog::describe;
use marketplace::ids::AccountId;
use marketplace::parse::parse;
use oracle::{NoticeKind, World};
use processor::delivery::Via;
use serde_json::Value;

/// What arrives from a world, if nothing goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Traffic {
    /// Our own accounts; empty: every account is accepted.
    pub accounts: BTreeSet<AccountId>,
    /// When everything is judged in the end.
    pub now: Moment,
    /// In the order of time.
    pub arrivals: Vec<Arrival>,
}

/// One notification, or one description of an opportunity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// When it comes.
    pub at: Moment,
    /// How it comes.
    pub via: Via,
    /// The bytes.
    pub body: Vec<u8>,
    /// A replay of the archive may bring it under another id: what can be read.
    pub replayable: bool,
    /// Another notification has the same id. That this is so is a finding, and nobody could tell if only its replay came.
    pub shares_id: bool,
}

impl Traffic {
    /// What arrives from a world; or why it cannot be delivered.
    pub fn of(world: &World) -> Result<Self, String> {
        let mut arrivals = Vec::new();
        for import in &world.imports {
            let described = describe(import.document.as_bytes());
            let described = described.map_err(|error| format!("an import is refused: {error}"))?;
            let arrival = |body| Arrival {
                at: import.at.into(),
                via: Via::Import,
                body,
                replayable: false,
                shares_id: false,
            };
            arrivals.extend(described.envelopes.into_iter().map(arrival));
        }
        for notice in &world.notices {
            let same_id = world.notices.iter().filter(|other| other.id == notice.id);
            arrivals.push(Arrival {
                at: notice.at.into(),
                via: Via::Queue,
                body: notice.body.clone().into_bytes(),
                replayable: notice.kind != NoticeKind::Malformed,
                shares_id: same_id.count() > 1,
            });
        }
        arrivals.sort_by_key(|arrival| arrival.at);
        let account = |text: &String| AccountId::new(text).map_err(|error| error.to_string());
        let accounts = world.accounts.iter().map(account).collect::<Result<_, _>>()?;
        Ok(Self { accounts, now: world.now.into(), arrivals })
    }

    /// When the first one comes.
    pub(crate) fn begin(&self) -> Moment {
        self.arrivals.first().map_or(self.now, |arrival| arrival.at)
    }

    /// What an arrival is called in a list of what went wrong.
    pub(crate) fn name(&self, number: usize) -> String {
        let Some(arrival) = self.arrivals.get(number) else { return "nothing".to_owned() };
        let body = serde_json::from_slice::<Value>(&arrival.body).unwrap_or_default();
        let kind = body.get("detail-type").and_then(Value::as_str);
        let kind = kind.unwrap_or("what cannot be read");
        format!("notification {} ({kind}, {})", number.saturating_add(1), arrival.at)
    }
}

impl Arrival {
    /// The same as a replay of the archive brings it: under another id, with the replay's name, formatted anew.
    pub(crate) fn replayed(&self, id: &str) -> Option<Vec<u8>> {
        let mut body = serde_json::from_slice::<Value>(&self.body).ok()?;
        let envelope = body.as_object_mut().filter(|_| self.replayable)?;
        envelope.insert("id".to_owned(), Value::from(id));
        envelope.insert("replay-name".to_owned(), Value::from("replay-of-the-archive"));
        Some(body.to_string().into_bytes())
    }
}

/// What makes a body this notification and no other: all of it but what a replay of the archive changes.
pub(crate) fn content(body: &[u8]) -> String {
    // What is broken there is no delivery of anything else.
    if parse(body).is_err_and(|malformed| malformed.by_bytes) {
        return String::from_utf8_lossy(body).into_owned();
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(Value::Object(mut fields)) => {
            fields.remove("id");
            fields.remove("replay-name");
            Value::Object(fields).to_string()
        }
        _ => String::from_utf8_lossy(body).into_owned(),
    }
}
