//! The help of every command, and the completions of every shell.

use std::collections::BTreeMap;

use crate::golden::{Transcript, check, names};
use crate::resold::{Folder, command};

/// The commands that a help text lists.
fn subcommands(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = lines.take_while(|line| line.starts_with(' '));
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

/// The help of a command and of all commands below it, by file name.
fn walk(folder: &Folder, path: &[String], found: &mut BTreeMap<String, String>) {
    let mut arguments: Vec<&str> = path.iter().map(String::as_str).collect();
    arguments.push("--help");
    let done = folder.run(&arguments);
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{path:?}");
    let name = [&["resold".to_owned()], path].concat().join("-");
    for command in subcommands(&done.stdout) {
        walk(folder, &[path, &[command]].concat(), found);
    }
    found.insert(format!("{name}.txt"), done.stdout);
}

#[test]
fn every_command_has_help() {
    let folder = Folder::new("help");
    let mut found = BTreeMap::new();
    walk(&folder, &[], &mut found);
    assert!(found.len() > 20, "commands were found: {:?}", found.keys());
    for (name, text) in &found {
        assert!(name == "resold.txt" || text.contains("Usage:"), "{name}");
        assert!(text.lines().all(|line| line.chars().count() <= 120), "{name} is too wide");
        check(&format!("help/{name}"), text);
    }
    let expected: Vec<String> = found.into_keys().collect();
    assert_eq!(names("help"), expected, "a golden file of a command that is no more");
}

#[test]
fn every_shell_has_completions() {
    let folder = Folder::new("completions");
    let help = folder.run(&["completions", "--help"]).stdout;
    let shells = help.split_once("[possible values: ").expect("shells").1;
    let shells: Vec<&str> = shells.split_once(']').expect("an end").0.split(", ").collect();
    assert!(shells.contains(&"bash") && shells.contains(&"zsh") && shells.contains(&"fish"));
    for shell in shells {
        let done = folder.run(&["completions", shell]);
        assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{shell}");
        for word in ["replay", "opportunity", "entitlement", "--effective"] {
            let word = if shell == "fish" { word.trim_start_matches('-') } else { word };
            assert!(done.stdout.contains(word), "{shell} knows {word}");
        }
    }
}

#[test]
fn wrong_command_lines() {
    let folder = Folder::new("usage");
    let mut said = Transcript::default();
    for line in [
        "",
        "sell",
        "replay",
        "replay x.json --batch 0",
        "offer list --type partner",
        "offer list --partner 12",
        "offer list --limit 0",
        "offer list --status lost",
        "offer list --cursor a/b",
        "offer show ../etc",
        "offer link offer-1 resaleauthz-1",
        "--effective yesterday deal list",
        "--ledger mysql://host/name deal list",
        "--ledger sqlite: deal list",
        "--account 1234 deal list",
        "--format yaml deal list",
        "--color sometimes deal list",
        "queue send x.json",
        "queue send --queue resold-queue x.json",
        "queue send --queue https://sqs.eu-west-1.amazonaws.com/111122223333/resold-queue x.json",
        "queue send --queue https://sqs.us-east-1.amazonaws.com/111122223333/resold-queue --rate 0 x.json",
        "queue peek --queue https://sqs.us-east-1.amazonaws.com/111122223333/resold-dead-letters --limit 0",
        "queue redrive --queue https://sqs.us-east-1.amazonaws.com/111122223333/resold-dead-letters --max 0",
        "simulate --processors 9",
        "simulate --for soon",
        "completions cmd",
        "--version",
    ] {
        let mut command = command(env!("CARGO_BIN_EXE_resold"), &folder.path(""));
        let done = command.args(line.split_whitespace()).output().expect("the binary runs").into();
        said.add(format!("resold {line}").trim_end(), &done);
    }
    said.check("usage.txt");
}
