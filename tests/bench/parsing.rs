//! Parsing, with the content digest, on one core: by that core's time for this thread, whoever else uses it.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::run::per_second;
use crate::table::Table;
use crate::usage::core_time;
use resold_tests::generator::{Generator, Market};

const COLUMNS: &[&str] = &["what", "notifications/s", "bytes each", "reach"];
const BODIES: usize = 20_000;
const AT_LEAST: Duration = Duration::from_secs(3);

pub(crate) fn run() -> Table {
    let mut table = Table::new("parsing on one core", COLUMNS);
    let mut generator = Generator::new(Market::small(2, BODIES));
    let bodies: Vec<String> = (0..BODIES).map(|_| generator.body()).collect();
    let bytes: usize = bodies.iter().map(String::len).sum();
    let (began, used) = (Instant::now(), core_time());
    let mut parsed = 0;
    while began.elapsed() < AT_LEAST {
        for body in &bodies {
            let notification = marketplace::parse::parse(body.as_bytes());
            black_box(notification.expect("it can be read"));
        }
        parsed += bodies.len();
    }
    table.row(vec![
        "parse and digest".to_owned(),
        format!("{:.0}", per_second(parsed, core_time().saturating_sub(used))),
        (bytes / bodies.len()).to_string(),
        "200000".to_owned(),
    ]);
    table
}
