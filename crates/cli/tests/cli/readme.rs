//! The README's sessions, as a reader pastes them: each command of the binary, and what it prints.

use std::fs;
use std::io::{Read as _, pipe};
use std::path::Path;
use std::process::Command;

use crate::offline_aws::Offline;
use crate::resold::{Folder, command, events};

/// A command that the README shows, what was exported or read into the shell before it, and the lines below it.
struct Shown {
    exported: String,
    command: String,
    lines: Vec<String>,
}

/// The commands of `resold` in the README's code, in order. Other commands end the output of the one before.
fn sessions(readme: &str) -> Vec<Shown> {
    let mut shown: Vec<Shown> = Vec::new();
    let (mut exported, mut is_output) = (String::new(), false);
    for line in readme.lines() {
        let code = line.strip_prefix("    ");
        if let Some(command) = code.and_then(|code| code.strip_prefix("$ ")) {
            is_output = command.starts_with("resold ");
            if is_output {
                let (command, lines) = (command.to_owned(), Vec::new());
                shown.push(Shown { exported: exported.clone(), command, lines });
            } else if command.starts_with("export ") || command.starts_with(". ./") {
                exported = format!("{exported}{command}\n");
            }
        } else if let (true, Some(last)) = (code.is_some() || line.is_empty(), shown.last_mut())
            && is_output
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
    let examples = events().join("../examples");
    std::os::unix::fs::symlink(examples, folder.path("examples")).expect("they are there");
    let offline = Offline::start(&folder, &[]);
    folder.write("offline.env", offline.environment());
    let sessions = sessions(&readme);
    assert!(sessions.len() >= 7, "the README has a session");
    for shown in sessions {
        let mut shell = command("sh", &folder.path(""));
        // The alias that the session begins with.
        let alias = r#"resold() { "$RESOLD" --effective 2026-12-20 "$@"; }"#;
        let script = format!("{alias}\n{}{}", shown.exported, shown.command);
        shell.env("RESOLD", env!("CARGO_BIN_EXE_resold")).env_remove("COLUMNS");
        shell.args(["-c", &script]);
        let printed = printed(shell);
        let mut lines: Vec<&str> = shown.lines.iter().map(String::as_str).collect();
        while lines.last().is_some_and(|line| line.is_empty()) {
            lines.pop();
        }
        let found: Vec<&str> = printed.trim_end().lines().collect();
        assert!(matches(&lines, &found), "`{}` prints\n{printed}", shown.command);
    }
}
