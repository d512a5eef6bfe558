//! A server that goes away in the middle of a replay: it is waited for, or the replay ends, says so, and is run again.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::Stdio;
use std::thread::spawn;

use resold_tests::database::Database;
use resold_tests::server::{Server, Stop};

use crate::held::{Held, history, run};
use crate::resold::{Done, Folder};

const NOTIFICATIONS: usize = 300;

/// Replays with this patience; the server stops when half of the input is given. Whether it starts again when the replay
/// says that it waits.
fn replay(folder: &Folder, url: &str, server: &Server, how: Stop, wait: &str, back: bool) -> Done {
    let words =
        ["--ledger", url, "--format", "json", "replay", "--batch", "10", "--wait", wait, "-"];
    let mut command = folder.command(&words);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().expect("the binary runs");
    let mut stdin = process.stdin.take().expect("it is piped");
    let input = std::fs::read(folder.path("all.jsonl")).expect("it is there");
    let (first, rest) = input.split_at(input.len() / 2);
    stdin.write_all(first).expect("it reads");
    server.stop(how);
    let rest = rest.to_owned();
    // Whoever gives up takes no more.
    let giver = spawn(move || stdin.write_all(&rest).is_ok());
    let mut stderr = BufReader::new(process.stderr.take().expect("it is piped"));
    let mut said = String::new();
    while !said.contains("waiting for the ledger") {
        assert!(stderr.read_line(&mut said).expect("a line") > 0, "it waits: {said}");
    }
    if back {
        server.start_again();
    }
    stderr.read_to_string(&mut said).expect("text");
    let mut done: Done = process.wait_with_output().expect("it ends").into();
    done.stderr = said;
    assert_eq!(giver.join().expect("the thread ends"), back, "it takes all of it: {done:?}");
    done
}

#[tokio::test]
async fn a_server_that_goes_away_is_waited_for_or_said_to_be_away() {
    let folder = Folder::new("away");
    folder.write("all.jsonl", history(3, NOTIFICATIONS));
    let undisturbed = run(&folder, "undisturbed.db", "--format json replay --batch 10 all.jsonl");
    assert_eq!(undisturbed.code, Some(1), "something waits in this history: {undisturbed:?}");
    let expected = Held::of(&folder, "undisturbed.db").await;
    let server = Server::start();
    for how in [Stop::Fast, Stop::Immediate] {
        let mut database = Database::on(&server.url, "waited_for").await;
        database.make().await;
        let done = replay(&folder, &database.url, &server, how, "60", true);
        assert_eq!(done.code, Some(1), "{done:?}");
        assert_eq!(done.stderr.matches("the ledger is back").count(), 1, "{done:?}");
        assert_eq!(done.stdout, undisturbed.stdout, "what was tried again is no duplicate");
        Held::of(&folder, &database.url).await.assert_is(&format!("{how:?}"), &expected);

        let mut database = Database::on(&server.url, "given_up").await;
        database.make().await;
        let done = replay(&folder, &database.url, &server, how, "1", false);
        assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{done:?}");
        for words in [
            "waiting for the ledger, 1 s at most: could not ",
            "\nerror: could not ",
            "could not reach the ledger while ",
            "\n  try: check that --ledger names the right place, and that its server runs",
            "replay the same again (what is recorded already counts as a duplicate)",
        ] {
            assert!(done.stderr.contains(words), "{words} in {done:?}");
        }
        server.start_again();
        let done = run(&folder, &database.url, "--format json replay all.jsonl");
        assert_eq!(done.code, Some(1), "{done:?}");
        Held::of(&folder, &database.url).await.assert_is(&format!("{how:?}"), &expected);
    }
}
