//! `make bench`: what resold does in a second and in a megabyte, beside what the machine can do.
//!
//! Each section is named as an argument; without one, all but the long ones run.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "a bench prints, and ends where something is not as expected"
)]

mod bare;
mod bus;
mod growth;
mod lambda;

mod parsing;
mod partner;
mod place;
mod recorder;
mod replaying;
mod run;
mod statements;
mod table;
mod throughput;
mod usage;

use place::Kind;

/// Every section: the short ones, those that take minutes, and the one that needs Python, Node and other binaries.
const SECTIONS: [&str; 6] = ["parse", "throughput", "partner", "growth", "replay", "lambda"];
const SHORT: usize = 3;
const ALL: usize = 5;

/// What the command line asks for.
struct Wanted {
    sections: Vec<String>,
    kinds: Vec<Kind>,
    as_json: bool,
    quick: bool,
    /// Streams of the large ledger.
    streams: usize,
    /// Bytes of the file that is replayed.
    bytes: usize,
}

fn wanted() -> Result<Wanted, String> {
    let (streams, bytes) = (1_000_000, 1_000_000_000);
    let (sections, kinds) = (Vec::new(), Vec::new());
    let mut wanted = Wanted { sections, kinds, as_json: false, quick: false, streams, bytes };
    for argument in std::env::args().skip(1) {
        let number = |text: &str| text.parse().map_err(|_| format!("`{text}` is not a number"));
        match argument.split_once('=').unwrap_or((&argument, "")) {
            // What cargo passes.
            ("--bench", _) => {}
            ("--json", _) => wanted.as_json = true,
            ("--quick", _) => wanted.quick = true,
            ("--streams", text) => wanted.streams = number(text)?,
            ("--bytes", text) => wanted.bytes = number(text)?,
            ("all", _) => {
                wanted.sections.extend(SECTIONS[..ALL].iter().map(|name| (*name).to_owned()));
            }
            ("sqlite", _) => wanted.kinds.push(Kind::Sqlite),
            ("postgres", _) => wanted.kinds.push(Kind::Postgres),
            (name, _) if SECTIONS.contains(&name) => wanted.sections.push(argument),
            (other, _) => {
                return Err(format!(
                    "`{other}` is none of {SECTIONS:?}, all, sqlite, postgres, --quick, --json, --streams=N, --bytes=N"
                ));
            }
        }
    }
    if wanted.sections.is_empty() {
        wanted.sections.extend(SECTIONS[..SHORT].iter().map(|name| (*name).to_owned()));
    }
    if wanted.kinds.is_empty() {
        wanted.kinds.extend(Kind::ALL);
    }
    Ok(wanted)
}

#[tokio::main]
async fn main() {
    let wanted = wanted().unwrap_or_else(|problem| {
        eprintln!("bench: {problem}");
        std::process::exit(2);
    });
    statements::install();
    let facts = place::facts().await;
    if !wanted.as_json {
        println!("{}", facts.join("\n"));
    }
    for section in &wanted.sections {
        eprintln!("{section}");
        let table = match section.as_str() {
            "parse" => parsing::run(),
            "partner" => partner::run(&wanted.kinds).await,
            "growth" => growth::run(&wanted.kinds, wanted.streams).await,
            "replay" => replaying::run(wanted.bytes),
            "lambda" => lambda::run().await,
            _ => throughput::run(&wanted.kinds, wanted.quick).await,
        };
        table.print(wanted.as_json);
    }
}
