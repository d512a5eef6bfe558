//! A full disk: it is said, nothing is half done, and with room the same replay runs to its end.

use std::path::Path;

use resold_tests::database::Database;
use resold_tests::full_disk::FullDisk;
use resold_tests::server::{Server, Stop};

use crate::held::{Held, history, run};
use crate::resold::{Done, Folder};

const NOTIFICATIONS: usize = 200;
const REPLAY: &str = "--quiet replay --batch 10 all.jsonl";

/// A folder with a history, and what it comes to on a disk with room.
async fn with_history(name: &str) -> (Folder, Held) {
    let folder = Folder::new(name);
    folder.write("all.jsonl", history(5, NOTIFICATIONS));
    assert_eq!(run(&folder, "undisturbed.db", REPLAY).code, Some(1), "something waits in it");
    let held = Held::of(&folder, "undisturbed.db").await;
    (folder, held)
}

fn says_that_the_disk_is_full(done: &Done) {
    assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{done:?}");
    assert!(done.stderr.starts_with("error: could not "), "{done:?}");
    assert_eq!(done.stderr.matches("error: ").count(), 1, "{done:?}");
    assert!(done.stderr.contains("because: the ledger has no room left while "), "{done:?}");
    assert!(
        done.stderr.contains("\n  try: make room on the disk that the ledger is on"),
        "{done:?}"
    );
}

#[tokio::test]
async fn sqlite_on_a_full_disk() {
    let (folder, expected) = with_history("full-sqlite").await;
    let disk = FullDisk::compile(&folder.path(""));
    let place = folder.path("").canonicalize().expect("it is there");
    // From no room at all to enough.
    let mut room = 0;
    for number in 0.. {
        let ledger = format!("{number}.db");
        let on_full_disk = |line: &str| -> Done {
            let words = line.split(' ').chain(["--ledger", &ledger]);
            let mut command = folder.command(&words.collect::<Vec<_>>());
            disk.limit(&mut command, &place, room);
            command.output().expect("the binary runs").into()
        };
        let done = on_full_disk(REPLAY);
        if done.code == Some(1) {
            break;
        }
        says_that_the_disk_is_full(&done);
        let done = on_full_disk("ledger verify");
        // A file that was only begun, or no room for what readers share.
        let nothing = ["there is no ledger", "the ledger has no room left while"];
        let nothing = nothing.iter().any(|words| done.stderr.contains(words));
        assert!(done.code == Some(0) || (done.code == Some(2) && nothing), "{done:?}");

        assert_eq!(run(&folder, &ledger, REPLAY).code, Some(1), "with room it ends");
        Held::of(&folder, &ledger).await.assert_is(&format!("room for {room} bytes"), &expected);
        room = (room * 2).max(4_096);
    }
    assert!(room > 500_000, "a ledger of {NOTIFICATIONS} notifications is larger than {room}");
}

#[tokio::test]
async fn postgres_on_a_full_disk() {
    let (folder, expected) = with_history("full-postgres").await;
    let server = Server::start();
    let disk = FullDisk::compile(server.folder());
    for room in [50_000, 200_000] {
        let mut database = Database::on(&server.url, "full").await;
        database.make().await;
        let rows = database.rows().await;
        let ledger = &database.url;
        server.stop(Stop::Fast);
        server.start_in(|command| disk.limit(command, Path::new(&rows), room));
        says_that_the_disk_is_full(&run(&folder, ledger, REPLAY));
        assert_eq!(run(&folder, ledger, "ledger verify").code, Some(0), "nothing is half done");

        server.stop(Stop::Fast);
        server.start_again();
        assert_eq!(run(&folder, ledger, REPLAY).code, Some(1), "with room it ends");
        Held::of(&folder, ledger).await.assert_is(&format!("room for {room} bytes"), &expected);
    }
}
