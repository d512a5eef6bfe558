//! The README's sessions, as a reader pastes them: each command of the binary, and what it prints.

use std::fs;
use std::io::{Read as _, pipe};
use std::path::Path;
use std::process::Command;

use crate::resold::{Folder, events};

/// A command that the README shows, and the lines below it.
struct Shown {
    arguments: String,
    lines: Vec<String>,
}

/// The commands of `resold` in the README's code, in order. Commands of other programs end the output of the one before.
fn sessions(readme: &str) -> Vec<Shown> {
    let mut shown: Vec<Shown> = Vec::new();
    let mut is_output = false;
    for line in readme.lines() {
        let code = line.strip_prefix("    ");
        if let Some(command) = code.and_then(|code| code.strip_prefix("$ ")) {
            let arguments = command.strip_prefix("resold ");
            let lines = Vec::new();
            shown.extend(arguments.map(|text| Shown { arguments: text.to_owned(), lines }));
            is_output = arguments.is_some();
        } else if let (true, Some(last)) =
            (is_output && (code.is_some() || line.is_empty()), shown.last_mut())
        {
            last.lines.push(code.unwrap_or_default().to_owned());
        } else {
            is_output = false;
        }
    }
    shown
}

/// What it prints on standard output and standard error, in the order of printing.
fn printed(mut command: Command) -> String {
    let (mut reader, writer) = pipe().expect("a pipe");
    command.stdout(writer.try_clone().expect("the pipe can be shared")).stderr(writer);
    let mut child = command.spawn().expect("the binary runs");
    // Holds the writing ends.
    drop(command);
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("it prints text");
    child.wait().expect("the binary ends");
    text
}

/// Whether the lines are what was printed; `...` stands for any lines.
fn matches(shown: &[&str], printed: &[&str]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((&"...", rest)) => (0..=printed.len()).any(|from| matches(rest, &printed[from..])),
        Some((line, rest)) => printed.first() == Some(line) && matches(rest, &printed[1..]),
    }
}

#[test]
fn the_readme_shows_what_is_printed() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = fs::read_to_string(readme).expect("the README can be read");
    let folder = Folder::new("readme");
    std::os::unix::fs::symlink(events(), folder.path("events")).expect("the scenarios are there");
    let sessions = sessions(&readme);
    assert!(sessions.len() >= 7, "the README has a session");
    for shown in sessions {
        let arguments: Vec<&str> = shown.arguments.split_whitespace().collect();
        let mut command = folder.command(&arguments);
        command.env_remove("COLUMNS");
        let printed = printed(command);
        let mut lines: Vec<&str> = shown.lines.iter().map(String::as_str).collect();
        while lines.last().is_some_and(|line| line.is_empty()) {
            lines.pop();
        }
        let found: Vec<&str> = printed.trim_end().lines().collect();
        assert!(matches(&lines, &found), "`resold {}` prints\n{printed}", shown.arguments);
    }
}
