//! Golden files: transcripts of commands.

use std::fs;
use std::path::{Path, PathBuf};

use crate::resold::{Done, Folder};

/// What a session said.
#[derive(Default)]
pub(crate) struct Transcript(String);

impl Transcript {
    /// Adds what was run and what it said.
    pub(crate) fn add(&mut self, words: &str, done: &Done) {
        let code = done.code.map_or("killed".to_owned(), |code| code.to_string());
        let stderr = done.stderr.lines().flat_map(|line| ["2> ", line, "\n"]);
        let parts = ["$ ", words, "\n", &done.stdout].into_iter().chain(stderr);
        self.0.extend(parts.chain(["=> ", &code, "\n\n"]));
    }

    /// Runs a command line (words parted by spaces) and adds it.
    pub(crate) fn run(&mut self, folder: &Folder, line: &str) {
        let arguments: Vec<&str> = line.split_whitespace().collect();
        self.add(&format!("resold {line}"), &folder.run(&arguments));
    }

    /// Whether a command could not be carried out.
    pub(crate) fn failed(&self) -> bool {
        self.0.lines().any(|line| line == "=> 2")
    }

    /// Compares with the golden file, or writes it. Escape sequences are written so that they can be read.
    pub(crate) fn check(&self, name: &str) {
        check(name, &self.0.replace('\u{1b}', "\\e"));
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Compares a text with its golden file, or writes it.
pub(crate) fn check(name: &str, found: &str) {
    let file = folder().join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(file.parent().expect("a folder")).expect("the folder can be made");
        fs::write(&file, found).expect("the golden file can be written");
        return;
    }
    let wanted = fs::read_to_string(&file).unwrap_or_default();
    let (found_lines, wanted_lines) = (found.lines().count(), wanted.lines().count());
    let first = wanted.lines().zip(found.lines()).position(|(wanted, found)| wanted != found);
    let first = first.unwrap_or(found_lines.min(wanted_lines));
    assert!(
        wanted == found,
        "{name} differs from line {} on (`make golden` writes it again):\n- {}\n+ {}",
        first + 1,
        wanted.lines().nth(first).unwrap_or("(no line)"),
        found.lines().nth(first).unwrap_or("(no line)"),
    );
}

/// The names of the golden files in a folder of them.
pub(crate) fn names(below: &str) -> Vec<String> {
    let entries = fs::read_dir(folder().join(below)).expect("there are golden files");
    let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
    let mut names: Vec<String> =
        entries.map(|entry| name(entry).to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
