//! What an opportunity would be: examples, change sets, and everything that is wrong, at once.

use crate::golden::{Transcript, check};
use crate::resold::{Done, Folder};

/// One that is paid in installments, with everything that can be said.
const WHOLE: &str = r#"
name = "Acme FY27 renewal"
description = "Opportunity 01JZ8K3"
product = "prod-k3x9examplesaas"
partner = "222233334444"
buyers = ["555566667777"]
offers_until = 2026-12-31
single_use = true
latest_start = 2027-02-01
net_payment = "P60D"
eula = "https://acme-eulas.s3.amazonaws.com/eula-2026-11.pdf"
reseller_contract = "standard"

[commitment]
duration = "P12M"
granted = { seats = 250 }
installments = [
    { date = 2027-01-15, amount = "40000.00" },
    { date = 2027-05-15, amount = "40000.00" },
    { date = 2027-09-15, amount = "20000.00" },
]

[usage_prices]
api_calls_1k = "0.042"
gb_stored = "0.00015"

[renewal]
channel = "AwsMarketplace"
pricing_model = "Contract"
"#;

/// Whom and what every opportunity needs.
const LEAST: &str =
    "--name Acme --product prod-k3x9examplesaas --partner 222233334444 --eula standard --dry-run";

fn dry_run(folder: &Folder, line: &str) -> Done {
    let arguments: Vec<&str> = line.split_whitespace().collect();
    folder.run(&[&["opportunity", "create"][..], &arguments].concat())
}

#[test]
fn change_sets_as_aws_takes_them() {
    let folder = Folder::new("create");
    folder.write("whole.toml", WHOLE);
    let cases = [
        // golden file, what was said
        ("whole", "--file whole.toml --publish --dry-run".to_owned()),
        ("left-as-draft", "--file whole.toml --dry-run".to_owned()),
        ("usage", format!("{LEAST} --usage-price calls=0.0001 --offers-until 2027-06-30")),
        (
            "units",
            format!(
                "{LEAST} --unit-price P12M:seats=480 --unit-price P24M:seats=432.50 --buyer 555566667777,666677778888"
            ),
        ),
        (
            "paid-at-once",
            format!(
                "{LEAST} --duration P365D --grant seats=5 --installment 2027-02-01=99.90 --offers-until 2027-01-15 --single-use"
            ),
        ),
        (
            "yen",
            format!(
                "{LEAST} --duration P3Y --grant seats=5 --installment 2027-02-01=1000000 --offers-until 2027-01-15 --single-use --currency JPY --usage-price calls=0.1"
            ),
        ),
    ];
    for (name, line) in cases {
        let done = dry_run(&folder, &line);
        assert_eq!(done.code, Some(0), "{name}: {done:?}");
        check(&format!("change-sets/{name}.json"), &done.stdout);
        let json = dry_run(&folder, &format!("{line} --format json"));
        assert_eq!(
            json.stdout, done.stdout,
            "{name}: it is for AWS's own tool, whatever the format"
        );
    }
    assert!(!folder.path("resold.db").exists(), "no ledger is needed, and none is made");
}

#[test]
fn an_example_becomes_a_change_set() {
    let folder = Folder::new("create-example");
    let mut said = Transcript::default();
    said.run(&folder, "opportunity create --example");
    said.run(&folder, "opportunity create --example json");
    for (notation, file) in [("toml", "acme.toml"), ("json", "acme.json")] {
        let done = dry_run(&folder, &format!("--example {notation}"));
        folder.write(file, &done.stdout);
    }
    said.run(&folder, "opportunity create --file acme.toml --publish --dry-run");
    said.check("create-example.txt");
    let toml = dry_run(&folder, "--file acme.toml --publish --dry-run");
    let json = dry_run(&folder, "--file acme.json --publish --dry-run");
    assert_eq!((json.code, json.stdout), (Some(0), toml.stdout));
    let text = std::fs::read(folder.path("acme.toml")).expect("it was written");
    let piped = folder.pipe(&text, &["opportunity", "create", "--file", "-", "--dry-run"]);
    assert_eq!(piped.code, Some(0), "{piped:?}");
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let folder = Folder::new("create-wrong");
    let wrong = [
        ("partner = \"222233334444\"", "partner = \"2222\""),
        ("offers_until = 2026-12-31", "offers_until = 2027-01-15"),
        ("amount = \"20000.00\"", "amount = \"20000.001\""),
        ("gb_stored = \"0.00015\"", "seats = \"-1\""),
        ("\"AwsMarketplace\"", "\"Elsewhere\""),
    ];
    let text = wrong.iter().fold(WHOLE.to_owned(), |text, (from, to)| text.replace(from, to));
    folder.write("wrong.toml", text);
    let mut said = Transcript::default();
    said.run(&folder, "opportunity create --dry-run");
    said.run(&folder, "opportunity create --file wrong.toml --dry-run");
    said.run(&folder, "opportunity create --file wrong.toml --dry-run --format json");
    said.run(&folder, &format!("opportunity create {LEAST} --currency CHF"));
    // Warnings stop nothing, and are told even to those who want to hear little.
    said.run(
        &folder,
        &format!("--quiet opportunity create {LEAST} --usage-price calls=1 --currency EUR"),
    );
    said.check("create-problems.txt");
}

#[test]
fn files_that_hold_no_opportunity() {
    let folder = Folder::new("create-files");
    folder.write("misspelt.toml", "name = \"Acme\"\npartnr = \"222233334444\"\n");
    folder.write("misspelt.json", "{\"name\": \"Acme\",\n \"partnr\": \"222233334444\"}");
    folder.write("rounded.toml", "[usage_prices]\ncalls = 0.1\n");
    folder.write("twice.json", "{\"usage_prices\": {\"calls\": \"1\", \"calls\": \"2\"}}");
    folder.write("syntax.toml", "name = \n");
    folder.write("bytes.toml", b"name = \"\xff\"\n");
    folder.write("long.toml", "#".repeat(1_048_577));
    folder.write("hostile.toml", "\"na\\u001b[31mme\" = 1\n");
    let mut said = Transcript::default();
    for file in [
        "missing.toml",
        "misspelt.toml",
        "misspelt.json",
        "rounded.toml",
        "twice.json",
        "syntax.toml",
        "bytes.toml",
        "long.toml",
        "hostile.toml",
    ] {
        let done = dry_run(&folder, &format!("--file {file} --dry-run"));
        assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{done:?}");
        assert!(done.stderr.starts_with("error: could not read `"), "{done:?}");
        assert!(!done.stderr.contains('\u{1b}'), "{done:?}");
        said.add(&format!("resold opportunity create --file {file} --dry-run"), &done);
    }
    said.check("create-files.txt");
}

#[test]
fn what_a_person_wrote_reaches_no_terminal_raw() {
    let folder = Folder::new("create-hostile");
    let arguments = [
        "opportunity",
        "create",
        "--name",
        "a\u{1b}[31m",
        "--usage-price",
        "\u{202e}k=x",
        "--dry-run",
    ];
    for format in ["table", "json"] {
        let done = folder.run(&[&arguments[..], &["--format", format]].concat());
        assert_eq!(done.code, Some(2), "{done:?}");
        let said = done.stdout + &done.stderr;
        assert!(!said.contains(['\u{1b}', '\u{202e}']), "{said:?}");
    }
}

#[test]
fn wrong_command_lines() {
    let folder = Folder::new("create-usage");
    let mut said = Transcript::default();
    for line in [
        "opportunity create",
        "opportunity create --file acme.toml",
        "opportunity create --example yaml",
        "opportunity create --example --dry-run",
        "opportunity create --dry-run --installment 2027-01-15",
        "opportunity create --dry-run --unit-price P12M=5",
        "--as-of 2026-12-01 opportunity create --example",
    ] {
        said.run(&folder, line);
    }
    said.check("create-usage.txt");
}
