//! SQS's `SendMessageBatch` as `register` sees it (AWS JSON 1.0 over HTTP), on loopback. It keeps what it takes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use resold_tests::runtime_api::read;
use serde_json::{Value, json};
use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What becomes of the next message.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fate {
    /// It is refused by HTTP, as by an SQS that is away.
    Away,
    /// It is refused by itself, as one that nobody can take.
    Refused,
    /// It is taken, and nobody is told.
    Unanswered,
}

/// A queue.
pub(crate) struct SendOnly {
    pub(crate) endpoint: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    taken: Mutex<Vec<String>>,
    fates: Mutex<Vec<Fate>>,
    came: Notify,
}

fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SendOnly {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let state = Arc::<State>::default();
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(BufReader::new(stream), Arc::clone(&shared)));
            }
        });
        Self { endpoint, state }
    }

    /// The next messages come to this, one each; then all are taken.
    pub(crate) fn next(&self, fates: &[Fate]) {
        *lock(&self.state.fates) = fates.iter().rev().copied().collect();
    }

    /// What it took since this was asked last, in order.
    pub(crate) fn taken(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.state.taken))
    }

    /// Waits until a message came, whatever becomes of it.
    pub(crate) async fn came(&self) {
        self.state.came.notified().await;
    }
}

async fn converse(mut stream: BufReader<TcpStream>, state: Arc<State>) {
    while let Some((line, body)) = read(&mut stream).await {
        assert_eq!(line, "POST /");
        let request: Value = serde_json::from_slice(&body).expect("a request is JSON");
        let fate = lock(&state.fates).pop();
        state.came.notify_one();
        let entry = &request["Entries"][0];
        let (status, answer) = match fate {
            Some(Fate::Away) => (503, json!({"__type": "ServiceUnavailable", "message": "away"})),
            Some(Fate::Refused) => (
                200,
                json!({"Successful": [], "Failed": [
                    {"Id": entry["Id"], "Code": "InvalidMessageContents", "SenderFault": true, "Message": "no"}
                ]}),
            ),
            Some(Fate::Unanswered) | None => {
                let text = entry["MessageBody"].as_str().expect("text").to_owned();
                lock(&state.taken).push(text);
                let taken = json!({"Id": entry["Id"], "MessageId": "m-1", "MD5OfMessageBody": ""});
                (200, json!({"Successful": [taken], "Failed": []}))
            }
        };
        if matches!(fate, Some(Fate::Unanswered)) {
            // Until the function hangs up.
            let _ = read(&mut stream).await;
            return;
        }
        let (answer, length) = (answer.to_string(), answer.to_string().len());
        let text = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: {length}\r\n\r\n{answer}"
        );
        if stream.get_mut().write_all(text.as_bytes()).await.is_err() {
            return;
        }
    }
}
