//! What a function URL hands over (AWS: "Invoking Lambda function URLs", payload format 2.0), and the token in it.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// Bytes of a form. AWS's has a token, and a few words beside it.
const MAX_FORM: usize = 16 * 1_024;

/// Characters of a registration token.
const MAX_TOKEN: usize = 4_096;

/// The field of the form. Others, as the offer's type, are not believed: anybody can send a form.
const FIELD: &str = "x-amzn-marketplace-token";

/// What the browser brought: as good as a password until it is used.
pub(super) struct Token(String);

impl Token {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// Why there is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    /// Somebody opened the URL in a browser.
    #[error("it is no POST")]
    Method,
    /// It is no form.
    #[error("it is no form")]
    ContentType,
    /// It is larger than any form of AWS's.
    #[error("it is larger than {MAX_FORM} bytes")]
    TooLarge,
    /// Lambda's encoding of it is broken.
    #[error("its body is no base64")]
    Encoding,
    /// The form is another one.
    #[error("there is no token in it")]
    NoToken,
    /// Which one is meant?
    #[error("there are several tokens in it")]
    SeveralTokens,
    /// Nothing that AWS would send.
    #[error("what stands for the token is none")]
    OddToken,
}

impl Refusal {
    /// HTTP's word for it.
    pub(super) const fn status(self) -> u16 {
        match self {
            Self::Method => 405,
            Self::ContentType => 415,
            Self::TooLarge => 413,
            Self::Encoding | Self::NoToken | Self::SeveralTokens | Self::OddToken => 400,
        }
    }
}

/// The token of a request.
pub(super) fn token(request: &Value) -> Result<Token, Refusal> {
    let text = |path| request.pointer(path).and_then(Value::as_str).unwrap_or_default();
    if text("/requestContext/http/method") != "POST" {
        return Err(Refusal::Method);
    }
    // Lambda writes headers in small letters.
    let content_type = text("/headers/content-type").split(';').next().unwrap_or_default();
    if !content_type.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Refusal::ContentType);
    }
    let body = text("/body");
    let is_encoded = request.pointer("/isBase64Encoded") == Some(&Value::Bool(true));
    let form = form(body, is_encoded)?;
    let mut tokens =
        form_urlencoded::parse(&form).filter(|(name, _)| name == FIELD).map(|(_, value)| value);
    let token = tokens.next().ok_or(Refusal::NoToken)?.into_owned();
    if tokens.next().is_some() {
        return Err(Refusal::SeveralTokens);
    }
    let is_plain = token.bytes().all(|byte| byte.is_ascii_graphic());
    if token.is_empty() || token.len() > MAX_TOKEN || !is_plain {
        return Err(Refusal::OddToken);
    }
    Ok(Token(token))
}

/// The form's bytes.
fn form(body: &str, is_encoded: bool) -> Result<Cow<'_, [u8]>, Refusal> {
    // Four characters of base64 are three bytes.
    let bytes = if is_encoded { body.len() / 4 * 3 } else { body.len() };
    if bytes > MAX_FORM {
        return Err(Refusal::TooLarge);
    }
    if is_encoded {
        STANDARD.decode(body).map(Cow::Owned).map_err(|_| Refusal::Encoding)
    } else {
        Ok(Cow::Borrowed(body.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(method: &str, content_type: &str, body: &Value, is_encoded: bool) -> Value {
        json!({
            "version": "2.0", "rawPath": "/", "headers": {"content-type": content_type},
            "requestContext": {"http": {"method": method}}, "body": body, "isBase64Encoded": is_encoded,
        })
    }

    #[test]
    fn a_form_has_one_token() {
        use Refusal::{ContentType, Encoding, Method, NoToken, OddToken, SeveralTokens, TooLarge};
        const FORM: &str = "application/x-www-form-urlencoded";
        let one = "x-amzn-marketplace-token=abc%2B%2F%3D";
        let longest = format!("x-amzn-marketplace-token={}", "a".repeat(MAX_TOKEN));
        let full = format!("x={}&{one}", "a".repeat(MAX_FORM - one.len() - 3));
        let encoded = |text: &str| STANDARD.encode(text);
        #[rustfmt::skip]
        let cases: Vec<(&str, Value, Result<&str, Refusal>)> = vec![
            ("as AWS sends it", request("POST", FORM, &json!(encoded(one)), true), Ok("abc+/=")),
            ("with more in it", request("POST", FORM, &json!(format!("x-amzn-marketplace-offer-type=free-trial&{one}&x=%ff")), false), Ok("abc+/=")),
            ("with a charset", request("POST", "Application/X-WWW-Form-Urlencoded; charset=UTF-8", &json!(one), false), Ok("abc+/=")),
            ("the longest token", request("POST", FORM, &json!(&longest), false), Ok(longest.split_once('=').unwrap().1)),
            ("the largest form", request("POST", FORM, &json!(&full), false), Ok("abc+/=")),
            ("one byte more", request("POST", FORM, &json!(format!("{full}&")), false), Err(TooLarge)),
            ("far too large", request("POST", FORM, &json!(encoded(&"x".repeat(100_000))), true), Err(TooLarge)),
            ("opened by hand", request("GET", "", &json!(null), false), Err(Method)),
            ("asked for options", request("OPTIONS", FORM, &json!(one), false), Err(Method)),
            ("a head", request("HEAD", FORM, &json!(one), false), Err(Method)),
            ("the method in small letters", request("post", FORM, &json!(one), false), Err(Method)),
            ("JSON", request("POST", "application/json", &json!("{}"), false), Err(ContentType)),
            ("a form with files", request("POST", "multipart/form-data; boundary=x", &json!(one), false), Err(ContentType)),
            ("no type", request("POST", "", &json!(one), false), Err(ContentType)),
            ("broken base64", request("POST", FORM, &json!("*"), true), Err(Encoding)),
            ("no body", request("POST", FORM, &json!(null), false), Err(NoToken)),
            ("an empty body", request("POST", FORM, &json!(""), true), Err(NoToken)),
            ("another form", request("POST", FORM, &json!("token=abc"), false), Err(NoToken)),
            ("another spelling", request("POST", FORM, &json!("X-Amzn-Marketplace-Token=abc"), false), Err(NoToken)),
            ("no bytes of text", request("POST", FORM, &json!(STANDARD.encode([0xff, 0, 0x80])), true), Err(NoToken)),
            ("two tokens", request("POST", FORM, &json!(format!("{one}&{one}")), false), Err(SeveralTokens)),
            ("an empty token", request("POST", FORM, &json!("x-amzn-marketplace-token="), false), Err(OddToken)),
            ("a token with a space", request("POST", FORM, &json!("x-amzn-marketplace-token=a+b"), false), Err(OddToken)),
            ("a token with a line", request("POST", FORM, &json!("x-amzn-marketplace-token=a%0d%0ab"), false), Err(OddToken)),
            ("a token that is no text", request("POST", FORM, &json!("x-amzn-marketplace-token=%ff"), false), Err(OddToken)),
            ("too long a token", request("POST", FORM, &json!(format!("{longest}a")), false), Err(OddToken)),
            ("no request", json!(null), Err(Method)),
            ("an event of SQS", json!({"Records": []}), Err(Method)),
            ("wrong types", json!({"requestContext": {"http": {"method": ["POST"]}}, "headers": 1}), Err(Method)),
        ];
        for (name, request, expected) in cases {
            let found = token(&request);
            assert_eq!(found.as_ref().map(Token::as_str), expected.as_ref().copied(), "{name}");
            assert!(!format!("{found:?}").contains("abc"), "{name}");
        }
    }
}
