//! The same on a server: what its owner changes by statements is told there, too.

use std::sync::Arc;

use ledger::verify::verify;
use resold_tests::database::Database;
use sqlx::{AssertSqlSafe, Executor as _};

use super::held::{ALL, fill};

/// A statement, and kinds of faults that must be told.
const CASES: [(&str, &[&str]); 13] = [
    ("update events set payload = payload || ' ' where version = 2", &["seal"]),
    ("update events set occurred_at = occurred_at + 1 where version = 1", &["seal"]),
    (
        "update events set hash = translate(hash, '0123', '1032') where version = 1",
        &["seal", "chain"],
    ),
    ("delete from events where version = 1", &["versions"]),
    (
        "delete from events e where version = (select max(version) from events where stream = e.stream)",
        &["version", "head"],
    ),
    ("update streams set head = translate(head, '0123', '1032')", &["head"]),
    ("update streams set facts = '{' where stream like 'offer/%'", &["facts", "view"]),
    ("update streams set concluded = '{}' where stream like 'agreement/%'", &["concluded"]),
    ("delete from keys where kind = 'offer'", &["key-missing"]),
    ("delete from outbox where version = 2", &["outbox-missing"]),
    ("update bodies set head = head || '\\x20' where head is not null", &["label"]),
    ("update bodies set head = overlay(head placing '\\x78' from 9)", &["body"]),
    (
        "update notifications set envelope_id = 'another' where slot = 0 and account <> ''
        and envelope_id = (select min(envelope_id) from notifications)",
        &["label"],
    ),
];

#[tokio::test]
async fn what_statements_change_on_a_server_is_told() {
    let database = Database::fresh("tamper").await;
    let (store, mut owner) = (database.store(2).await, database.connect().await);
    for (statement, expected) in CASES {
        Database::clear(&mut owner).await;
        fill(Arc::new(store.clone()), &ALL).await;
        let sound = verify(&store, &mut |_| {}).await.expect("the ledger can be read");
        assert!(sound.is_sound(), "{:?}", sound.faults);
        let done = owner.execute(AssertSqlSafe(statement)).await.expect("the statement succeeds");
        assert!(done.rows_affected() > 0, "{statement}: it changes something");
        let faults = verify(&store, &mut |_| {}).await.expect("the ledger can be read").faults;
        for kind in expected {
            let is_told = faults.iter().any(|fault| fault.kind.word() == *kind);
            assert!(is_told, "{statement}: {kind} is told: {faults:?}");
        }
    }
    store.close().await;
    drop(owner);
    database.remove().await;
}
