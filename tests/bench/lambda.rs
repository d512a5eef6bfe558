//! Starts of the compiled function `ingest` and its batches, beside functions that do nothing, under one runtime API.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use resold_tests::database::Database;
use resold_tests::generator::{Generator, Market};
use resold_tests::runtime_api::{NEXT, RuntimeApi};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::bus;
use crate::table::Table;
use crate::usage::kib;

const COLUMNS: &[&str] = &[
    "function",
    "page cache",
    "starts",
    "first poll ms p50",
    "p99",
    "first batch ms p50",
    "p99",
    "warm batch ms p50",
    "p99",
    "peak MiB",
    "file MiB",
];

const STARTS: usize = 30;
/// Batches of one start after its first one.
const WARM: usize = 20;
const BATCH: usize = 10;

/// A function and how it is started.
struct Function {
    name: &'static str,
    program: PathBuf,
    arguments: Vec<PathBuf>,
    /// The bytes that are deployed: the binary, or the script without its runtime.
    file: PathBuf,
}

/// What one start showed.
struct Start {
    first_poll: Duration,
    first_batch: Duration,
    warm: Vec<Duration>,
    peak_kib: u64,
}

pub(crate) async fn run() -> Table {
    let title = "Start of a function to its first poll, and batches of 10 notifications";
    let mut table = Table::new(title, COLUMNS);
    let database = Database::fresh("bench").await;
    let bus = bus::start().await;
    let mut generator = Generator::new(Market::small(7, 100_000));
    let functions = functions();
    for cold in [false, true] {
        if cold && !forget_pages() {
            eprintln!("  a cold page cache needs the right to write /proc/sys/vm/drop_caches");
            continue;
        }
        let mut shown: Vec<Vec<Start>> = functions.iter().map(|_| Vec::new()).collect();
        // By turns, so that what else the machine does strikes all alike. The first round warms up.
        for round in 0..=STARTS {
            for (function, shown) in functions.iter().zip(&mut shown) {
                if cold {
                    forget_pages();
                }
                let events = (0..=WARM).map(|_| event(&mut generator)).collect();
                let start = start(function, [&database.url, &bus], events).await;
                if round > 0 {
                    shown.push(start);
                }
            }
        }
        for (function, starts) in functions.iter().zip(shown) {
            table.row(row(function, cold, starts));
        }
    }
    database.remove().await;
    table
}

/// Lets Linux forget what it has read of files.
fn forget_pages() -> bool {
    let _ = std::process::Command::new("sync").status();
    fs::write("/proc/sys/vm/drop_caches", "3").is_ok()
}

fn functions() -> Vec<Function> {
    let own = std::env::current_exe().expect("this program has a path");
    // This is target/release/deps/bench-...; the functions have a profile of their own.
    let built = own.ancestors().nth(3).expect("target").join("function");
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("bench/nothing");
    let rust = |name, path: PathBuf| {
        assert!(path.is_file(), "{} is not there: `make bench-lambda` builds it", path.display());
        Function { name, program: path.clone(), arguments: Vec::new(), file: path }
    };
    let script = |name, program: &str, file: PathBuf| Function {
        name,
        program: program.into(),
        arguments: vec![file.clone()],
        file,
    };
    vec![
        rust("ingest", built.join("ingest")),
        rust("nothing in Rust", built.join("examples/nothing")),
        script("nothing in Python", "python3", scripts.join("nothing.py")),
        script("nothing in Node", "node", scripts.join("nothing.mjs")),
    ]
}

/// Ten new notifications as Lambda hands them on from SQS.
fn event(generator: &mut Generator) -> String {
    let records = generator.take(BATCH).into_iter().map(|delivery| {
        json!({
            "messageId": delivery.id,
            "body": String::from_utf8(delivery.body).expect("JSON is text"),
            "eventSource": "aws:sqs",
            "awsRegion": "us-east-1",
        })
    });
    json!({"Records": records.collect::<Vec<Value>>()}).to_string()
}

/// Starts a function on a ledger and a bus, and hands it one event after the other.
async fn start(function: &Function, [ledger, bus]: [&str; 2], events: Vec<String>) -> Start {
    let mut api = RuntimeApi::listen().await;
    let mut command = Command::new(&function.program);
    command
        .args(&function.arguments)
        .env("AWS_LAMBDA_RUNTIME_API", api.address())
        .env("AWS_LAMBDA_FUNCTION_NAME", "bench")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_LOG_LEVEL", "ERROR")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "an-id")
        .env("AWS_SECRET_ACCESS_KEY", "secret-word")
        .env("AWS_ENDPOINT_URL_EVENTBRIDGE", bus)
        .env("RESOLD_LEDGER", ledger)
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .kill_on_drop(true);
    let began = Instant::now();
    let mut process = command.spawn().expect("the function can be started");
    let mut next = api.request().await;
    let first_poll = began.elapsed();
    let mut batches = Vec::new();
    for (number, event) in events.iter().enumerate() {
        assert_eq!(next.line, NEXT);
        let id = format!("request-{number}");
        let sent = Instant::now();
        next.invoke(&id, now() + 60_000, event);
        let answer = api.request().await;
        batches.push(sent.elapsed());
        assert!(answer.line.ends_with("/response"), "the function sent {}", answer.line);
        let text = String::from_utf8_lossy(&answer.body);
        let all = !text.contains("itemIdentifier");
        assert!(all, "the function could not record all of a batch: {text}");
        answer.accept();
        next = api.request().await;
    }
    let id = process.id().expect("it runs").to_string();
    let peak_kib = kib(&id, "VmHWM:");
    process.kill().await.expect("it can be ended");
    let first_batch = batches.remove(0);
    Start { first_poll, first_batch, warm: batches, peak_kib }
}

/// Milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the API of a function tells it a deadline")]
fn now() -> i64 {
    Timestamp::now().as_millisecond()
}

fn row(function: &Function, cold: bool, starts: Vec<Start>) -> Vec<String> {
    let polls = starts.iter().map(|start| start.first_poll).collect();
    let firsts = starts.iter().map(|start| start.first_batch).collect();
    let peak = starts.iter().map(|start| start.peak_kib).max().unwrap_or(0);
    let count = starts.len();
    let warm = starts.into_iter().flat_map(|start| start.warm).collect();
    let size = fs::metadata(&function.file).map_or(0, |file| file.len());
    let mut cells = vec![function.name.to_owned(), if cold { "cold" } else { "warm" }.to_owned()];
    cells.push(count.to_string());
    for times in [polls, firsts, warm] {
        cells.extend(percentiles(times));
    }
    cells.push(mebibytes(peak * 1_024));
    cells.push(mebibytes(size));
    cells
}

/// The median and the 99th percentile, in milliseconds.
fn percentiles(mut times: Vec<Duration>) -> [String; 2] {
    times.sort_unstable();
    let at = |percent: usize| {
        let place = (times.len() * percent / 100).min(times.len().saturating_sub(1));
        format!("{:.2}", times[place].as_secs_f64() * 1_000.0)
    };
    [at(50), at(99)]
}

#[expect(clippy::cast_precision_loss, reason = "a size is shown with one digit")]
fn mebibytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1_048_576.0)
}
