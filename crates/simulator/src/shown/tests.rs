use std::collections::BTreeMap;

use deal::key::KeyKind;
use deal::state::State;
use deal::stream::StreamId;
use ledger::store::{KeyRow, Store as _};
use oracle::{Size, World};
use serde_json::Value;

use super::Shows;
use crate::listed::Lists;
use crate::people::Command;
use crate::reading;
use crate::run::run;
use crate::schedule::Schedule;
use crate::traffic::Traffic;
use crate::turn::complete;

/// What a calm run of a world leaves.
struct Left {
    states: Vec<(StreamId, State)>,
    keys: Vec<KeyRow>,
    lists: Lists,
}

fn left(seed: u64) -> Left {
    let world = World::generate(seed, Size::default());
    let traffic = Traffic::of(&world).expect("the world can be delivered");
    let commands = Command::all(&world).expect("its commands can be given");
    let ran = run(&traffic, &commands, &Schedule::calm()).expect("the run comes to its end");
    let read = async {
        let mut snapshot = ran.store.snapshot().await?;
        let states = reading::states(&mut *snapshot).await?;
        Ok::<_, ledger::store::StoreError>((states, reading::keys(&mut *snapshot).await?))
    };
    let (states, keys) = complete(read).expect("the ledger can be read");
    let lists = Lists::new(&states, &traffic.accounts, traffic.now);
    Left { states, keys, lists }
}

fn shown(left: &Left, keys: &[KeyRow]) -> BTreeMap<String, Value> {
    Shows::new(&left.states, keys, &left.lists).conclusions()
}

#[test]
fn what_the_index_lacks_is_seen_in_what_is_shown() {
    let cases = [
        // rows of the index that are lost, what then differs
        (KeyKind::Partner, "show/partner/"),
        (KeyKind::Partner, "explain/"),
        (KeyKind::Uses, "explain/"),
        (KeyKind::Offer, "show/deal/"),
        (KeyKind::Opportunity, "show/deal/"),
    ];
    let worlds: Vec<Left> = (0..10).map(left).collect();
    for (kind, command) in cases {
        let differs = worlds.iter().any(|left| {
            let lost = |row: &&KeyRow| row.kind != kind.word();
            let kept: Vec<KeyRow> = left.keys.iter().filter(lost).cloned().collect();
            let (before, after) = (shown(left, &left.keys), shown(left, &kept));
            before
                .iter()
                .any(|(key, value)| key.starts_with(command) && after.get(key) != Some(value))
        });
        assert!(differs, "without {kind:?} keys, {command} is as before");
    }
}
