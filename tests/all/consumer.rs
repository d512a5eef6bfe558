//! The documented consumer, `examples/provision.py`, as a program: it gives exactly those buyers access that have an
//! entitlement, from what every scenario publishes, in any order and with repeats. Every event is valid against its schema.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use fastrand::Rng;
use jsonschema::Validator;
use ledger::memory::MemoryStore;
use ledger::store::Store;
use processor::envelope::{Entry, SOURCE};
use serde_json::{Value, json};

use crate::conclusions::states;
use crate::scenario::{self, Scenario, events};

/// What a scenario publishes, as EventBridge delivers it, and who has access in the end.
struct Published {
    events: Vec<Value>,
    access: BTreeSet<(String, String)>,
}

async fn published(scenario: &Scenario) -> Published {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let order: Vec<usize> = (0..scenario.inputs.len()).collect();
    scenario.run(&store, &order, 1).await;
    let mut snapshot = store.snapshot().await.expect("a snapshot");
    let rows = snapshot.unpublished(None, 10_000).await.expect("the outbox");
    let events = rows.iter().map(|row| delivered(&Entry::of(row).expect("an entry"))).collect();
    let entitlements = states(&mut *snapshot).await;
    let entitlements =
        entitlements.into_iter().filter_map(|(_, state)| state.concluded.entitlement);
    let live = entitlements.filter(|entitlement| entitlement.status.is_live());
    let access = live.filter_map(|one| Some((one.buyer?.to_string(), one.id.to_string())));
    Published { events, access: access.collect() }
}

/// An entry as a rule's target gets it.
fn delivered(entry: &Entry) -> Value {
    let detail: Value = serde_json::from_str(&entry.detail).expect("JSON");
    json!({
        "version": "0",
        "id": "00000000-0000-4000-8000-000000000000",
        "detail-type": entry.detail_type,
        "source": SOURCE,
        "account": "111122223333",
        "time": entry.time.to_string(),
        "region": "us-east-1",
        "resources": [],
        "detail": detail,
    })
}

async fn everything() -> Published {
    let mut all = Published { events: Vec::new(), access: BTreeSet::new() };
    for scenario in scenario::all() {
        let Published { events, access } = published(&scenario).await;
        all.events.extend(events);
        all.access.extend(access);
    }
    all
}

#[tokio::test]
async fn every_event_is_as_its_schema_and_the_released_one_say() {
    let mut validators: BTreeMap<PathBuf, Validator> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for event in everything().await.events {
        let detail_type = event["detail-type"].as_str().expect("a detail-type").to_owned();
        let name = format!("{}.json", detail_type.to_lowercase().replace(' ', "-"));
        for folder in ["schemas", "schemas/released"] {
            let path = events().join(folder).join(&name);
            let validator = validators.entry(path).or_insert_with_key(|path| validator(path));
            let wrong: Vec<String> =
                validator.iter_errors(&event["detail"]).map(|error| error.to_string()).collect();
            assert!(wrong.is_empty(), "{folder}/{name}: {wrong:?} in {}", event["detail"]);
        }
        seen.insert(detail_type);
    }
    assert!(seen.len() > 9, "few kinds of events: {seen:?}");
}

fn validator(path: &Path) -> Validator {
    let text = std::fs::read_to_string(path).expect("a schema");
    let mut schema: Value = serde_json::from_str(&text).expect("JSON");
    // Today's schemas describe everything that is published.
    if !path.parent().is_some_and(|folder| folder.ends_with("released")) {
        close(&mut schema);
    }
    let options = jsonschema::options().should_validate_formats(true);
    options.build(&schema).expect("a schema")
}

/// Permits no property that is not described.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            fields.values_mut().for_each(close);
            if fields.get("properties").is_some_and(Value::is_object)
                && fields.get("type") == Some(&json!("object"))
            {
                fields.insert("additionalProperties".to_owned(), json!(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

#[tokio::test]
async fn the_documented_consumer_gives_access_to_whom_it_is_due() {
    let Published { events, access } = everything().await;
    assert!(access.len() > 20, "few live entitlements: {access:?}");
    for seed in 0..3 {
        let random = &mut Rng::with_seed(seed);
        let mut lines: Vec<String> = events.iter().map(ToString::to_string).collect();
        let repeated: Vec<String> = lines.iter().filter(|_| random.bool()).cloned().collect();
        lines.extend(repeated);
        if seed > 0 {
            random.shuffle(&mut lines);
        }
        assert_eq!(consumed(&lines, seed), access, "seed {seed}");
    }
}

/// Who has access after these events, by a consumer that is started twice on the way.
fn consumed(lines: &[String], seed: u64) -> BTreeSet<(String, String)> {
    let folder =
        std::env::temp_dir().join(format!("resold-consumer-{}-{seed}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let database = folder.join("access.db");
    for part in lines.chunks(lines.len().div_ceil(2)) {
        run(&database, &[], &part.join("\n"));
    }
    let listed = run(&database, &["--list"], "");
    std::fs::remove_dir_all(&folder).expect("the folder goes");
    let pairs = listed.lines().map(|line| line.split_once(' ').expect("a buyer and an agreement"));
    pairs.map(|(buyer, agreement)| (buyer.to_owned(), agreement.to_owned())).collect()
}

fn run(database: &Path, arguments: &[&str], input: &str) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/provision.py");
    let mut consumer = Command::new("python3")
        .arg(script)
        .arg(database)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("python3 starts");
    let mut stdin = consumer.stdin.take().expect("it is piped");
    std::io::Write::write_all(&mut stdin, input.as_bytes()).expect("it reads");
    drop(stdin);
    let output = consumer.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", output.status);
    String::from_utf8(output.stdout).expect("text")
}
