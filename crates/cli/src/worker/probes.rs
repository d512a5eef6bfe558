//! Answers who asks after the worker: `/livez`, `/readyz` and `/metrics`, by HTTP.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::health::Health;
use super::metrics::Metrics;
use crate::failure::Failure;

/// Connections at a time. One more ends the oldest: whoever asks is answered, however many others say nothing.
const MAX_CONNECTIONS: usize = 64;

/// Bytes of a request's head. Its body is not read.
const MAX_HEAD: usize = 16 * 1_024;

/// A connection is over after this, whatever was asked and answered.
const TIME: Duration = Duration::from_secs(5);

/// The form of `/metrics`.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Listens, or says why that cannot be.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let hint = match error.kind() {
            ErrorKind::AddrInUse => "another program listens there, perhaps another worker: end it, or name another port",
            ErrorKind::AddrNotAvailable => "name an address of this machine: 127.0.0.1, or 0.0.0.0 for all that it has",
            ErrorKind::PermissionDenied => "name a port from 1024 on",
            _ => "name another address and port",
        };
        Failure::new(format!("could not listen on {address} for probes"))
            .because(error)
            .hint(format!("{hint} (--listen, RESOLD_LISTEN)"))
    })
}

/// Answers for as long as the worker lives.
pub async fn run(listener: TcpListener, health: Health, metrics: Metrics) {
    let answers = answers(health, metrics);
    let mut open: VecDeque<JoinHandle<()>> = VecDeque::with_capacity(MAX_CONNECTIONS);
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                // One that was given up before, or too many files are open: another may do.
                tracing::debug!(%error, "a connection was not accepted");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .keep_alive(false)
            .max_buf_size(MAX_HEAD)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(answers.clone()));
        open.retain(|connection| !connection.is_finished());
        if open.len() >= MAX_CONNECTIONS
            && let Some(oldest) = open.pop_front()
        {
            oldest.abort();
        }
        open.push_back(tokio::spawn(async move {
            // What fails is the asker's: it asks again.
            let _ = timeout(TIME, connection).await;
        }));
    }
}

fn answers(health: Health, metrics: Metrics) -> Router {
    let (live, ready) = (health.clone(), health.clone());
    Router::new()
        .route("/livez", get(async move || verdict(live.live())))
        .route("/readyz", get(async move || verdict(ready.ready())))
        .route("/metrics", get(async move || measured(metrics.text(health.ledger_answers()))))
}

fn verdict(said: Result<(), impl Into<String>>) -> Response {
    match said {
        Ok(()) => "ok\n".into_response(),
        Err(reason) => {
            (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", reason.into())).into_response()
        }
    }
}

fn measured(text: Result<String, std::fmt::Error>) -> Response {
    match text {
        Ok(text) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
