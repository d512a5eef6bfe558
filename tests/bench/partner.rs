//! One partner with a long history beside partners with a short one.

use std::sync::Arc;

use processor::delivery::Delivery;

use crate::place::{Kind, Place};
use crate::run::{self, Taken, deliver};
use crate::statements;
use crate::table::Table;
use resold_tests::generator::{Generator, Market};

const COLUMNS: &[&str] = &[
    "store",
    "large partner us",
    "small partners us",
    "ratio",
    "reach",
    "large statements/batch",
    "small statements/batch",
];
const BATCH: usize = 10;
const OFFERS: usize = 10_000;
/// The first round of each is not counted.
const ROUNDS: usize = 11;
const BATCHES: usize = 20;
const COUNTED: usize = 20;

pub(crate) async fn run(kinds: &[Kind]) -> Table {
    let mut table = Table::new(
        "cost of a notification: a partner with 200 opportunities and 10,000 unaccepted offers, \
         and 1,000 partners with 1 to 3 and 10; one ledger, batches of 10, one processor",
        COLUMNS,
    );
    for kind in kinds {
        table.row(measure(*kind).await);
    }
    table
}

/// Partners, their history, and what comes next.
struct Side {
    history: Vec<Delivery>,
    next: Arc<Vec<Vec<Delivery>>>,
}

fn side(market: Market) -> Side {
    let mut generator = Generator::new(market);
    let mut history = generator.imports();
    generator.accept(false);
    history.extend(generator.take(OFFERS));
    generator.accept(true);
    let next = generator.take((ROUNDS * BATCHES + COUNTED) * BATCH);
    Side { history, next: Arc::new(next.chunks(BATCH).map(<[_]>::to_vec).collect()) }
}

async fn measure(kind: Kind) -> Vec<String> {
    let sides = [
        side(Market { seed: 3, partners: 1, opportunities: (200, 200) }),
        side(Market { seed: 4, partners: 1_000, opportunities: (1, 3) }),
    ];
    let place = Place::new(kind, "partner").await;
    for side in &sides {
        run::load(&place.store, &side.history).await;
    }
    let mut taken = [Taken::default(), Taken::default()];
    for round in 0..ROUNDS {
        for (side, taken) in sides.iter().zip(&mut taken) {
            let span = (round * BATCHES, (round + 1) * BATCHES);
            let this = deliver(&place.store, &side.next, span, 1).await;
            if round > 0 {
                taken.add(this);
            }
        }
    }
    let rest = (ROUNDS * BATCHES, ROUNDS * BATCHES + COUNTED);
    let mut counted = Vec::new();
    for side in &sides {
        counted.push(statements::count(deliver(&place.store, &side.next, rest, 1)).await.1);
    }
    place.remove().await;
    let [large, small] = taken.map(|taken| taken.micros_each(BATCH));
    vec![
        kind.word().to_owned(),
        format!("{large:.0}"),
        format!("{small:.0}"),
        format!("{:.2}", large / small),
        "1.30".to_owned(),
        format!("{:.1}", run::ratio(counted[0], COUNTED)),
        format!("{:.1}", run::ratio(counted[1], COUNTED)),
    ]
}
