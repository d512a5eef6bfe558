//! A ledger file that somebody changes by hand, past the program: every byte of every column, every row, every tail. Each change
//! is found and named, or stands in a table here of what only an anchor shows, or of what nothing shows.

mod held;
mod history;
mod postgres;
mod rows;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use ledger::verify::{Fault, FaultKind, Subject};

use held::{ALL, DEAL, Held, TABLES, make};
use rows::{Table, Value, Values};

/// Threads that tamper at once, each with a copy of its own.
const AT_ONCE: usize = 4;

/// What verifying tells of a column that says something else.
enum Told {
    /// A fault of this kind, about the row.
    As(&'static str),
    /// Nothing, and why.
    Nothing(&'static str),
}

use Told::{As, Nothing};

/// Every column of the ledger.
const COLUMNS: [(&str, &str, Told); 56] = [
    ("notifications", "digest", As("row-unreadable")),
    ("notifications", "envelope_id", As("label")),
    ("notifications", "slot", Nothing("which content of one id it is: only two of one id differ")),
    ("notifications", "source", As("label")),
    ("notifications", "detail_type", As("label")),
    ("notifications", "account", As("label")),
    ("notifications", "event_time", As("label")),
    ("notifications", "received_at", Nothing("the history of arrivals is not sealed")),
    ("notifications", "size", As("label")),
    ("notifications", "body", As("body")),
    ("deliveries", "id", Nothing("the history of arrivals is not sealed")),
    ("deliveries", "digest", As("delivery")),
    ("deliveries", "via", Nothing("the history of arrivals is not sealed")),
    ("deliveries", "received_at", Nothing("the history of arrivals is not sealed")),
    ("deliveries", "envelope_id", Nothing("the history of arrivals is not sealed")),
    ("deliveries", "slot", Nothing("the history of arrivals is not sealed")),
    ("outcomes", "digest", As("outcome")),
    ("outcomes", "number", As("outcome")),
    ("outcomes", "outcome", As("row-unreadable")),
    ("outcomes", "reason", Nothing("the history of outcomes is not sealed")),
    ("outcomes", "waits_for", Nothing("the history of outcomes is not sealed")),
    ("outcomes", "streams", Nothing("the history of outcomes is not sealed")),
    ("outcomes", "recorded_at", Nothing("the history of outcomes is not sealed")),
    ("inbox", "digest", As("inbox")),
    ("inbox", "number", Nothing("it points at an outcome")),
    ("inbox", "outcome", As("row-unreadable")),
    ("inbox", "waits_for", Nothing("it repeats an outcome")),
    ("events", "stream", As("seal")),
    ("events", "version", As("seal")),
    ("events", "event_id", As("seal")),
    ("events", "kind", As("seal")),
    ("events", "schema", As("seal")),
    ("events", "payload", As("seal")),
    ("events", "cause", As("seal")),
    ("events", "occurred_at", As("seal")),
    ("events", "recorded_at", As("seal")),
    ("events", "previous", As("seal")),
    ("events", "hash", As("seal")),
    ("streams", "stream", As("stream-row")),
    ("streams", "version", As("version")),
    ("streams", "touched", Nothing("the optimistic lock")),
    ("streams", "head", As("head")),
    ("streams", "fold", As("fold-newer")),
    ("streams", "facts", As("facts")),
    ("streams", "concluded", As("concluded")),
    ("streams", "due_at", Nothing("a judgement that appends nothing moves it")),
    ("keys", "kind", As("key-missing")),
    ("keys", "value", As("key-missing")),
    ("keys", "hi", As("key-missing")),
    ("keys", "stream", As("key-missing")),
    ("keys", "lo", As("key-missing")),
    ("outbox", "stream", As("outbox-missing")),
    ("outbox", "version", As("outbox-missing")),
    ("outbox", "event_id", As("outbox-differs")),
    ("outbox", "detail_type", As("outbox-differs")),
    ("outbox", "recorded_at", As("outbox-differs")),
];

/// Columns of the outbox that publishing changes.
const PUBLISHING: [&str; 4] = ["set_aside", "published_at", "attempts", "last_error"];

/// Runs on a runtime of its own.
fn block_on<T>(run: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(run)
}

/// Takes the pieces of work by turns, each thread on a copy of the ledger.
fn on_copies<T: Sync>(file: &Path, work: &[T], run: impl AsyncFn(&mut Held, &T) + Sync) {
    let next = AtomicUsize::new(0);
    let thread = async |number: usize| {
        let mut held = Held::copy(file, number).await;
        while let Some(piece) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
            run(&mut held, piece).await;
        }
        held.close().await;
    };
    thread::scope(|threads| {
        for number in 0..AT_ONCE {
            let thread = &thread;
            threads.spawn(move || block_on(thread(number)));
        }
    });
}

/// Whether a fault is about a row, as it was or as it is now. A row that cannot be read is named by its key.
fn names(fault: &Fault, table: &Table, row: &Values) -> bool {
    let subject = fault.subject.to_string();
    match fault.kind {
        FaultKind::RowUnreadable => {
            fault.detail.contains(&format!("at key `{}`", row[0].words()))
                || subject.starts_with("table") && fault.detail.contains(&table.subject(row))
        }
        // A delivery of nothing shows in the sum of the table.
        FaultKind::Delivery => {
            fault.subject == Subject::Table("deliveries") || subject == table.subject(row)
        }
        _ => subject == table.subject(row),
    }
}

/// The rows of a table with one bit of one byte changed: in one column of all of them, or of one.
fn flipped(sound: &Table, column: &str, place: usize, only: Option<usize>) -> (Table, Vec<usize>) {
    let (mut table, mut changed) = (sound.clone(), Vec::new());
    let column = table.place(column);
    for (number, row) in table.rows.iter_mut().enumerate() {
        if only.is_none_or(|only| only == number)
            && let Some(value) = row[column].flipped(place)
        {
            row[column] = value;
            changed.push(number);
        }
    }
    (table, changed)
}

/// The changed rows of which no fault of this kind tells.
fn untold(
    faults: &[Fault],
    kind: &str,
    sound: &Table,
    table: &Table,
    changed: &[usize],
) -> Vec<usize> {
    let is_told = |number: &usize| {
        let (before, after) = (&sound.rows[*number], &table.rows[*number]);
        faults.iter().any(|fault| {
            let fits = match fault.kind {
                FaultKind::RowUnreadable => true,
                // Without its latest outcome, an earlier one counts.
                FaultKind::Inbox => kind == "inbox" || kind == "outcome",
                // The id in a body is no content, but its row repeats it.
                FaultKind::Label => kind == "label" || kind == "body",
                found => found.word() == kind,
            };
            fits && (names(fault, table, after) || names(fault, sound, before))
        })
    };
    // Nothing is left of an erased body to hold its row against.
    let is_erased = |number: &usize| {
        kind == "label" && *sound.value(&sound.rows[*number], "body") == Value::Null
    };
    changed.iter().filter(|number| !is_told(number) && !is_erased(number)).copied().collect()
}

/// Changes a byte of a column in every row at once: each of them must be told. Where a row cannot even be read, which ends
/// the walk, the rows are changed one by one.
async fn change_byte(held: &mut Held, table: &str, column: &str, kind: &str, place: usize) {
    let sound = held.table(table);
    let (together, changed) = flipped(&sound, column, place, None);
    let faults = held.told(std::slice::from_ref(&together)).await;
    for number in untold(&faults, kind, &sound, &together, &changed) {
        let (alone, changed) = flipped(&sound, column, place, Some(number));
        let faults = held.told(std::slice::from_ref(&alone)).await;
        assert!(
            untold(&faults, kind, &sound, &alone, &changed).is_empty(),
            "byte {place} of {column} of {} in {table} says `{}`, and what is told is {faults:?}",
            sound.subject(&sound.rows[number]),
            alone.rows[number][alone.place(column)].words(),
        );
    }
}

/// So many bytes of a column are one piece of work.
const PIECE: usize = 50;

#[test]
fn every_byte_of_every_column_is_told_or_listed() {
    let file = block_on(make("tamper-bytes", &DEAL));
    let held = block_on(Held::copy(&file, AT_ONCE));
    let columns = COLUMNS.iter().map(|(table, column, told)| (*table, *column, told));
    let columns = columns
        .chain(PUBLISHING.map(|column| ("outbox", column, &Nothing("it is moved by publishing"))));
    let columns: Vec<_> = columns.collect();
    for name in TABLES {
        let listed: Vec<&str> =
            columns.iter().filter(|it| it.0 == name).map(|(_, column, _)| *column).collect();
        assert_eq!(held.table(name).columns, listed, "every column of {name} is in the list");
    }
    let mut pieces = Vec::new();
    for (table, column, told) in columns {
        let rows = held.table(table);
        let longest = rows.rows.iter().map(|row| rows.value(row, column).len()).max();
        // Beyond 32 bits some columns cannot be read.
        let bytes = match (told, longest.expect("the table has rows")) {
            (Nothing(_), 8) => 4,
            (_, bytes) => bytes,
        };
        // What follows from events is compared as a whole: for the time it takes, not every byte.
        let step = if matches!(column, "facts" | "concluded") { 8 } else { 1 };
        let places: Vec<usize> = (0..bytes).step_by(step).collect();
        let of_column = places.chunks(PIECE).map(|part| (table, column, told, part.to_vec()));
        pieces.extend(of_column);
    }
    block_on(held.close());
    on_copies(&file, &pieces, async |held, (table, column, told, places)| {
        for place in places {
            match told {
                As(kind) => change_byte(held, table, column, kind, *place).await,
                Nothing(why) => {
                    let (changed, _) = flipped(&held.table(table), column, *place, None);
                    let faults = held.told(&[changed]).await;
                    assert!(faults.is_empty(), "{table}.{column} ({why}): {faults:?}");
                }
            }
        }
    });
}

#[test]
fn every_row_that_is_removed_is_told() {
    let file = block_on(make("tamper-rows", &ALL));
    on_copies(&file, &TABLES, async |held, name| {
        let sound = held.table(name);
        for (number, row) in sound.rows.iter().enumerate() {
            let mut table = sound.clone();
            table.rows.remove(number);
            let faults = held.told(&[table]).await;
            let is_told = faults.iter().any(|it| names(it, &sound, row) || misses(it, &sound, row));
            // Of two arrivals one is enough.
            let same = |other: &&Values| *name == "deliveries" && other[1] == row[1];
            let again = sound.rows.iter().filter(same).count() > 1;
            let subject = sound.subject(row);
            assert!(is_told != again, "{subject} is gone from {name}: {faults:?}");
        }
    });
}

/// Whether a fault is about the place where an event is missing: its stream, or the event after it.
fn misses(fault: &Fault, events: &Table, row: &Values) -> bool {
    let (stream, subject) = (row[0].words(), fault.subject.to_string());
    match row[1] {
        Value::Integer(version) if events.name == "events" => {
            subject == stream || subject == format!("{stream}@{}", version + 1)
        }
        _ => false,
    }
}

/// Exchanges what two rows hold in some columns; `None` if they hold the same.
fn swapped(sound: &Table, columns: &[&str], one: usize, other: usize) -> Option<Table> {
    let mut table = sound.clone();
    for column in columns {
        let place = table.place(column);
        let value = table.rows[one][place].clone();
        table.rows[one][place] = std::mem::replace(&mut table.rows[other][place], value);
    }
    (table != *sound).then_some(table)
}

#[test]
fn any_two_that_are_swapped_are_told() {
    let file = block_on(make("tamper-swaps", &ALL));
    let swaps: [(&str, &[&str]); 10] = [
        ("events", &["stream", "version"]),
        ("events", &["payload"]),
        ("events", &["hash"]),
        ("events", &["previous", "hash"]),
        ("notifications", &["digest"]),
        ("notifications", &["body"]),
        ("notifications", &["body", "size"]),
        ("streams", &["head"]),
        ("streams", &["stream"]),
        ("streams", &["version", "head"]),
    ];
    on_copies(&file, &swaps, async |held, (name, columns)| {
        let sound = held.table(name);
        for one in 0..sound.rows.len() {
            for other in 0..one {
                let Some(table) = swapped(&sound, columns, one, other) else { continue };
                let faults = held.told(std::slice::from_ref(&table)).await;
                for number in [one, other] {
                    let (before, after) = (&sound.rows[number], &table.rows[number]);
                    assert!(
                        faults
                            .iter()
                            .any(|it| names(it, &sound, before) || names(it, &table, after)),
                        "{columns:?} of {} in {name} are swapped: {faults:?}",
                        sound.subject(before)
                    );
                }
            }
        }
    });
}
