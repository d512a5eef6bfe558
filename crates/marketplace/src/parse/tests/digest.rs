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

fn by_bytes(body: &str) -> Option<Digest> {
    parse(body.as_bytes()).err().filter(|malformed| malformed.by_bytes).map(|it| it.digest)
}

#[test]
fn what_is_no_object_is_hashed_as_it_is() {
    for body in ["", "null", "[1,2]", "{", "\u{feff}{}", "{}{}"] {
        let expected = Digest::in_domain(b"bytes\0", body.as_bytes());
        assert_eq!(by_bytes(body), Some(expected), "{body}");
        assert!(is_filed(&expected, body.as_bytes()), "{body}");
        assert!(!is_filed(&Digest::of(body.as_bytes()), body.as_bytes()), "{body}");
    }
}

/// What the content's digest leaves out makes no other content; what is faulty there must not be taken for the notification
/// that it is like.
#[test]
fn what_is_faulty_where_the_digest_does_not_look_has_a_digest_of_its_own() {
    let with = |field: &str| GOOD.replacen(r#""version""#, &format!(r#"{field},"version""#), 1);
    let without_id = GOOD.replace(r#""id":"6b1f0c1e-0000-4000-8000-0000000000aa","#, "");
    let id = |value: &str| format!(r#"{{"id":{value},{}"#, without_id.trim_start_matches('{'));
    let long = format!("\"{}\"", "x".repeat(MAX_TEXT + 1));
    let faulty = [
        id("5"),
        id("5.0"),
        id("true"),
        id("[]"),
        id("{}"),
        id(r#"{"a":1,"a":1}"#),
        id(&long),
        with(r#""id":"twice""#),
        with(r#""id":"6b1f0c1e-0000-4000-8000-0000000000aa""#),
        with(r#""id":null"#),
        with(r#""i\u0064":"escaped""#),
        with(r#""replay-name":5"#),
        with(r#""replay-name":{"a":1,"a":1}"#),
        with(r#""replay-name":"a","replay-name":"a""#),
        with(&format!(r#""replay-name":{long}"#)),
    ];
    let mut digests = std::collections::BTreeSet::new();
    for body in &faulty {
        let shown = body.get(..90).unwrap_or(body);
        let digest = by_bytes(body).unwrap_or_else(|| panic!("by its bytes: {shown}"));
        assert!(is_filed(&digest, body.as_bytes()), "{shown}");
        assert!(digests.insert(digest), "{shown}");
    }
    assert!(!digests.contains(&digest(GOOD)));
    // What is wrong elsewhere is another content.
    for body in [GOOD.replace("2026-", "26-"), with(r#""time":"again""#), with(r#""x":1,"x":1"#)] {
        assert_eq!(by_bytes(&body), None, "{body}");
        assert_ne!(digest(&body), digest(GOOD), "{body}");
    }
}

#[test]
fn a_way_takes_its_own_sources_and_keeps_contents_apart() {
    let described = GOOD.replace("aws.agreement-marketplace", crate::catalog::SOURCE);
    let registered = GOOD.replace("aws.agreement-marketplace", crate::registration::SOURCE);
    let unknown = GOOD.replace("aws.agreement-marketplace", "com.example");
    let cases = [
        (GOOD, Way::Events),
        (&registered, Way::Events),
        (&unknown, Way::Events),
        (&described, Way::Import),
    ];
    for (body, own) in cases {
        let mut digests = std::collections::BTreeSet::new();
        for way in Way::ALL {
            let read = parse_from(way, body.as_bytes());
            let refused = matches!(
                &read,
                Err(Malformed { by_bytes: false, reason: MalformedReason::WrongWay { way, .. }, .. })
                if *way == own
            );
            assert_eq!(refused, way != own, "{way:?}: {read:?}");
            let digest = read.map_or_else(|malformed| malformed.digest, |read| read.digest);
            assert!(is_filed(&digest, body.as_bytes()), "{way:?}");
            assert!(digests.insert(digest), "no content of one way is one of another: {way:?}");
        }
        assert!(digests.contains(&digest(body)), "what names no way came by its source's");
    }
}
