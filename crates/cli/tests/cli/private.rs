//! Files that the binary makes are their owner's alone.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::resold::Folder;

#[test]
fn every_file_that_is_made_is_read_by_its_owner_only() {
    let folder = Folder::new("private");
    folder.scenario("happy-path");
    fs::create_dir(folder.path("made")).expect("it is made");
    let all: [&[&str]; 5] = [
        &["init"],
        &["replay", "happy-path"],
        &["ledger", "checkpoint", "made/anchor.json"],
        &["ledger", "proof", "agmt-happyg0t2esidvalogd72qnix", "--output", "made/proof.json"],
        &["partner", "playbook", "222233334444", "--output", "made/playbook.md"],
    ];
    for words in all {
        let ledger = ["--ledger", "made/resold.db", "--effective", "2026-12-20"];
        let words: Vec<&str> = ledger.iter().chain(words).copied().collect();
        let done = folder.run(&words);
        assert!(matches!(done.code, Some(0 | 1)), "{words:?}: {done:?}");
    }
    let made =
        fs::read_dir(folder.path("made")).expect("the folder").map(|entry| entry.expect("one"));
    let modes: Vec<(String, u32)> = made
        .map(|entry| {
            let bits = entry.metadata().expect("it is there").permissions().mode() & 0o777;
            (entry.file_name().to_string_lossy().into_owned(), bits)
        })
        .collect();
    assert!(modes.len() >= 5, "{modes:?}");
    assert!(modes.iter().all(|(_, mode)| *mode == 0o600), "{modes:?}");
}
