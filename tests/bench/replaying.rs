//! A large file of JSON lines through the real program.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::place::folder;
use crate::run::per_second;
use crate::table::Table;
use crate::usage::kib;
use resold_tests::generator::{Generator, Market};

const COLUMNS: &[&str] =
    &["MiB", "lines", "notifications/s", "MiB/s", "peak MiB", "reach", "exit code"];

/// About so many bytes are a line.
const LINE: usize = 930;
/// How often the program's memory is looked at. Linux keeps the peak: only the last moment may be missed.
const LOOK: Duration = Duration::from_millis(20);

pub(crate) fn run(bytes: usize) -> Table {
    let mut table = Table::new("`resold replay` of a file of JSON lines into SQLite", COLUMNS);
    let file = folder().join("replay.jsonl");
    let ledger = folder().join("replay.db");
    let (lines, size) = write(&file, bytes);
    let began = Instant::now();
    let mut child = Command::new(program())
        .arg("--ledger")
        .arg(&ledger)
        .arg("replay")
        .arg(&file)
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("`resold` can be started: `make build` makes it");
    let id = child.id().to_string();
    let mut peak = 0;
    let status = loop {
        if let Some(status) = child.try_wait().expect("it can be waited for") {
            break status;
        }
        peak = peak.max(kib(&id, "VmHWM:"));
        std::thread::sleep(LOOK);
    };
    let took = began.elapsed();
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(folder().join(format!("replay.db{end}")));
    }
    let _ = std::fs::remove_file(&file);
    table.row(vec![
        (size / 1_048_576).to_string(),
        lines.to_string(),
        format!("{:.0}", per_second(lines, took)),
        format!("{:.1}", per_second(size / 1_048_576, took)),
        (peak / 1_024).to_string(),
        "200".to_owned(),
        status.code().unwrap_or(-1).to_string(),
    ]);
    table
}

/// The release binary beside this one.
fn program() -> PathBuf {
    let own = std::env::current_exe().expect("this program has a path");
    let release = own.parent().and_then(Path::parent).expect("target/release/deps");
    release.join("resold")
}

/// Descriptions of all opportunities, then notifications. Returns lines and bytes.
fn write(file: &Path, bytes: usize) -> (usize, usize) {
    let mut generator = Generator::new(Market::small(7, bytes / LINE));
    let mut file = BufWriter::new(File::create(file).expect("the file can be made"));
    let (mut lines, mut size) = (0, 0);
    let mut put = |line: &str| {
        writeln!(file, "{line}").expect("the file can be written");
        lines += 1;
        size += line.len() + 1;
        size
    };
    generator.descriptions().for_each(|line| {
        put(&line);
    });
    while put(&generator.body()) < bytes {}
    file.flush().expect("the file can be written");
    (lines, size)
}
