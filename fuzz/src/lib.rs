//! What must hold for any bytes that come from outside.
//!
//! | target | its input | what holds |
//! |---|---|---|
//! | `notification` | a body | the same content says the same, however it is laid out and under whatever id it comes; a refusal is short and harmless; what it says can be kept and read again |
//! | `envelope` | a stream of bytes | it is cut into the same documents however its bytes arrive; no byte is lost; a text that a message carries comes out as it went in |
//! | `event` | a stream kind, an event type, a payload | what can be read is written and read again as it is; folded twice it says what it says once |
//! | `entity` | what `describe-entity` prints | what is kept of it is a notification, is free of signed URLs and tokens, and does not depend on its layout |
//!
//! A target is a function that panics where this does not hold. `seeds/TARGET/` holds inputs that are replayed by
//! `make test` on stable Rust, with those of `events/`: an input that found a mistake stays there.

pub mod entity;
pub mod envelope;
pub mod event;
pub mod notification;

/// A target.
pub type Check = fn(&[u8]);

/// Every target by its name.
pub const TARGETS: [(&str, Check); 4] = [
    ("entity", entity::check),
    ("envelope", envelope::check),
    ("event", event::check),
    ("notification", notification::check),
];

/// `serde_json` reads an object with one of its private keys as a number or as raw text: such a document cannot be laid
/// out anew by it. (Ours is read as it is, which the tests of the digest show.)
fn can_be_laid_out(document: &str) -> bool {
    !document.contains("$serde_json") && !document.contains("\\u0024serde_json")
}
