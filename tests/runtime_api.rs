//! A small Lambda Runtime API (AWS: "Using the Lambda runtime API for custom runtimes") on loopback.

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

/// What a function asks for next.
pub const NEXT: &str = "GET /2018-06-01/runtime/invocation/next";

/// The API of one function.
#[derive(Debug)]
pub struct RuntimeApi {
    address: String,
    requests: mpsc::Receiver<Request>,
}

/// What the function asks of the API.
#[derive(Debug)]
pub struct Request {
    /// Method and path.
    pub line: String,
    /// What it sends.
    pub body: Vec<u8>,
    answer: oneshot::Sender<String>,
}

impl RuntimeApi {
    /// Listens on a free port.
    pub async fn listen() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let (sender, requests) = mpsc::channel(1);
        tokio::spawn(serve(listener, sender));
        Self { address, requests }
    }

    /// What `AWS_LAMBDA_RUNTIME_API` has to say.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The next request.
    pub async fn request(&mut self) -> Request {
        self.requests.recv().await.expect("the API is there")
    }
}

impl Request {
    /// Answers a request for the next invocation: this event, to be answered by a time in milliseconds since 1970.
    pub fn invoke(self, id: &str, deadline: i64, event: &str) {
        let head = format!(
            "Lambda-Runtime-Aws-Request-Id: {id}\r\nLambda-Runtime-Deadline-Ms: {deadline}\r\n\
             Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:111122223333:function:ingest\r\n"
        );
        self.send("200 OK", &head, event);
    }

    /// Takes what the function answered to an invocation.
    pub fn accept(self) {
        self.send("202 Accepted", "", "");
    }

    fn send(self, status: &str, head: &str, body: &str) {
        let length = body.len();
        let text = format!("HTTP/1.1 {status}\r\n{head}Content-Length: {length}\r\n\r\n{body}");
        self.answer.send(text).expect("the function waits for it");
    }
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
