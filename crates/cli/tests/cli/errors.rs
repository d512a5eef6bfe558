//! What cannot be done: one clear error, exit code 2, nothing raw, never a panic.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Stdio;

use ledger::store::Store as _;
use ledger_sqlite::{OpenOptions, SqliteStore};
use sqlx::{Connection as _, SqliteConnection};

use crate::golden::Transcript;
use crate::resold::{Done, Folder, command};

/// An error in our words, and only that.
fn is_error(done: &Done, words: &str) {
    assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{done:?}");
    assert!(done.stderr.starts_with("error: could not "), "{done:?}");
    assert_eq!(done.stderr.matches("error: ").count(), 1, "{done:?}");
    assert_eq!(done.stderr.matches("\n  try: ").count(), 1, "{done:?}");
    assert!(done.stderr.contains(words), "{words} in {done:?}");
    assert!(!done.stderr.contains("panicked"), "{done:?}");
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime")
}

/// A folder with a ledger in it.
fn with_ledger(name: &str) -> Folder {
    let folder = Folder::new(name);
    folder.scenario("happy-path");
    let done = folder.run(&["--quiet", "replay", "happy-path"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    folder
}

#[test]
fn files_and_ledgers_that_are_not_there() {
    let folder = Folder::new("missing");
    folder.write("notes.txt", "hello, this is no ledger, however long one reads in it\n");
    folder.write("empty.db", "");
    folder.write("good.json", "[]");
    fs::create_dir(folder.path("folder")).expect("a folder");
    let mut said = Transcript::default();
    for line in [
        "deal list",
        "ledger verify",
        "replay missing.json",
        "replay notes.txt/missing.json",
        "replay good.json --ledger notes.txt",
        "replay good.json --ledger notes.txt/ledger.db",
        "replay good.json --ledger no/such/folder/ledger.db",
        "replay good.json --ledger folder",
        "deal list --ledger notes.txt",
        "deal list --ledger empty.db",
        "init --ledger notes.txt",
        "init --ledger folder",
        "opportunity import missing.json",
        "opportunity import notes.txt",
        "opportunity import good.json",
    ] {
        let done = folder.run(&line.split(' ').collect::<Vec<_>>());
        is_error(&done, "because: ");
        said.add(&format!("resold {line}"), &done);
    }
    for line in [
        "opportunity show resaleauthz-1 --ledger made.db",
        "offer show offer-1 --ledger made.db",
        "offer explain offer-1 --ledger made.db",
        "offer link offer-1 resaleauthz-1 --why reason --who me --ledger made.db",
        "agreement show agmt-1 --ledger made.db",
        "entitlement show agmt-1 --ledger made.db",
        "offer list --cursor a/b --ledger made.db",
    ] {
        assert_eq!(folder.run(&["init", "--quiet", "--ledger", "made.db"]).code, Some(0));
        said.run(&folder, line);
    }
    said.check("errors.txt");
    for name in ["resold.db", "missing.json", "no"] {
        assert!(!folder.path(name).exists(), "{name} was made");
    }
    let left = fs::read_to_string(folder.path("notes.txt")).expect("it is still there");
    assert!(left.starts_with("hello"), "what is no ledger is left as it is");
}

#[test]
fn a_locked_ledger() {
    let folder = with_ledger("locked");
    runtime().block_on(async {
        let store = SqliteStore::open(folder.path("resold.db"), OpenOptions::WRITE).await;
        let store = store.expect("the ledger opens");
        let held = store.begin().await.expect("it can be locked");
        folder.write("more.json", r#"{"a":1}"#);
        let done = folder.run(&["replay", "more.json"]);
        is_error(&done, "the ledger is locked by another program");
        assert!(done.stderr.contains("and replay the same again (what is recorded"), "{done:?}");
        assert_eq!(folder.run(&["deal", "list"]).code, Some(0), "reading does not wait");
        drop(held);
    });
}

#[test]
fn a_newer_ledger_and_that_of_another_program() {
    let folder = with_ledger("newer");
    runtime().block_on(async {
        let alter = async |file: &str, sql: &'static str| {
            let url = format!("sqlite://{}?mode=rwc", folder.path(file).display());
            let mut connection = SqliteConnection::connect(&url).await.expect("the file opens");
            sqlx::raw_sql(sql).execute(&mut connection).await.expect("it is altered");
            connection.close().await.expect("it closes");
        };
        alter("foreign.db", "create table recipes (name text)").await;
        alter(
            "resold.db",
            "update _sqlx_migrations set version = 99990101000000 \
            where version = (select max(version) from _sqlx_migrations)",
        )
        .await;
    });
    let mut said = Transcript::default();
    folder.write("more.json", "[]");
    for line in ["deal list", "replay more.json", "init", "ledger verify"] {
        let done = folder.run(&line.split(' ').collect::<Vec<_>>());
        is_error(&done, "99990101000000");
        said.add(&format!("resold {line}"), &done);
    }
    for line in ["deal list", "replay more.json", "init"] {
        let done =
            folder.run(&[line, "--ledger foreign.db"].join(" ").split(' ').collect::<Vec<_>>());
        is_error(&done, "the SQLite file foreign.db is no ledger of resold");
        said.add(&format!("resold {line} --ledger foreign.db"), &done);
    }
    said.check("newer.txt");
}

/// The user `nobody`, for a process that root starts: root may write anywhere.
const NOBODY: u32 = 65_534;

#[test]
fn a_folder_and_a_file_that_permit_nothing() {
    let kept = with_ledger("read-only");
    let open = std::env::temp_dir().join(format!("resold-read-only-{}", std::process::id()));
    let _ = fs::remove_dir_all(&open);
    fs::create_dir(&open).expect("a folder");
    let permit = |path: &PathBuf, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("permissions");
    };
    let binary = open.join("resold");
    fs::copy(env!("CARGO_BIN_EXE_resold"), &binary).expect("a copy that nobody may run");
    fs::copy(kept.path("resold.db"), open.join("resold.db")).expect("a copy of the ledger");
    fs::write(open.join("secret.json"), "[]").expect("a file");
    fs::write(open.join("good.json"), r#"{"a":1}"#).expect("a file");
    permit(&binary, 0o555);
    permit(&open.join("resold.db"), 0o444);
    permit(&open.join("secret.json"), 0o000);
    permit(&open, 0o555);
    let is_root = fs::metadata(&open).expect("a folder").uid() == 0;
    let cases = [
        ("replay good.json --ledger new.db", "could not open the ledger `new.db`"),
        ("init --ledger new.db", "could not open the ledger `new.db`"),
        ("replay good.json", "does not permit"),
        ("replay secret.json", "could not read `secret.json`"),
        ("opportunity import secret.json", "could not read `secret.json`"),
    ];
    for (line, words) in cases {
        let mut command = command(&binary, &open);
        if is_root {
            command.uid(NOBODY).gid(NOBODY);
        }
        let done = command.args(line.split(' ')).output().expect("the binary runs").into();
        is_error(&done, words);
    }
    permit(&open, 0o755);
    fs::remove_dir_all(&open).expect("it can be removed");
}

#[test]
fn a_server_that_is_not_there() {
    let folder = Folder::new("no-server");
    folder.write("good.json", "[]");
    let url = "postgres://me:secret-word@127.0.0.1:1/deals";
    let mut said = Transcript::default();
    for line in ["deal list", "replay good.json", "init"] {
        let arguments = [&line.split(' ').collect::<Vec<_>>()[..], &["--ledger", url]].concat();
        let done = folder.run(&arguments);
        is_error(&done, "could not reach the ledger");
        assert!(!done.stderr.contains("secret-word"), "{done:?}");
        said.add(&format!("resold {line} --ledger postgres://.."), &done);
    }
    said.check("no-server.txt");
}

/// On the server that `make test` starts.
#[test]
fn a_database_that_is_no_ledger() {
    let Ok(url) = std::env::var("RESOLD_TEST_POSTGRES") else { return };
    let folder = Folder::new("no-database");
    folder.write("good.json", "[]");
    let missing = url.replacen("/postgres", "/no_such_ledger", 1);
    for (url, line) in [(&missing, "deal list"), (&missing, "init"), (&url, "replay good.json")] {
        let arguments = [&line.split(' ').collect::<Vec<_>>()[..], &["--ledger", url]].concat();
        is_error(&folder.run(&arguments), "there is no ledger");
    }
}

#[test]
fn standard_output_that_takes_nothing() {
    let folder = with_ledger("no-output");
    folder.write("more.json", "[]");
    let lines = [
        "deal list",
        "deal list --format json",
        "replay more.json",
        "completions bash",
        "ledger export",
    ];
    for line in lines {
        let full = File::options().write(true).open("/dev/full").expect("Linux has it");
        let mut command = folder.command(&line.split(' ').collect::<Vec<_>>());
        let done: Done = command.stdout(full).output().expect("the binary runs").into();
        is_error(&done, "No space left on device");

        let mut command = folder.command(&line.split(' ').collect::<Vec<_>>());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        // A pipe that nobody reads.
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let done: Done = command.stdout(writer).output().expect("the binary runs").into();
        is_error(&done, "Broken pipe");
    }
}

#[test]
fn names_never_reach_a_terminal_raw() {
    let folder = Folder::new("hostile-names");
    let name = "a\u{1b}[31m\u{9b}31m\u{202e}\n.json";
    let refused = r#"{"EntityType":"ResaleAuthorization@1.0","Details":"{}"}"#;
    folder.write(name, refused);
    fs::create_dir(folder.path("empty\u{1b}[31m")).expect("a folder");
    let missing = format!("{name}x");
    let cases: [&[&str]; 6] = [
        &["replay", name],
        &["replay", &missing],
        &["replay", "empty\u{1b}[31m"],
        &["opportunity", "import", name],
        &["deal", "list", "--ledger", &missing],
        &["init", "--ledger", "made\u{1b}[31m.db"],
    ];
    let is_harmless = |c: char| c == '\n' || !(c.is_control() || c == '\u{202e}');
    for arguments in cases {
        let done = folder.run(arguments);
        assert!(done.stderr.chars().chain(done.stdout.chars()).all(is_harmless), "{done:?}");
        assert!(done.stderr.contains("\\u{1b}[31m"), "{arguments:?}: {done:?}");
    }
    let usage: [&[&str]; 4] = [
        &["offer", "show", "\u{1b}[31moffer"],
        &["offer", "list", "--partner", "\u{9b}31m"],
        &["\u{1b}]0;title\u{7}"],
        &["replay", "--no\u{202e}"],
    ];
    for arguments in usage {
        // As on a terminal that shows colour.
        let mut command = folder.command(arguments);
        let done: Done = command.env("CLICOLOR_FORCE", "1").output().expect("it runs").into();
        assert_eq!(done.code, Some(2), "{done:?}");
        assert!(done.stderr.chars().all(is_harmless), "{done:?}");
    }
}
