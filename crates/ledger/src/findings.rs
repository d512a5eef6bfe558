//! How many findings are open.

use deal::finding::{FindingKind, Severity};
use deal::key::{KeyKind, KeyQuery};

use crate::store::{Snapshot, StoreError};

/// Findings counted in one round trip.
const PAGE: u32 = 1_000;

/// Open findings by severity, the most urgent first: by the index of them, so that no stream is read.
pub async fn count(snapshot: &mut dyn Snapshot) -> Result<[(Severity, u64); 3], StoreError> {
    let mut counts = [Severity::Critical, Severity::Warning, Severity::Info].map(|word| (word, 0));
    for kind in FindingKind::ALL {
        let mut after = None;
        loop {
            let query = KeyQuery { after, ..KeyQuery::all(KeyKind::Finding, kind.word(), PAGE) };
            let found: Vec<_> = snapshot.find(&[query]).await?.into_iter().flatten().collect();
            for (_, count) in counts.iter_mut().filter(|(word, _)| *word == kind.severity()) {
                *count = u64::try_from(found.len()).unwrap_or(u64::MAX).saturating_add(*count);
            }
            let Some((hi, stream)) = found.last() else { break };
            after = Some((*hi, stream.to_string()));
        }
    }
    Ok(counts)
}
