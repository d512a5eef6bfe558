//! EventBridge's `PutEvents` as the functions see it (AWS JSON 1.1 over HTTP), on loopback. It keeps what it takes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use resold_tests::runtime_api::read;
use serde_json::{Value, json};
use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// An event bus.
pub(crate) struct Bus {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    taken: Vec<Value>,
    requests: usize,
    /// By detail-type: with which code each entry is refused.
    refused: BTreeMap<String, String>,
    /// With which status and code each request is answered.
    failing: Option<(u16, String)>,
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Bus {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let state = Arc::<Mutex<State>>::default();
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(BufReader::new(stream), Arc::clone(&shared)));
            }
        });
        Self { url, state }
    }

    /// Refuses every entry of a detail-type with a code; `None`: takes them again.
    pub(crate) fn refuse(&self, detail_type: &str, code: Option<&str>) {
        let mut state = lock(&self.state);
        state.refused.remove(detail_type);
        state.refused.extend(code.map(|code| (detail_type.to_owned(), code.to_owned())));
    }

    /// Answers every request with a status and a code; `None`: no longer.
    pub(crate) fn fail(&self, with: Option<(u16, &str)>) {
        lock(&self.state).failing = with.map(|(status, code)| (status, code.to_owned()));
    }

    /// What it took, in order: the entries as they were sent.
    pub(crate) fn taken(&self) -> Vec<Value> {
        lock(&self.state).taken.clone()
    }

    /// The event ids of what it took, in order.
    pub(crate) fn ids(&self) -> Vec<String> {
        let detail = |entry: &Value| -> Value {
            let text = entry["Detail"].as_str().expect("a detail");
            serde_json::from_str(text).expect("a detail is JSON")
        };
        let taken = self.taken();
        let id = |entry| detail(entry)["event_id"].as_str().expect("an id").to_owned();
        taken.iter().map(id).collect()
    }

    /// How many requests there were.
    pub(crate) fn requests(&self) -> usize {
        lock(&self.state).requests
    }
}

async fn converse(mut stream: BufReader<TcpStream>, state: Arc<Mutex<State>>) {
    while let Some((line, body)) = read(&mut stream).await {
        assert_eq!(line, "POST /");
        let request: Value = serde_json::from_slice(&body).expect("a request is JSON");
        let (status, answer) = answer(&mut lock(&state), &request);
        let (answer, length) = (answer.to_string(), answer.to_string().len());
        let text = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: {length}\r\n\r\n{answer}"
        );
        if stream.get_mut().write_all(text.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn answer(state: &mut State, request: &Value) -> (u16, Value) {
    state.requests += 1;
    if let Some((status, code)) = &state.failing {
        return (*status, json!({"__type": code, "message": "no"}));
    }
    let entries = request["Entries"].as_array().expect("entries");
    assert!((1..=10).contains(&entries.len()), "{} entries", entries.len());
    let mut answers = Vec::new();
    let mut failed = 0;
    for entry in entries {
        let detail_type = entry["DetailType"].as_str().expect("a detail-type");
        if let Some(code) = state.refused.get(detail_type) {
            failed += 1;
            answers.push(json!({"ErrorCode": code, "ErrorMessage": "not this one"}));
        } else {
            state.taken.push(entry.clone());
            answers.push(json!({"EventId": format!("taken-{}", state.taken.len())}));
        }
    }
    (200, json!({"FailedEntryCount": failed, "Entries": answers}))
}
