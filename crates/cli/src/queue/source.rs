//! Documents, read on a thread of their own: who waits for standard input must be able to stop.

use std::thread;

use marketplace::arrival::{Arrival, unwrap};
use marketplace::document::Documents;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::failure::Failure;
use crate::replay::place;
use crate::replay::source::Source;

/// Documents that are read ahead.
const AHEAD: usize = 2;

/// A document as it was met.
pub struct Read {
    /// Where it begins, in words.
    pub place: String,
    /// The bytes of all inputs that were read by then.
    pub bytes: u64,
    /// What is in it; none: it is longer than a document may be.
    pub arrivals: Option<Vec<Arrival>>,
}

/// Begins to read. What was read comes in the order of the sources; after a failure, nothing.
pub fn begin(sources: Vec<Source>) -> Receiver<Result<Read, Failure>> {
    let (give, take) = channel(AHEAD);
    // Not a thread of the runtime: that would be waited for at the end, and this one may wait for its input for ever.
    thread::spawn(move || {
        let mut before = 0;
        for source in &sources {
            match all(source, before, &give) {
                Ok(Some(read)) => before = read,
                // Nobody takes any more.
                Ok(None) => return,
                Err(failure) => {
                    let _ = give.blocking_send(Err(failure));
                    return;
                }
            }
        }
    });
    take
}

/// Reads one input, after so many bytes of others; returns the bytes of all of them, or none if nobody takes them.
fn all(
    source: &Source,
    before: u64,
    give: &Sender<Result<Read, Failure>>,
) -> Result<Option<u64>, Failure> {
    let mut documents = Documents::new(source.open()?);
    loop {
        let Some(found) = documents.next().map_err(|error| source.failed(error))? else {
            return Ok(Some(before.saturating_add(documents.read())));
        };
        let place = place(source, found.line);
        let arrivals = found.document.map(unwrap);
        let bytes = before.saturating_add(documents.read());
        if give.blocking_send(Ok(Read { place, bytes, arrivals })).is_err() {
            return Ok(None);
        }
    }
}
