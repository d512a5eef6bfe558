//! A small Lambda Runtime API (AWS: "Using the Lambda runtime API for custom runtimes") on loopback, and a function that
//! polls it.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use deal::moment::Moment;
use processor::clock::{Clock as _, SystemClock};
use serde_json::Value;
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::binary::binary;

/// What the function asks of the API.
struct Request {
    /// Method and path.
    line: String,
    body: Vec<u8>,
    answer: oneshot::Sender<String>,
}

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
    requests: mpsc::Receiver<Request>,
    process: Child,
    /// Reads what it logs: a function whose log nobody takes stands still.
    log: JoinHandle<String>,
    metrics: JoinHandle<String>,
    invocations: u32,
}

impl Function {
    /// Starts a function with these variables. Without the place of an event bus among them there is none.
    pub async fn start(name: &str, variables: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let (sender, requests) = mpsc::channel(1);
        tokio::spawn(serve(listener, sender));
        let mut process = command(name)
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "an-id")
            .env("AWS_SECRET_ACCESS_KEY", "secret-word")
            .env("AWS_ENDPOINT_URL_EVENTBRIDGE", NOWHERE)
            .env("AWS_LAMBDA_LOG_LEVEL", "DEBUG")
            .envs(variables.iter().copied())
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .env("AWS_LAMBDA_FUNCTION_NAME", name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .spawn()
            .expect("the function starts");
        let log = tokio::spawn(text(process.stderr.take().expect("it is piped")));
        let metrics = tokio::spawn(text(process.stdout.take().expect("it is piped")));
        Self { requests, process, log, metrics, invocations: 0 }
    }

    /// Invokes it with an event, to be answered within this time.
    pub async fn invoke(&mut self, event: &Value, seconds: i64) -> Answer {
        self.invocations += 1;
        let id = format!("request-{}", self.invocations);
        let deadline = Moment::from_micros(SystemClock.now().micros() + seconds * 1_000_000);
        let next = self.request().await;
        assert_eq!(next.line, "GET /2018-06-01/runtime/invocation/next");
        let head = format!(
            "Lambda-Runtime-Aws-Request-Id: {id}\r\nLambda-Runtime-Deadline-Ms: {}\r\n\
             Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:111122223333:function:ingest\r\n",
            deadline.micros() / 1_000
        );
        send(next, "200 OK", &head, &event.to_string());
        let answer = self.request().await;
        let value = serde_json::from_slice(&answer.body).expect("an answer is JSON");
        let path = format!("POST /2018-06-01/runtime/invocation/{id}");
        let value = match answer.line.strip_prefix(&path) {
            Some("/response") => Answer::Response(value),
            Some("/error") => Answer::Error(value),
            _ => panic!("the function sent {}", answer.line),
        };
        send(answer, "202 Accepted", "", "");
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
            request = self.requests.recv() => request.expect("the API is there"),
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

fn send(request: Request, status: &str, head: &str, body: &str) {
    let length = body.len();
    let text = format!("HTTP/1.1 {status}\r\n{head}Content-Length: {length}\r\n\r\n{body}");
    request.answer.send(text).expect("the function waits for it");
}

async fn serve(listener: TcpListener, requests: mpsc::Sender<Request>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(converse(BufReader::new(stream), requests.clone()));
    }
}

/// Request after request on one connection, until the function closes it.
async fn converse(mut stream: BufReader<TcpStream>, requests: mpsc::Sender<Request>) {
    while let Some((line, body)) = read(&mut stream).await {
        let (answer, answered) = oneshot::channel();
        if requests.send(Request { line, body, answer }).await.is_err() {
            return;
        }
        let Ok(text) = answered.await else { return };
        if stream.get_mut().write_all(text.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The first line without its protocol, and the body.
pub async fn read(stream: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let first = line(stream).await?;
    let mut length = 0;
    loop {
        let header = line(stream).await?.to_ascii_lowercase();
        assert!(!header.starts_with("transfer-encoding:"), "a body in pieces: {header}");
        if let Some(number) = header.strip_prefix("content-length:") {
            length = number.trim().parse().expect("a number");
        }
        if header.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some((first.strip_suffix(" HTTP/1.1").expect("HTTP/1.1").to_owned(), body))
}

async fn line(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    let bytes = stream.read_line(&mut line).await.ok()?;
    (bytes > 0).then(|| line.trim_end().to_owned())
}
