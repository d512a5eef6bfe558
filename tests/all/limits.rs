//! The limits on what comes from outside are named, and the table of them in ARCHITECTURE.md is current.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

/// A crate, a constant of it, and its value as it is written.
type Limit = (String, String, String);

/// Crates that read nothing from outside: they make up what others read.
const MAKE_UP: [&str; 2] = ["oracle", "simulator"];

fn workspace() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The constants of a source file that say how much of something there may be.
fn declared(krate: &str, source: &str, limits: &mut BTreeSet<Limit>) {
    for line in source.lines() {
        let Some((_, rest)) = line.split_once("const MAX_") else { continue };
        let Some((name, rest)) = rest.split_once(':') else { continue };
        let Some((_, value)) = rest.split_once('=') else { continue };
        let value = value.trim().trim_end_matches(';');
        limits.insert((krate.to_owned(), format!("MAX_{name}"), value.to_owned()));
    }
}

/// The rows of the table below a heading: crate, constant, value.
fn documented(text: &str) -> BTreeSet<Limit> {
    let (_, section) = text.split_once("\n## Limits\n").expect("a section on limits");
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let cell = |cell: &str| cell.trim().trim_matches('`').to_owned();
    let row = |line: &str| {
        let cells: Vec<String> = line.trim_matches('|').split('|').map(cell).collect();
        (cells[0].clone(), cells[1].clone(), cells[2].clone())
    };
    rows.map(row).collect()
}

#[test]
fn every_limit_is_in_the_table() {
    let mut limits = BTreeSet::new();
    let mut folders = vec![workspace().join("crates")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder can be read") {
            let path = entry.expect("an entry").path();
            let is_tests = path.file_stem() == Some(OsStr::new("tests"));
            if path.is_dir() && !is_tests {
                folders.push(path);
            } else if path.extension() == Some(OsStr::new("rs")) && !is_tests {
                let below = path.strip_prefix(workspace().join("crates")).expect("a crate's file");
                let krate = below.iter().next().and_then(OsStr::to_str).expect("a crate");
                let source = fs::read_to_string(&path).expect("a source can be read");
                if !MAKE_UP.contains(&krate) {
                    declared(krate, &source, &mut limits);
                }
            }
        }
    }
    assert!(limits.len() > 15, "{limits:?}");
    let text = fs::read_to_string(workspace().join("ARCHITECTURE.md")).expect("it is there");
    let table = documented(&text);
    let missing: Vec<_> = limits.difference(&table).collect();
    let stale: Vec<_> = table.difference(&limits).collect();
    assert!(missing.is_empty() && stale.is_empty(), "to add: {missing:?}\nto remove: {stale:?}");
}

#[test]
fn a_limit_is_read_from_its_line() {
    let source = "/// The most.\npub const MAX_ITEMS: usize = 1_000;\n    const MAX_DEPTH: u32 = 4 * 16;\nconst OTHER: u8 = 1;\nlet MAX_X = 1;";
    let mut found = BTreeSet::new();
    declared("a", source, &mut found);
    let expected = [("MAX_DEPTH", "4 * 16"), ("MAX_ITEMS", "1_000")];
    let expected =
        expected.map(|(name, value)| ("a".to_owned(), name.to_owned(), value.to_owned()));
    assert_eq!(found, BTreeSet::from(expected));
    let table = "# A\n\n## Limits\n\n| crate | constant | value |\n|---|---|---|\n| `a` | `MAX_ITEMS` | 1_000 | so many |\n\n## More\n| `a` | `b` | 1 |\n";
    let expected = ("a".to_owned(), "MAX_ITEMS".to_owned(), "1_000".to_owned());
    assert_eq!(documented(table), BTreeSet::from([expected]));
}
