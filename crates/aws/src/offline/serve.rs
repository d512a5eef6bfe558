//! The world behind a port of this machine.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Query, Request, State};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use jiff::Timestamp;
use processor::clock::Clock;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::connection::{Cut, Cuttable};
use super::fault::Fault;
use super::refusal::Refusal;
use super::rules::RULES;
use super::seed::Seed;
use super::wire::{self, Protocol};
use super::world::World;

/// Change sets that are due are ended within this, though nobody calls.
const TICK: Duration = Duration::from_millis(100);

/// Where the world can be changed while it runs: `POST` a seed, or faults, one a line.
const CONTROL: &str = "/offline-aws/";

/// What is written while the server runs.
#[derive(Default)]
pub struct Records {
    /// Events, a line each, as `resold replay` takes them.
    pub events: Option<Box<dyn Write + Send>>,
    /// Requests, a line each: `service`, `operation` and `input`.
    pub requests: Option<Box<dyn Write + Send>>,
}

/// Why the server cannot run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Others could reach it.
    #[error(
        "listen on {0}: the offline AWS checks no signature, so it listens on this machine only (127.0.0.1 or [::1])"
    )]
    NotLoopback(SocketAddr),
    /// The port is not to be had.
    #[error("listen on {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// A running server. It ends when this is dropped.
pub struct Server {
    address: SocketAddr,
    served: Arc<Served>,
    task: JoinHandle<io::Result<()>>,
    stop: watch::Sender<bool>,
}

struct Served {
    world: Mutex<World>,
    clock: Arc<dyn Clock>,
    records: Mutex<Records>,
    count: AtomicU64,
}

impl Server {
    /// Begins to answer at this address, which must be one of this machine only. Port 0: a free one.
    pub async fn start(
        address: SocketAddr,
        world: World,
        clock: Arc<dyn Clock>,
        records: Records,
    ) -> Result<Self, ServeError> {
        if !address.ip().is_loopback() {
            return Err(ServeError::NotLoopback(address));
        }
        let failed = |source| ServeError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let served = Arc::new(Served {
            world: Mutex::new(world),
            clock,
            records: Mutex::new(records),
            count: AtomicU64::new(0),
        });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&served));
        let service = router.into_make_service_with_connect_info::<Cut>();
        let (stop, mut stopped) = watch::channel(false);
        let ended = async move {
            // Without a sender nobody can say so any more.
            let _ = stopped.wait_for(|stop| *stop).await;
        };
        let serving = axum::serve(Cuttable(listener), service).with_graceful_shutdown(ended);
        let task = tokio::spawn(async move { serving.await });
        tokio::spawn(tick(Arc::clone(&served), stop.subscribe()));
        Ok(Self { address, served, task, stop })
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Looks at the world, or changes it, at its present time.
    pub fn with_world<T>(&self, work: impl FnOnce(&mut World, Timestamp) -> T) -> T {
        let now = self.served.now();
        let mut world = self.served.world();
        world.advance(now);
        work(&mut world, now)
    }

    /// Answers what was asked, and ends.
    pub async fn stop(mut self) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.stop.send_replace(true);
        (&mut self.task).await??;
        self.served.write_events()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

/// Time passes, though nobody calls.
async fn tick(served: Arc<Served>, mut stopped: watch::Receiver<bool>) {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = stopped.wait_for(|stop| *stop) => return,
        }
        let now = served.now();
        served.world().advance(now);
        // The next call says so to its caller.
        let _ = served.write_events();
    }
}

impl Served {
    fn now(&self) -> Timestamp {
        self.clock.now().timestamp()
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn records(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the events that nobody took. They stay in the world if they are written nowhere.
    fn write_events(&self) -> io::Result<()> {
        let mut records = self.records();
        let Some(file) = &mut records.events else { return Ok(()) };
        for event in self.world().take_events() {
            writeln!(file, "{event}")?;
        }
        file.flush()
    }

    fn write_request(&self, call: &wire::Call) -> io::Result<()> {
        let mut records = self.records();
        let Some(file) = &mut records.requests else { return Ok(()) };
        let (operation, input) = (call.operation, &call.input);
        let line = json!({
            "service": operation.service().model(),
            "operation": operation.name(),
            "input": input,
        });
        writeln!(file, "{line}")?;
        file.flush()
    }

    /// What is answered, and whether the connection is cut instead.
    fn respond(&self, request: &wire::Request<'_>) -> (wire::Response, bool) {
        if let Some(what) = request.path.strip_prefix(CONTROL) {
            return (self.control(what, request.body), false);
        }
        let call = match wire::read(request) {
            Ok(call) => call,
            Err((protocol, refusal)) => return (wire::write(protocol, &Err(refusal)), false),
        };
        let mut said = self.write_request(&call).map_err(unwritten);
        let mut is_cut = false;
        if said.is_ok() {
            let answer = self.world().call(call.operation, &call.input, self.now());
            is_cut = answer.is_cut;
            said = self.write_events().map_err(unwritten);
            let response = said.and(answer.said);
            return (wire::write(call.protocol, &response), is_cut);
        }
        (wire::write(call.protocol, &said.map(|()| Value::Null)), is_cut)
    }

    /// Changes the world.
    fn control(&self, what: &str, body: &[u8]) -> wire::Response {
        let said = match what {
            "seed" => serde_json::from_slice::<Seed>(body)
                .map_err(|error| error.to_string())
                .and_then(|seed| self.world().add(seed).map_err(|error| error.to_string())),
            "faults" => {
                let lines = String::from_utf8_lossy(body);
                let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
                let faults: Result<Vec<Fault>, _> = lines.map(str::parse).collect();
                faults
                    .map_err(|error: super::fault::FaultError| error.to_string())
                    .map(|faults| faults.into_iter().for_each(|fault| self.world().expect(fault)))
            }
            _ => Err("there is /offline-aws/seed and /offline-aws/faults".to_owned()),
        };
        let said = said.map(|()| json!({}));
        wire::write(Protocol::RestJson, &said.map_err(Refusal::validation))
    }
}

/// A record that cannot be written is a failure of the server: a demonstration without its events would mislead.
#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unwritten(error: io::Error) -> Refusal {
    Refusal {
        status: 500,
        code: "InternalServiceException",
        message: format!("The offline AWS could not write its records: {error}"),
    }
}

async fn answer(
    State(served): State<Arc<Served>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, RULES.request).await else {
        return plain(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let query = Query::<BTreeMap<String, String>>::try_from_uri(&parts.uri);
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let (said, is_cut) = served.respond(&wire::Request {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: query.map(|Query(query)| query).unwrap_or_default(),
        target,
        body: &body,
    });
    if is_cut {
        cut.cut();
    }
    let mut response = Response::new(Body::from(said.body));
    *response.status_mut() = StatusCode::from_u16(said.status).unwrap_or_default();
    let count = served.count.fetch_add(1, Ordering::Relaxed);
    let id = ("x-amzn-requestid", format!("offline-{count}"));
    for (name, value) in said.headers.into_iter().chain([id]) {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn plain(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
