//! A server on loopback that answers what a test tells it, for tests of what AWS may do on the wire.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_marketplacecatalog::config::{Credentials, SharedCredentialsProvider};
use processor::port::patience::Patience;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::api::Access;
use crate::endpoint::Endpoint;

/// What becomes of a request.
pub(crate) enum Reply {
    /// It is answered: status, headers, body.
    Answer(u16, Vec<(&'static str, &'static str)>, Vec<u8>),
    /// The connection is cut after the request was taken.
    Cut,
    /// The connection is cut in the middle of an answer.
    CutHalfway,
    /// Nothing comes, and the connection stays.
    Silence,
}

impl Reply {
    /// An answer in JSON.
    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self::Answer(status, vec![("content-type", "application/json")], body.as_bytes().to_vec())
    }

    /// An error as the Catalog API writes it.
    pub(crate) fn error(status: u16, code: &'static str, message: &str) -> Self {
        let headers = vec![("content-type", "application/json"), ("x-amzn-errortype", code)];
        let body = serde_json::json!({ "Message": message }).to_string();
        Self::Answer(status, headers, body.into_bytes())
    }
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// The first line and the headers.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// Method and path.
    pub(crate) fn line(&self) -> String {
        self.head.lines().next().unwrap_or_default().replace(" HTTP/1.1", "")
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }
}

type Shared = Arc<Mutex<(VecDeque<Reply>, Vec<Request>)>>;

/// The server. It ends when this is dropped.
pub(crate) struct Responder {
    url: String,
    shared: Shared,
    server: JoinHandle<()>,
}

impl Drop for Responder {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Responder {
    /// Answers requests in this order; more than these fail.
    pub(crate) async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let shared: Shared = Arc::new(Mutex::new((replies.into_iter().collect(), Vec::new())));
        let state = Arc::clone(&shared);
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&state)));
            }
        });
        Self { url, shared, server }
    }

    /// Where it is.
    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint::new(&self.url).expect("an endpoint")
    }

    /// How it is reached, by nobody in particular and without long pauses.
    pub(crate) fn access(&self) -> Access {
        let credentials = Credentials::new("AKIAEXAMPLE", "secret", None, None, "test");
        let patience = Patience { first: Duration::from_millis(1), ..Patience::default() };
        Access::new(Some(self.endpoint()), SharedCredentialsProvider::new(credentials))
            .with_patience(patience)
    }

    /// What came.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.lock().expect("no panic").1.clone()
    }
}

async fn serve(mut stream: TcpStream, shared: Shared) {
    while let Some(request) = read(&mut stream).await {
        let reply = {
            let mut shared = shared.lock().expect("no panic");
            shared.1.push(request);
            shared.0.pop_front()
        };
        let reply = reply.unwrap_or_else(|| Reply::error(400, "NoMoreReplies", "none is left"));
        let written = match reply {
            Reply::Answer(status, headers, body) => {
                let mut answer = head(status, &headers, body.len());
                answer.extend(body);
                stream.write_all(&answer).await
            }
            Reply::Cut => return,
            Reply::CutHalfway => {
                let mut answer = head(200, &[("content-type", "application/json")], 100);
                answer.extend(b"{\"ChangeSetId\":");
                stream.write_all(&answer).await.expect("the client is there");
                return;
            }
            Reply::Silence => std::future::pending().await,
        };
        written.expect("the client is there");
    }
}

fn head(status: u16, headers: &[(&str, &str)], length: usize) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} Status\r\ncontent-length: {length}\r\n");
    for (name, value) in headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    head.push_str("\r\n");
    head.into_bytes()
}

/// The next request, if the client sends one.
async fn read(stream: &mut TcpStream) -> Option<Request> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4_096]);
    loop {
        if let Some(end) = bytes.windows(4).position(|part| part == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(": ")?;
                let is_it = name.eq_ignore_ascii_case("content-length");
                is_it.then(|| value.parse::<usize>().expect("a length"))
            });
            let body = &bytes[end + 4..];
            if body.len() >= length.unwrap_or(0) {
                return Some(Request { head, body: body.to_vec() });
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend(&buffer[..read]),
        }
    }
}
