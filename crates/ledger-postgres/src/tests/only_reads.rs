//! Servers that answer and refuse every write.

use super::*;

/// The server was demoted and promoted again, and its connections stayed as they were.
#[tokio::test]
async fn a_connection_that_only_reads_is_not_used_again() {
    let mut database = Database::fresh().await;
    let set = format!("alter database {} set default_transaction_read_only", database.name);
    run(&mut database.server, format!("{set} = on")).await;
    let store = database.store().await;
    let kept = [store.begin().await.unwrap(), store.begin().await.unwrap()];
    drop(kept);
    run(&mut database.server, format!("{set} = off")).await;
    let row = StreamRow {
        stream: StreamId::try_from("offer/a".to_owned()).unwrap(),
        version: 1,
        touched: 1,
        head: Digest::new([0; 32]),
        fold: 1,
        facts: "{}".to_owned(),
        concluded: "{}".to_owned(),
        due_at: None,
    };
    let streams = vec![StreamWrite { row, read_touched: None }];
    let writes = Writes { streams, ..Writes::default() };
    let mut tx = store.begin().await.unwrap();
    let refused = tx.write(&writes).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable { .. }), "{refused:?}");
    drop(tx);
    let mut tx = store.begin().await.unwrap();
    tx.write(&writes).await.expect("it is a new connection");
    tx.commit().await.unwrap();
    store.check_writable().await.unwrap();
    store.close().await;
    database.remove().await;
}

#[tokio::test]
async fn a_server_that_only_reads_is_told() {
    let mut database = Database::fresh().await;
    let set = format!("alter database {} set default_transaction_read_only", database.name);
    run(&mut database.server, format!("{set} = on")).await;
    let store = database.store().await;
    let told = store.check_writable().await.unwrap_err();
    assert!(matches!(told, StoreError::Unavailable { .. }), "{told:?}");
    drop(store.snapshot().await.expect("it can be read"));
    run(&mut database.server, format!("{set} = off")).await;
    store.check_writable().await.expect("the next connection writes");
    store.close().await;
    database.remove().await;
}
