//! What a reader may expect of every source file.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// Lines of code in a file, before its tests. About 400 is the aim.
const FILE: usize = 480;
/// Lines of a file that is nothing but tests.
const TEST_FILE: usize = 520;
/// Lines of a function. Tests are free: theirs are tables.
const FUNCTION: usize = 70;

/// A thing without a noun has no home yet.
const NOUNLESS: [&str; 4] = ["utils", "common", "helpers", "mod"];
/// In pieces, so that this file has none.
const FORBIDDEN: [&str; 3] = [concat!("to", "do!("), concat!("#[ig", "nore"), concat!("dbg", "!(")];

/// Every source file of ours, from the workspace's folder on.
fn sources() -> Vec<(PathBuf, String)> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders =
        ["crates", "tests", "fuzz/src", "fuzz/targets"].map(|name| workspace.join(name)).to_vec();
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder can be read") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension() == Some(OsStr::new("rs")) {
                let text = fs::read_to_string(&path).expect("a source can be read");
                let name = path.strip_prefix(&workspace).expect("a path in the workspace");
                sources.push((name.to_owned(), text));
            }
        }
    }
    sources
}

fn is_test(path: &Path) -> bool {
    path.file_stem() == Some(OsStr::new("tests"))
        || path.components().any(|part| part.as_os_str() == "tests")
}

fn faults(path: &Path, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let name = path.display();
    if path.file_stem().and_then(OsStr::to_str).is_some_and(|stem| NOUNLESS.contains(&stem)) {
        faults.push(format!("{name}: a file's name is the noun that it holds"));
    }
    for word in FORBIDDEN {
        if text.contains(word) {
            faults.push(format!("{name}: holds {word}"));
        }
    }
    let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let (lines, limit) = (code.lines().count(), if is_test(path) { TEST_FILE } else { FILE });
    if lines > limit {
        faults.push(format!("{name}: {lines} lines, more than {limit}"));
    }
    if !is_test(path) {
        for (function, lines) in functions(code).into_iter().filter(|(_, lines)| *lines > FUNCTION)
        {
            faults.push(format!("{name}: `{function}` has {lines} lines, more than {FUNCTION}"));
        }
    }
    faults
}

/// Each function's first line and its number of lines: as rustfmt leaves it, it ends with a brace under its first letter.
fn functions(code: &str) -> Vec<(&str, usize)> {
    let lines: Vec<&str> = code.lines().collect();
    let mut functions = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        let words = line.trim_start();
        let before_name = words.split_once("fn ").map(|(before, _)| before);
        let starts = before_name.is_some_and(|before| {
            before
                .split_whitespace()
                .all(|word| matches!(word, "const" | "async") || word.starts_with("pub"))
        });
        if !starts {
            continue;
        }
        let indent = &line[..line.len() - words.len()];
        let ends = |line: &&str| {
            line.strip_prefix(indent).is_some_and(|rest| {
                // Only declared, written on one line, or ended by its brace.
                rest == "}"
                    || (!rest.starts_with(' ') && (rest.ends_with(';') || rest.ends_with('}')))
            })
        };
        let more = lines[place..].iter().position(ends).unwrap_or(0);
        functions.push((words, more + 1));
    }
    functions
}

#[test]
fn every_file_is_short_and_named_and_done() {
    let sources = sources();
    assert!(sources.len() > 100, "the sources were found");
    let found: Vec<String> = sources.iter().flat_map(|(path, text)| faults(path, text)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn what_is_untidy_is_found() {
    let long = |lines: usize| "// a line\n".repeat(lines);
    let function = |lines: usize| {
        format!(
            "impl X {{\n    pub(crate) async fn f(\n{}    }}\n}}\n",
            "        1;\n".repeat(lines - 2)
        )
    };
    let declared =
        "trait T {\n    fn f(\n        &self,\n    ) -> u8;\n".to_owned() + &long(100) + "}\n";
    let tests = format!("{}\n#[cfg(test)]\nmod tests {{\n{}}}\n", long(FILE - 1), function(200));
    let cases = [
        // file, text, faults
        ("crates/a/src/a.rs", long(FILE), 0),
        ("crates/a/src/a.rs", long(FILE + 1), 1),
        ("crates/a/src/a/tests.rs", long(FILE + 1), 0),
        ("tests/all/a.rs", long(TEST_FILE + 1), 1),
        ("crates/a/src/a.rs", function(FUNCTION), 0),
        ("crates/a/src/a.rs", function(FUNCTION + 1), 1),
        ("tests/all/a.rs", function(FUNCTION + 1), 0),
        ("crates/a/src/a.rs", declared, 0),
        ("crates/a/src/a.rs", tests, 0),
        ("crates/a/src/utils.rs", String::new(), 1),
        ("crates/a/src/a/mod.rs", String::new(), 1),
        ("crates/a/src/a.rs", FORBIDDEN.concat(), 3),
    ];
    for (path, text, expected) in cases {
        let found = faults(Path::new(path), &text);
        assert_eq!(found.len(), expected, "{path}: {found:?}");
    }
}
