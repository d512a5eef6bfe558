//! What a fuzzer tries for hours is tried here once: every seed of `fuzz/`, every input of `events/`, and documents near
//! the limits, each on every target.

use std::fs;
use std::path::{Path, PathBuf};

use marketplace::parse::{MAX_BODY, MAX_ITEMS, MAX_TEXT};

use crate::scenario::events;

#[path = "../../fuzz/src/lib.rs"]
mod targets;

use targets::{Check, TARGETS};

/// The files in a folder and the folders in it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder can be read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn seeds() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds")
}

/// Shows the input before the target may panic.
fn check(target: Check, what: &str, input: &[u8]) {
    let checked = std::panic::catch_unwind(|| target(input));
    assert!(checked.is_ok(), "{what} breaks what must hold: the panic above says what");
}

#[test]
fn seeds_and_scenarios_hold_on_every_target() {
    let files = [files(&seeds()), files(&events())].concat();
    assert!(files.len() > 250, "{} files", files.len());
    for (name, target) in TARGETS {
        for file in &files {
            let input = fs::read(file).expect("a seed can be read");
            check(target, &format!("{name}: {}", file.display()), &input);
        }
    }
}

#[test]
fn every_target_has_seeds_and_all_of_them_are_small() {
    let mut folders: Vec<String> = fs::read_dir(seeds())
        .expect("the seeds are there")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    folders.sort();
    assert_eq!(folders, TARGETS.map(|(name, _)| name), "a folder for each target");
    let mut bytes = 0;
    for name in folders {
        let seeds = files(&seeds().join(&name));
        assert!(seeds.len() > 5, "{name} has {} seeds", seeds.len());
        let size = |file: &PathBuf| fs::metadata(file).expect("a file").len();
        bytes += seeds.iter().map(size).sum::<u64>();
    }
    assert!(bytes < 1_000_000, "{bytes} bytes of seeds");
}

/// A notification with this detail.
fn notification(detail: &str) -> Vec<u8> {
    format!(
        r#"{{"source":"aws.agreement-marketplace","detail-type":"Purchase Agreement Created - Manufacturer","time":"2026-12-03T09:14:05Z","detail":{detail}}}"#
    )
    .into_bytes()
}

#[test]
fn documents_near_the_limits_hold() {
    let filler = |length: usize| "x".repeat(length);
    let product = |count: usize| {
        let one = r#"{"id":"prod-1"}"#;
        format!(
            r#"{{"agreement":{{"id":"agmt-1"}},"products":[{}]}}"#,
            [one].repeat(count).join(",")
        )
    };
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let key = "\u{202e}é".repeat(40);
    let repeated =
        format!("{}{{\"a\":1,\"a\":2}}{}", format!("{{\"{key}\":").repeat(60), "}".repeat(60));
    let mut largest = notification(&format!(r#"{{"free":"{}"}}"#, filler(MAX_BODY)));
    let mut inputs = vec![
        notification(&format!(r#"{{"agreement":{{"id":"{}"}}}}"#, filler(MAX_TEXT))),
        notification(&product(MAX_ITEMS)),
        notification(&product(MAX_ITEMS + 1)),
        notification(&deep(62)),
        notification(&deep(63)),
        notification(&deep(10_000)),
        repeated.into_bytes(),
        largest.clone(),
        b"[".repeat(MAX_BODY),
        b"[\n".repeat(3_000),
        "{\"\u{0}".repeat(20_000).into_bytes(),
    ];
    for length in [MAX_BODY - 1, MAX_BODY, MAX_BODY + 1] {
        largest.truncate(length - 3);
        largest.extend_from_slice(b"\"}}");
        inputs.push(largest.clone());
        largest.truncate(length - 3);
    }
    for (name, target) in TARGETS {
        for (number, input) in inputs.iter().enumerate() {
            check(target, &format!("{name}: number {number}, {} bytes", input.len()), input);
        }
    }
}
