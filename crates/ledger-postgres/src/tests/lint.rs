//! Aurora DSQL's own linter (`dsql-lint`, pinned in `infra/requirements.txt`) on every statement that is sent to a cluster.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::*;

/// What it prints of these statements, and whether it found errors.
fn lint(statements: &[String]) -> (String, bool) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let tools = Command::new(root.join("scripts/python-tools")).arg("checks").output().unwrap();
    assert!(tools.status.success(), "{}", String::from_utf8_lossy(&tools.stderr));
    let bin = String::from_utf8(tools.stdout).unwrap();
    let mut linter = Command::new(Path::new(bin.trim()).join("dsql-lint"))
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let texts = statements.iter().map(|text| text.trim_end().trim_end_matches(';'));
    let text = texts.collect::<Vec<_>>().join(";\n");
    linter.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let done = linter.wait_with_output().unwrap();
    let said = [done.stdout, done.stderr].concat();
    (String::from_utf8_lossy(&said).into_owned(), done.status.success())
}

#[test]
fn the_linter_of_aurora_dsql_finds_nothing() {
    let (said, is_clean) = lint(&every_statement(Server::Dsql));
    assert!(is_clean, "{said}");
    // What it is asked for it can find.
    for text in [
        "create table a (id serial primary key)",
        "create index d on b (c)",
        "truncate a",
        "begin isolation level serializable",
    ] {
        let (said, is_clean) = lint(&[text.to_owned()]);
        assert!(!is_clean, "{text}: {said}");
    }
}
