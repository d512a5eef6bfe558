//! The compiled function `register` under a Lambda Runtime API of the test's own, between an offline AWS and a queue.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as expected"
)]

mod browser;
mod page;
mod queue;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use aws::offline::seed::{Registration, Seed};
use aws::offline::serve::{Records, Server};
use aws::offline::world::{Settings, World};
use marketplace::notification::{AgreementEvent, Family};
use marketplace::parse::parse;
use processor::clock::SystemClock;
use resold_tests::function::{Function, refused};
use serde_json::{Value, json};

use crate::browser::{Answered, browse, form, post};
use crate::page::claims;
use crate::queue::Fate::{self, Away, Refused, Unanswered};
use crate::queue::SendOnly;

const LICENSE: &str = "l-0f3c0example00000000000000000ab";
const SIGN_UP: &str = "https://app.example.com/sign-up?from=aws";
const NEW: &str = "bmV3OiBmb3IgdGVzdHMgb25seSwgbm90IGZvciBwYWdlcw==";
const OLD: &str = "b2xkOiBmb3IgdGVzdHMgb25seSwgbm90IGZvciBwYWdlcw==";
/// What no log may have, besides keys.
const TOKEN: &str = "token-of-a-test/0123456789+abcdefghijklmnop=";

/// Bytes that several look at.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The AWS of a test, with these tokens for the license of its example, and the queue.
struct Surroundings {
    aws: Server,
    asked: Shared,
    queue: SendOnly,
}

impl Surroundings {
    async fn start(tokens: &[&str]) -> Self {
        let mut seed = Seed::example();
        let license = seed.licenses[0].arn.clone();
        seed.registrations = tokens
            .iter()
            .map(|token| {
                let (token, license) = ((*token).to_owned(), license.clone());
                let is_old = token.starts_with("old");
                let expires = is_old.then_some(jiff::Timestamp::UNIX_EPOCH);
                Registration { token, license, expires }
            })
            .collect();
        let world = World::new(seed, Settings::default()).expect("the seed is one");
        let asked = Shared::default();
        let requests: Box<dyn Write + Send> = Box::new(asked.clone());
        let records = Records { events: None, requests: Some(requests) };
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let aws = Server::start(address, world, Arc::new(SystemClock), records).await;
        Self { aws: aws.expect("a port"), asked, queue: SendOnly::start().await }
    }

    async fn function(&self) -> Function {
        let keys = format!("2026b:{NEW},2026a:{OLD}");
        let variables = [
            ("AWS_ENDPOINT_URL_MARKETPLACE_METERING", self.aws.url()),
            ("AWS_ENDPOINT_URL_SQS", self.queue.endpoint.clone()),
            ("RESOLD_QUEUE", "https://sqs.us-east-1.amazonaws.com/111122223333/resold".to_owned()),
            ("RESOLD_SIGN_UP_URL", SIGN_UP.to_owned()),
            ("RESOLD_SIGNING_KEYS", keys),
        ];
        let variables: Vec<(&str, &str)> =
            variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Function::start("register", &variables).await
    }

    /// Something is to go wrong with AWS.
    fn expect(&self, fault: &str) {
        self.aws.with_world(|world, _| world.expect(fault.parse().expect("a fault")));
    }

    /// How often AWS was asked.
    fn calls(&self) -> usize {
        let asked = self.asked.0.lock().unwrap_or_else(PoisonError::into_inner);
        asked.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count()
    }
}

/// Neither the token nor a key, nor a piece of either.
fn assert_silent(log: &str) {
    for secret in [TOKEN, NEW, OLD] {
        for piece in secret.as_bytes().windows(12) {
            let piece = str::from_utf8(piece).expect("ASCII");
            assert!(!log.contains(piece), "the log has {piece}: {log}");
        }
    }
}

/// What a message of the queue says: the account that registered, and for which license.
fn registered(body: &str) -> (String, String) {
    let notification = parse(body.as_bytes()).expect("it can be read");
    assert_eq!(
        notification.envelope.account.map(|it| it.to_string()).as_deref(),
        Some("111122223333")
    );
    let Family::Agreement(notice) = notification.family else { panic!("{body}") };
    let AgreementEvent::Registered { customer } = notice.what else { panic!("{body}") };
    let license = notice.license.expect("a license").0;
    (customer.expect("an account").to_string(), license.to_string())
}

#[tokio::test]
async fn a_buyer_goes_on_with_proof_of_who_it_is() {
    let around = Surroundings::start(&[TOKEN]).await;
    let mut function = around.function().await;
    let answer = browse(&mut function, &post(&form(TOKEN)), 60).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    assert_eq!((answer.header("cache-control"), answer.body.as_str()), ("no-store", ""));
    let proof = answer.header("location").strip_prefix(&format!("{SIGN_UP}&registration="));
    let proof = proof.expect("the sign-up page");
    // The page of the documentation, and a library that knows nothing of us, with the keys in either order.
    let keys = json!({"2026a": OLD, "2026b": NEW});
    let claims = claims(proof, &keys, NEW);
    let (buyer, license) = (&claims["buyer"], &claims["license"]);
    assert_eq!((buyer, license), (&json!("555566667777"), &json!(LICENSE)));
    assert_eq!(claims.as_object().map(serde_json::Map::len), Some(7), "{claims}");
    // What was recorded before is what the ledger will have under this digest.
    let taken = around.queue.taken();
    let [body] = taken.as_slice() else { panic!("{taken:?}") };
    assert_eq!(registered(body), ("555566667777".to_owned(), LICENSE.to_owned()));
    let digest = parse(body.as_bytes()).expect("it can be read").digest.to_string();
    assert_eq!(claims["jti"], json!(digest));
    assert!(!body.contains(&TOKEN[..12]), "{body}");
    // The same token again is worth nothing.
    let again = browse(&mut function, &post(&form(TOKEN)), 60).await;
    assert_eq!((again.status, around.queue.taken()), (400, vec![]));
    assert!(again.body.contains("<h1>This link is no longer valid</h1>"), "{}", again.body);
    let (log, metrics) = function.end().await;
    assert_silent(&log);
    assert!(log.contains(&digest), "{log}");
    let counted = |name: &str| metrics.iter().filter_map(|line| line[name].as_u64()).sum::<u64>();
    assert_eq!((counted("Registered"), counted("RegistrationsRefused")), (1, 1), "{metrics:?}");
    assert_eq!((counted("RegistrationsFailed"), counted("ColdStart")), (0, 1), "{metrics:?}");
}

/// The case, the token, what goes wrong with AWS and with the queue, the status and words that the buyer gets, how often AWS is
/// asked, and how many messages there are.
type Case<'a> = (&'a str, &'a str, &'a str, &'a [Fate], (u16, &'a str), usize, usize);

#[tokio::test]
async fn what_fails_is_told_and_nothing_is_asked_twice_that_may_be_done() {
    let tokens: Vec<String> = (0..10).map(|number| format!("{TOKEN}{number}")).collect();
    let mut known: Vec<&str> = tokens.iter().map(String::as_str).collect();
    known.push("old-token");
    let around = Surroundings::start(&known).await;
    let mut function = around.function().await;
    let (later, fault, over) =
        ((503, "just now"), (500, "contact the seller"), (400, "no longer valid"));
    let gone = (303, "");
    #[rustfmt::skip]
    let cases: [Case<'_>; 12] = [
        ("nothing", &tokens[0], "", &[], gone, 1, 1),
        ("AWS is busy once", &tokens[1], "ResolveCustomer=429", &[], gone, 2, 1),
        ("AWS stays busy", &tokens[2], "ResolveCustomer=429*4", &[], later, 4, 0),
        ("AWS has a fault", &tokens[3], "ResolveCustomer=500", &[], later, 1, 0),
        ("AWS's answer is lost", &tokens[4], "ResolveCustomer=cut", &[], later, 1, 0),
        ("we may not ask", &tokens[5], "ResolveCustomer=403", &[], fault, 1, 0),
        ("the token is too old", "old-token", "", &[], over, 1, 0),
        ("the token is none", "made-up", "", &[], over, 1, 0),
        ("the queue is away twice", &tokens[6], "", &[Away, Away], gone, 1, 1),
        ("the queue's answer is lost", &tokens[7], "", &[Unanswered], gone, 1, 2),
        ("the queue is away", &tokens[8], "", &[Away, Away, Away], later, 1, 0),
        ("the queue refuses it", &tokens[9], "", &[Refused], later, 1, 0),
    ];
    for (name, token, wrong, fates, (status, words), calls, messages) in cases {
        if !wrong.is_empty() {
            around.expect(wrong);
        }
        around.queue.next(fates);
        let before = around.calls();
        let answer = browse(&mut function, &post(&form(token)), 60).await;
        assert_eq!(answer.status, status, "{name}: {answer:?}");
        assert!(answer.body.contains(words), "{name}: {}", answer.body);
        assert_eq!(around.calls() - before, calls, "{name}");
        let taken = around.queue.taken();
        assert_eq!(taken.len(), messages, "{name}");
        assert!(
            taken.windows(2).all(|pair| pair[0] == pair[1]),
            "{name}: the ledger counts it once"
        );
    }
    let (log, metrics) = function.end().await;
    assert_silent(&log);
    let failed = metrics.iter().filter_map(|line| line["RegistrationsFailed"].as_u64());
    assert_eq!(failed.sum::<u64>(), 6, "{metrics:?}");
}

#[tokio::test]
async fn bad_requests_reach_neither_aws_nor_the_queue() {
    let around = Surroundings::start(&[TOKEN]).await;
    let mut function = around.function().await;
    let two = format!("{}&{}", form(TOKEN), form(TOKEN));
    let large = format!("{}&x={}", form(TOKEN), "y".repeat(20_000));
    let mut opened = post(&form(TOKEN));
    opened["requestContext"]["http"]["method"] = json!("GET");
    let mut json = post(&form(TOKEN));
    json["headers"]["content-type"] = json!("application/json");
    let marked = "x-amzn-marketplace-token=%3Cscript%3Ealert(1)%3C%2Fscript%3E%20";
    let cases = [
        ("opened by hand", opened, 405),
        ("JSON", json, 415),
        ("too large", post(&large), 413),
        ("two tokens", post(&two), 400),
        ("no token", post("a=b"), 400),
        ("a script", post(marked), 400),
        ("no request", json!({"Records": []}), 405),
        ("nothing", Value::Null, 405),
    ];
    for (name, request, status) in cases {
        let answer = browse(&mut function, &request, 60).await;
        assert_eq!(answer.status, status, "{name}: {answer:?}");
        let says = "<h1>This page is opened from AWS Marketplace</h1>";
        assert!(answer.body.contains(says) && !answer.body.contains("alert"), "{name}");
        assert!(answer.header("content-security-policy").starts_with("default-src 'none'"));
        assert_eq!(answer.header("allow"), if status == 405 { "POST" } else { "" }, "{name}");
    }
    assert_eq!((around.calls(), around.queue.taken()), (0, vec![]));
    assert_silent(&function.stop().await);
}

#[tokio::test]
async fn killed_between_aws_and_the_queue_it_loses_one_try_of_the_buyers() {
    let second = format!("{TOKEN}-2");
    let around = Surroundings::start(&[TOKEN, &second]).await;
    let mut function = around.function().await;
    around.queue.next(&[Fate::Away, Fate::Away, Fate::Away]);
    let request = post(&form(TOKEN));
    tokio::select! {
        () = around.queue.came() => {}
        answer = function.invoke(&request, 60) => panic!("{answer:?}"),
    }
    function.kill().await;
    assert_eq!((around.calls(), around.queue.taken()), (1, vec![]), "AWS said who it is");
    // The token is used up: AWS Marketplace gives another.
    around.queue.next(&[]);
    let mut function = around.function().await;
    assert_eq!(browse(&mut function, &request, 60).await.status, 400);
    let Answered { status, .. } = browse(&mut function, &post(&form(&second)), 60).await;
    assert_eq!((status, around.queue.taken().len()), (303, 1));
    assert_silent(&function.stop().await);
}

#[tokio::test]
async fn a_buyer_hears_before_lambda_gives_up() {
    let around = Surroundings::start(&[TOKEN]).await;
    let mut function = around.function().await;
    around.queue.next(&[Fate::Unanswered; 9]);
    let answer = browse(&mut function, &post(&form(TOKEN)), 2).await;
    assert_eq!(answer.status, 503, "{answer:?}");
    // It was taken all the same: the ledger will know it.
    assert_eq!(around.queue.taken().len(), 1);
    assert_silent(&function.stop().await);
}

#[tokio::test]
async fn it_does_not_start_with_keys_that_can_be_guessed() {
    let variables = [
        ("AWS_REGION", "us-east-1"),
        ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9"),
        ("RESOLD_QUEUE", "https://sqs.us-east-1.amazonaws.com/111122223333/resold"),
        ("RESOLD_SIGN_UP_URL", SIGN_UP),
        ("RESOLD_SIGNING_KEYS", "a:secret-word"),
    ];
    let (status, log) = refused("register", &variables).await;
    assert_eq!(status.code(), Some(2));
    assert!(log.contains("RESOLD_SIGNING_KEYS is not usable: a key has at least 43"), "{log}");
    assert!(!log.contains("secret-word"), "{log}");
}
