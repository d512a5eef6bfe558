//! A ledger behind a pooler in transaction mode: fewer server processes than clients, another one for each transaction.

use resold_tests::database::Database;
use resold_tests::pooler::Pooler;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Executor as _, Row as _};

use crate::held::{Held, history, run};
use crate::resold::Folder;

const REPLAYS: usize = 6;

fn server() -> String {
    std::env::var("RESOLD_TEST_POSTGRES").expect("`make test` starts a server")
}

#[tokio::test]
async fn replays_side_by_side_end_as_one_does() {
    let folder = Folder::new("pooler");
    let all = history(7, 300);
    let lines: Vec<&[u8]> = all.split(|byte| *byte == b'\n').collect();
    folder.write("all.jsonl", &all);
    for part in 0..REPLAYS {
        let lines: Vec<&[u8]> = lines.iter().skip(part).step_by(REPLAYS).copied().collect();
        folder.write(&format!("part-{part}.jsonl"), lines.join(&b'\n'));
    }
    run(&folder, "alone.db", "replay all.jsonl");
    let expected = Held::of(&folder, "alone.db").await;

    let database = Database::fresh("pooler").await;
    let pooler = Pooler::start(&server(), 3).await;
    let url = format!("{}&pooling=transaction", pooler.url(&database.name));
    let replays = (0..REPLAYS).map(|part| {
        let words = format!("--quiet replay --batch 7 part-{part}.jsonl");
        let words: Vec<&str> = ["--ledger", &url].into_iter().chain(words.split(' ')).collect();
        folder.command(&words).stdout(std::process::Stdio::null()).spawn().expect("it runs")
    });
    let replays: Vec<_> = replays.collect();
    for mut replay in replays {
        let code = replay.wait().expect("it ends").code();
        assert!(matches!(code, Some(0 | 1)), "{code:?}");
    }
    for words in ["doctor", "ledger rebuild", "inbox list"] {
        let done = run(&folder, &url, words);
        assert!(matches!(done.code, Some(0 | 1)), "{words}: {done:?}");
    }
    Held::of(&folder, &url).await.assert_is("through a pooler", &expected);

    // Whoever gets the same server processes afterwards finds them as they were.
    let options: PgConnectOptions = pooler.url(&database.name).parse().expect("a URL");
    let mut other = options.extra_float_digits(None).connect().await.expect("it answers");
    for _ in 0..10 {
        for (name, expected) in
            [("enable_seqscan", "on"), ("jit", "on"), ("plan_cache_mode", "auto")]
        {
            let shown =
                other.fetch_one(sqlx::raw_sql(sqlx::AssertSqlSafe(format!("show {name}")))).await;
            let shown: String = shown.and_then(|row| row.try_get(0)).expect("a setting");
            assert_eq!(shown, expected, "{name}");
        }
    }
    drop(other);
    drop(pooler);
    database.remove().await;
}

#[tokio::test]
async fn who_makes_a_ledger_names_the_server_itself() {
    let folder = Folder::new("pooler-init");
    let database = Database::fresh("pooler_init").await;
    let pooler = Pooler::start(&server(), 2).await;
    let url = format!("{}&pooling=transaction", pooler.url(&database.name));
    let done = run(&folder, &url, "init");
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(done.stderr.contains("name the server itself instead of its pooler"), "{done:?}");
    drop(pooler);
    database.remove().await;
}
