//! A world without some of its parts is a world.

use std::collections::BTreeSet;

use super::{right, world};

#[test]
fn a_smaller_world_can_be_judged_and_says_the_rest_in_the_same_words() {
    let mut dependants = 0;
    for seed in 0..40 {
        let whole = world(seed);
        for (number, part) in whole.parts().into_iter().enumerate().filter(|(n, _)| n % 5 == 0) {
            let smaller = whole.without(&BTreeSet::from([part.clone()]));
            let faults = smaller.judge(&right::observed(&smaller));
            assert_eq!(faults, [], "seed {seed} without {part} ({number})");
            assert!(!smaller.parts().contains(&part), "seed {seed}: {part} is still there");
            assert!(smaller.notices.iter().all(|notice| whole.notices.contains(notice)));
            dependants += usize::from(smaller.parts().len() + 1 < whole.parts().len());
        }
        let nothing = whole.without(&whole.parts());
        assert!(nothing.notices.is_empty() && nothing.commands.is_empty(), "seed {seed}");
    }
    assert!(dependants > 0, "nothing ever depended on anything");
}
