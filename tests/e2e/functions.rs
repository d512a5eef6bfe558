//! `ingest`, `relay` and `sweep` as Lambda runs them: fed by the rules of an event source mapping, started by schedules, and
//! killed at drawn points.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use fastrand::Rng;
use resold_tests::function::{Answer, Function};
use resold_tests::moto::{Message, Moto, Queue};
use serde_json::{Value, json};

use crate::ACCOUNT;

/// For so many seconds nobody else gets a message that was received.
const HIDDEN: u32 = 2;
/// One of so many invocations is killed, and one of so many is not heard of.
const ONE_OF: u8 = 4;

/// What becomes of an invocation.
pub(crate) enum Fate {
    /// It is killed after this time, if it has not answered by then.
    Killed(Duration),
    /// It is killed as soon as it has answered, and nobody acts on the answer.
    Unheard,
    /// Its answer is acted on.
    Undisturbed,
}

/// How often a function was killed.
#[derive(Debug, Default)]
pub(crate) struct Kills {
    /// `ingest`, with a batch that it had not answered.
    during: usize,
    /// `ingest`, with an answer that nobody acted on.
    after: usize,
    /// `relay` or `sweep` in their work.
    scheduled: usize,
}

impl Kills {
    /// The seed is one that kills everywhere.
    pub(crate) fn assert_everywhere(&self) {
        let Self { during, after, scheduled } = self;
        assert!(*during > 0 && *after > 0 && *scheduled > 0, "{self:?}");
    }
}

/// The functions of a stack.
pub(crate) struct Functions<'a> {
    moto: &'a Moto,
    queue: Queue,
    ledger: String,
    batch: usize,
    random: Rng,
    ingest: Option<Function>,
    /// How long each function took last: within this time it is killed.
    takes: BTreeMap<String, Duration>,
    pub(crate) kills: Kills,
}

impl<'a> Functions<'a> {
    pub(crate) fn new(moto: &'a Moto, ledger: &str, random: Rng) -> Self {
        assert_eq!(moto.mapping["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]));
        let batch = moto.mapping["BatchSize"].as_u64().expect("a number");
        Self {
            moto,
            queue: Queue::of(moto, "QueueUrl"),
            ledger: ledger.to_owned(),
            batch: usize::try_from(batch).expect("a small number"),
            random,
            ingest: None,
            takes: BTreeMap::new(),
            kills: Kills::default(),
        }
    }

    async fn start(&self, name: &str) -> Function {
        start(name, &self.ledger, &self.moto.url).await
    }

    /// A point in the time that a function takes.
    fn sometime(&mut self, name: &str) -> Duration {
        let takes = self.takes.get(name).copied().unwrap_or(Duration::from_millis(100));
        takes.mul_f64(self.random.f64())
    }

    /// What becomes of the next invocation.
    pub(crate) fn draw(&mut self) -> Fate {
        match self.random.u8(..ONE_OF) {
            0 => Fate::Killed(self.sometime("ingest")),
            1 => Fate::Unheard,
            _ => Fate::Undisturbed,
        }
    }

    /// Delivers a batch as an event source mapping does; `false`: the queue was empty.
    ///
    /// What the function names, or all if it fails, stays in the queue, and comes again when it is visible again.
    pub(crate) async fn take(&mut self, fate: Fate) -> bool {
        let most = self.random.usize(1..=self.batch.min(40));
        let messages = self.queue.receive(self.moto, most, HIDDEN, HIDDEN + 1).await;
        if messages.is_empty() {
            assert_eq!(self.queue.depth(self.moto).await, 0, "what is hidden becomes visible");
            return false;
        }
        let answer = self.invoke(&event(&messages), fate).await;
        let done = answer.map(|answer| acknowledged(messages, &answer)).unwrap_or_default();
        self.queue.delete(self.moto, &done).await;
        true
    }

    /// The answer that is heard of.
    async fn invoke(&mut self, event: &Value, fate: Fate) -> Option<Answer> {
        let mut ingest = match self.ingest.take() {
            Some(running) => running,
            None => self.start("ingest").await,
        };
        match fate {
            Fate::Killed(after) => {
                let answer = ingest.invoke_and_kill(event, after).await;
                self.kills.during += usize::from(answer.is_none());
                answer
            }
            Fate::Unheard => {
                ingest.invoke(event, 60).await;
                ingest.kill().await;
                self.kills.after += 1;
                None
            }
            Fate::Undisturbed => {
                let began = Instant::now();
                let answer = ingest.invoke(event, 60).await;
                self.takes.insert("ingest".to_owned(), began.elapsed());
                self.ingest = Some(ingest);
                Some(answer)
            }
        }
    }

    /// Runs a function as its schedule does: killed in its work, then to its end.
    pub(crate) async fn scheduled(&mut self, name: &str) {
        let after = self.sometime(name);
        let answer = self.start(name).await.invoke_and_kill(&json!({}), after).await;
        self.kills.scheduled += usize::from(answer.is_none());
        let began = Instant::now();
        let mut function = self.start(name).await;
        let answer = function.invoke(&json!({}), 60).await;
        self.takes.insert(name.to_owned(), began.elapsed());
        let Answer::Response(answer) = answer else { panic!("{name} failed: {answer:?}") };
        assert_eq!((&answer["failed"], &answer["set_aside"]), (&json!(0), &json!(0)), "{name}");
        function.stop().await;
    }

    /// Ends what still runs.
    pub(crate) async fn end(self) {
        if let Some(ingest) = self.ingest {
            ingest.stop().await;
        }
    }
}

async fn start(name: &str, ledger: &str, bus: &str) -> Function {
    let variables = [
        ("RESOLD_LEDGER", ledger),
        ("RESOLD_ACCOUNTS", ACCOUNT),
        ("AWS_ENDPOINT_URL_EVENTBRIDGE", bus),
    ];
    Function::start(name, &variables).await
}

/// Judges in a ledger what time changed, without a bus.
pub(crate) async fn sweep(ledger: &str) {
    let mut function = start("sweep", ledger, "http://127.0.0.1:9").await;
    let answer = function.invoke(&json!({}), 60).await;
    assert!(matches!(answer, Answer::Response(_)), "{answer:?}");
    function.stop().await;
}

/// What Lambda hands over.
fn event(messages: &[Message]) -> Value {
    let record = |message: &Message| {
        json!({
            "messageId": message.id, "receiptHandle": "r", "body": message.body, "md5OfBody": "",
            "attributes": {"ApproximateReceiveCount": message.receipts.to_string()},
            "messageAttributes": {}, "eventSource": "aws:sqs", "awsRegion": "us-east-1",
            "eventSourceARN": "arn:aws:sqs:us-east-1:111122223333:resold",
        })
    };
    json!({"Records": messages.iter().map(record).collect::<Vec<_>>()})
}

/// The messages that an answer lets be deleted.
fn acknowledged(messages: Vec<Message>, answer: &Answer) -> Vec<Message> {
    let Answer::Response(answer) = answer else { return Vec::new() };
    let failed = answer["batchItemFailures"].as_array().expect("a list");
    let is_named = |id: &str| failed.iter().any(|failure| failure["itemIdentifier"] == id);
    messages.into_iter().filter(|message| !is_named(&message.id)).collect()
}
