//! The seal: each event's hash covers the hash before it and every column of its row.

use std::fmt::Write as _;

use marketplace::digest::Digest;
use sha2::Digest as _;

use crate::row::EventRow;

/// What comes before the first event of a stream.
pub const GENESIS: Digest = Digest::new([0; 32]);

/// The event's id: derived from stream and version, so that writing the same event again gives the same id.
///
/// The first 16 bytes of SHA-256 over both, in the form of a UUID of version 8 (RFC 9562: custom).
pub fn event_id(stream: &str, version: i64) -> String {
    let text = format!("resold event\n{stream}\n{version}");
    let digest = Digest::of(text.as_bytes());
    let mut id = String::with_capacity(36);
    for (position, byte) in digest.bytes().iter().take(16).enumerate() {
        if matches!(position, 4 | 6 | 8 | 10) {
            id.push('-');
        }
        let byte = match position {
            6 => (byte & 0x0f) | 0x80,
            8 => (byte & 0x3f) | 0x80,
            _ => *byte,
        };
        // Writing to a String cannot fail.
        let _ = write!(id, "{byte:02x}");
    }
    id
}

/// The hash that an event's row must carry: SHA-256 over the previous hash and every column, each preceded by its
/// length in 8 bytes (big endian), so that no two rows have the same bytes.
pub fn seal(event: &EventRow) -> Digest {
    let mut hasher = sha2::Sha256::new();
    let mut column = |bytes: &[u8]| {
        hasher.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(bytes);
    };
    column(event.previous.bytes());
    column(event.stream.as_str().as_bytes());
    column(&event.version.to_be_bytes());
    column(event.event_id.as_bytes());
    column(event.kind.as_bytes());
    column(&event.schema.to_be_bytes());
    column(event.payload.as_bytes());
    column(event.cause.as_bytes());
    column(&event.occurred_at.to_be_bytes());
    column(&event.recorded_at.to_be_bytes());
    Digest::new(hasher.finalize().into())
}
