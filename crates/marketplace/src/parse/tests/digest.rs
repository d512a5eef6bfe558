//! What the content digest covers, and what it does not.

use super::*;

fn digest(body: &str) -> Digest {
    parse(body.as_bytes()).map_or_else(|malformed| malformed.digest, |read| read.digest)
}

#[test]
fn it_is_the_hash_of_the_canonical_text() {
    let body = r#" {"time":"2026-12-03T09:14:05Z", "source":"s","id":"1","detail":{"b":[1.50,null,true],"a":"\u0041\n\"\u00e9\/"},
        "detail-type":"t","replay-name":"r"} "#;
    let canonical = r#"{"detail":{"a":"A\u000a\"é/","b":[1.50,null,true]},"detail-type":"t","source":"s","time":"2026-12-03T09:14:05Z"}"#;
    assert_eq!(digest(body), Digest::of(canonical.as_bytes()));
}

#[test]
fn same_content() {
    let reordered = {
        let (head, detail) = GOOD.split_once(r#""detail":"#).unwrap();
        let detail = detail.trim_end().strip_suffix('}').unwrap();
        format!(
            r#"{{"detail":{detail},{}"#,
            head.trim_start_matches('{').trim_end_matches([',', '\n', ' '])
        ) + "}"
    };
    for (what, body) in [
        ("compact", GOOD.replace('\n', "")),
        ("white space", GOOD.replace(r#"":""#, "\" :\r\n\t\"").replace(r#"",""#, r#"" , ""#)),
        ("another id", GOOD.replace("0000000000aa", "0000000000ff")),
        ("no id", GOOD.replace(r#""id":"6b1f0c1e-0000-4000-8000-0000000000aa","#, "")),
        ("a replay", GOOD.replace(r#""version""#, r#""replay-name":"again","version""#)),
        (
            "escapes",
            GOOD.replace("ACTIVE", r"\u0041CTIVE").replace("detail-type", r"d\u0065tail-type"),
        ),
        ("reordered", reordered),
    ] {
        assert_ne!(body, GOOD, "{what}");
        assert_eq!(digest(&body), digest(GOOD), "{what}: {body}");
    }
}

#[test]
fn other_content() {
    let with = |field: &str| GOOD.replacen(r#""catalog""#, &format!(r#"{field},"catalog""#), 1);
    let bodies = [
        GOOD.to_owned(),
        GOOD.replace("agmt-1", "agmt-2"),
        GOOD.replace("ACTIVE", "active"),
        GOOD.replace("us-east-1", "us-west-2"),
        with(r#""new":1"#),
        with(r#""new":1.0"#),
        with(r#""new":"1""#),
        with(r#""new":[1]"#),
        with(r#""new":{"1":1}"#),
        with(r#""new":{"$serde_json::private::Number":"1"}"#),
        with(r#""new":{"$serde_json::private::RawValue":"1"}"#),
        with(r#""new":true"#),
        with(r#""new":null"#),
        with(r#""new":"\"1""#),
        with(r#""new":"\\1""#),
        with(r#""id":"inner""#),
        with(r#""replay-name":"inner""#),
    ];
    let digests: std::collections::BTreeSet<_> = bodies.iter().map(|body| digest(body)).collect();
    assert_eq!(digests.len(), bodies.len());
}

#[test]
fn what_is_no_object_is_hashed_as_it_is() {
    for body in ["", "null", "[1,2]", "{", "\u{feff}{}", "{}{}"] {
        assert_eq!(digest(body), Digest::of(body.as_bytes()), "{body}");
    }
}
