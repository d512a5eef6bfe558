//! A real worker between moto's queue and a ledger: a signal in the middle, a kill, and what cannot be read.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use resold_tests::moto::{Moto, Queue};

use crate::resold::{Folder, command, events};

/// What a test waits for happens within this, or not at all. A message that a killed worker was handed is hidden for a minute.
const PATIENCE: Duration = Duration::from_mins(3);

/// Starts a worker on a ledger in the folder, which publishes nothing.
fn start(folder: &Folder, moto: &Moto, queue: &Queue) -> Child {
    let mut command = command(env!("CARGO_BIN_EXE_resold"), &folder.path("."));
    command.args(["--ledger", "worker.db", "worker", "--no-bus", "--queue", &queue.url]);
    command.env("AWS_ENDPOINT_URL", &moto.url).env("AWS_REGION", "us-east-1");
    command.env("AWS_ACCESS_KEY_ID", "none").env("AWS_SECRET_ACCESS_KEY", "none");
    let log = fs::File::options().create(true).append(true).open(folder.path("worker.log"));
    command.stderr(log.expect("the log can be written")).stdout(Stdio::null());
    command.spawn().expect("the binary runs")
}

/// Waits until a queue has nothing left.
async fn until_empty(folder: &Folder, moto: &Moto, queue: &Queue, worker: &mut Child) {
    let until = Instant::now() + PATIENCE;
    while queue.depth(moto).await > 0 {
        let ended = worker.try_wait().expect("it can be asked");
        assert!(ended.is_none() && Instant::now() < until, "{ended:?} {}", log(folder));
        sleep(Duration::from_millis(20));
    }
}

fn log(folder: &Folder) -> String {
    fs::read_to_string(folder.path("worker.log")).expect("there is a log")
}

/// Sends a signal and waits for the end.
fn end(mut worker: Child, signal: &str) -> ExitStatus {
    let id = worker.id().to_string();
    let sent = std::process::Command::new("kill").args([signal, &id]).status();
    assert!(sent.expect("kill runs").success());
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = worker.try_wait().expect("it can be asked") {
            return status;
        }
        assert!(Instant::now() < until, "{signal} does not end it");
        sleep(Duration::from_millis(20));
    }
}

#[tokio::test]
async fn a_worker_takes_in_what_replay_takes_in_and_ends_when_it_is_told() {
    let folder = Folder::new("worker");
    folder.scenario("happy-path");
    for ledger in ["worker.db", "replayed.db"] {
        assert_eq!(folder.run(&["--ledger", ledger, "init"]).code, Some(0));
    }
    let moto = Moto::start();
    let queue = Queue::create(&moto, "worker").await;
    let mut bodies = Vec::new();
    for entry in fs::read_dir(events().join("happy-path")).expect("the scenario is there") {
        let text = fs::read_to_string(entry.expect("an entry").path()).expect("text");
        if text.contains("\"detail-type\"") {
            bodies.push(text);
        }
    }
    assert!(bodies.len() > 1, "a scenario has notifications");

    // Half of them and one that cannot be read, then SIGTERM.
    let mut worker = start(&folder, &moto, &queue);
    let (before, after) = bodies.split_at(bodies.len() / 2);
    for body in before.iter().map(String::as_str).chain(["no JSON: secret-of-a-buyer"]) {
        queue.send(&moto, body).await;
    }
    until_empty(&folder, &moto, &queue, &mut worker).await;
    assert_eq!(end(worker, "-TERM").code(), Some(0), "{}", log(&folder));

    // SIGKILL: what the next one finds is what was not deleted.
    let mut worker = start(&folder, &moto, &queue);
    for body in after {
        queue.send(&moto, body).await;
    }
    until_empty(&folder, &moto, &queue, &mut worker).await;
    assert_eq!(end(worker, "-KILL").signal(), Some(9));
    let mut worker = start(&folder, &moto, &queue);
    for body in &bodies {
        queue.send(&moto, body).await;
    }
    until_empty(&folder, &moto, &queue, &mut worker).await;
    assert_eq!(end(worker, "-INT").code(), Some(0), "{}", log(&folder));

    for (number, body) in bodies.iter().enumerate() {
        folder.write(&format!("sent/{number}.json"), body);
    }
    folder.run(&["--ledger", "replayed.db", "--quiet", "replay", "sent"]);
    for noun in ["offer", "agreement", "entitlement"] {
        let listed =
            |ledger| folder.run(&["--ledger", ledger, noun, "list", "--format", "json"]).stdout;
        assert_eq!(listed("worker.db"), listed("replayed.db"), "{noun}: {}", log(&folder));
    }
    let waiting = folder.run(&["--ledger", "worker.db", "inbox", "list", "--format", "json"]);
    assert_eq!(waiting.stdout.matches("\"quarantined\"").count(), 1, "{waiting:?}");
    assert!(!log(&folder).contains("secret-of-a-buyer"), "no body is logged");
}

#[tokio::test]
async fn a_worker_without_its_queue_says_so_and_ends() {
    let folder = Folder::new("worker-without");
    assert_eq!(folder.run(&["--ledger", "worker.db", "init"]).code, Some(0));
    let moto = Moto::start();
    let queue = Queue { url: format!("{}/123456789012/nowhere", moto.url) };
    let status = start(&folder, &moto, &queue).wait().expect("it ends");
    assert_eq!(status.code(), Some(2));
    assert!(
        log(&folder).contains("NonExistentQueue") || log(&folder).contains("QueueDoesNotExist"),
        "{}",
        log(&folder)
    );
}
