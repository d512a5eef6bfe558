//! What partners may sell, what opportunities take from that, and the page that is sent to a partner.

use serde_json::{Value, json};

use crate::golden::{Transcript, check};
use crate::resold::{Done, Folder, events};

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
        "partner playbook 222233334444".to_owned(),
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

#[test]
fn the_page_for_a_partner() {
    let folder = ledger("partner-playbook", "two-opportunities-unsettled");
    let page = folder.run(&["partner", "playbook", "222233334444"]);
    assert_eq!((page.code, page.stderr.as_str()), (Some(0), ""), "{page:?}");
    check("playbook.md", &page.stdout);
    let line = ["partner", "playbook", "222233334444", "--output", "northwind.md"];
    assert_eq!(folder.run(&line).code, Some(0));
    let written = std::fs::read_to_string(folder.path("northwind.md")).expect("it was written");
    assert_eq!(written, page.stdout);
    let again = folder.run(&line);
    assert_eq!(again.code, Some(2), "what was written is kept: {again:?}");
    let later = folder.run(&split("--effective 2027-01-01 partner playbook 222233334444"));
    assert!(!later.stdout.contains("twounsbojs2rf"), "its day has passed: {}", later.stdout);
    let before = folder.run(&split("--as-of 2026-12-01 partner playbook 222233334444"));
    assert_eq!(before.code, Some(2), "nothing was known: {before:?}");
    let json = folder.run(&split("partner playbook 222233334444 --format json"));
    let json: Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(json["opportunities"].as_array().map(Vec::len), Some(2));

    // Used by an offer, by a person's word.
    let decision = "offer link offer-twouns7c5nt17 resaleauthz-twounsbojs2rf --who ann --why told";
    assert_eq!(folder.run(&split(decision)).code, Some(0));
    let used = folder.run(&["partner", "playbook", "222233334444"]);
    assert!(!used.stdout.contains("twounsbojs2rf"), "{}", used.stdout);
    assert_eq!(used.stderr, "1 opportunity is used up and left out.\n");
}

/// Keys under which a scenario's documents hold what people wrote.
const WRITTEN: [&str; 12] = [
    "Name",
    "Description",
    "ProductName",
    "ManufacturerLegalName",
    "IssuerLegalName",
    "ResellerLegalName",
    "LegalName",
    "Unit",
    "name",
    "title",
    "requestId",
    "ErrorMessage",
];

/// Puts a marker of its own into each text that somebody wrote, and notes where it is.
fn plant(value: &mut Value, path: &str, markers: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let path = format!("{path}.{key}");
                if WRITTEN.contains(&key.as_str()) && value.is_string() {
                    let marker = format!("planted{}x", markers.len());
                    *value = Value::String(marker.clone());
                    markers.push((marker, path));
                } else {
                    plant(value, &path, markers);
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                plant(item, path, markers);
            }
        }
        _ => {}
    }
}

#[test]
fn nothing_internal_is_on_the_page_for_a_partner() {
    let folder = Folder::new("partner-leak");
    let mut markers = Vec::new();
    for scenario in ["two-opportunities-unsettled", "happy-path"] {
        for entry in std::fs::read_dir(events().join(scenario)).expect("the scenario is there") {
            let path = entry.expect("an entry").path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("it can be read");
            let mut document: Value = serde_json::from_str(&text).expect("JSON");
            if let Some(fields) = document.as_object_mut() {
                // The same once more, as text.
                fields.remove("Details");
            }
            plant(&mut document, scenario, &mut markers);
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            folder.write(&format!("in/{scenario}-{name}"), document.to_string());
        }
    }
    assert!(matches!(folder.run(&["replay", "in"]).code, Some(0 | 1)));
    for (partner, number) in [("222233334444", 1), ("333344445555", 2)] {
        let line = format!(
            "partner authorize {partner} --product prod-k3x9examplesaas --name said{number}a --who said{number}b --why said{number}c --discount 13.37 --list-unit-price P12M:said{number}d=98700"
        );
        assert!(matches!(folder.run(&split(&line)).code, Some(0 | 1)));
    }
    let line =
        "offer unlink offer-twouns7c5nt17 resaleauthz-twounsas3swdz --who said3a --why said3b";
    assert!(matches!(folder.run(&split(line)).code, Some(0 | 1)));

    for format in ["table", "json"] {
        let done = folder.run(&["partner", "playbook", "222233334444", "--format", format]);
        assert_eq!(done.code, Some(0), "{done:?}");
        let page = done.stdout + &done.stderr;
        for word in ["said", "13.37", "98700", "85503", "333344445555", "link-", "offer-", "agmt-"]
        {
            assert!(!page.contains(word), "{word}:\n{page}");
        }
        let mut found = Vec::new();
        for (marker, path) in &markers {
            let of_authorization = path.starts_with("two-opportunities-unsettled.EntityDetails");
            let told = path.ends_with(".DetailsDocument.Name")
                || path.ends_with(".DetailsDocument.ProductName");
            let own_name =
                path.ends_with(".ResellerLegalName") || path.ends_with(".sellerOfRecord.name");
            if page.contains(marker) {
                assert!((of_authorization && told) || own_name, "{path} is told:\n{page}");
                found.push(path);
            } else {
                assert!(!(of_authorization && told), "{path} is missing:\n{page}");
            }
        }
        assert!(found.len() >= 4 && markers.len() > 40, "{found:?} of {}", markers.len());
    }
}
