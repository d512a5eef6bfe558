//! SQS as far as tests need it, on a port of its own: it does something else than it is asked at one call.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws::queue::Queue;
use aws::queue_url::QueueUrl;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What happens at one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is done: it is not permitted.
    Denied,
    /// Nothing is done: it is busy.
    Busy,
    /// It is done, and nobody hears of it.
    Lost,
    /// It is done but for the first message, which may be tried again.
    AllButOne,
    /// It is done but for the first message, which is refused for good.
    OneRefused,
    /// Nothing is done, because of one of the messages; alone, it is refused.
    Blamed,
}

/// A message, and whether somebody has it in hand.
#[derive(Debug, Clone)]
struct Held {
    id: String,
    body: String,
    hidden: bool,
}

/// The queues, and what is to happen.
#[derive(Debug, Default)]
struct Queues {
    by_name: BTreeMap<String, Vec<Held>>,
    ids: usize,
    calls: usize,
    fault: Option<(usize, Fault)>,
}

/// A server of queues.
pub struct Fake {
    state: Arc<Mutex<Queues>>,
    endpoint: String,
}

impl Fake {
    /// Starts one.
    pub async fn start() -> Self {
        let state = Arc::<Mutex<Queues>>::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("a port"));
        let router = Router::new().route("/", post(answer)).with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { state, endpoint }
    }

    /// A queue of this name.
    pub fn queue(&self, name: &str) -> Queue {
        let url = QueueUrl::new(&format!("{}/111122223333/{name}", self.endpoint)).expect("a URL");
        let nobody = Credentials::new("none", "none", None, None, "test");
        let nobody = SharedCredentialsProvider::new(nobody);
        Queue::new(url, Some(self.endpoint.clone()), nobody)
    }

    /// Begins again: this is in a queue, and nothing anywhere else. What `fault` says happens at its call, from 0.
    pub fn begin(&self, name: &str, bodies: &[String], fault: Option<(usize, Fault)>) {
        let mut state = Queues { fault, ..Queues::default() };
        for body in bodies {
            state.put(name, body);
        }
        *self.state.lock().expect("no panic") = state;
    }

    /// Time passes: whoever had a message in hand has it no more, and nothing more goes wrong.
    pub fn time_passes(&self) {
        let mut state = self.state.lock().expect("no panic");
        state.fault = None;
        state.by_name.values_mut().flatten().for_each(|held| held.hidden = false);
    }

    /// The bodies in a queue, in hand or not.
    pub fn bodies(&self, name: &str) -> Vec<String> {
        let state = self.state.lock().expect("no panic");
        let queue = state.by_name.get(name).into_iter().flatten();
        queue.map(|held| held.body.clone()).collect()
    }

    /// How often it was called.
    pub fn calls(&self) -> usize {
        self.state.lock().expect("no panic").calls
    }
}

async fn answer(
    State(state): State<Arc<Mutex<Queues>>>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    let target = headers["x-amz-target"].to_str().expect("text");
    let asked: Value = serde_json::from_slice(&body).expect("JSON");
    let (status, answer) = state.lock().expect("no panic").call(target, &asked);
    (status, answer.to_string())
}

impl Queues {
    fn put(&mut self, name: &str, body: &str) -> String {
        self.ids += 1;
        let id = format!("id-{}", self.ids);
        let held = Held { id: id.clone(), body: body.to_owned(), hidden: false };
        self.by_name.entry(name.to_owned()).or_default().push(held);
        id
    }

    fn call(&mut self, target: &str, asked: &Value) -> (StatusCode, Value) {
        let call = self.calls;
        self.calls += 1;
        let fault = self.fault.filter(|(at, _)| *at == call).map(|(_, fault)| fault);
        let error =
            |code: &str| json!({"__type": format!("com.amazonaws.sqs#{code}"), "message": "no"});
        let entries = asked["Entries"].as_array().map_or(0, Vec::len);
        match fault {
            Some(Fault::Denied) => return (StatusCode::FORBIDDEN, error("AccessDenied")),
            Some(Fault::Busy) => {
                return (StatusCode::SERVICE_UNAVAILABLE, error("ServiceUnavailable"));
            }
            Some(Fault::Blamed) => {
                // The first of them is to blame, which the next call has alone.
                self.fault = Some((call + 1, Fault::Blamed)).filter(|_| entries > 1);
                return (StatusCode::BAD_REQUEST, error("InvalidMessageContents"));
            }
            _ => {}
        }
        let url = asked["QueueUrl"].as_str().expect("a URL");
        let name = url.rsplit('/').next().expect("a name").to_owned();
        let but_one = match fault {
            Some(Fault::AllButOne) => Some(("InternalError", false)),
            Some(Fault::OneRefused) => Some(("InvalidMessageContents", true)),
            _ => None,
        };
        let answer = match target {
            "AmazonSQS.ReceiveMessage" => self.receive(&name, asked),
            "AmazonSQS.SendMessageBatch" | "AmazonSQS.DeleteMessageBatch" => {
                self.batch(&name, target, asked, but_one)
            }
            other => panic!("{other} is not asked for in these tests"),
        };
        let is_lost = fault == Some(Fault::Lost);
        (if is_lost { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK }, answer)
    }

    fn receive(&mut self, name: &str, asked: &Value) -> Value {
        let most = asked["MaxNumberOfMessages"].as_u64().expect("a number");
        let queue = self.by_name.entry(name.to_owned()).or_default();
        let visible = queue.iter_mut().filter(|held| !held.hidden);
        let messages: Vec<Value> = visible
            .take(usize::try_from(most).expect("a few"))
            .map(|held| {
                held.hidden = true;
                json!({"MessageId": held.id, "ReceiptHandle": held.id, "Body": held.body})
            })
            .collect();
        json!({ "Messages": messages })
    }

    fn batch(
        &mut self,
        name: &str,
        target: &str,
        asked: &Value,
        but_one: Option<(&str, bool)>,
    ) -> Value {
        let (mut done, mut failed) = (Vec::new(), Vec::new());
        for (number, entry) in asked["Entries"].as_array().expect("entries").iter().enumerate() {
            if let Some((code, is_ours)) = but_one.filter(|_| number == 0) {
                failed.push(json!({"Id": entry["Id"], "SenderFault": is_ours, "Code": code}));
            } else if target == "AmazonSQS.SendMessageBatch" {
                let id = self.put(name, entry["MessageBody"].as_str().expect("a body"));
                done.push(json!({"Id": entry["Id"], "MessageId": id, "MD5OfMessageBody": ""}));
            } else {
                // What is gone was deleted before: that is no failure.
                let queue = self.by_name.entry(name.to_owned()).or_default();
                queue.retain(|held| entry["ReceiptHandle"] != held.id.as_str());
                done.push(json!({"Id": entry["Id"]}));
            }
        }
        json!({ "Successful": done, "Failed": failed })
    }
}
