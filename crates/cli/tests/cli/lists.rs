//! Tables and JSON of lists and items: the promise to people and to scripts.

use crate::golden::Transcript;
use crate::resold::Folder;

/// A ledger of some scenarios.
fn ledger(name: &str, scenarios: &[&str]) -> Folder {
    let folder = Folder::new(name);
    for scenario in scenarios {
        folder.scenario(scenario);
        let done = folder.run(&["--quiet", "replay", scenario]);
        assert!(matches!(done.code, Some(0 | 1)), "{done:?}");
    }
    folder
}

const SCENARIOS: [&str; 4] =
    ["happy-path", "two-opportunities-unsettled", "renewal", "direct-private-offer"];

#[test]
fn tables() {
    let folder = ledger("tables", &SCENARIOS);
    let mut said = Transcript::default();
    for noun in ["opportunity", "offer", "agreement", "entitlement", "deal"] {
        said.run(&folder, &format!("{noun} list"));
    }
    said.run(&folder, "opportunity show resaleauthz-happyjioo4641");
    said.run(&folder, "offer show offer-happyat9bsd4v");
    said.run(&folder, "offer explain offer-twouns7c5nt17");
    said.run(&folder, "agreement show agmt-happyg0t2esidvalogd72qnix");
    said.run(&folder, "entitlement show agmt-happyg0t2esidvalogd72qnix");
    assert!(!said.failed(), "an item is shown");
    said.check("tables.txt");
}

/// One of each shape: an item of a list, and what `show` adds.
#[test]
fn json() {
    let folder = ledger("json", &["happy-path"]);
    for noun in ["opportunity", "offer", "agreement", "entitlement", "deal"] {
        let mut said = Transcript::default();
        said.run(&folder, &format!("{noun} list --format json"));
        let id = match noun {
            "opportunity" => "resaleauthz-happyjioo4641",
            "offer" => "offer-happyat9bsd4v",
            "agreement" | "entitlement" => "agmt-happyg0t2esidvalogd72qnix",
            _ => "",
        };
        if !id.is_empty() {
            said.run(&folder, &format!("{noun} show {id} --format json"));
        }
        if noun == "offer" {
            said.run(&folder, &format!("{noun} explain {id} --format json"));
        }
        assert!(!said.failed(), "{noun}: an item is shown");
        said.check(&format!("json-{noun}.txt"));
    }
}

#[test]
fn filters() {
    let folder = ledger("filters", &SCENARIOS);
    let mut said = Transcript::default();
    for line in [
        "offer list --type private",
        "offer list --basis ambiguous",
        "offer list --status accepted,expired --partner 222233334444",
        "offer list --opportunity resaleauthz-happyjioo4641",
        "agreement list --buyer 555566667777 --type CPPO",
        "entitlement list --status ended",
        "entitlement list --status active --effective 2030-01-01",
        "deal list --partner 999999999999",
        "deal list --partner 999999999999 --format json",
        "--quiet deal list --partner 999999999999",
    ] {
        said.run(&folder, line);
    }
    said.check("filters.txt");
}

/// Pages by cursor give every item once, in the order of the whole list.
#[test]
fn pages() {
    let folder = ledger("pages", &SCENARIOS);
    for noun in ["opportunity", "offer", "agreement", "entitlement", "deal"] {
        let ids = |arguments: &[&str]| -> (Vec<String>, Option<String>) {
            let done = folder.run(&[&[noun, "list", "--format", "json"], arguments].concat());
            let page: serde_json::Value = serde_json::from_str(&done.stdout).expect("JSON");
            let items = page["items"].as_array().expect("items");
            let id = |item: &serde_json::Value| item["id"].as_str().expect("an id").to_owned();
            (items.iter().map(id).collect(), page["next"].as_str().map(str::to_owned))
        };
        let (all, next) = ids(&[]);
        assert!(all.len() > 1 && next.is_none(), "{noun}");
        let (mut found, mut next) = ids(&["--limit", "1"]);
        while let Some(cursor) = next {
            let (page, after) = ids(&["--limit", "1", "--cursor", &cursor]);
            assert_eq!(page.len(), 1, "{noun} after {cursor}");
            found.extend(page);
            next = after;
        }
        assert_eq!(found, all, "{noun}");
    }
    let mut said = Transcript::default();
    said.run(&folder, "offer list --limit 1");
    said.run(&folder, "offer list --limit 1 --quiet");
    said.check("pages.txt");
}

#[test]
fn colour() {
    let folder = ledger("colour", &["happy-path"]);
    let mut said = Transcript::default();
    said.run(&folder, "deal list --color always");
    said.run(&folder, "deal list --color never");
    said.run(&folder, "deal list");
    said.run(&folder, "offer show offer-none --color always");
    said.run(&folder, "--quiet offer show offer-none --color never");
    let mut command = folder.command(&["deal", "list", "--color", "auto"]);
    let done = command.env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1").output().expect("it runs");
    said.add("NO_COLOR=1 CLICOLOR_FORCE=1 resold deal list --color auto", &done.into());
    said.check("colour.txt");
}
