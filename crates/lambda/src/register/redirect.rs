//! Where a buyer goes on, and how the page there knows who it is: a JSON Web Token (RFC 7519) in the URL, signed by a key that
//! the page has too (HS256, RFC 7518). `docs/registration.md` is for whoever writes that page.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use marketplace::changeset::Registration;
use marketplace::digest::Digest;
use serde::Serialize;
use sha2::Sha256;

/// Characters of the URL of a sign-up page.
const MAX_SIGN_UP_URL: usize = 2_048;

/// Seconds within which the page must have read the token.
const LIFE: i64 = 600;

/// Keys at a time: the one that signs, and the one before or after it.
const MAX_KEYS: usize = 2;

/// Characters of a key's name.
const MAX_KEY_NAME: usize = 32;

/// Characters of a key: those of 32 bytes in base64 at least.
const LEAST_KEY: usize = 43;

/// A sign-up page, from the settings and never from a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SignUp(String);

/// A URL of no page that we send anybody to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a sign-up page has a URL like https://app.example.com/sign-up, without a user and without a fragment"
)]
pub(super) struct SignUpError;

impl SignUp {
    /// A URL, with or without a query.
    pub(super) fn new(url: &str) -> Result<Self, SignUpError> {
        let rest = url.strip_prefix("https://").ok_or(SignUpError)?;
        let host = rest.split(['/', '?']).next().unwrap_or_default();
        let name = host.split(':').next().unwrap_or_default();
        let is_host = |c: char| c.is_ascii_alphanumeric() || ".:-".contains(c);
        let is_plain = |c: char| c.is_ascii_graphic() && !"#@\\\"<>".contains(c);
        let is_page = !name.is_empty() && host.chars().all(is_host) && url.chars().all(is_plain);
        if !is_page || url.len() > MAX_SIGN_UP_URL {
            return Err(SignUpError);
        }
        Ok(Self(url.to_owned()))
    }

    /// The URL without its query: for whom tokens are.
    fn audience(&self) -> &str {
        self.0.split('?').next().unwrap_or_default()
    }

    /// The URL with a token, which is written in letters, digits and `-_.`.
    pub(super) fn with(&self, token: &str) -> String {
        let separator = if self.0.contains('?') { '&' } else { '?' };
        format!("{}{separator}registration={token}", self.0)
    }
}

/// What the sign-up page is told, and nothing else.
#[derive(Debug, Serialize)]
pub(super) struct Claims<'a> {
    /// The page that it is for.
    aud: &'a str,
    /// The account that registers.
    buyer: &'a str,
    exp: i64,
    iat: i64,
    /// What the ledger has the registration under.
    jti: String,
    /// By which the agreement is found.
    #[serde(skip_serializing_if = "Option::is_none")]
    license: Option<&'a str>,
    product_code: &'a str,
}

impl<'a> Claims<'a> {
    /// Who AWS says registers, at a time.
    pub(super) fn new(
        page: &'a SignUp,
        who: &'a Registration,
        registration: &Digest,
        at: Timestamp,
    ) -> Self {
        let iat = at.as_second();
        Self {
            aud: page.audience(),
            buyer: who.customer.as_str(),
            exp: iat.saturating_add(LIFE),
            iat,
            jti: registration.to_string(),
            license: who.license.as_ref().map(marketplace::ids::LicenseId::as_str),
            product_code: &who.product_code,
        }
    }
}

/// The keys that the sign-up page has too. The first signs; while keys change, the page takes either.
pub(super) struct Keys {
    /// Of the first.
    name: String,
    mac: Hmac<Sha256>,
}

/// A text of no keys. It never quotes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum KeysError {
    /// It has another form.
    #[error("keys are one or two of NAME:KEY, parted by a comma")]
    Form,
    /// A name is none.
    #[error(
        "a key's name has 1 to {MAX_KEY_NAME} letters, digits, `-` or `_`, and each has its own"
    )]
    Name,
    /// A key can be guessed.
    #[error("a key has at least {LEAST_KEY} characters, as `openssl rand -base64 32` prints them")]
    Short,
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'a str,
    kid: &'a str,
    typ: &'a str,
}

impl Keys {
    /// `NAME:KEY`, or two of them parted by a comma. A key is its characters as they are written.
    pub(super) fn new(text: &str) -> Result<Self, KeysError> {
        let mut named = Vec::new();
        for part in text.trim().split(',') {
            let (name, key) = part.trim().split_once(':').ok_or(KeysError::Form)?;
            let is_name = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
            let is_named = !name.is_empty() && name.len() <= MAX_KEY_NAME;
            let is_known = named.iter().any(|(other, _)| *other == name);
            if !is_named || !name.chars().all(is_name) || is_known {
                return Err(KeysError::Name);
            }
            if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(KeysError::Form);
            }
            if key.len() < LEAST_KEY {
                return Err(KeysError::Short);
            }
            named.push((name, key));
        }
        let first = named.first().filter(|_| named.len() <= MAX_KEYS);
        let (name, key) = first.ok_or(KeysError::Form)?;
        let mac = Hmac::new_from_slice(key.as_bytes()).map_err(|_| KeysError::Short)?;
        Ok(Self { name: (*name).to_owned(), mac })
    }

    /// A signed token ("JWS Compact Serialization", RFC 7515).
    pub(super) fn sign(&self, claims: &Claims<'_>) -> String {
        let header = Header { alg: "HS256", kid: &self.name, typ: "JWT" };
        let signed = format!("{}.{}", part(&header), part(claims));
        let mut mac = self.mac.clone();
        mac.update(signed.as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
        format!("{signed}.{signature}")
    }
}

/// JSON in base64. Text and whole numbers are always JSON.
fn part(of: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(of).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use marketplace::ids::{AccountId, LicenseId};

    use super::*;

    const KEY: &str = "Zm9yIHRlc3RzIG9ubHksIG5vdCBmb3IgYW55IHBhZ2U=";

    fn signed(keys: &str) -> String {
        let who = Registration {
            product_code: "4q8examplecode0000000000x".to_owned(),
            customer: AccountId::new("555566667777").unwrap(),
            license: Some(LicenseId::from_arn("l-0f3c0example00000000000000000ab").unwrap()),
            license_arn: Some(
                "arn:aws:license-manager::888899990000:license:l-0f3c0example00000000000000000ab"
                    .to_owned(),
            ),
        };
        let at = "2026-12-03T09:15:27.41825Z".parse().unwrap();
        let page = SignUp::new("https://app.example.com/sign-up?from=aws").unwrap();
        Keys::new(keys).unwrap().sign(&Claims::new(&page, &who, &Digest::of(b"body"), at))
    }

    fn read(part: &str) -> String {
        String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    }

    #[test]
    fn a_token_says_this_and_no_more() {
        let token = signed(&format!("2026b:{KEY}"));
        let parts: Vec<&str> = token.split('.').collect();
        assert_eq!(read(parts[0]), r#"{"alg":"HS256","kid":"2026b","typ":"JWT"}"#);
        assert_eq!(
            read(parts[1]),
            format!(
                r#"{{"aud":"https://app.example.com/sign-up","buyer":"555566667777","exp":1796289927,"iat":1796289327,"jti":"{}","license":"l-0f3c0example00000000000000000ab","product_code":"4q8examplecode0000000000x"}}"#,
                Digest::of(b"body")
            )
        );
        assert_eq!(parts.len(), 3);
    }

    #[test]
    fn the_first_key_signs() {
        let (old, new) = (format!("old:{KEY}"), format!("new:{}", KEY.replace('Z', "Y")));
        let both = format!("{new}, {old}\n");
        assert_eq!(signed(&both), signed(&new));
        assert_ne!(signed(&both), signed(&old));
    }

    #[test]
    fn keys_are_long_and_have_names() {
        use KeysError::{Form, Name, Short};
        let key = |name: &str| format!("{name}:{KEY}");
        let cases = [
            (key("a"), None),
            (format!("{},{}", key("a"), key("b")), None),
            (format!("a:{}", "k".repeat(LEAST_KEY)), None),
            (key(&"n".repeat(MAX_KEY_NAME)), None),
            (String::new(), Some(Form)),
            (KEY.to_owned(), Some(Form)),
            (format!("{},", key("a")), Some(Form)),
            (format!("{},{},{}", key("a"), key("b"), key("c")), Some(Form)),
            (format!("a:{} {}", "k".repeat(30), "k".repeat(30)), Some(Form)),
            (format!("a:{}", "k".repeat(LEAST_KEY - 1)), Some(Short)),
            ("a:".to_owned(), Some(Short)),
            (key(""), Some(Name)),
            (key("a b"), Some(Name)),
            (key(&"n".repeat(MAX_KEY_NAME + 1)), Some(Name)),
            (format!("{},{}", key("a"), key("a")), Some(Name)),
        ];
        for (text, expected) in cases {
            assert_eq!(Keys::new(&text).err(), expected, "{text}");
        }
    }

    #[test]
    fn a_sign_up_page_is_reached_by_https() {
        let cases = [
            (
                "https://app.example.com/sign-up",
                Some("https://app.example.com/sign-up?registration=t"),
            ),
            ("https://app.example.com", Some("https://app.example.com?registration=t")),
            (
                "https://app.example.com:8443/a?b=c",
                Some("https://app.example.com:8443/a?b=c&registration=t"),
            ),
            ("http://app.example.com/sign-up", None),
            ("https://", None),
            ("https:///sign-up", None),
            ("https://:443/", None),
            ("https://user@app.example.com/", None),
            ("https://app.example.com/#a", None),
            ("https://app.example.com/a b", None),
            ("https://app.example.com/\r\nX: y", None),
            ("https://app.example.com\\@evil.example/", None),
            ("https://b\u{fc}cher.example/", None),
            ("//app.example.com/", None),
            ("javascript:alert(1)", None),
        ];
        for (url, expected) in cases {
            let found = SignUp::new(url).map(|page| page.with("t")).ok();
            assert_eq!(found.as_deref(), expected, "{url}");
        }
        assert!(SignUp::new(&format!("https://a/{}", "a".repeat(MAX_SIGN_UP_URL))).is_err());
    }
}
