//! Who subscribes to our bus: a queue behind a rule, and what it is to have received.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use jsonschema::Validator;
use resold_tests::moto::{Moto, Queue};
use resold_tests::scenario::events;
use serde_json::{Value, json};

use crate::held::Held;

/// A queue that gets every event of ours.
pub(crate) struct Subscriber {
    /// What its files are called after.
    name: &'static str,
    queue: Queue,
    /// In the order in which they came.
    received: Vec<Value>,
}

impl Subscriber {
    pub(crate) async fn new(moto: &Moto, name: &'static str) -> Self {
        let (queue, bus) = (Queue::create(moto, "subscriber").await, moto.output("BusName"));
        let pattern = json!({"source": ["resold"]}).to_string();
        let rule = json!({"Name": "everything", "EventBusName": bus, "EventPattern": pattern});
        moto.call("AWSEvents.PutRule", &rule).await;
        queue.target(moto, bus, "everything").await;
        Self { name, queue, received: Vec::new() }
    }

    /// Takes what is there.
    pub(crate) async fn collect(&mut self, moto: &Moto) {
        let event = |body: &String| serde_json::from_str(body).expect("an event is JSON");
        self.received.extend(self.queue.empty(moto).await.iter().map(event));
    }

    /// That it received exactly what the ledger published, each event as its schema says, and that the documented
    /// consumer gives access to exactly those who are to have it.
    pub(crate) fn assert_has(&self, held: &Held) {
        let (mut schemas, mut ids) = (BTreeMap::new(), BTreeSet::new());
        for event in &self.received {
            let detail_type = event["detail-type"].as_str().expect("a detail-type");
            let schema = schemas.entry(detail_type).or_insert_with(|| schema(detail_type));
            if let Err(error) = schema.validate(&event["detail"]) {
                panic!("{error}: {event}");
            }
            ids.insert(event["detail"]["event_id"].as_str().expect("an id").to_owned());
        }
        assert_eq!(ids, held.published, "what was received is what the ledger published");
        assert_eq!(self.provisioned(), held.access);
        assert!(held.access.len() > 10, "somebody has access");
    }

    /// How many events it received more than once: of which a kill between the bus and the ledger left no note.
    pub(crate) fn repeated(&self) -> usize {
        let ids = self.received.iter().map(|event| event["detail"]["event_id"].to_string());
        self.received.len() - ids.collect::<BTreeSet<_>>().len()
    }

    /// To whom the documented consumer gives access: each buyer, with the agreement.
    fn provisioned(&self) -> BTreeSet<(String, String)> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("consumer").join(self.name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("the folder can be made");
        let lines: Vec<String> = self.received.iter().map(ToString::to_string).collect();
        let file = folder.join("events.jsonl");
        fs::write(&file, lines.join("\n")).expect("the file can be written");
        let run = |option: &[&str], input: Stdio| {
            let script = events().join("../examples/provision.py");
            let mut command = Command::new("python3");
            command.arg(script).arg(folder.join("access.db")).args(option).stdin(input);
            let done = command.output().expect("Python runs");
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            String::from_utf8(done.stdout).expect("text")
        };
        run(&[], File::open(&file).expect("the file opens").into());
        let listed = run(&["--list"], Stdio::null());
        let pairs = listed.lines().map(|line| line.split_once(' ').expect("buyer and agreement"));
        pairs.map(|(buyer, agreement)| (buyer.to_owned(), agreement.to_owned())).collect()
    }
}

fn schema(detail_type: &str) -> Validator {
    let file = format!("schemas/{}.json", detail_type.to_lowercase().replace(' ', "-"));
    let text = fs::read_to_string(events().join(file)).expect("there is a schema");
    let schema: Value = serde_json::from_str(&text).expect("JSON");
    jsonschema::validator_for(&schema).expect("a schema")
}
