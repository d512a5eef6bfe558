use super::*;

const EVENT: &str = r#"{"source":"aws.marketplace","detail-type":"Disbursement Paused","time":"2026-12-03T09:14:05Z","detail":{"Body":"x"}}"#;
const ENTITY: &str = r#"{"EntityType":"ResaleAuthorization@1.0","EntityIdentifier":"resaleauthz-1@1","DetailsDocument":{"Body":"x"}}"#;
const BATCH: &str = r#"{"EntityDetails":{},"Errors":{}}"#;

/// One letter per kind, `(id)` if a message brought it, then the body.
fn unwrapped(document: &str) -> Vec<String> {
    super::unwrap(document.as_bytes())
        .into_iter()
        .map(|arrival| {
            let kind = match arrival.kind {
                ArrivalKind::Notification => "n",
                ArrivalKind::Description => "d",
            };
            let id = arrival.message_id.map_or_else(String::new, |id| format!("({id})"));
            format!("{kind}{id} {}", String::from_utf8(arrival.body).unwrap())
        })
        .collect()
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

#[test]
fn shapes() {
    let event = format!("n {EVENT}");
    let carried = |id: &str| format!("n({id}) {EVENT}");
    let message = format!(r#"{{"MessageId":"m1","ReceiptHandle":"r","Body":{}}}"#, quoted(EVENT));
    let record =
        format!(r#"{{"messageId":"m2","body":{},"eventSource":"aws:sqs"}}"#, quoted(EVENT));
    let escaped = message.replace("MessageId", r"\u004dessageId").replace("Body", r"\u0042ody");
    #[rustfmt::skip]
    let cases: Vec<(String, Vec<String>)> = vec![
        (EVENT.to_owned(), vec![event.clone()]),
        (format!(" {EVENT}\n"), vec![format!("n  {EVENT}\n")]),
        (message.clone(), vec![carried("m1")]),
        (record.clone(), vec![carried("m2")]),
        (escaped, vec![carried("m1")]),
        (format!(r#"{{"Messages":[{message}, {message}]}}"#), vec![carried("m1"), carried("m1")]),
        (format!(r#"{{"Records":[{record}]}}"#), vec![carried("m2")]),
        (r#"{"Messages":[]}"#.to_owned(), vec![]),
        (r#"{"Records":[]}"#.to_owned(), vec![]),
        ("[]".to_owned(), vec![]),
        (format!(" [{EVENT} , {message},{ENTITY}, {{\"Records\":[{record}]}}]"), vec![event.clone(), carried("m1"), format!("d {ENTITY}"), carried("m2")]),
        (ENTITY.to_owned(), vec![format!("d {ENTITY}")]),
        (BATCH.to_owned(), vec![format!("d {BATCH}")]),
        (r#"{"EntityType":"Offer@1.0","Details":"{}"}"#.to_owned(), vec![r#"d {"EntityType":"Offer@1.0","Details":"{}"}"#.to_owned()]),
        (r#"{"Errors":{"x":{}}}"#.to_owned(), vec![r#"d {"Errors":{"x":{}}}"#.to_owned()]),
    ];
    for (document, expected) in cases {
        assert_eq!(unwrapped(&document), expected, "{document}");
    }
}

#[test]
fn a_text_in_a_message_is_taken_exactly() {
    for body in ["", " ", "hello", "{\"a\":", "{\"MessageId\":\"x\",\"Body\":\"y\"}", "\u{0}é😀\n"]
    {
        let message = format!(r#"{{"MessageId":"m","Body":{}}}"#, quoted(body));
        assert_eq!(unwrapped(&message), [format!("n(m) {body}")]);
        let record = format!(r#"{{"Records":[{{"messageId":"m","body":{}}}]}}"#, quoted(body));
        assert_eq!(unwrapped(&record), [format!("n(m) {body}")]);
    }
}

#[test]
fn anything_else_is_one_notification_as_it_is() {
    for document in [
        "",
        " ",
        "null",
        "5",
        "\"text\"",
        "hello",
        "{",
        "[",
        "[1,",
        "{}",
        "{}{}",
        r#"{"a":1}"#,
        r#"{"Body":5}"#,
        r#"{"MessageId":"m"}"#,
        r#"{"Body":"\ud800"}"#,
        r#"{"Messages":5}"#,
        r#"{"Body":"a","Body":"b"}"#,
        r#"{"Body":"a","body":"b"}"#,
        r#"{"Messages":[],"Records":[]}"#,
        r#"{"EntityType":"ResaleAuthorization@1.0"}"#,
        r#"{"source":"a","Records":[{"body":"x"}]}"#,
    ] {
        assert_eq!(unwrapped(document), [format!("n {document}")], "{document}");
    }
    let bytes = b"{\"a\":\"\xff\"}";
    assert_eq!(super::unwrap(bytes), [notification(bytes)]);
}

#[test]
fn an_odd_element_does_not_spoil_its_neighbours() {
    let expected = ["n 5", "n [1]", "n(m) x", "n {\"body\":7}", "n(m) x"];
    let list = r#"5,[1],{"messageId":"m","body":"x"},{"body":7},{"messageId":"m","body":"x"}"#;
    assert_eq!(unwrapped(&format!("[{list}]")), expected);
    assert_eq!(unwrapped(&format!(r#"{{"Records":[{list}]}}"#)), expected);
    assert_eq!(unwrapped(r#"{"Body":"x","MessageId":5}"#), ["n x"]);
}

#[test]
fn harm_never_panics() {
    let nested = "[".repeat(1_000_000);
    assert_eq!(unwrapped(&nested).len(), 1);
    let nested = format!("[{}{}]", "[".repeat(500_000), "]".repeat(500_000));
    assert_eq!(unwrapped(&nested).len(), 1);
    let nested =
        format!(r#"{{"Records":[{}1{}]}}"#, r#"{"a":"#.repeat(100_000), "}".repeat(100_000));
    assert_eq!(unwrapped(&nested).len(), 1);

    let whole =
        format!(r#"[{{"Messages":[{{"MessageId":"m","Body":{}}}]}},{ENTITY}]"#, quoted(EVENT));
    let mut random = fastrand::Rng::with_seed(3);
    for end in 0..whole.len() {
        assert_eq!(unwrapped(&whole[..end]).len(), 1, "{end}");
    }
    for _ in 0..5_000 {
        let mut document = whole.clone().into_bytes();
        let at = random.usize(..document.len());
        document[at] = random.u8(..);
        let _ = super::unwrap(&document);
    }
}
