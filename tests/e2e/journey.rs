//! How what is in `events/` reaches the queue: by the default bus, and what cannot go there otherwise.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use processor::delivery::Via;
use resold_tests::binary::binary;
use resold_tests::moto::{Moto, Queue};
use resold_tests::scenario::{self, Scenario};
use serde_json::{Value, json};

/// Our own account.
pub(crate) const ACCOUNT: &str = "111122223333";

/// Scenarios that say nothing if the bus gives each event an id of its own, and moto drops its account: their bodies go into
/// the queue as they are.
const AS_THEY_ARE: [(&str, &str); 8] = [
    ("duplicates-and-archive-replay", "ids that come again"),
    ("foreign-account", "an account"),
    ("hidden-by-broken-copies", "no events"),
    ("hostile-bodies", "no events"),
    ("implausible-time", "times that a bus may refuse"),
    ("one-id-broken-copies", "one id"),
    ("one-id-two-contents", "one id"),
    ("replay-before-original", "ids that come again"),
];

/// A body's way.
enum Way {
    /// As an entry for the default bus.
    Bus(Value),
    /// As a message for the queue.
    Queue(String),
    /// Neither: SQS takes no such characters. A file of an archive, for `resold replay`.
    File(Vec<u8>),
}

/// All of them, on one stack and into one ledger.
pub(crate) struct Journey<'a> {
    moto: &'a Moto,
    queue: Queue,
    /// Gets what the rule for notifications matches, as the first queue does.
    tap: Queue,
    ledger: String,
    folder: PathBuf,
    /// Files that were imported or replayed.
    files: Vec<PathBuf>,
    /// The body of each message for the queue.
    messages: Vec<String>,
    /// How many bodies went by the bus, into the queue, by file.
    ways: [usize; 3],
}

impl<'a> Journey<'a> {
    pub(crate) async fn new(moto: &'a Moto, ledger: &str, name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("the folder can be made");
        let rule = moto.output("NotificationRuleArn").rsplit('/').next().expect("a name");
        let tap = Queue::create(moto, "tap").await;
        tap.target(moto, "default", rule).await;
        Self {
            moto,
            queue: Queue::of(moto, "QueueUrl"),
            tap,
            ledger: ledger.to_owned(),
            folder,
            files: Vec::new(),
            messages: Vec::new(),
            ways: [0; 3],
        }
    }

    /// Every scenario, in groups of about so many bodies.
    pub(crate) fn groups(bodies: usize) -> Vec<Vec<Scenario>> {
        let (mut groups, mut size) = (vec![Vec::new()], bodies);
        let all = scenario::all();
        for (name, _) in AS_THEY_ARE {
            assert!(all.iter().any(|scenario| scenario.name == name), "there is no {name}");
        }
        for scenario in all {
            if size < scenario.inputs.len() {
                groups.push(Vec::new());
                size = bodies;
            }
            size = size.saturating_sub(scenario.inputs.len());
            groups.last_mut().expect("there is one").push(scenario);
        }
        groups
    }

    /// Imports what these describe, and sends their notifications off.
    pub(crate) async fn begin(&mut self, group: &[Scenario]) {
        let mut entries = Vec::new();
        for scenario in group {
            for file in scenario.descriptions.clone() {
                resold(&self.ledger, "opportunity import", &file);
                self.files.push(file);
            }
            for (_, body) in scenario.inputs.iter().filter(|(via, _)| *via != Via::Import) {
                let way = way(&scenario.name, body);
                self.ways[match way {
                    Way::Bus(_) => 0,
                    Way::Queue(_) => 1,
                    Way::File(_) => 2,
                }] += 1;
                match way {
                    Way::Bus(entry) => entries.push(entry),
                    Way::Queue(body) => {
                        self.queue.send(self.moto, &body).await;
                        self.messages.push(body);
                    }
                    Way::File(body) => {
                        let file = self.folder.join(format!("{}.json", self.files.len()));
                        fs::write(&file, body).expect("the file can be written");
                        resold(&self.ledger, "replay", &file);
                        self.files.push(file);
                    }
                }
            }
        }
        for some in entries.chunks(10) {
            let asked = json!({"Entries": some});
            let answer = self.moto.call("AWSEvents.PutEvents", &asked).await;
            assert_eq!(answer["FailedEntryCount"], 0, "{answer}");
        }
        self.messages.extend(self.tap.empty(self.moto).await);
    }

    /// Takes the same into another ledger: the same files, and an archive of the messages.
    pub(crate) fn replay(&self, ledger: &str) {
        // All but those bodies that the emulator changes, or that SQS refuses.
        assert_eq!(self.ways, [149, 55, 2], "by the bus, into the queue, by file");
        assert_eq!(self.messages.len(), self.ways[0] + self.ways[1], "the rule matched all");
        for file in &self.files {
            let is_ours = file.starts_with(&self.folder);
            resold(ledger, if is_ours { "replay" } else { "opportunity import" }, file);
        }
        let line = |(number, body)| json!({"MessageId": format!("m-{number}"), "Body": body});
        let lines = self.messages.iter().enumerate().map(|message| line(message).to_string());
        let archive = self.folder.join("archive.jsonl");
        let lines: Vec<String> = lines.collect();
        fs::write(&archive, lines.join("\n")).expect("the file can be written");
        resold(ledger, "replay", &archive);
    }
}

fn way(scenario: &str, body: &[u8]) -> Way {
    // The function `register` sends what AWS told it into the queue itself: the rule matches none of ours.
    let is_ours = |text: &&str| text.contains(marketplace::registration::SOURCE);
    if let Some(text) = str::from_utf8(body).ok().filter(is_ours) {
        return Way::Queue(text.to_owned());
    }
    if AS_THEY_ARE.iter().all(|(name, _)| *name != scenario) {
        let event: Value = serde_json::from_slice(body).expect("an event is JSON");
        let time: jiff::Timestamp =
            event["time"].as_str().expect("a time").parse().expect("RFC 3339");
        return Way::Bus(json!({
            "Source": event["source"], "DetailType": event["detail-type"], "Time": time.as_second(),
            "Resources": event["resources"], "Detail": event["detail"].to_string(),
        }));
    }
    // "A message can include only XML, JSON, and unformatted text": these characters, and at least one.
    let is_allowed =
        |char: char| matches!(char, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    match str::from_utf8(body) {
        Ok(text) if !text.is_empty() && text.chars().all(is_allowed) => Way::Queue(text.to_owned()),
        _ => Way::File(body.to_vec()),
    }
}

/// Runs the command line (words parted by spaces) on a file.
fn resold(ledger: &str, words: &str, file: &Path) {
    let mut command = Command::new(binary("resold"));
    command.args(["--quiet", "--account", ACCOUNT, "--ledger", ledger]).args(words.split(' '));
    let done = command.arg(file).output().expect("the program runs");
    // 1: something waits for a person.
    let is_done = matches!(done.status.code(), Some(0 | 1));
    assert!(is_done, "{words} {}: {}", file.display(), String::from_utf8_lossy(&done.stderr));
}
