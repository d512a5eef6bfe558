//! What partners may sell, and what opportunities take from that.

use serde_json::{Value, json};

use crate::golden::Transcript;
use crate::resold::{Done, Folder};

/// What every opportunity of these tests needs.
const LEAST: &str = "--name Acme --product prod-k3x9examplesaas --eula standard --dry-run";

fn split(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

fn authorize(folder: &Folder, partner: &str, words: &str) -> Done {
    let line = format!("partner authorize {partner} --product prod-k3x9examplesaas {words}");
    let done =
        folder.run(&[&split(&line)[..], &["--who", "ann", "--why", "the contract"]].concat());
    assert!(matches!(done.code, Some(0 | 1)), "{done:?}");
    done
}

fn ledger(name: &str, scenario: &str) -> Folder {
    let folder = Folder::new(name);
    folder.scenario(scenario);
    assert!(matches!(folder.run(&["replay", scenario]).code, Some(0 | 1)));
    folder
}

#[test]
fn terms_are_recorded_changed_and_ended() {
    let folder = Folder::new("partner-authorize");
    let mut said = Transcript::default();
    let product = "--product prod-k3x9examplesaas";
    let who = "--who ann --why contract";
    for line in [
        "init".to_owned(),
        format!(
            "partner authorize 222233334444 {product} --name Northwind --discount 20% --list-unit-price P12M:seats=600 --list-usage-price calls=0.05 {who}"
        ),
        format!(
            "--effective 2026-12-21 partner authorize 222233334444 {product} --currency EUR --unit-price P1Y:seats=450 {who}"
        ),
        format!("--effective 2026-12-21 partner authorize 222233334444 --product prod-other {who}"),
        "--effective 2026-12-22 partner list".to_owned(),
        "--effective 2026-12-22 partner list --format json".to_owned(),
        format!("--effective 2026-12-22 partner authorize 222233334444 {product} --end {who}"),
        "--effective 2026-12-22 partner show 222233334444 --format json".to_owned(),
        "--as-of 2026-12-20T12:00:00Z partner show 222233334444".to_owned(),
        "ledger verify".to_owned(),
        "ledger rebuild".to_owned(),
    ] {
        let done = folder.run(&split(&line));
        let stable = |text: &str| -> String {
            let lines = text.lines().map(|line| match line.split_once("\"head\": ") {
                Some((before, _)) => format!("{before}\"head\": <hash>,\n"),
                None => format!("{line}\n"),
            });
            lines.collect()
        };
        let done = Done { stdout: stable(&done.stdout), ..done };
        said.add(&format!("resold {line}"), &done);
    }
    assert!(!said.failed());
    said.check("partner-authorize.txt");
}

#[test]
fn what_cannot_be_authorized_is_told_at_once() {
    let folder = Folder::new("partner-refused");
    assert_eq!(folder.run(&["init"]).code, Some(0));
    folder.write("misspelt.toml", "produkt = \"prod-1\"\n");
    let mut said = Transcript::default();
    let who = "--who ann --why contract";
    for line in [
        "partner authorize".to_owned(),
        "partner authorize 222233334444 --product prod-1".to_owned(),
        format!("partner authorize 222233334444 {who}"),
        format!(
            "partner authorize 222233334444 --product p --discount 33 --list-unit-price P12M:seats=99.99 --list-usage-price calls=x {who}"
        ),
        format!("partner authorize 222233334444 --product p --discount 20 {who} --format json"),
        format!("partner authorize 222233334444 --product p --end {who}"),
        format!("partner authorize 222233334444 --product p --end --discount 5 {who}"),
        format!("--account 222233334444 partner authorize 222233334444 --product p {who}"),
        format!("partner authorize 222233334444 --file misspelt.toml {who}"),
        "partner authorize --example".to_owned(),
        "partner authorize --example json".to_owned(),
        "partner authorize --example --product p".to_owned(),
    ] {
        said.run(&folder, &line);
    }
    said.check("partner-refused.txt");
}

#[test]
fn an_example_becomes_terms() {
    let folder = Folder::new("partner-example");
    assert_eq!(folder.run(&["init"]).code, Some(0));
    for notation in ["toml", "json"] {
        let example = folder.run(&["partner", "authorize", "--example", notation]).stdout;
        let line = "partner authorize 222233334444 --file - --why contract --who ann --format json";
        let done = folder.pipe(example.as_bytes(), &split(line));
        assert_eq!(done.code, Some(0), "{done:?}");
        let shown: Value = serde_json::from_str(&done.stdout).expect("JSON");
        let word = &shown["authorized"][0];
        assert_eq!(word["prices"]["unit_prices.P12M.seats"], "480", "{shown}");
        assert_eq!((&shown["called"], &shown["type"]), (&json!("Northwind"), &json!("CPPO")));
    }
}

#[test]
fn an_opportunity_starts_from_the_terms_of_its_partner() {
    let folder = Folder::new("partner-start");
    let line =
        format!("opportunity create {LEAST} --partner 222233334444 --unit-price P12M:seats=1");
    let done = folder.run(&split(&line));
    assert_eq!(done.code, Some(0), "without a ledger: {done:?}");
    assert!(!folder.path("resold.db").exists());
    assert_eq!(folder.run(&["init"]).code, Some(0));
    let list = "--discount 20% --list-unit-price P12M:seats=600 --list-usage-price calls=0.05";
    authorize(&folder, "222233334444", list);
    authorize(&folder, "333344445555", "--currency EUR --usage-price calls=1");
    let mut said = Transcript::default();
    for words in [
        "--partner 222233334444",
        "--partner 222233334444 --unit-price P12M:seats=500 --quiet",
        "--partner 333344445555 --usage-price gb=1",
        "--partner 222233334444 --product prod-other --usage-price gb=1",
    ] {
        let line = format!("opportunity create {LEAST} {words}");
        // The last product counts.
        let line = if words.contains("prod-other") {
            line.replace("--product prod-k3x9examplesaas ", "")
        } else {
            line
        };
        said.run(&folder, &line);
    }
    assert!(!said.failed());
    said.check("partner-start.txt");
}

#[test]
fn a_margin_conflict_is_a_warning() {
    let folder = ledger("partner-margin", "two-opportunities-unsettled");
    authorize(
        &folder,
        "444455556666",
        "--unit-price P12M:seats=480 --usage-price gb_stored=0.0002",
    );
    authorize(&folder, "555566667777", "--currency EUR --unit-price P12M:seats=9999");
    let mut said = Transcript::default();
    for words in [
        // Below the terms of one partner and an active opportunity of another.
        "--partner 333344445555 --unit-price P12M:seats=300 --usage-price gb_stored=0.0001",
        // A commitment is compared by its quantities.
        "--partner 333344445555 --duration P12M --grant seats=250 --installment 2027-02-01=60000 --offers-until 2027-01-15 --single-use --usage-price api_calls_1k=1",
        // The partner's own prices are none of another.
        "--partner 222233334444 --unit-price P12M:seats=480 --usage-price gb_stored=0.0002 --usage-price api_calls_1k=1 --quiet",
        "--partner 333344445555 --unit-price P24M:seats=1",
    ] {
        said.run(&folder, &format!("opportunity create {LEAST} {words}"));
    }
    assert!(!said.failed());
    said.check("partner-margin.txt");
    let ended = "--effective 2026-12-21 partner authorize 444455556666 --product prod-k3x9examplesaas --end --who ann --why over";
    assert_eq!(folder.run(&split(ended)).code, Some(0));
    let line = format!(
        "--effective 2026-12-22 opportunity create {LEAST} --partner 333344445555 --unit-price P12M:seats=320"
    );
    let done = folder.run(&split(&line));
    assert!(!done.stderr.contains("444455556666"), "what ended is no conflict: {done:?}");
}

#[test]
fn what_a_person_says_reaches_no_terminal_raw() {
    let folder = Folder::new("partner-hostile");
    assert_eq!(folder.run(&["init"]).code, Some(0));
    let hostile = "a\u{1b}[31m\u{202e}\nb";
    let price = format!("{hostile}=1");
    let said = ["--name", hostile, "--who", hostile, "--why", hostile, "--usage-price", &price];
    let authorize = ["partner", "authorize", "222233334444", "--product", "prod-1"];
    let done = folder.run(&[&authorize[..], &said].concat());
    assert_eq!(done.code, Some(0), "{done:?}");
    let create = format!("opportunity create {LEAST} --product prod-1 --partner 222233334444");
    let create = create.replace("--product prod-k3x9examplesaas ", "");
    for line in ["partner show 222233334444", "partner list", &create] {
        for format in ["table", "json"] {
            let done = folder.run(&[&split(line)[..], &["--format", format]].concat());
            let said = done.stdout + &done.stderr;
            assert!(!said.contains(['\u{1b}', '\u{202e}']), "{line}: {said:?}");
        }
    }
}
