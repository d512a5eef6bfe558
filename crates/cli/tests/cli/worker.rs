//! `resold worker` beside an SQS of the test's own: what it answers, where it finds credentials, what it cannot begin with.
//! `tests/e2e` lets it work on an emulator.

use std::collections::BTreeMap;
use std::net::TcpListener;

use axum::Router;
use axum::extract::Request;
use axum::routing::any;
use resold_tests::database::Database;
use resold_tests::worker::{Worker, refused};
use serde_json::json;
use tokio::sync::mpsc;

use crate::golden::check;
use crate::resold::Folder;

const QUEUE: &str = "https://sqs.us-east-1.amazonaws.com/111122223333/resold-queue";

/// Where nobody listens: an address of the documentation's own machine.
const NOWHERE: &str = "http://127.0.0.1:9";

/// The variables of a worker on a new ledger, which finds SQS there.
fn variables<'a>(ledger: &'a str, sqs: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![("RESOLD_LEDGER", ledger), ("RESOLD_QUEUE", QUEUE), ("AWS_ENDPOINT_URL_SQS", sqs)]
}

/// A new ledger in a file.
fn ledger(folder: &Folder) -> String {
    let path = folder.path("resold.db").display().to_string();
    let done = folder.run(&["--ledger", &path, "init"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    path
}

/// The headers of a request, by their names.
type Headers = BTreeMap<String, String>;

/// An SQS whose queue is empty, and an endpoint of a container's credentials. Where it is, and the requests that it gets: the
/// path and the headers.
async fn empty_queue() -> (String, mpsc::UnboundedReceiver<(String, Headers)>) {
    let (sender, requests) = mpsc::unbounded_channel();
    let answer = any(async move |request: Request| {
        let text = |value: &axum::http::HeaderValue| value.to_str().expect("text").to_owned();
        let headers = request.headers().iter().map(|(name, it)| (name.to_string(), text(it)));
        let path = request.uri().path().to_owned();
        let is_credentials = path == "/credentials";
        let _ = sender.send((path, headers.collect()));
        let credentials = json!({
            "AccessKeyId": "ID-OF-THE-CONTAINER", "SecretAccessKey": "secret-word",
            "Token": "token-of-the-container", "Expiration": "2999-01-01T00:00:00Z",
        });
        if is_credentials { credentials.to_string() } else { "{}".to_owned() }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(axum::serve(listener, Router::new().fallback(answer)).into_future());
    (url, requests)
}

#[tokio::test]
async fn metrics_have_these_names_and_meanings() {
    let folder = Folder::new("worker-metrics");
    let (ledger, (sqs, _requests)) = (ledger(&folder), empty_queue().await);
    let mut variables = variables(&ledger, &sqs);
    variables.extend([("AWS_ACCESS_KEY_ID", "an-id"), ("AWS_SECRET_ACCESS_KEY", "secret-word")]);
    let worker = Worker::start("--no-bus", &variables).await;
    worker.until_readiness(200, "ok").await;
    worker.until_sample(r#"resold_open_findings{severity="critical"}"#, 0).await;
    let (_, text) = worker.get("/metrics").await;
    // What comes in one order only.
    let is_said = |line: &&str| line.starts_with('#') || line.contains("_bucket");
    let said: Vec<&str> = text.lines().filter(is_said).collect();
    check("metrics.txt", &format!("{}\n", said.join("\n")));
    for (name, value) in [("resold_messages_received_total", 0), ("resold_ledger_up", 1)] {
        assert_eq!(worker.sample(name).await, Some(value), "{name}");
    }
    worker.stop().await;
}

#[tokio::test]
async fn probes_are_answered_and_nothing_else_is() {
    let folder = Folder::new("worker-probes");
    let ledger = ledger(&folder);
    let worker = Worker::start("--no-bus", &variables(&ledger, NOWHERE)).await;
    worker.until_readiness(503, "the queue does not answer").await;
    let long = format!("GET /livez HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(17 * 1024));
    #[rustfmt::skip]
    let cases = [
        ("GET /livez HTTP/1.1\r\n\r\n", 200, "ok\n"),
        ("GET /livez HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", 200, "ok\n"),
        ("HEAD /livez HTTP/1.1\r\n\r\n", 200, ""),
        ("POST /livez HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 405, ""),
        ("GET / HTTP/1.1\r\n\r\n", 404, ""),
        ("GET /livez/../../etc/passwd HTTP/1.1\r\n\r\n", 404, ""),
        (&long, 431, ""),
        ("hello\r\n\r\n", 400, ""),
    ];
    for (request, status, body) in cases {
        let shown = request.get(..60).unwrap_or(request);
        assert_eq!(worker.ask(request.as_bytes()).await, (status, body.to_owned()), "{shown}");
    }
    // Those who say nothing hold up nobody for ever.
    for count in [40, 200] {
        let silent = (0..count).map(|_| std::net::TcpStream::connect(worker.address()));
        let silent: Vec<_> = silent.collect();
        assert_eq!(worker.get("/livez").await, (200, "ok\n".to_owned()), "{count} are silent");
        drop(silent);
    }
    worker.stop().await;
}

#[tokio::test]
async fn probes_are_answered_while_a_ledger_is_waited_for() {
    let ledger = "postgres://resold:secret-word@127.0.0.1:9/resold";
    let worker = Worker::start("--no-bus", &variables(ledger, NOWHERE)).await;
    worker.until_readiness(503, "the ledger does not answer").await;
    assert_eq!(worker.get("/livez").await, (200, "ok\n".to_owned()));
    assert_eq!(worker.sample("resold_ledger_up").await, Some(0));
    let log = worker.stop().await;
    assert!(log.contains("the ledger does not answer yet"), "{log}");
    assert!(!log.contains("secret-word"), "{log}");
}

/// After a failover a server goes on answering, and only reads. Its connections are not kept.
#[tokio::test]
async fn a_worker_is_not_ready_while_its_server_only_reads() {
    let mut database = Database::fresh("only_reads").await;
    let name = database.name.clone();
    let set = format!("alter database {name} set default_transaction_read_only = on");
    let reset = format!("alter database {name} reset default_transaction_read_only");
    let (sqs, _requests) = empty_queue().await;
    let url = database.url.clone();
    let mut variables = variables(&url, &sqs);
    variables.extend([("AWS_ACCESS_KEY_ID", "an-id"), ("AWS_SECRET_ACCESS_KEY", "secret-word")]);
    database.server_does(set.clone()).await;
    let worker = Worker::start("--no-bus", &variables).await;
    worker.until_readiness(503, "the ledger does not answer").await;
    assert_eq!(worker.sample("resold_ledger_up").await, Some(0));
    database.server_does(reset.clone()).await;
    worker.until_readiness(200, "ok").await;
    worker.until_sample("resold_ledger_up", 1).await;

    database.server_does(set).await;
    database.cut().await;
    worker.until_sample("resold_ledger_up", 0).await;
    worker.until_readiness(503, "the ledger does not answer").await;
    database.server_does(reset).await;
    worker.until_readiness(200, "ok").await;
    worker.stop().await;
    database.remove().await;
}

#[tokio::test]
async fn credentials_are_found_where_other_programs_find_them() {
    let folder = Folder::new("worker-credentials");
    let ledger = ledger(&folder);
    folder.write(
        "credentials",
        "[default]\naws_access_key_id = ID-OF-THE-FILE\naws_secret_access_key = secret-word\n",
    );
    let file = folder.path("credentials").display().to_string();
    for (name, id) in [("file", "ID-OF-THE-FILE"), ("container", "ID-OF-THE-CONTAINER")] {
        let (sqs, mut requests) = empty_queue().await;
        let endpoint = format!("{sqs}/credentials");
        let mut variables = variables(&ledger, &sqs);
        variables.extend(match name {
            "file" => vec![("AWS_SHARED_CREDENTIALS_FILE", file.as_str())],
            _ => vec![
                ("AWS_CONTAINER_CREDENTIALS_FULL_URI", endpoint.as_str()),
                ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "word-of-the-container"),
            ],
        });
        let worker = Worker::start("--no-bus", &variables).await;
        worker.until_readiness(200, "ok").await;
        let log = worker.stop().await;
        assert!(!log.contains("secret-word") && !log.contains("-of-the-container"), "{log}");
        let mut asked = Vec::new();
        while let Ok(request) = requests.try_recv() {
            asked.push(request);
        }
        let header = |headers: &Headers, name: &str| headers.get(name).cloned().unwrap_or_default();
        let (path, headers) = asked.last().expect("it received");
        assert_eq!(path, "/", "{name}");
        let signed = header(headers, "authorization");
        assert!(signed.contains(&format!("Credential={id}/")), "{name}: {signed}");
        let token = header(headers, "x-amz-security-token");
        assert_eq!(token == "token-of-the-container", name == "container", "{token}");
        let fetched: Vec<_> = asked.iter().filter(|(path, _)| path == "/credentials").collect();
        assert_eq!(fetched.len(), usize::from(name == "container"), "once, and kept");
        let word = |(_, headers): &&(String, Headers)| header(headers, "authorization");
        assert!(fetched.iter().all(|it| word(it) == "word-of-the-container"));
    }
}

#[tokio::test]
async fn what_a_worker_cannot_begin_with() {
    let folder = Folder::new("worker-refused");
    let ledger = ledger(&folder);
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = (taken.local_addr().expect("an address").to_string(), taken);
    #[rustfmt::skip]
    let cases = [
        (format!("--listen {}", taken.0), "error: could not listen on 127.0.0.1:", "\n  try: another program listens there"),
        ("--listen 192.0.2.1:9464".to_owned(), "error: could not listen on 192.0.2.1:9464 for probes\n  because: ", "\n  try: name an address of this machine"),
        ("--listen 9464".to_owned(), "invalid value '9464' for '--listen", "as 127.0.0.1:9464"),
        ("--hide 4".to_owned(), "4 is not in 5..=43200", "--help"),
        ("--hide 43201".to_owned(), "43201 is not in 5..=43200", "--help"),
    ];
    for (arguments, why, way_out) in cases {
        let (status, said) = refused(&arguments, &variables(&ledger, NOWHERE)).await;
        assert_eq!(status.code(), Some(2), "{said}");
        assert!(said.contains(why) && said.contains(way_out), "{arguments}: {said}");
    }
}
