//! What the nouns show: the real binary on one ledger of scenarios, against golden files.
//!
//! `UPDATE_GOLDEN=1` writes them again; read the difference before you commit it.

#![expect(clippy::expect_used, reason = "a test ends where something is not as expected")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// What the ledger is made of. Of `parked-license` only what waits, of the hostile bodies one with NUL bytes.
const TAKEN_IN: &[&str] = &[
    "happy-path",
    "two-opportunities-unsettled",
    "resale-of-anothers-product",
    "cancellation-request-approved",
    "unknown-type",
    "parked-license/03-license-updated-without-agreement.json",
    "hostile-bodies/05-nul-bytes.json",
];

/// A golden file, the exit code, and what is asked.
#[rustfmt::skip]
const CASES: &[(&str, i32, &str)] = &[
    ("deal-show-agreement", 0, "deal show agmt-happyg0t2esidvalogd72qnix"),
    ("deal-show-agreement-json", 0, "deal show agmt-happyg0t2esidvalogd72qnix --format json"),
    ("deal-show-ambiguous", 1, "deal show offer-twouns7c5nt17"),
    ("deal-show-cancelled", 0, "deal show acr-cnappudm6e8f4gy39wto6rg6u"),
    ("deal-show-unused-opportunity", 0, "deal show resaleauthz-twounsas3swdz"),
    ("deal-show-missing", 2, "deal show agmt-nothere"),
    ("deal-show-account", 2, "deal show 222233334444"),
    ("deal-show-no-deal", 2, "deal show unknown-type:notificationtype/nothere"),
    ("partner-list", 0, "partner list"),
    ("partner-list-json", 0, "partner list --type CPPO --format json"),
    ("partner-list-wrong-status", 2, "partner list --status open"),
    ("partner-show", 1, "partner show 222233334444"),
    ("partner-show-json", 0, "partner show 111122223333 --format json"),
    ("partner-show-missing", 2, "partner show 999988887777"),
    ("inbox-list", 1, "inbox list"),
    ("inbox-list-json", 1, "inbox list --outcome parked --format json"),
    ("inbox-list-by-reason", 1, "inbox list --reason version --limit 1"),
    ("inbox-list-nothing", 0, "inbox list --outcome erased"),
    ("inbox-list-wrong-cursor", 2, "inbox list --cursor nonsense"),
    ("inbox-show-missing", 2, "inbox show 000000000000"),
    ("inbox-show-no-digest", 2, "inbox show agmt-happyg0t2esidvalogd72qnix"),
    ("inbox-redrive-what", 2, "inbox redrive"),
    ("inbox-redrive-applied", 2, "inbox redrive --outcome applied"),
    ("inbox-erase-missing", 2, "inbox erase 000000000000 --who ann --why asked"),
    ("findings", 1, "findings"),
    ("findings-filtered-json", 1, "findings --severity warning --kind link-ambiguous --format json"),
    ("findings-by-subject", 1, "findings --subject offer-twouns7c5nt17"),
    ("findings-none", 0, "findings --severity critical"),
    ("findings-show", 1, "findings show link-ambiguous:offer/offer-twouns7c5nt17"),
    ("findings-show-json", 1, "findings show link-ambiguous:offer/offer-twouns7c5nt17 --format json"),
    ("findings-show-missing", 2, "findings show link-ambiguous:offer/offer-nothere"),
    ("findings-show-no-id", 2, "findings show nonsense"),
    ("offer-list-bases", 0, "offer list --basis ambiguous,unmatched"),
    ("doctor", 1, "doctor"),
    ("doctor-json", 1, "doctor --account 111122223333,999988887777 --format json"),
    ("doctor-foreign-account", 1, "doctor --account 999988887777"),
    ("doctor-missing", 2, "doctor --ledger sqlite:nothere.db"),
];

/// An empty folder of one test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the folder can be made");
    folder
}

fn resold(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_resold"));
    command.current_dir(folder).args(["--effective", "2026-12-20"]).args(arguments);
    command.env_remove("RESOLD_LEDGER").env_remove("RESOLD_ACCOUNTS");
    command.output().expect("the binary runs")
}

fn scenario(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events").join(name);
    path.to_str().expect("a path is text").to_owned()
}

/// A folder with a ledger of everything that is taken in.
fn ledger(name: &str) -> PathBuf {
    let folder = folder(name);
    let paths: Vec<String> = TAKEN_IN.iter().map(|name| scenario(name)).collect();
    let arguments = ["replay"].into_iter().chain(paths.iter().map(String::as_str));
    let output = resold(&folder, &arguments.collect::<Vec<_>>());
    assert_eq!(output.status.code(), Some(1), "some of it waits: {output:?}");
    folder
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    let arguments: Vec<&str> = arguments.iter().copied().chain(["--format", "json"]).collect();
    let output = resold(folder, &arguments);
    serde_json::from_slice(&output.stdout).expect("standard output is JSON")
}

fn ids(listing: &Value) -> Vec<String> {
    let items = listing["items"].as_array().expect("items");
    items.iter().map(|item| item["id"].as_str().expect("an id").to_owned()).collect()
}

/// What was printed, with what a new schema or hash would change left out.
fn printed(output: &Output) -> String {
    let text = format!(
        "exit {}\n--- standard output\n{}--- standard error\n{}",
        output.status.code().expect("an exit code"),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    let stable = |line: &str| {
        if let Some((before, _)) = line.split_once("\"head\": ") {
            return format!("{before}\"head\": <hash>,\n");
        }
        match line.split_once("schema version ") {
            Some((before, after)) => {
                let rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
                format!("{before}schema version <version>{rest}\n")
            }
            None => format!("{line}\n"),
        }
    };
    text.lines().map(stable).collect()
}

#[test]
fn what_is_shown() {
    let folder = ledger("nouns-shown");
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/nouns");
    let mut wrong = Vec::new();
    for (name, code, arguments) in CASES {
        let output = resold(&folder, &arguments.split(' ').collect::<Vec<_>>());
        let found = format!("$ resold {arguments}\n{}", printed(&output));
        assert_eq!(output.status.code(), Some(*code), "{found}");
        let file = golden.join(format!("{name}.txt"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::create_dir_all(&golden).expect("the folder can be made");
            fs::write(&file, &found).expect("the golden file can be written");
        }
        if fs::read_to_string(&file).ok().as_ref() != Some(&found) {
            wrong.push(format!("{}:\n{found}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "other than the golden files:\n{}", wrong.join("\n"));
    let files = fs::read_dir(golden).expect("the folder can be read").flatten();
    let files: BTreeSet<_> = files.map(|file| file.file_name()).collect();
    let cases: BTreeSet<_> = CASES.iter().map(|(name, ..)| format!("{name}.txt").into()).collect();
    assert_eq!(files, cases, "every golden file has its case");
}

#[test]
fn every_id_of_a_deal_finds_it() {
    let folder = ledger("nouns-any-id");
    let whole = json(&folder, &["deal", "show", "agmt-happyg0t2esidvalogd72qnix"]);
    let created = whole["timeline"]
        .as_array()
        .expect("a timeline")
        .iter()
        .find(|item| item["type"] == "fact/purchase-agreement-created");
    let cause = &created.expect("it was created")["cause"];
    let (digest, event) = (cause["notification"].as_str(), cause["envelope_id"].as_str());
    let (digest, event) = (digest.expect("a digest"), event.expect("an event id"));
    let license = "l-ad4a879af4b74a531b8f843dcf44ee18";
    let arn = format!("arn:aws:license-manager::444455556666:license:{license}");
    let cases = [
        ("resaleauthz-happyjioo4641", "agmt-happyg0t2esidvalogd72qnix"),
        ("offer-happyat9bsd4v", "agmt-happyg0t2esidvalogd72qnix"),
        (license, "agmt-happyg0t2esidvalogd72qnix"),
        (&arn, "agmt-happyg0t2esidvalogd72qnix"),
        (digest, "agmt-happyg0t2esidvalogd72qnix"),
        (&digest[..12], "agmt-happyg0t2esidvalogd72qnix"),
        (event, "agmt-happyg0t2esidvalogd72qnix"),
        ("agreement/agmt-happyg0t2esidvalogd72qnix", "agmt-happyg0t2esidvalogd72qnix"),
        ("link-ambiguous:offer/offer-twouns7c5nt17", "offer-twouns7c5nt17"),
        ("acr-cnappudm6e8f4gy39wto6rg6u", "agmt-cnapphrvf04hcgan0npgxc3hq"),
    ];
    for (id, deal) in cases {
        let found = json(&folder, &["deal", "show", id]);
        let deals = found["deals"].as_array().unwrap_or_else(|| panic!("{id}: {found}"));
        let deals: Vec<&str> = deals.iter().filter_map(|deal| deal["id"].as_str()).collect();
        assert_eq!(deals, [deal], "{id}");
    }
}

#[test]
fn an_opportunity_with_several_offers_shows_them_all() {
    let folder = folder("nouns-several");
    let output = resold(&folder, &["replay", &scenario("one-offer-two-buyers")]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let opportunities = ids(&json(&folder, &["opportunity", "list"]));
    let shown = json(&folder, &["deal", "show", &opportunities[0]]);
    let (deals, agreements) = (&shown["deals"], ids(&json(&folder, &["agreement", "list"])));
    assert_eq!(deals.as_array().map(Vec::len), Some(2), "{deals}");
    let found: Vec<&str> = [0, 1].iter().filter_map(|at| deals[at]["id"].as_str()).collect();
    assert_eq!(found, agreements);
    assert_eq!(shown["truncated"], false);
}

#[test]
fn who_linked_and_why_is_in_the_timeline() {
    let folder = ledger("nouns-person");
    let (offer, opportunity) = ("offer-twouns7c5nt17", "resaleauthz-twounsbojs2rf");
    let why = ["--who", "ann", "--why", "the partner \u{1b}[31mtold us"];
    let link = ["offer", "link", offer, opportunity].into_iter().chain(why);
    let output = resold(&folder, &link.collect::<Vec<_>>());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let output = resold(&folder, &["deal", "show", offer]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("resold offer link"), "{text}");
    assert!(text.contains("by ann: the partner \\u{1b}[31mtold us"), "{text}");
    assert!(text.contains(&format!("offer linked: manual {opportunity}")), "{text}");
}

#[test]
fn whether_and_when_a_buyer_registered_is_shown() {
    let folder = folder("nouns-registered");
    let (bought, registered) = ("agmt-happyg0t2esidvalogd72qnix", "agmt-regisg0t2esidvalogd72qnix");
    let output = resold(&folder, &["replay", &scenario("happy-path"), &scenario("registration")]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let at = "2026-12-03T09:15:27.41825Z";
    for (id, expected) in [(bought, Value::Null), (registered, at.into())] {
        let shown = json(&folder, &["entitlement", "show", id]);
        assert_eq!(shown["registered_at"], expected, "{id}");
        assert_eq!(shown["all_licenses"][0]["registered_at"], expected, "{id}");
        for noun in ["entitlement", "deal"] {
            let output = resold(&folder, &[noun, "show", id]);
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let is_told = text.lines().any(|line| line.trim_start().starts_with("registered "));
            assert_eq!(is_told, id == registered, "{noun} {text}");
        }
    }
    let output = resold(&folder, &["deal", "show", registered]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let license = "l-563873d38950b841aebf89c3be1b1a35";
    assert!(text.contains(&format!("license {license} registered: by 555566667777")), "{text}");
    assert_eq!(text.matches("buyer registered: 555566667777, license").count(), 1, "{text}");
}

#[test]
fn pages_add_up_to_the_whole() {
    let folder = ledger("nouns-pages");
    for list in [&["findings"][..], &["partner", "list"], &["inbox", "list"], &["offer", "list"]] {
        let whole = ids(&json(&folder, list));
        assert!(whole.len() > 1 && whole.is_sorted(), "{list:?}: {whole:?}");
        let (mut pages, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let mut arguments = [list, &["--limit", "1"]].concat();
            if let Some(cursor) = &cursor {
                arguments.extend(["--cursor", cursor]);
            }
            let page = json(&folder, &arguments);
            pages.extend(ids(&page));
            assert!(pages.len() <= whole.len(), "{list:?}: {pages:?}");
            let Some(next) = page["next"].as_str() else { break };
            cursor = Some(next.to_owned());
        }
        assert_eq!(pages, whole, "{list:?}");
    }
}

#[test]
fn what_waits_is_driven_again() {
    let folder = ledger("nouns-redrive");
    let parked = ids(&json(&folder, &["inbox", "list", "--outcome", "parked"]));
    let unknown = ids(&json(&folder, &["inbox", "list", "--outcome", "unknown"]));
    assert_eq!((parked.len(), unknown.len()), (1, 3));
    let count = |summary: &Value, name: &str| summary[name].as_u64().expect("a count");
    let again = json(&folder, &["inbox", "redrive", &unknown[0][..12], &parked[0]]);
    assert_eq!((count(&again, "redriven"), count(&again, "unknown")), (2, 1), "{again}");
    let again = json(&folder, &["inbox", "redrive", "--outcome", "unknown"]);
    assert_eq!(count(&again, "redriven"), 3, "{again}");
    let again = json(&folder, &["inbox", "redrive", "--all"]);
    assert_eq!(count(&again, "redriven"), 5, "{again}");

    let agreement = scenario("parked-license");
    assert_eq!(resold(&folder, &["replay", &agreement]).status.code(), Some(0));
    assert!(ids(&json(&folder, &["inbox", "list", "--outcome", "parked"])).is_empty());
    let done = json(&folder, &["inbox", "redrive", &parked[0]]);
    assert_eq!((count(&done, "redriven"), count(&done, "not_waiting")), (0, 1), "{done}");
    let outcomes = json(&folder, &["inbox", "show", &parked[0]])["outcomes"].clone();
    let words = outcomes.as_array().expect("outcomes").iter();
    let words: Vec<&str> = words.filter_map(|outcome| outcome["status"].as_str()).collect();
    assert_eq!(words, ["parked", "applied"], "what was driven in vain left no trace");
}

#[test]
fn a_body_is_shown_harmless_and_erased_for_good() {
    let folder = ledger("nouns-body");
    let id = &ids(&json(&folder, &["inbox", "list", "--outcome", "quarantined"]))[0];
    let raw = fs::read(scenario("hostile-bodies/05-nul-bytes.json")).expect("the scenario");
    let shown = json(&folder, &["inbox", "show", id, "--body"]);
    assert_eq!(shown["body"].as_str().map(str::as_bytes), Some(raw.as_slice()));
    assert!(json(&folder, &["inbox", "show", id]).get("body").is_none(), "only when asked");
    let output = resold(&folder, &["inbox", "show", id, "--body"]);
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.contains("\\u{0}"), "{text}");
    assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text}");

    let erase = ["inbox", "erase", &id[..12], "--who", "ann", "--why", "asked"];
    assert_eq!(resold(&folder, &erase).status.code(), Some(0));
    assert_eq!(resold(&folder, &erase).status.code(), Some(2), "only once");
    let shown = json(&folder, &["inbox", "show", id, "--body"]);
    assert_eq!((&shown["status"], &shown["reason"]), (&"erased".into(), &"ann: asked".into()));
    assert!(shown.get("body").is_none(), "{shown}");
    let output = resold(&folder, &["ledger", "verify"]);
    assert_eq!(output.status.code(), Some(0), "the seals hold: {output:?}");
}

#[test]
fn doctor_sees_what_is_due() {
    let folder = ledger("nouns-due");
    let report = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_resold"))
            .current_dir(&folder)
            .env_remove("RESOLD_LEDGER")
            .env_remove("RESOLD_ACCOUNTS")
            .args(arguments)
            .args(["doctor", "--format", "json"])
            .output()
            .expect("the binary runs");
        serde_json::from_slice::<Value>(&output.stdout).expect("JSON")
    };
    let sweep = |report: Value| {
        let checks = report["checks"].as_array().expect("checks").clone();
        checks.into_iter().find(|check| check["name"] == "sweep").expect("a check")
    };
    assert_eq!(sweep(report(&["--effective", "2026-12-20"]))["verdict"], "ok");
    assert_eq!(sweep(report(&["--effective", "2028-12-20"]))["verdict"], "warn");
    let secret = report(&["--ledger", "postgres://resold:hunter2@127.0.0.1:1/ledger"]);
    assert!(!secret.to_string().contains("hunter2"), "{secret}");
    assert_eq!(secret["verdict"], "fail");
    fs::write(folder.join("other.db"), "not a ledger").expect("the file can be written");
    assert_eq!(report(&["--ledger", "sqlite:other.db"])["verdict"], "fail");
}
