//! Notifications as the ledger keeps them: found by their digests, and what they wait for.

use deal::stream::StreamId;
use ledger::row::{NotificationRow, Outcome, OutcomeRow};
use ledger::store::Snapshot;
use marketplace::digest::Digest;

use crate::failure::Failure;
use crate::reader::reading;

/// The first digits of a digest that tables show, and that commands accept for it.
pub const SHORT: usize = 12;

/// The first digits of a digest.
pub fn short(digest: &Digest) -> String {
    let mut text = digest.to_string();
    text.truncate(SHORT);
    text
}

/// Whether text may be a digest, or the beginning of one.
pub fn may_be_digest(text: &str) -> bool {
    let digits = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    (SHORT..=64).contains(&text.len()) && text.bytes().all(digits)
}

/// The first two notifications whose digest begins with these digits.
pub async fn beginning(
    snapshot: &mut dyn Snapshot,
    digits: &str,
) -> Result<Vec<NotificationRow>, Failure> {
    let Ok(first) = Digest::try_from(format!("{digits:0<64}")) else { return Ok(Vec::new()) };
    let rows = snapshot.notifications(None, before(&first).as_ref(), 2).await.map_err(reading)?;
    Ok(rows.into_iter().filter(|row| row.digest.to_string().starts_with(digits)).collect())
}

/// The notification of a digest.
pub async fn with_digest(
    snapshot: &mut dyn Snapshot,
    digest: &Digest,
) -> Result<Option<NotificationRow>, Failure> {
    let rows = snapshot.notifications(None, before(digest).as_ref(), 1).await.map_err(reading)?;
    Ok(rows.into_iter().find(|row| row.digest == *digest))
}

/// The one notification that a digest, or its beginning, names.
pub async fn find(snapshot: &mut dyn Snapshot, text: &str) -> Result<NotificationRow, Failure> {
    let digits = text.trim().to_ascii_lowercase();
    if !may_be_digest(&digits) {
        return Err(Failure::new(format!("`{text}` is no digest of a notification"))
            .hint(format!("it is 64 hexadecimal digits, or at least the first {SHORT} of them")));
    }
    let mut found = beginning(snapshot, &digits).await?.into_iter();
    match (found.next(), found.next()) {
        (Some(row), None) => Ok(row),
        (Some(one), Some(other)) => Err(Failure::new(format!("`{digits}` begins several digests"))
            .hint(format!("give more digits: {} or {}", one.digest, other.digest))),
        (None, _) => Err(Failure::new(format!(
            "there is no notification `{digits}` in the ledger"
        ))
        .hint("`resold inbox list` prints what waits; `resold deal show` names what was applied")),
    }
}

/// The greatest digest below this one.
fn before(digest: &Digest) -> Option<Digest> {
    let mut bytes = *digest.bytes();
    for byte in bytes.iter_mut().rev() {
        match byte.checked_sub(1) {
            Some(less) => {
                *byte = less;
                return Some(Digest::new(bytes));
            }
            None => *byte = u8::MAX,
        }
    }
    None
}

/// The streams that an outcome wrote.
pub fn streams(outcome: &OutcomeRow) -> impl Iterator<Item = StreamId> + '_ {
    outcome.streams.split(' ').filter_map(|text| StreamId::try_from(text.to_owned()).ok())
}

/// Why it has its outcome; for a parked one what it waits for.
pub fn reason(outcome: &OutcomeRow) -> String {
    match (outcome.outcome, outcome.waits_for.split_once(':')) {
        (Outcome::Parked, Some((kind, id))) => format!("waits for the agreement of {kind} {id}"),
        _ => outcome.reason.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_before() {
        let (zeros, tail) = ("0".repeat(64), "0".repeat(62));
        let cases = [
            (zeros.clone(), None),
            (format!("{tail}01"), Some(zeros)),
            (format!("01{tail}"), Some(format!("00{}", "f".repeat(62)))),
            (format!("ab{tail}"), Some(format!("aa{}", "f".repeat(62)))),
        ];
        for (digest, expected) in cases {
            let digest = Digest::try_from(digest).expect("a digest");
            assert_eq!(before(&digest).map(|before| before.to_string()), expected, "{digest}");
        }
    }

    #[test]
    fn beginnings_of_digests() {
        let cases = [
            ("1ebbcef316c6", true),
            ("1ebbcef316c", false),
            ("1EBBCEF316C6", false),
            ("agmt-happyg0t2", false),
            ("", false),
        ];
        for (text, expected) in cases {
            assert_eq!(may_be_digest(text), expected, "{text}");
        }
        assert!(may_be_digest(&"a".repeat(64)) && !may_be_digest(&"a".repeat(65)));
    }
}
