//! A scenario of `events/`: its inputs, and a processor that takes them in.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use deal::moment::Moment;
use ledger::store::Store;
use marketplace::arrival::{ArrivalKind, unwrap};
use marketplace::catalog::describe;
use marketplace::ids::AccountId;
use processor::clock::FixedClock;
use processor::delivery::{Delivery, Via};
use processor::{Processor, Settings};

/// One scenario.
pub struct Scenario {
    /// Its folder's name.
    pub name: String,
    /// Where its files are.
    pub folder: PathBuf,
    /// What arrives, in the order of the files.
    pub inputs: Vec<(Via, Vec<u8>)>,
    /// The files that describe opportunities.
    pub descriptions: Vec<PathBuf>,
    /// Now.
    pub effective: Moment,
    accounts: BTreeSet<AccountId>,
}

/// The folder of all scenarios.
pub fn events() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../events")
}

/// Every scenario, by name.
pub fn all() -> Vec<Scenario> {
    let mut folders: Vec<PathBuf> = fs::read_dir(events())
        .expect("events/ can be read")
        .map(|entry| entry.expect("an entry of events/").path())
        .filter(|path| path.join("README.md").is_file())
        .collect();
    folders.sort();
    assert!(folders.len() > 30, "events/ has its scenarios");
    folders.into_iter().map(load).collect()
}

fn load(folder: PathBuf) -> Scenario {
    let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("the folder can be read")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|end| end == "json" || end == "jsonl"))
        .collect();
    files.sort();
    let settings = fs::read_to_string(folder.join("settings.toml")).unwrap_or_default();
    let settings: toml::Table = settings.parse().expect("settings.toml is TOML");
    let effective = settings.get("effective").and_then(|value| value.as_str());
    let effective = effective.unwrap_or("2026-12-20T00:00:00Z");
    let effective: jiff::Timestamp = effective.parse().expect("effective is a time");
    let accounts = settings.get("accounts").and_then(|value| value.as_array());
    let account =
        |value: &toml::Value| AccountId::new(value.as_str().expect("text")).expect("an account");
    let describes =
        |file: &&PathBuf| inputs(file).iter().any(|(via, _)| matches!(via, Via::Import));
    Scenario {
        name,
        descriptions: files.iter().filter(describes).cloned().collect(),
        inputs: files.iter().flat_map(|file| inputs(file)).collect(),
        effective: effective.into(),
        accounts: accounts.into_iter().flatten().map(account).collect(),
        folder,
    }
}

/// The bodies in a file, as `replay` would deliver them.
fn inputs(file: &Path) -> Vec<(Via, Vec<u8>)> {
    let bytes = fs::read(file).expect("the file can be read");
    let lines = file.extension().is_some_and(|end| end == "jsonl");
    let documents: Vec<&[u8]> = if lines {
        bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect()
    } else {
        vec![&bytes]
    };
    let mut inputs = Vec::new();
    for arrival in documents.into_iter().flat_map(unwrap) {
        match arrival.kind {
            ArrivalKind::Notification => inputs.push((Via::Replay, arrival.body)),
            ArrivalKind::Description => {
                let found = describe(&arrival.body).expect("scenarios hold no refused description");
                inputs.extend(found.envelopes.into_iter().map(|body| (Via::Import, body)));
            }
        }
    }
    inputs
}

impl Scenario {
    /// Whether notifications for this account are accepted.
    pub fn is_ours(&self, account: &AccountId) -> bool {
        self.accounts.is_empty() || self.accounts.contains(account)
    }

    /// A processor on a store, its clock standing at a time.
    pub fn processor_at(&self, store: Arc<dyn Store>, now: Moment) -> Processor {
        let settings = Settings { accounts: self.accounts.clone(), ..Settings::default() };
        Processor::new(store, Arc::new(FixedClock(now)), settings)
    }

    /// A processor on a store, at the scenario's time.
    pub fn processor(&self, store: Arc<dyn Store>) -> Processor {
        self.processor_at(store, self.effective)
    }

    /// Takes these inputs in, in batches of a size, then sweeps until nothing is left to do.
    pub async fn run(&self, store: &Arc<dyn Store>, order: &[usize], batch: usize) {
        self.run_at(store, self.effective, order, batch).await;
    }

    /// The same at another time than the scenario's.
    pub async fn run_at(&self, store: &Arc<dyn Store>, now: Moment, order: &[usize], batch: usize) {
        let processor = self.processor_at(Arc::clone(store), now);
        for (number, part) in order.chunks(batch).enumerate() {
            let deliveries: Vec<Delivery> = part
                .iter()
                .enumerate()
                .map(|(place, input)| self.delivery(format!("{now}-{number}-{place}"), *input))
                .collect();
            for result in processor.process(&deliveries).await {
                result.expect("the delivery is recorded");
            }
        }
        sweep(&processor).await;
    }

    /// One arrival of an input.
    pub fn delivery(&self, id: String, input: usize) -> Delivery {
        let (via, body) = self.inputs[input].clone();
        Delivery { id, via, body }
    }
}

/// Sweeps until nothing is left to do.
pub async fn sweep(processor: &Processor) {
    for _ in 0..100 {
        if processor.sweep(100).await.expect("the sweep is recorded") == 0 {
            return;
        }
    }
    panic!("the sweep does not come to an end");
}
