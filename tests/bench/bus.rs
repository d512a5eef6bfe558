//! EventBridge's `PutEvents` (AWS JSON 1.1 over HTTP) on loopback: it takes everything at once.

use resold_tests::runtime_api::read;
use serde_json::{Value, json};
use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Starts it; its URL.
pub(crate) async fn start() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(BufReader::new(stream)));
        }
    });
    url
}

async fn converse(mut stream: BufReader<TcpStream>) {
    while let Some((_, body)) = read(&mut stream).await {
        let request: Value = serde_json::from_slice(&body).expect("a request is JSON");
        let entries = request["Entries"].as_array().map_or(0, Vec::len);
        let taken: Vec<Value> = (0..entries).map(|_| json!({"EventId": "taken"})).collect();
        let answer = json!({"FailedEntryCount": 0, "Entries": taken}).to_string();
        let head =
            format!("Content-Type: application/x-amz-json-1.1\r\nContent-Length: {}", answer.len());
        let text = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{answer}");
        if stream.get_mut().write_all(text.as_bytes()).await.is_err() {
            return;
        }
    }
}
