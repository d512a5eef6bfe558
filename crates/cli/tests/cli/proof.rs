//! Evidence bundles in files: made from a ledger, checked where there is none.

use std::fs;

use crate::golden::Transcript;
use crate::resold::Folder;

const AGREEMENT: &str = "agmt-happyg0t2esidvalogd72qnix";

#[test]
fn a_proof_is_made_and_checked() {
    let (folder, elsewhere) = (Folder::new("proof"), Folder::new("proof-elsewhere"));
    folder.scenario("happy-path");
    folder.scenario("renewal");
    let mut said = Transcript::default();
    said.run(&folder, "--quiet replay happy-path");
    said.run(&folder, &format!("ledger proof {AGREEMENT} --output alone.json"));
    said.run(&folder, "ledger checkpoint one.anchor");
    said.run(&folder, &format!("ledger proof {AGREEMENT} --checkpoint one.anchor --output p.json"));
    said.run(&folder, &format!("ledger proof {AGREEMENT} --checkpoint one.anchor --output p.json"));
    said.run(&folder, "ledger proof agmt-unheard --checkpoint one.anchor");
    for name in ["alone.json", "p.json", "one.anchor"] {
        elsewhere.write(name, fs::read(folder.path(name)).expect("it was written"));
    }
    said.run(&elsewhere, "ledger verify-proof alone.json");
    said.run(&elsewhere, "ledger verify-proof alone.json --anchor one.anchor");
    said.run(&elsewhere, "ledger verify-proof p.json");
    said.run(&elsewhere, "ledger verify-proof p.json --anchor one.anchor");
    said.run(&elsewhere, "ledger verify-proof p.json --anchor one.anchor --format json");
    let text = fs::read_to_string(folder.path("p.json")).expect("it was written");
    elsewhere.write("forged.json", text.replace("555566667777", "555566667778"));
    said.run(&elsewhere, "ledger verify-proof forged.json --anchor one.anchor");
    said.run(&elsewhere, "ledger verify-proof one.anchor");
    said.run(&elsewhere, "ledger verify-proof missing.json");
    said.check("proof.txt");
}

#[test]
fn the_latest_anchor_of_a_folder_is_taken() {
    let folder = Folder::new("proof-folder");
    folder.scenario("happy-path");
    assert_eq!(folder.run(&["replay", "happy-path"]).code, Some(0));
    fs::create_dir(folder.path("anchors")).expect("made");
    let none = folder.run(&["ledger", "proof", AGREEMENT, "--checkpoint", "anchors"]);
    assert_eq!(none.code, Some(2), "{}", none.stderr);
    for day in ["2026-12-21", "2026-12-22"] {
        let mut command = crate::resold::command(env!("CARGO_BIN_EXE_resold"), &folder.path(""));
        let file = format!("anchors/{}", day.replace("2026-12-2", "of-day-"));
        command.args(["--effective", day, "ledger", "checkpoint", &file]);
        assert!(command.output().expect("the binary runs").status.success());
    }
    let made = folder.run(&["ledger", "proof", AGREEMENT, "--checkpoint", "anchors"]);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    assert!(made.stderr.contains("anchor of 2026-12-22T00:00:00Z"), "{}", made.stderr);
    let bundle: serde_json::Value = serde_json::from_str(&made.stdout).expect("JSON");
    assert_eq!(bundle["anchor"]["made_at"], "2026-12-22T00:00:00Z");
}
