use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use deal::stream::StreamId;
use ledger::row::{StreamRow, StreamWrite, Writes};
use ledger::store::{Store, StoreError};
use marketplace::digest::Digest;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, Row as _, SqlitePool};

use crate::{OpenOptions, SqliteStore};

/// A folder that goes with its test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("resold-ledger-sqlite-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

async fn fresh(property: impl AsyncFnOnce(&dyn Store)) {
    let folder = Folder::new();
    let store = SqliteStore::open(folder.join("ledger"), OpenOptions::CREATE).await.unwrap();
    property(&store).await;
    store.close().await;
}

ledger::properties!(fresh);

/// The file as another program sees it.
async fn raw(path: &Path) -> SqlitePool {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap()
}

async fn run(path: &Path, text: &str) {
    let pool = raw(path).await;
    sqlx::query(AssertSqlSafe(text.to_owned())).execute(&pool).await.unwrap();
    pool.close().await;
}

fn named(result: Result<SqliteStore, StoreError>) -> String {
    match result {
        Ok(_) => "open".to_owned(),
        Err(error) => {
            let kind = format!("{error:?}");
            kind.split([' ', '{']).next().unwrap_or_default().to_owned()
        }
    }
}

#[tokio::test]
async fn every_kind_of_file_opens_or_says_why_not() {
    let folder = Folder::new();
    fs::create_dir(folder.join("folder")).unwrap();
    fs::write(folder.join("empty"), "").unwrap();
    fs::write(folder.join("text"), "this is not a database, and longer than a header\n".repeat(99))
        .unwrap();
    run(&folder.join("foreign"), "create table bookmarks (url text)").await;
    for name in ["ledger", "newer", "older"] {
        SqliteStore::open(folder.join(name), OpenOptions::CREATE).await.unwrap().close().await;
    }
    let newer =
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                 values (99990101000000, 'later', true, x'00', 0)";
    run(&folder.join("newer"), newer).await;
    let older = "delete from _sqlx_migrations where version >= 20261101000009;
                 drop index deliveries_envelope; alter table deliveries drop column slot;
                 alter table deliveries drop column envelope_id;
                 drop table view_definitions; drop view findings; drop view requests;
                 drop view quantities; drop view registrations; drop view entitlements;
                 drop view agreements; drop view offers; drop view opportunities";
    run(&folder.join("older"), older).await;
    let (read, write, create) = (OpenOptions::READ, OpenOptions::WRITE, OpenOptions::CREATE);
    let cases = [
        ("ledger", read, "open"),
        ("ledger", write, "open"),
        ("ledger", create, "open"),
        ("missing", read, "Missing"),
        ("missing", write, "Missing"),
        ("missing/ledger", create, "Missing"),
        ("text/ledger", create, "Missing"),
        ("folder", create, "Refused"),
        ("empty", read, "Missing"),
        ("empty", create, "open"),
        ("text", read, "Foreign"),
        ("text", create, "Foreign"),
        ("foreign", read, "Foreign"),
        ("foreign", create, "Foreign"),
        ("newer", read, "Schema"),
        ("newer", create, "Schema"),
        ("older", read, "Schema"),
        ("older", write, "open"),
        ("older", read, "open"),
        ("new", create, "open"),
    ];
    for (name, options, expected) in cases {
        let opened = SqliteStore::open(folder.join(name), options).await;
        if let Ok(store) = &opened {
            store.close().await;
        }
        assert_eq!(named(opened), expected, "{name} {options:?}");
    }
    assert!(!folder.join("missing").exists());
}

/// As another user than root, who may read and write everything.
#[tokio::test]
async fn what_may_not_be_written_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    let path = folder.join("ledger");
    SqliteStore::open(&path, OpenOptions::CREATE).await.unwrap().close().await;
    fs::set_permissions(&folder.0, fs::Permissions::from_mode(0o555)).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    let may_write_anyway = fs::write(folder.join("probe"), "").is_ok();
    let created = named(SqliteStore::open(folder.join("new"), OpenOptions::CREATE).await);
    let opened = SqliteStore::open(&path, OpenOptions::READ).await;
    let begun = match opened {
        Ok(store) => store.begin().await.map(drop),
        Err(error) => Err(error),
    };
    fs::set_permissions(&folder.0, fs::Permissions::from_mode(0o755)).unwrap();
    if !may_write_anyway {
        assert_eq!(created, "Refused");
        assert!(matches!(begun, Err(StoreError::Refused { .. })), "{begun:?}");
    }
}

fn one_stream() -> Writes {
    let row = StreamRow {
        stream: StreamId::try_from("offer/a".to_owned()).unwrap(),
        version: 1,
        touched: 1,
        head: Digest::new([0; 32]),
        fold: 1,
        facts: r#"{"expires":{"v":-1},"released":1793491200123456,"products":["prod-1"]}"#
            .to_owned(),
        concluded: r#"{"offer":{"type":"CPPO"},
            "findings":{"a":{"id":"f-1","since":253402300799000000},"b":{"id":"f-2"}}}"#
            .to_owned(),
        due_at: None,
    };
    Writes { streams: vec![StreamWrite { row, read_touched: None }], ..Writes::default() }
}

#[tokio::test]
async fn views_show_streams() {
    let folder = Folder::new();
    let store = SqliteStore::open(folder.join("ledger"), OpenOptions::CREATE).await.unwrap();
    let mut transaction = store.begin().await.unwrap();
    transaction.write(&one_stream()).await.unwrap();
    transaction.commit().await.unwrap();
    let pool = raw(&folder.join("ledger")).await;
    let cases = [
        ("select id from offers", Some("a")),
        ("select type from offers", Some("CPPO")),
        ("select product from offers", Some("prod-1")),
        ("select released from offers", Some("2026-11-01T00:00:00.123456Z")),
        ("select expires from offers", Some("1969-12-31T23:59:59.999999Z")),
        ("select basis from offers", None),
        ("select group_concat(id) from (select id from findings order by id)", Some("f-1,f-2")),
        ("select since from findings where id = 'f-1'", Some("9999-12-31T23:59:59.000000Z")),
        ("select group_concat(id) from agreements", None),
    ];
    for (text, expected) in cases {
        let row = sqlx::query(text).fetch_one(&pool).await.unwrap();
        assert_eq!(row.get::<Option<String>, _>(0).as_deref(), expected, "{text}");
    }
    for view in deal::view::VIEWS {
        let text = AssertSqlSafe(format!("select * from {}", view.name));
        let rows = sqlx::query(text).fetch_all(&pool).await.unwrap();
        assert!(rows.iter().all(|row| row.len() == view.columns.len()), "{}", view.name);
    }
}

#[tokio::test]
async fn views_are_made_again_when_their_definition_changes() {
    let folder = Folder::new();
    let path = folder.join("ledger");
    SqliteStore::open(&path, OpenOptions::CREATE).await.unwrap().close().await;
    let old = "drop view offers; create view offers as select 1 as old;
               update view_definitions set definition = 'old' where name = 'offers';
               create view retired as select 1 as old;
               insert into view_definitions values ('retired', 'create view retired as select 1 as old')";
    run(&path, old).await;
    SqliteStore::open(&path, OpenOptions::WRITE).await.unwrap().close().await;
    let pool = raw(&path).await;
    assert!(sqlx::query("select basis from offers").fetch_all(&pool).await.is_ok());
    assert!(sqlx::query("select old from retired").fetch_all(&pool).await.is_err());
}

/// A view that somebody changed is a fault of the ledger.
#[tokio::test]
async fn verify_names_the_view_that_shows_something_else() {
    let folder = Folder::new();
    let path = folder.join("ledger");
    let store = SqliteStore::open(&path, OpenOptions::CREATE).await.unwrap();
    let mut transaction = store.begin().await.unwrap();
    transaction.write(&one_stream()).await.unwrap();
    transaction.commit().await.unwrap();
    let view = deal::view::VIEWS.iter().find(|view| view.name == "offers").unwrap();
    let text = crate::views::create(view);
    let cases = [
        (String::new(), None),
        (
            text.replace("$.\"offer\".\"type\"", "$.\"offer\".\"typo\""),
            Some("its column `type` shows something else"),
        ),
        (text.replace("where", "where s.stream <> 'offer/a' and"), Some("it shows 0 rows, not 1")),
        (
            "create view offers as select 1 as id".to_owned(),
            Some("it is missing, or lacks a column"),
        ),
        ("drop view if exists offers".to_owned(), Some("it is missing, or lacks a column")),
    ];
    for (change, expected) in cases {
        if !change.is_empty() {
            run(&path, &format!("drop view offers; {change}")).await;
        }
        let report = ledger::verify::verify(&store, &mut |_| {}).await.unwrap();
        let faults =
            report.faults.iter().filter(|fault| fault.kind == ledger::verify::FaultKind::View);
        let found: Vec<String> = faults.map(ToString::to_string).collect();
        let expected = expected.map(|words| format!("view: view `offers`: {words}"));
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{change}");
    }
}

/// Another program's lock is waited for, then named.
#[tokio::test]
async fn lock_of_another_program_is_named() {
    let folder = Folder::new();
    let path = folder.join("ledger");
    let store = SqliteStore::open(&path, OpenOptions::CREATE).await.unwrap();
    let other = raw(&path).await;
    let held = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let refused = store.begin().await.map(drop);
    assert!(matches!(refused, Err(StoreError::Locked { .. })), "{refused:?}");
    assert!(store.snapshot().await.unwrap().counts().await.is_ok());
    held.rollback().await.unwrap();
    assert!(store.begin().await.is_ok());
}

/// Whether a step of a plan reads a whole table (or all of an index) of ours: `n`, `o` and `i` are their aliases.
fn scans_a_table(step: &str) -> bool {
    let of = step.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next());
    let tables =
        ["notifications", "deliveries", "outcomes", "inbox", "events", "streams", "keys", "outbox"];
    of.is_some_and(|of| tables.contains(&of) || ["n", "o", "i"].contains(&of))
}

/// No statement of ours may scan a table that grows, but those that count or list everything.
#[tokio::test]
async fn statements_use_indexes() {
    use crate::sql;
    let folder = Folder::new();
    let store = SqliteStore::open(folder.join("ledger"), OpenOptions::CREATE).await.unwrap();
    let statements = [
        sql::KNOWN.to_owned(),
        sql::DELIVERED.to_owned(),
        sql::PARKED.to_owned(),
        sql::STREAMS_BY_ID.to_owned(),
        sql::DUE.to_owned(),
        sql::PAGE.to_owned(),
        sql::EVENTS_OF.to_owned(),
        sql::ALL_EVENTS.to_owned(),
        sql::ALL_KEYS.to_owned(),
        sql::NOTIFICATION_PAGE.to_owned(),
        sql::WAITING_PAGE.to_owned(),
        sql::BODIES.to_owned(),
        sql::DELIVERIES_OF.to_owned(),
        sql::OUTCOMES_OF.to_owned(),
        sql::OUTBOX_PAGE.to_owned(),
        sql::DELETE_INBOX.to_owned(),
        sql::ERASE.to_owned(),
        sql::find(3),
        sql::update_streams(3),
        sql::delete_keys(3),
    ];
    let pool = raw(&folder.join("ledger")).await;
    for text in statements {
        let plan = sqlx::query(AssertSqlSafe(format!("explain query plan {text}")));
        let steps: Vec<String> =
            plan.fetch_all(&pool).await.unwrap().iter().map(|row| row.get(3)).collect();
        let scans: Vec<_> = steps.iter().filter(|step| scans_a_table(step)).collect();
        assert!(scans.is_empty(), "{text}\n{steps:#?}");
    }
    store.close().await;
}
