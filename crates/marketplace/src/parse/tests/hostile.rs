//! Bodies that mean harm, or were harmed.

use super::*;

#[test]
fn bodies_that_are_no_notification() {
    let deep = |open: &str, close: &str, count: usize| {
        format!("{}{}", open.repeat(count), close.repeat(count))
    };
    let nested = event(AGREEMENTS, "New", &deep("[", "]", crate::json::MAX_DEPTH));
    #[rustfmt::skip]
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (b"".to_vec(), "not JSON: EOF while parsing a value at line 1 column 0"),
        (b"hello".to_vec(), "not JSON: expected value at line 1 column 1"),
        (b"{\"a\":1".to_vec(), "not JSON: EOF while parsing an object at line 1 column 6"),
        (b"{}{}".to_vec(), "not JSON: trailing characters at line 1 column 3"),
        (b"{'a':1}".to_vec(), "not JSON: key must be a string at line 1 column 2"),
        (b"{\"a\":01}".to_vec(), "not JSON: invalid number at line 1 column 7"),
        (b"{\"a\":NaN}".to_vec(), "not JSON: expected value at line 1 column 6"),
        (b"\xef\xbb\xbf{}".to_vec(), "not JSON: expected value at line 1 column 1"),
        (b"{\"a\":\"\xff\"}".to_vec(), "not UTF-8 at byte 6"),
        (b"\0\0\0".to_vec(), "not JSON: expected value at line 1 column 1"),
        (b"{\"a\":\"\0\"}".to_vec(), "not JSON: control character (\\u0000-\\u001F) found while parsing a string at line 1 column 7"),
        (br#"{"a":"\ud800"}"#.to_vec(), "not JSON: unexpected end of hex escape at line 1 column 13"),
        (br#"{"a":"\udc00"}"#.to_vec(), "not JSON: lone leading surrogate in hex escape at line 1 column 12"),
        (br#"{"\udc00":"a"}"#.to_vec(), "not JSON: lone surrogate in a key at line 1 column 9"),
        (b"{\"a\0\":1}".to_vec(), "not JSON: control character in a key at line 1 column 5"),
        (b"{\"a\n\":1}".to_vec(), "not JSON: control character in a key at line 2 column 1"),
        (b"{\"a\n\\u0041\":1}".to_vec(), "not JSON: control character (\\u0000-\\u001F) found while parsing a string at line 1 column 3"),
        (b"null".to_vec(), "must be a JSON object, is null"),
        (b"[{}]".to_vec(), "must be a JSON object, is an array"),
        (b"1e999999".to_vec(), "must be a JSON object, is a number"),
        (b"\"{}\"".to_vec(), "must be a JSON object, is a string"),
        (b"{}".to_vec(), "`source` is missing"),
        (b"[".repeat(MAX_BODY), "objects and arrays must be nested at most 64 deep"),
        (deep("[", "]", MAX_BODY / 2).into_bytes(), "objects and arrays must be nested at most 64 deep"),
        (b"{\"a\":".repeat(200_000), "objects and arrays must be nested at most 64 deep"),
        (nested.into_bytes(), "objects and arrays must be nested at most 64 deep"),
        (vec![b' '; MAX_BODY + 1], "a body must have at most 1048576 bytes, this one has 1048577"),
    ];
    for (body, expected) in cases {
        let start = String::from_utf8_lossy(body.get(..20).unwrap_or(&body)).into_owned();
        assert_eq!(refusal(&body), expected, "{start}");
        assert_eq!(parse(&body).unwrap_err().envelope_id, None);
    }
}

#[test]
fn the_deepest_and_the_largest_that_pass() {
    let inner = crate::json::MAX_DEPTH - 1;
    let nested = format!("{}{}", "[".repeat(inner), "]".repeat(inner));
    assert_eq!(read(AGREEMENTS, "New", &nested).family, Family::Unknown);
    let mut largest = GOOD.as_bytes().to_vec();
    largest.resize(MAX_BODY, b' ');
    assert_eq!(parse(&largest).unwrap(), parse(GOOD.as_bytes()).unwrap());
    let many = format!("[{}0]", "0,".repeat(400_000));
    assert_eq!(read(AGREEMENTS, "New", &many).family, Family::Unknown);
}

#[test]
fn no_reason_shows_a_long_value() {
    let secret = "s3cr3t ".repeat(20);
    for detail in [
        format!(r#"{{"agreement":{{"id":"{secret}"}}}}"#),
        format!(r#"{{"agreement":{{"endTime":"{secret}"}}}}"#),
        format!(r#"{{"acceptor":{{"accountId":"{secret}"}}}}"#),
        format!(r#"{{"agreement":"{secret}"}}"#),
        format!(r#"{{"agreement":{secret}}}"#),
    ] {
        let reason = refusal(event(AGREEMENTS, "Purchase Agreement Created", &detail).as_bytes());
        assert!(!reason.contains("s3cr3t"), "{reason}");
    }
}

#[test]
fn no_reason_is_long_or_raw() {
    let key = "\u{202e}\u{1f600}".repeat(100);
    let keys = format!("{{\"{key}\":").repeat(60);
    let repeated = format!("{keys}{{\"a\":1,\"a\":2}}{}", "}".repeat(60));
    let reason = refusal(repeated.as_bytes());
    assert!(reason.starts_with(r"a key must not be repeated: `\u{202e}"), "{reason}");
    assert!(reason.chars().count() < 400, "{} characters", reason.chars().count());
}

#[test]
fn every_prefix_is_refused() {
    for end in 0..GOOD.trim_end().len() {
        let prefix = GOOD.as_bytes().get(..end).unwrap();
        assert!(parse(prefix).is_err(), "{end}");
    }
}

#[test]
fn flipped_bytes_never_panic() {
    let mut random = fastrand::Rng::with_seed(20_261_203);
    let (mut good, mut bad) = (0_u32, 0_u32);
    for _ in 0..20_000 {
        let mut body = GOOD.as_bytes().to_vec();
        for _ in 0..random.usize(1..4) {
            let at = random.usize(..body.len());
            match random.u8(..4) {
                0 => body.truncate(at + 1),
                1 => body.insert(at, *random.choice(b"{}[]\",:\\0e-\0\xff").unwrap()),
                _ => body[at] = random.u8(..),
            }
        }
        match parse(&body) {
            Ok(_) => good += 1,
            Err(malformed) => {
                let _ = malformed.reason.to_string();
                bad += 1;
            }
        }
    }
    assert!(good > 1_000 && bad > 1_000, "{good} {bad}");
}

#[test]
fn spliced_values_never_panic() {
    let values = [
        "null",
        "0",
        "-1",
        "1e999",
        "[]",
        "{}",
        "\"\"",
        "\"x\"",
        "true",
        "[[1]]",
        "\"9999-12-31\"",
    ];
    let mut random = fastrand::Rng::with_seed(7);
    let quotes: Vec<usize> = GOOD.match_indices(":\"").map(|(at, _)| at + 1).collect();
    for &at in &quotes {
        for value in values {
            let end = at + 1 + GOOD[at + 1..].find('"').unwrap();
            let body = format!("{}{value}{}", &GOOD[..at], &GOOD[end + 1..]);
            let _ = parse(body.as_bytes());
            let cut = random.usize(..body.len());
            let _ = parse(&body.as_bytes()[cut..]);
        }
    }
}
