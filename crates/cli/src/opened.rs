//! Which findings a run opened.

use std::collections::BTreeSet;

use deal::finding::FindingKind;
use deal::key::{KeyKind, KeyQuery};

use crate::failure::Failure;
use crate::reader::{Reader, STEP, reading};

/// The ids of the findings that were open when a run began. Others may write meanwhile: what they open counts too.
#[derive(Debug, Default)]
pub struct OpenBefore(BTreeSet<String>);

impl OpenBefore {
    /// Notes what is open.
    pub async fn look(reader: Reader) -> Result<Self, Failure> {
        let mut ids = BTreeSet::new();
        each(reader, |id| {
            ids.insert(id.to_owned());
        })
        .await?;
        Ok(Self(ids))
    }

    /// How many are open now, and how many of them were not open before.
    pub async fn compare(&self, reader: Reader) -> Result<(u64, u64), Failure> {
        let (mut open, mut new): (u64, u64) = (0, 0);
        each(reader, |id| {
            open = open.saturating_add(1);
            new = new.saturating_add(u64::from(!self.0.contains(id)));
        })
        .await?;
        Ok((open, new))
    }
}

/// Visits every open finding: by its kind's key, so that streams without any cost nothing.
async fn each(mut reader: Reader, mut visit: impl FnMut(&str)) -> Result<(), Failure> {
    for kind in FindingKind::ALL {
        let mut query = KeyQuery::all(KeyKind::Finding, kind.word(), STEP);
        loop {
            let found =
                reader.snapshot.find(std::slice::from_ref(&query)).await.map_err(reading)?;
            let ids: Vec<_> = found.into_iter().flatten().collect();
            let Some((hi, last)) = ids.last() else { break };
            query.after = Some((*hi, last.to_string()));
            let streams: Vec<_> = ids.into_iter().map(|(_, stream)| stream).collect();
            for known in reader.states(&streams).await?.values() {
                let findings = known.state.concluded.findings.values();
                findings
                    .filter(|finding| finding.kind == kind)
                    .for_each(|finding| visit(&finding.id));
            }
        }
    }
    Ok(())
}
