//! `resold queue`: sent, looked at and moved back, by the real program between real queues.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use resold_tests::binary::binary;
use resold_tests::moto::{Moto, Queue};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::time::sleep;

/// What is waited for comes within this time.
const BOUND: Duration = Duration::from_mins(2);
/// Dead letters of the tests that move them.
const LETTERS: usize = 24;

/// A folder with files and a ledger, and the program in it.
struct Place<'a> {
    moto: &'a Moto,
    folder: PathBuf,
}

/// What the program did.
#[derive(Debug)]
struct Done {
    code: Option<i32>,
    stdout: Value,
    stderr: String,
}

impl<'a> Place<'a> {
    fn new(moto: &'a Moto, name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("the folder can be made");
        Self { moto, folder }
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.folder.join(name), text).expect("the file can be written");
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(binary("resold"));
        command.args(["--format", "json"]).args(words).current_dir(&self.folder);
        command.env_clear().kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.envs([
            ("RESOLD_LEDGER", "sqlite:resold.db"),
            ("AWS_ACCESS_KEY_ID", "none"),
            ("AWS_SECRET_ACCESS_KEY", "none"),
            ("AWS_ENDPOINT_URL", &self.moto.url),
        ]);
        command
    }

    async fn run(&self, words: &[&str]) -> Done {
        self.command(words).output().await.expect("it runs").into()
    }
}

impl From<Output> for Done {
    fn from(output: Output) -> Self {
        let stderr = String::from_utf8(output.stderr).expect("text");
        let stdout = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        Self { code: output.status.code(), stdout, stderr }
    }
}

impl Done {
    /// The counts that are not zero.
    fn counts(&self) -> String {
        let counts = self.stdout.as_object().expect(&self.stderr).iter();
        let counts = counts.filter(|(_, count)| **count != 0);
        counts.map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
    }
}

/// Asks again and again until it is so.
async fn wait(what: &str, is_so: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < BOUND, "{what}: not in time");
        sleep(Duration::from_millis(50)).await;
    }
}

fn event(number: usize) -> String {
    json!({
        "version": "0", "id": format!("{number:08x}-0000-4000-8000-000000000000"),
        "detail-type": "Something New", "source": "aws.agreement-marketplace",
        "account": "111122223333", "time": "2026-12-01T00:00:00Z", "region": "us-east-1",
        "resources": [], "detail": { "number": number },
    })
    .to_string()
}

/// Everything in a queue, also what somebody has in hand until that is over.
async fn bodies(moto: &Moto, queue: &Queue) -> Vec<String> {
    let mut bodies = Vec::new();
    let began = Instant::now();
    while queue.depth(moto).await > 0 {
        assert!(began.elapsed() < BOUND, "the queue is empty in time");
        let messages = queue.receive(moto, 100, 300, 1).await;
        queue.delete(moto, &messages).await;
        bodies.extend(messages.into_iter().map(|message| message.body));
    }
    bodies.sort();
    bodies
}

fn sorted(bodies: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut bodies: Vec<String> = bodies.into_iter().collect();
    bodies.sort();
    bodies
}

#[tokio::test]
async fn files_become_messages() {
    let moto = Moto::start();
    let place = Place::new(&moto, "queue-send");
    let queue = Queue::create(&moto, "sent").await;
    let small: Vec<String> = (0..23).map(event).collect();
    let large: Vec<String> = (0..3)
        .map(|number| {
            json!({"source": "aws.marketplace", "number": number, "x": "x".repeat(500_000)})
                .to_string()
        })
        .collect();
    place.write("small.jsonl", small.join("\n"));
    place.write("large.jsonl", large.join("\n"));
    let none = [
        json!({"MessageId": "1", "Body": ""}).to_string(),
        json!({"MessageId": "2", "Body": "a\u{1}"}).to_string(),
        json!({"MessageId": "3", "Body": "x".repeat(1_048_577)}).to_string(),
        json!({"EntityType": "ResaleAuthorization@1.0", "Details": "{}"}).to_string(),
        "no JSON".to_owned(),
    ];
    place.write("none.jsonl", none.join("\n"));
    let words = ["queue", "send", "--queue", &queue.url];
    let files = ["small.jsonl", "large.jsonl", "none.jsonl"];
    let done = place.run(&[&words[..], &["--dry-run"], &files].concat()).await;
    let (size, calls) = (small.iter().chain(&large).map(String::len).sum::<usize>() + 7, 4);
    assert_eq!(
        done.counts(),
        format!("bytes {size}, calls {calls}, found 31, skipped 4, unsent 27")
    );
    assert_eq!((done.code, queue.depth(&moto).await), (Some(1), 0), "{done:?}");

    let done = place.run(&[&words[..], &files].concat()).await;
    assert_eq!(done.counts(), format!("bytes {size}, calls {calls}, found 31, sent 27, skipped 4"));
    assert_eq!(done.code, Some(1), "{done:?}");
    for words in [
        "`none.jsonl`, line 1: left out: SQS takes no empty message",
        "`none.jsonl`, line 2: left out: SQS does not take the character U+0001, which stands at byte 1",
        "`none.jsonl`, line 3: left out: SQS takes a message of at most 1048576 bytes, and this one has 1048577",
        "`none.jsonl`, line 4: left out: a description is no notification",
    ] {
        assert!(done.stderr.contains(words), "{words} in {}", done.stderr);
    }
    let expected = small.iter().chain(&large).cloned().chain(["no JSON".to_owned()]);
    assert_eq!(bodies(&moto, &queue).await, sorted(expected));

    // One that SQS refuses does not take the others of its call along.
    queue.set(&moto, "MaximumMessageSize", "1024").await;
    place.write("mixed.jsonl", [&small[0], &large[0], &small[1]].map(String::as_str).join("\n"));
    let done = place.run(&[&words[..], &["mixed.jsonl"]].concat()).await;
    assert!(done.counts().ends_with("found 3, refused 1, sent 2"), "{done:?}");
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.stderr.contains("`mixed.jsonl`, line 2: not sent: "), "{done:?}");
    assert_eq!(bodies(&moto, &queue).await, sorted(small[..2].to_vec()));

    let nowhere = queue.url.replace("sent", "nowhere");
    let done = place.run(&["queue", "send", "--queue", &nowhere, "small.jsonl"]).await;
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(done.stderr.contains("error: could not send to the queue"), "{done:?}");
    assert!(done.stderr.contains("before that, 0 messages were sent"), "{done:?}");
}

#[tokio::test]
async fn who_sends_from_standard_input_can_stop() {
    let moto = Moto::start();
    let place = Place::new(&moto, "queue-stop");
    let queue = Queue::create(&moto, "stopped").await;
    let mut command = place.command(&["queue", "send", "--queue", &queue.url, "-"]);
    let mut child = command.stdin(Stdio::piped()).spawn().expect("it starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(format!("{}\n", event(1)).as_bytes()).await.expect("it reads");
    wait("what was said is sent, though more may come", async || queue.depth(&moto).await == 1)
        .await;
    let id = child.id().expect("it runs").to_string();
    let asked = Command::new("kill").args(["-INT", &id]).status().await;
    assert!(asked.is_ok_and(|status| status.success()), "it is asked");
    let done: Done = child.wait_with_output().await.expect("it ends").into();
    drop(stdin);
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.counts().ends_with("found 1, sent 1"), "{done:?}");
    assert!(done.stderr.contains("it was stopped"), "{done:?}");
}

/// What is shown of messages, without what is another each time.
fn shown(seen: &Value) -> Vec<Value> {
    let items = seen["items"].as_array().expect("items").iter();
    let mut items: Vec<Value> = items
        .cloned()
        .map(|mut item| {
            let fields = item.as_object_mut().expect("an object");
            for name in ["id", "sent_at", "digest"] {
                let value = fields.remove(name);
                assert!(value.as_ref().is_some_and(Value::is_string), "{name}: {value:?}");
            }
            item
        })
        .collect();
    items.sort_by_key(|item| item["reason"].to_string());
    items
}

#[tokio::test]
async fn each_message_says_why_it_is_there() {
    let moto = Moto::start();
    let place = Place::new(&moto, "queue-peek");
    let queue = Queue::create(&moto, "looked-at").await;
    let offer = include_str!("../../events/happy-path/02-offer-released.json");
    let malformed = r#"{"source": "aws.marketplace", "secret": "word"#;
    for body in [offer, malformed, &event(7)] {
        queue.send(&moto, body).await;
    }
    let said = [
        ("ERROR_CODE", "SDK_CLIENT_ERROR"),
        ("ERROR_MESSAGE", "no\u{1b}[31mpermission"),
        ("RULE_ARN", "arn:aws:events:us-east-1:111122223333:rule/resold-notifications"),
        ("TARGET_ARN", "arn:aws:sqs:us-east-1:111122223333:resold-queue"),
        ("EXHAUSTED_RETRY_CONDITION", "MaximumRetryAttempts"),
        ("RETRY_ATTEMPTS", "185"),
    ];
    let said = said
        .map(|(name, text)| (name.to_owned(), json!({"DataType": "String", "StringValue": text})));
    let said: serde_json::Map<String, Value> = said.into_iter().collect();
    let undelivered =
        json!({"QueueUrl": queue.url, "MessageBody": event(8), "MessageAttributes": said});
    moto.call("AmazonSQS.SendMessage", &undelivered).await;

    let words = ["queue", "peek", "--queue", &queue.url];
    let done = place.run(&words).await;
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.stderr.contains("no ledger was asked: could not open the ledger"), "{done:?}");
    let items = shown(&done.stdout);
    assert_eq!(items.len(), 4, "{done:?}");
    assert!(
        items.iter().all(|item| item["ledger"].is_null() && item["receipts"] == 1),
        "{items:?}"
    );

    place.write("offer.json", offer);
    let replayed = place.run(&["--quiet", "replay", "offer.json"]).await;
    assert!(matches!(replayed.code, Some(0 | 1)), "{replayed:?}");
    let done = place.run(&words).await;
    assert_eq!(done.code, Some(1), "{done:?}");
    let never = json!({"outcome": null, "reason": null, "arrived": false});
    let expected = [
        json!({
            "receipts": 2, "size": event(8).len(), "source": "aws.agreement-marketplace", "type": "Something New",
            "malformed": null, "ledger": never,
            "undelivered": {
                "error_code": "SDK_CLIENT_ERROR", "error_message": "no\u{1b}[31mpermission",
                "rule": "arn:aws:events:us-east-1:111122223333:rule/resold-notifications",
                "target": "arn:aws:sqs:us-east-1:111122223333:resold-queue",
                "exhausted_retry_condition": "MaximumRetryAttempts", "retry_attempts": "185",
            },
            "reason": "EventBridge could not deliver it to arn:aws:sqs:us-east-1:111122223333:resold-queue by the rule \
                arn:aws:events:us-east-1:111122223333:rule/resold-notifications, tried 185 times, until \
                MaximumRetryAttempts: SDK_CLIENT_ERROR: no\u{1b}[31mpermission; \
                it is not in the ledger: it was never committed",
        }),
        json!({
            "receipts": 2, "size": offer.len(), "source": "aws.marketplacecatalog", "type": "Offer Released",
            "malformed": null, "ledger": {"outcome": "applied", "reason": null, "arrived": false},
            "undelivered": null, "reason": "it is a duplicate of what is in the ledger",
        }),
        json!({
            "receipts": 2, "size": event(7).len(), "source": "aws.agreement-marketplace", "type": "Something New",
            "malformed": null, "ledger": never, "undelivered": null,
            "reason": "it is not in the ledger: it was never committed",
        }),
        json!({
            "receipts": 2, "size": malformed.len(), "source": null, "type": null,
            "malformed": "not JSON: EOF while parsing a string at line 1 column 45", "ledger": never,
            "undelivered": null, "reason": "it is not in the ledger: it was never committed; \
                malformed: not JSON: EOF while parsing a string at line 1 column 45",
        }),
    ];
    assert_eq!(shown(&done.stdout), expected);
    assert_eq!(done.stdout["queue"]["visible"], 4, "{done:?}");

    let mut command = place.command(&words);
    let table =
        command.args(["--format", "table", "--limit", "3"]).output().await.expect("it runs");
    let table = [table.stdout, table.stderr].concat();
    let table = String::from_utf8(table).expect("text");
    assert!(table.contains("Seen: 3 of about 4"), "{table}");
    assert!(!table.contains("secret") && !table.contains('\u{1b}'), "{table}");
    // At once visible again, for everybody.
    assert_eq!(queue.receive(&moto, 10, 60, 0).await.len(), 4);

    let dead = queue.attributes(&moto).await["QueueArn"].take();
    let main = Queue::create(&moto, "main").await;
    let policy = json!({"deadLetterTargetArn": dead, "maxReceiveCount": 5}).to_string();
    main.set(&moto, "RedrivePolicy", &policy).await;
    let done = place.run(&["queue", "peek", "--queue", &main.url]).await;
    assert_eq!((done.code, shown(&done.stdout).len()), (Some(0), 0), "{done:?}");
    assert!(done.stderr.contains("after 5 of them this queue gives a message to its"), "{done:?}");
}

/// A dead-letter queue with letters, and where they should have gone.
async fn dead(moto: &Moto, name: &str) -> (Queue, Queue, Vec<String>) {
    let (dead, main) =
        (Queue::create(moto, &format!("{name}-dead")).await, Queue::create(moto, name).await);
    let letters: Vec<String> = (0..LETTERS).map(event).collect();
    for letter in &letters {
        dead.send(moto, letter).await;
    }
    (dead, main, letters)
}

#[tokio::test]
async fn dead_letters_are_moved_back() {
    let moto = Moto::start();
    let place = Place::new(&moto, "queue-redrive");
    let (dead, main, letters) = dead(&moto, "back").await;
    let words = ["queue", "redrive", "--queue", &dead.url, "--to", &main.url, "--rate", "1000"];
    let with = |more: &[&'static str]| [&words[..], more].concat();

    let unknown = place.run(&["queue", "redrive", "--queue", &dead.url, "--dry-run"]).await;
    assert_eq!(unknown.code, Some(2), "{unknown:?}");
    assert!(
        unknown.stderr.contains("no queue has this one as its dead-letter queue"),
        "{unknown:?}"
    );
    let done = place.run(&with(&["--dry-run", "--max", "20"])).await;
    assert_eq!((done.code, &done.stdout["messages"]), (Some(0), &json!(20)), "{done:?}");
    let same = place.run(&["queue", "redrive", "--queue", &dead.url, "--to", &dead.url]).await;
    assert_eq!(same.code, Some(2), "{same:?}");
    assert!(same.stderr.contains("--queue and --to name the same queue"), "{same:?}");
    let nowhere = main.url.replace("back", "nowhere");
    let lost = place.run(&["queue", "redrive", "--queue", &dead.url, "--to", &nowhere]).await;
    assert_eq!(lost.code, Some(2), "{lost:?}");
    main.set(&moto, "MaximumMessageSize", "1024").await;
    let large = json!({"source": "aws.marketplace", "x": "x".repeat(2_000)}).to_string();
    dead.send(&moto, &large).await;
    let done = place.run(&with(&["--source", "aws.marketplacecatalog"])).await;
    assert_eq!(
        (done.code, done.counts()),
        (Some(0), "left 25, messages 25".to_owned()),
        "{done:?}"
    );
    assert_eq!((dead.depth(&moto).await, main.depth(&moto).await), (25, 0));

    // Without --to: where its dead letters come from.
    let arn = dead.attributes(&moto).await["QueueArn"].take();
    let policy = json!({"deadLetterTargetArn": arn, "maxReceiveCount": 50}).to_string();
    main.set(&moto, "RedrivePolicy", &policy).await;
    let done = place.run(&["queue", "redrive", "--queue", &dead.url, "--max", "7"]).await;
    assert_eq!(
        (done.code, done.counts()),
        (Some(0), "messages 25, moved 7".to_owned()),
        "{done:?}"
    );
    let done = place.run(&words).await;
    let expected = "messages 18, moved 17, refused 1".to_owned();
    assert_eq!((done.code, done.counts()), (Some(1), expected), "{done:?}");
    assert!(done.stderr.contains("not moved: "), "{done:?}");
    // What was refused is there again at once.
    assert_eq!(dead.empty(&moto).await, [large]);
    assert_eq!(bodies(&moto, &main).await, sorted(letters));
}

#[tokio::test]
async fn a_redrive_that_is_killed_loses_nothing() {
    let moto = Moto::start();
    let place = Place::new(&moto, "queue-killed");
    let (dead, main, letters) = dead(&moto, "killed").await;
    let words = ["queue", "redrive", "--queue", &dead.url, "--to", &main.url];
    for (reached, signal) in [(1, "-KILL"), (12, "-INT")] {
        let child = place.command(&words).spawn().expect("it starts");
        wait("some are moved", async || main.depth(&moto).await >= reached).await;
        let id = child.id().expect("it runs").to_string();
        let asked = Command::new("kill").args([signal, &id]).status().await;
        assert!(asked.is_ok_and(|status| status.success()), "it is asked");
        let done: Done = child.wait_with_output().await.expect("it ends").into();
        let expected = if signal == "-INT" { Some(1) } else { None };
        assert_eq!(done.code, expected, "{done:?}");
    }
    assert!(dead.depth(&moto).await > 0, "it ended in the middle");
    let moved = bodies(&moto, &main).await;
    let all = bodies(&moto, &dead).await.into_iter().chain(moved);
    assert_eq!(all.collect::<BTreeSet<_>>(), letters.into_iter().collect());
}
