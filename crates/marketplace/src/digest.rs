//! The identity of a notification: SHA-256 over its canonical content.

use std::fmt;

use serde::{Deserialize, Serialize};

/// SHA-256, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

/// Text that is not 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a digest is 64 lower-case hexadecimal digits")]
pub struct InvalidDigest;

impl Digest {
    /// Wraps the 32 bytes of a SHA-256.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// SHA-256 of exactly these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// SHA-256 of these bytes after the name of what they are.
    pub(crate) fn in_domain(domain: &[u8], bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::new().chain_update(domain).chain_update(bytes).finalize().into())
    }

    /// The 32 bytes.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A digest as 43 characters of base64url, for shapes of which there are many: `#[serde(with = "base64url")]`.
pub mod base64url {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    use super::{Digest, InvalidDigest};

    /// Writes it.
    pub fn serialize<S: Serializer>(digest: &Digest, serializer: S) -> Result<S::Ok, S::Error> {
        URL_SAFE_NO_PAD.encode(digest.0).serialize(serializer)
    }

    /// Reads it: the one text that [`serialize`] writes.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(de::Error::custom)?;
        bytes.try_into().map(Digest).map_err(|_| de::Error::custom(InvalidDigest))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0_u8; 64];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
            pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 0x0f)]);
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl TryFrom<String> for Digest {
    type Error = InvalidDigest;
    fn try_from(text: String) -> Result<Self, InvalidDigest> {
        let bytes = text.as_bytes();
        if bytes.len() != 64 {
            return Err(InvalidDigest);
        }
        let mut out = [0_u8; 32];
        for (byte, pair) in out.iter_mut().zip(bytes.chunks_exact(2)) {
            let [high, low] = pair else { return Err(InvalidDigest) };
            *byte = (nibble(*high)? << 4) | nibble(*low)?;
        }
        Ok(Self(out))
    }
}

/// One hexadecimal digit: the inverse of [`nibble`]. Digests are written for every row, so not by `format!`.
const fn digit(nibble: u8) -> u8 {
    match nibble {
        0..=9 => b'0' | nibble,
        _ => b'a'.wrapping_add(nibble.wrapping_sub(10)),
    }
}

fn nibble(digit: u8) -> Result<u8, InvalidDigest> {
    match digit {
        b'0'..=b'9' => Ok(digit ^ b'0'),
        b'a'..=b'f' => Ok((digit & 0x0f).saturating_add(9)),
        _ => Err(InvalidDigest),
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> String {
        digest.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Short(#[serde(with = "base64url")] Digest);

    #[test]
    fn a_digest_has_one_text_in_each_form() {
        let digest = Digest::of(b"");
        let short = r#""47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU""#;
        let long = r#""e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855""#;
        assert_eq!(serde_json::to_string(&digest).unwrap(), long);
        assert_eq!(serde_json::to_string(&Short(digest)).unwrap(), short);
        assert_eq!(serde_json::from_str::<Short>(short).unwrap(), Short(digest));
        // Too short, padded, of the other alphabet, with bits that are thrown away, in the other form.
        let cut = &short[..short.len() - 2];
        let wrong = [
            format!("{cut}\""),
            format!("{cut}U=\""),
            short.replace('-', "+"),
            format!("{cut}V\""),
            long.to_owned(),
        ];
        for text in wrong {
            assert!(serde_json::from_str::<Short>(&text).is_err(), "{text}");
        }
    }
}
