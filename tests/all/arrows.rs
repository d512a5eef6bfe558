//! The crates' arrows (ARCHITECTURE.md): who may depend on whom, and who may name which technology.
//!
//! Read from each manifest: normal dependencies and those of build scripts, of every target. Dev-dependencies are free: a
//! test may use whatever it needs.

use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

/// Each crate, and the crates of ours that it may depend on: only such as stand above it. A new crate is a new line.
const CRATES: [(&str, &[&str]); 11] = [
    ("marketplace", &[]),
    // Knows the truth, and must not know how we decide.
    ("oracle", &[]),
    ("deal", &["marketplace"]),
    ("ledger", &["marketplace", "deal"]),
    ("ledger-sqlite", &["marketplace", "deal", "ledger"]),
    ("ledger-postgres", &["marketplace", "deal", "ledger"]),
    ("processor", &["marketplace", "deal", "ledger"]),
    ("aws", &["marketplace", "processor"]),
    ("lambda", &["marketplace", "deal", "ledger", "ledger-postgres", "processor", "aws"]),
    ("simulator", &["marketplace", "oracle", "deal", "ledger", "processor"]),
    (
        "cli",
        &[
            "marketplace",
            "deal",
            "ledger",
            "ledger-sqlite",
            "ledger-postgres",
            "processor",
            "aws",
            "simulator",
        ],
    ),
];

/// The first letters of a technology's packages, and the crates that may name it.
const TECHNOLOGIES: [(&str, &[&str]); 21] = [
    ("sqlx", &["ledger-sqlite", "ledger-postgres"]),
    ("aurora-dsql", &["ledger-postgres"]),
    ("aws-", &["aws"]),
    ("aws_lambda_events", &["lambda"]),
    ("lambda_runtime", &["lambda"]),
    ("tracing-subscriber", &["lambda", "cli"]),
    ("tracing", &["processor", "lambda", "cli"]),
    ("tokio", &["ledger-postgres", "processor", "aws", "lambda", "cli"]),
    ("axum", &["aws", "cli"]),
    ("hyper", &["cli"]),
    ("minicbor", &["aws"]),
    ("prometheus-client", &["cli"]),
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
    ("comfy-table", &["cli"]),
    ("anstream", &["cli"]),
    // Randomness: the jitter of retries, what is drawn from a seed, and ids at the edge.
    ("fastrand", &["oracle", "processor", "simulator", "cli"]),
    ("rand", &[]),
    ("uuid", &["cli"]),
    // Under a feature of tests alone.
    ("schemars", &["marketplace", "deal"]),
    ("toml", &["cli"]),
];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn manifest(path: &Path) -> Table {
    let text = fs::read_to_string(path).expect("a manifest can be read");
    text.parse().expect("a manifest is TOML")
}

/// The packages that a manifest names under these headings, of every target.
fn named(manifest: &Table) -> Vec<String> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let targets = targets.into_iter().flat_map(Table::values).filter_map(Value::as_table);
    let mut names = Vec::new();
    for place in targets.chain([manifest]) {
        for heading in ["dependencies", "build-dependencies"] {
            let packages = place.get(heading).and_then(Value::as_table);
            for (key, value) in packages.into_iter().flatten() {
                let renamed = value.get("package").and_then(Value::as_str);
                names.push(renamed.unwrap_or(key).to_owned());
            }
        }
    }
    names
}

/// What a crate's manifest names against the tables.
fn faults(name: &str, manifest: &Table) -> Vec<String> {
    let Some((_, ours)) = CRATES.iter().find(|(other, _)| *other == name) else {
        return vec![format!("{name} has no line in the table of crates")];
    };
    let mut faults = Vec::new();
    for package in named(manifest) {
        let is_ours = CRATES.iter().any(|(other, _)| *other == package);
        if package == "resold-tests" || (is_ours && !ours.contains(&package.as_str())) {
            faults.push(format!("{name} may not depend on {package}"));
        }
        let technology = TECHNOLOGIES.iter().find(|(prefix, _)| package.starts_with(prefix));
        if technology.is_some_and(|(_, allowed)| !allowed.contains(&name)) {
            faults.push(format!("{name} may not name {package}"));
        }
    }
    faults
}

#[test]
fn every_crate_depends_on_what_its_layer_allows() {
    let mut found = Vec::new();
    let mut names = Vec::new();
    for entry in fs::read_dir(workspace().join("crates")).expect("crates/ can be read") {
        let path = entry.expect("an entry of crates/").path();
        let manifest = manifest(&path.join("Cargo.toml"));
        let name = manifest["package"]["name"].as_str().expect("a name").to_owned();
        assert!(path.ends_with(&name), "{name} is in the folder of another name");
        found.extend(faults(&name, &manifest));
        names.push(name);
    }
    for (name, _) in CRATES {
        assert!(names.iter().any(|other| other == name), "there is no crate {name}");
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Where a manifest turns a feature on: in its other features, or for a dependency of what is released.
fn turned_on(manifest: &Table, feature: &str) -> Vec<String> {
    let mut found = Vec::new();
    let features = manifest.get("features").and_then(Value::as_table);
    for (name, turned_on) in features.into_iter().flatten() {
        let turned_on = turned_on.as_array().into_iter().flatten().filter_map(Value::as_str);
        let meant = turned_on.filter(|other| other.split('/').next_back() == Some(feature));
        found.extend(meant.filter(|_| name != feature).map(|it| format!("{name} turns {it} on")));
    }
    for heading in ["dependencies", "build-dependencies"] {
        let packages = manifest.get(heading).and_then(Value::as_table);
        for (package, value) in packages.into_iter().flatten() {
            let features = value.get("features").and_then(Value::as_array).into_iter().flatten();
            let meant = features.filter(|other| other.as_str() == Some(feature));
            found.extend(meant.map(|_| format!("{package} is taken with {feature}")));
        }
    }
    found
}

#[test]
fn no_crate_is_released_with_planted_faults() {
    for (name, _) in CRATES {
        let path = workspace().join("crates").join(name).join("Cargo.toml");
        assert_eq!(turned_on(&manifest(&path), "planted"), Vec::<String>::new(), "{name}");
    }
    let cases = [
        // manifest, faults
        ("[features]\nplanted = [\"deal/planted\"]", 0),
        ("[features]\ndefault = [\"planted\"]", 1),
        ("[features]\nmore = [\"deal/planted\"]", 1),
        ("[dependencies]\ndeal = { workspace = true, features = [\"planted\"] }", 1),
        ("[dev-dependencies]\ndeal = { workspace = true, features = [\"planted\"] }", 0),
    ];
    for (text, expected) in cases {
        let found = turned_on(&text.parse().expect("TOML"), "planted");
        assert_eq!(found.len(), expected, "{text}: {found:?}");
    }
}

#[test]
fn only_the_command_line_holds_the_offline_aws() {
    for (name, _) in CRATES {
        let path = workspace().join("crates").join(name).join("Cargo.toml");
        let found = turned_on(&manifest(&path), "offline");
        assert_eq!(!found.is_empty(), name == "cli", "{name}: {found:?}");
    }
}

#[test]
fn arrows_point_up_the_table() {
    for (place, (name, ours)) in CRATES.iter().enumerate() {
        for other in *ours {
            let above = CRATES[..place].iter().any(|(above, _)| above == other);
            assert!(above, "{name} may depend on {other}, which does not stand above it");
        }
    }
}

#[test]
fn what_the_tables_forbid_is_found() {
    let cases = [
        // crate, manifest, faults
        ("deal", "[dependencies]\nmarketplace = {}\nserde = {}", 0),
        ("deal", "[dependencies]\nledger = {}", 1),
        ("oracle", "[dependencies]\ndeal = {}", 1),
        ("deal", "[dependencies]\ntokio.workspace = true", 1),
        ("deal", "[dev-dependencies]\ntokio.workspace = true", 0),
        ("deal", "[build-dependencies]\ntokio.workspace = true", 1),
        ("deal", "[target.'cfg(unix)'.dependencies]\nsqlx = \"1\"", 1),
        ("deal", "[dependencies]\nsql = { package = \"sqlx-core\", version = \"1\" }", 1),
        ("processor", "[dependencies]\nledger-sqlite = {}\naws-sdk-sqs = {}", 2),
        ("processor", "[dependencies]\ntracing = {}\ntracing-subscriber = {}", 1),
        ("ledger-sqlite", "[dependencies]\nledger-postgres = {}", 1),
        ("cli", "[dependencies]\nresold-tests = {}", 1),
        ("unheard-of", "", 1),
    ];
    for (name, text, expected) in cases {
        let found = faults(name, &text.parse().expect("TOML"));
        assert_eq!(found.len(), expected, "{name}: {text}: {found:?}");
    }
}
