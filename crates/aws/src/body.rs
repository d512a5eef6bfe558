//! What SQS takes as the body of a message, and how much of it at once (`SendMessageBatch`).

use crate::queue::MAX_MESSAGES;

/// Bytes of the body of a message, and of all bodies of one call.
pub const MAX_BYTES: usize = 1_048_576;

/// Why SQS would not take a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsendable {
    /// Nothing is in it.
    #[error("SQS takes no empty message")]
    Empty,
    /// It has too many bytes.
    #[error("SQS takes a message of at most {MAX_BYTES} bytes, and this one has {0}")]
    TooLong(usize),
    /// It is no text.
    #[error("SQS takes text only, and this is not UTF-8 at byte {0}")]
    NotText(usize),
    /// A character in it is none of XML's.
    #[error("SQS does not take the character U+{character:04X}, which stands at byte {position}")]
    Character {
        /// Its number.
        character: u32,
        /// Where it begins, from 0.
        position: usize,
    },
}

/// A body as the text that SQS takes.
///
/// # Errors
/// [`Unsendable`], in the order of its variants.
pub fn text(body: Vec<u8>) -> Result<String, Unsendable> {
    if body.is_empty() {
        return Err(Unsendable::Empty);
    }
    if body.len() > MAX_BYTES {
        return Err(Unsendable::TooLong(body.len()));
    }
    let text = String::from_utf8(body)
        .map_err(|error| Unsendable::NotText(error.utf8_error().valid_up_to()))?;
    let refused = text.char_indices().find(|(_, character)| !is_taken(*character));
    match refused {
        None => Ok(text),
        Some((position, character)) => {
            Err(Unsendable::Character { character: character.into(), position })
        }
    }
}

/// Whether one more body fits into a call that has so many messages of so many bytes.
pub const fn fits(messages: usize, bytes: usize, more: usize) -> bool {
    messages < MAX_MESSAGES && more <= MAX_BYTES.saturating_sub(bytes)
}

/// The characters of XML 1.0.
const fn is_taken(character: char) -> bool {
    matches!(
        character,
        '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sqs_takes() {
        let character = |character, position| Some(Unsendable::Character { character, position });
        let long = vec![b'x'; MAX_BYTES];
        let longer = vec![b'x'; MAX_BYTES + 1];
        let cases: [(&[u8], Option<Unsendable>); 12] = [
            (b"{}", None),
            (b"\t\r\n ", None),
            ("Gr\u{f6}\u{df}e \u{6771}\u{4eac} \u{1f600}".as_bytes(), None),
            (b"", Some(Unsendable::Empty)),
            (&long, None),
            (&longer, Some(Unsendable::TooLong(MAX_BYTES + 1))),
            (b"ab\xff", Some(Unsendable::NotText(2))),
            (b"a\0", character(0, 1)),
            (b"\x1b[31m", character(0x1b, 0)),
            ("\u{fffe}".as_bytes(), character(0xfffe, 0)),
            ("\u{7f}\u{9b}\u{202e}\u{fffd}".as_bytes(), None),
            ("\u{e9}\u{ffff}".as_bytes(), character(0xffff, 2)),
        ];
        for (body, expected) in cases {
            let start = String::from_utf8_lossy(&body[..body.len().min(10)]);
            assert_eq!(text(body.to_vec()).err(), expected, "{start:?}");
        }
    }
}
