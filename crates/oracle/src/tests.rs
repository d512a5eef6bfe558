//! Worlds are reproducible and wide, a right ledger has no fault, and each spoiled one has its own.

mod coverage;
mod right;
mod smaller;
mod spoiled;

use crate::write::aside::IMITATED;
use crate::{Size, World};

const SEEDS: std::ops::Range<u64> = 0..200;

fn world(seed: u64) -> World {
    World::generate(seed, Size::default())
}

#[test]
fn a_seed_gives_the_same_world_each_time() {
    for seed in 0..20 {
        let (one, other) = (world(seed), world(seed));
        assert_eq!(
            (one.imports, one.notices, one.accounts, one.now),
            (other.imports, other.notices, other.accounts, other.now)
        );
        assert_ne!(world(seed).notices, world(seed + 1).notices);
    }
}

#[test]
fn nothing_is_told_after_now_or_out_of_order() {
    for seed in SEEDS {
        let world = world(seed);
        assert!(world.notices.iter().all(|notice| notice.at <= world.now), "seed {seed}");
        assert!(world.notices.is_sorted_by_key(|notice| notice.at), "seed {seed}");
        assert!(world.imports.iter().all(|import| import.at <= world.now), "seed {seed}");
        assert!(world.imports.is_sorted_by_key(|import| import.at), "seed {seed}");
    }
}

#[test]
fn no_two_notices_have_one_content() {
    for seed in SEEDS {
        let mut contents: Vec<String> = Vec::new();
        // An imitation is the same on purpose, where it can be read.
        let notices = world(seed).notices.into_iter();
        for notice in notices.filter(|notice| !notice.id.ends_with(IMITATED)) {
            let event = serde_json::from_str::<serde_json::Value>(&notice.body);
            contents.push(match event {
                Ok(serde_json::Value::Object(mut event)) => {
                    event.remove("id");
                    serde_json::Value::Object(event).to_string()
                }
                _ => notice.body,
            });
        }
        let number = contents.len();
        contents.sort();
        contents.dedup();
        assert_eq!(contents.len(), number, "seed {seed}");
    }
}

#[test]
fn a_larger_size_has_more() {
    let large = World::generate(1, Size { partners: 12, offers: 300 });
    assert!(large.notices.len() > 500, "{}", large.notices.len());
}
