//! `resold worker` as compiled, asked by HTTP how it is.

use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStderr, Command};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::binary::binary;

/// What is waited for comes within this time.
const BOUND: Duration = Duration::from_mins(2);

/// A worker that runs.
#[derive(Debug)]
pub struct Worker {
    process: Child,
    /// Where it answers probes.
    address: String,
    /// Reads what it logs: a worker whose log nobody takes stands still.
    log: JoinHandle<String>,
}

impl Worker {
    /// Starts one with these arguments (words parted by spaces) and variables, and no others; it answers probes.
    pub async fn start(arguments: &str, variables: &[(&str, &str)]) -> Self {
        let mut process = spawn(&format!("{arguments} --listen 127.0.0.1:0"), variables);
        let mut stderr = BufReader::new(process.stderr.take().expect("it is piped"));
        let mut log = String::new();
        let address = loop {
            let before = log.len();
            let bytes = stderr.read_line(&mut log).await.expect("its log is text");
            assert!(bytes > 0, "the worker ended: {log}");
            let line: Value = serde_json::from_str(&log[before..]).unwrap_or_default();
            if let Some(address) = line["address"].as_str() {
                break address.to_owned();
            }
        };
        Self { process, address, log: tokio::spawn(rest(log, stderr)) }
    }

    /// Where it answers probes.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Asks by GET: the status, and the body.
    pub async fn get(&self, path: &str) -> (u16, String) {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.address);
        self.ask(request.as_bytes()).await
    }

    /// Asks with these bytes: the status (0 without an answer), and the body.
    pub async fn ask(&self, request: &[u8]) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).await.expect("it listens");
        // It may have answered, and closed, before it read everything.
        let _ = stream.write_all(request).await;
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
        let status = head.split(' ').nth(1).map_or(0, |status| status.parse().expect("a status"));
        (status, body.to_owned())
    }

    /// The value of a sample, named with its labels as it is written; nothing if there is no such sample.
    pub async fn sample(&self, name: &str) -> Option<u64> {
        let (status, text) = self.get("/metrics").await;
        assert_eq!(status, 200, "{text}");
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.map(|value| value.parse().expect("a whole number"))
    }

    /// Waits until a sample has this value.
    pub async fn until_sample(&self, name: &str, value: u64) {
        until(&format!("{name} {value}"), async || self.sample(name).await == Some(value)).await;
    }

    /// Waits until `/readyz` says this.
    pub async fn until_readiness(&self, status: u16, said: &str) {
        let expected = (status, format!("{said}\n"));
        until(said, async || self.get("/readyz").await == expected).await;
    }

    /// Asks it to stop (SIGTERM).
    pub async fn terminate(&self) {
        let id = self.process.id().expect("it runs").to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().await;
        assert!(asked.is_ok_and(|status| status.success()), "it is asked");
    }

    /// Ends the worker (SIGKILL), whatever it does.
    pub async fn kill(&mut self) {
        self.process.kill().await.expect("it can be killed");
    }

    /// Waits until it ends by itself; how, and what it logged.
    pub async fn ended(mut self) -> (ExitStatus, String) {
        let ended = timeout(BOUND, self.process.wait()).await.expect("it ends in time");
        (ended.expect("it ends"), self.log.await.expect("its log is text"))
    }

    /// Asks it to stop, which it does by itself; what it logged.
    pub async fn stop(self) -> String {
        self.terminate().await;
        let (status, log) = self.ended().await;
        assert!(status.success(), "{status}: {log}");
        log
    }
}

/// Runs one that cannot go on: how it ended, and what it said.
pub async fn refused(arguments: &str, variables: &[(&str, &str)]) -> (ExitStatus, String) {
    let mut process = spawn(arguments, variables);
    let said = rest(String::new(), BufReader::new(process.stderr.take().expect("it is piped")));
    let said = timeout(BOUND, said).await.expect("it ends in time");
    (process.wait().await.expect("it ends"), said)
}

fn spawn(arguments: &str, variables: &[(&str, &str)]) -> Child {
    let mut command = Command::new(binary("resold"));
    command.arg("worker").args(arguments.split_whitespace());
    command.env_clear().envs(variables.iter().copied()).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().expect("it starts")
}

async fn rest(mut log: String, mut stderr: BufReader<ChildStderr>) -> String {
    stderr.read_to_string(&mut log).await.expect("its log is text");
    log
}

/// Asks again and again until it is so.
pub async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < BOUND, "{what}: not in time");
        sleep(Duration::from_millis(100)).await;
    }
}
