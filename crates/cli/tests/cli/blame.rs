//! Databases that refuse: who is to blame, the database or what was sent.

use resold_tests::database::Database;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Executor as _};

use crate::held::{Held, run};
use crate::resold::{Done, Folder};

/// Where the database refuses, and which rows.
#[derive(Debug, Clone, Copy)]
enum Where {
    /// What is concluded of agreements.
    Streams,
    /// The label of their notifications.
    Labels,
    /// The bodies of all notifications.
    Bodies,
}

/// What a replay does then with those that are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// They come again: nothing is kept of them.
    Named,
    /// They are kept raw.
    Quarantined,
}

impl Where {
    fn table_and_rows(self) -> (&'static str, &'static str) {
        match self {
            Self::Streams => ("streams", "new.stream like 'agreement/%'"),
            Self::Labels => ("notifications", "new.detail_type like 'Purchase Agreement%'"),
            Self::Bodies => ("bodies", "true"),
        }
    }
}

async fn does(database: &Database, statement: String) {
    let mut connection = database.connect().await;
    connection.execute(AssertSqlSafe(statement)).await.expect("the statement succeeds");
}

async fn refuse(database: &Database, place: Where, code: &str) {
    let (table, rows) = place.table_and_rows();
    let function = format!(
        "create function boom() returns trigger language plpgsql as
         $$ begin raise exception 'a fault of a test' using errcode = '{code}'; end $$"
    );
    does(database, function).await;
    let trigger = format!(
        "create trigger boom before insert or update on {table} for each row when ({rows})
         execute function boom()"
    );
    does(database, trigger).await;
}

fn summary(done: &Done) -> Value {
    serde_json::from_str(&done.stdout).expect("the summary is JSON")
}

#[tokio::test]
async fn a_database_that_fails_is_not_blamed_on_what_was_sent() {
    use Expected::{Named, Quarantined};
    use Where::{Bodies, Labels, Streams};
    let folder = Folder::new("blame");
    folder.scenario("happy-path");
    let undisturbed = run(&folder, "undisturbed.db", "--format json replay happy-path");
    let expected = Held::of(&folder, "undisturbed.db").await;
    let cases = [
        // A page that cannot be read, a statement that a pooler lost, a plan that changed, an extension's own code.
        (Streams, "XX001", Named),
        (Streams, "26000", Named),
        (Streams, "42P05", Named),
        (Streams, "0A000", Named),
        (Streams, "P0001", Named),
        (Streams, "XX000", Named),
        // Data is refused, but not that of the notification itself.
        (Streams, "22021", Named),
        (Streams, "23514", Named),
        (Streams, "54000", Named),
        (Labels, "XX001", Named),
        (Labels, "22021", Quarantined),
        (Labels, "23514", Quarantined),
        (Labels, "54000", Quarantined),
        // Not even the body can be kept.
        (Bodies, "22021", Named),
    ];
    for (place, code, kept) in cases {
        let what = format!("{place:?} {code}");
        let mut database = Database::planned("blame").await;
        database.make().await;
        refuse(&database, place, code).await;
        let done = run(&folder, &database.url, "--format json replay happy-path");
        let found = summary(&done);
        let count = |name: &str| found[name].as_u64().expect("a count");
        let refused = count("failed") + count("quarantined");
        assert!(refused > 0, "{what}: {done:?}");
        assert_eq!(count("received"), summary(&undisturbed)["received"], "{what}: it went on");
        match kept {
            Named => {
                assert_eq!((done.code, count("quarantined")), (Some(2), 0), "{what}: {done:?}");
                assert!(done.stderr.contains("not recorded: could not"), "{what}: {done:?}");
                assert!(done.stderr.contains("happy-path"), "{what}: it is named: {done:?}");
            }
            Quarantined => {
                assert_eq!((done.code, count("failed")), (Some(1), 0), "{what}: {done:?}");
            }
        }
        let done = run(&folder, &database.url, "ledger verify");
        assert_eq!(done.code, Some(0), "{what}: {done:?}");

        let (table, _) = place.table_and_rows();
        does(&database, format!("drop trigger boom on {table}")).await;
        let again = run(&folder, &database.url, "--format json replay happy-path");
        if kept == Named {
            assert_eq!(summary(&again)["applied"], refused, "{what}: they are no duplicates");
        } else {
            let done = run(&folder, &database.url, "inbox redrive --all");
            assert!(matches!(done.code, Some(0 | 1)), "{what}: {done:?}");
        }
        Held::of(&folder, &database.url).await.assert_is(&what, &expected);
        database.remove().await;
    }
}

#[tokio::test]
async fn a_database_of_another_encoding_is_no_place_for_a_ledger() {
    let folder = Folder::new("encoding");
    for encoding in ["SQL_ASCII", "LATIN1"] {
        let mut database = Database::planned("encoding").await;
        let create = format!(
            "create database {} encoding '{encoding}' locale_provider libc locale 'C'
             template template0",
            database.name
        );
        database.server_does(create).await;
        let done = run(&folder, &database.url, "init");
        assert_eq!(done.code, Some(2), "{done:?}");
        let said = format!("its encoding is {encoding}, and a ledger needs UTF8");
        assert!(done.stderr.contains(&said), "{done:?}");
        database.remove().await;
    }
}
