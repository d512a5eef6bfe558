//! A function as compiled, that polls a Lambda Runtime API on loopback.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use deal::moment::Moment;
use processor::clock::{Clock as _, SystemClock};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::binary::binary;
use crate::runtime_api::{NEXT, Request, RuntimeApi};

/// What an invocation came to.
#[derive(Debug, PartialEq)]
pub enum Answer {
    /// It answered this.
    Response(Value),
    /// It failed with this.
    Error(Value),
}

/// The compiled function, running under the API.
#[derive(Debug)]
pub struct Function {
    api: RuntimeApi,
    process: Child,
    /// Reads what it logs: a function whose log nobody takes stands still.
    log: JoinHandle<String>,
    metrics: JoinHandle<String>,
    invocations: u32,
}

impl Function {
    /// Starts a function with these variables. Without the place of an event bus among them there is none.
    pub async fn start(name: &str, variables: &[(&str, &str)]) -> Self {
        let api = RuntimeApi::listen().await;
        let mut process = command(name)
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "an-id")
            .env("AWS_SECRET_ACCESS_KEY", "secret-word")
            .env("AWS_ENDPOINT_URL_EVENTBRIDGE", NOWHERE)
            .env("AWS_LAMBDA_LOG_LEVEL", "DEBUG")
            .envs(variables.iter().copied())
            .env("AWS_LAMBDA_RUNTIME_API", api.address())
            .env("AWS_LAMBDA_FUNCTION_NAME", name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .spawn()
            .expect("the function starts");
        let log = tokio::spawn(text(process.stderr.take().expect("it is piped")));
        let metrics = tokio::spawn(text(process.stdout.take().expect("it is piped")));
        Self { api, process, log, metrics, invocations: 0 }
    }

    /// Invokes it with an event, to be answered within this time.
    pub async fn invoke(&mut self, event: &Value, seconds: i64) -> Answer {
        self.invocations += 1;
        let id = format!("request-{}", self.invocations);
        let deadline = Moment::from_micros(SystemClock.now().micros() + seconds * 1_000_000);
        let next = self.request().await;
        assert_eq!(next.line, NEXT);
        next.invoke(&id, deadline.micros() / 1_000, &event.to_string());
        let answer = self.request().await;
        let value = serde_json::from_slice(&answer.body).expect("an answer is JSON");
        let path = format!("POST /2018-06-01/runtime/invocation/{id}");
        let value = match answer.line.strip_prefix(&path) {
            Some("/response") => Answer::Response(value),
            Some("/error") => Answer::Error(value),
            _ => panic!("the function sent {}", answer.line),
        };
        answer.accept();
        value
    }

    /// Invokes it, and kills it (SIGKILL) when so much time has passed since it had the event, if it has not answered by then.
    pub async fn invoke_and_kill(mut self, event: &Value, after: Duration) -> Option<Answer> {
        let answer = timeout(after, self.invoke(event, 60)).await.ok();
        self.kill().await;
        answer
    }

    /// Ends the function (SIGKILL), whatever it does.
    pub async fn kill(mut self) {
        self.process.kill().await.expect("it can be ended");
    }

    /// Ends the function; what it logged, and what it measured.
    pub async fn end(mut self) -> (String, Vec<Value>) {
        assert!(self.process.try_wait().expect("its state").is_none(), "the function ended");
        self.process.kill().await.expect("it can be ended");
        let metrics = self.metrics.await.expect("metrics are text");
        let line = |line| serde_json::from_str(line).expect("each line is JSON");
        (self.log.await.expect("its log is text"), metrics.lines().map(line).collect())
    }

    /// Ends the function; what it logged.
    pub async fn stop(self) -> String {
        self.end().await.0
    }

    async fn request(&mut self) -> Request {
        tokio::select! {
            request = self.api.request() => request,
            ended = self.process.wait() => panic!("the function ended: {ended:?}"),
        }
    }
}

/// A port that nobody listens on.
const NOWHERE: &str = "http://127.0.0.1:9";

/// Runs a function where it cannot start; how it ended, and what it logged.
pub async fn refused(name: &str, variables: &[(&str, &str)]) -> (ExitStatus, String) {
    let mut process = command(name).envs(variables.iter().copied()).spawn().expect("it starts");
    let log = text(process.stderr.take().expect("it is piped")).await;
    (process.wait().await.expect("it ends"), log)
}

fn command(name: &str) -> Command {
    let mut command = Command::new(binary(name));
    command.env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.kill_on_drop(true);
    command
}

async fn text(mut pipe: impl AsyncRead + Unpin) -> String {
    let mut text = String::new();
    pipe.read_to_string(&mut text).await.expect("it is text");
    text
}
