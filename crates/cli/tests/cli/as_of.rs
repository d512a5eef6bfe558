//! Looking back: what the ledger had recorded by a time, beside what was so at that time.

use crate::golden::Transcript;
use crate::resold::{Done, Folder, command};

const AGREEMENT: &str = "agmt-finall8zcobgnurao8ngq8oha";

/// Runs with nothing but these arguments: they say what time it is.
fn at(folder: &Folder, line: &str) -> Done {
    let mut command = command(env!("CARGO_BIN_EXE_resold"), &folder.path(""));
    command.args(line.split_whitespace()).output().expect("the binary runs").into()
}

/// AWS ended an agreement on the 18th; we heard of it on the 20th.
fn ledger(name: &str) -> Folder {
    let folder = Folder::new(name);
    folder.scenario("early-termination-final-hour");
    let files = |first: usize, last: usize| {
        let names = [
            "01-opportunity",
            "02-offer-released",
            "03-agreement-created",
            "04-license-updated",
            "05-agreement-ended",
            "06-license-deprovisioned",
        ];
        let path = |name: &str| format!("early-termination-final-hour/{name}.json");
        names[first - 1..last].iter().map(|name| path(name)).collect::<Vec<_>>().join(" ")
    };
    for (day, files) in [(1, files(1, 1)), (2, files(2, 2)), (3, files(3, 4)), (20, files(5, 6))] {
        let done = at(&folder, &format!("--quiet --effective 2026-12-{day:02} replay {files}"));
        assert!(matches!(done.code, Some(0 | 1)), "{done:?}");
    }
    folder
}

#[test]
fn what_we_had_recorded_and_what_was_so() {
    let folder = ledger("as-of");
    let mut said = Transcript::default();
    let mut run = |line: &str| said.add(&format!("resold {line}"), &at(&folder, line));
    for when in ["--effective 2026-12-19", "--as-of 2026-12-19", "--as-of 2026-12-21"] {
        run(&format!("{when} entitlement list"));
    }
    // What was recorded by the 2nd, judged long after.
    run("--as-of 2026-12-02 --effective 2027-12-31 offer list");
    for line in [
        "opportunity list",
        "opportunity show resaleauthz-finalucv7sc1f",
        "offer list --opportunity resaleauthz-finalucv7sc1f",
        "offer show offer-finalh9ubho16",
        "offer explain offer-finalh9ubho16",
        "agreement list",
        "deal list --buyer 555566667777",
        "deal show resaleauthz-finalucv7sc1f",
        "partner list",
        "partner show 222233334444",
        "findings",
        "inbox list --outcome applied",
    ] {
        run(&format!("--as-of 2026-12-02 {line}"));
    }
    run(&format!("--as-of 2026-12-02 entitlement show {AGREEMENT}"));
    run("--as-of 2026-12-02 ledger verify");
    run(
        "--as-of 2026-12-02 offer link offer-finalh9ubho16 resaleauthz-finalucv7sc1f --why x --who y",
    );
    for line in [
        "init",
        "simulate --worlds 1",
        "completions bash",
        "ledger verify-proof a.json",
        "queue peek --queue http://127.0.0.1:1/111122223333/dead",
    ] {
        run(&format!("--as-of 2026-12-02 {line}"));
    }
    said.check("as-of.txt");
}
