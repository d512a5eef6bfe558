//! A stream of documents, and the bodies in each of them.

use std::io::{self, Read};

use marketplace::arrival::{Arrival, ArrivalKind, unwrap};
use marketplace::catalog::describe;
use marketplace::document::{Documents, MAX_DOCUMENT};
use marketplace::parse::parse;
use serde_json::{Value, json};

/// A bound that short inputs reach.
const SHORT: usize = 64;

/// Longer streams are not handed over byte by byte.
const FEW: usize = 4_096;

/// Longer texts are not put into messages.
const CARRIED: usize = 256 * 1_024;

/// The line on which each document begins, and the document; none: it is too long.
type Cut = Vec<(u64, Option<Vec<u8>>)>;

/// Checks one stream.
pub fn check(stream: &[u8]) {
    for longest in [MAX_DOCUMENT, SHORT] {
        let whole = cut(stream, stream.len(), longest);
        let steps: &[usize] = if stream.len() <= FEW { &[1, 7, 1_021] } else { &[65_521] };
        for &step in steps {
            assert_eq!(cut(stream, step, longest), whole, "cut {step} bytes at a time");
        }
        assert!(whole.is_sorted_by_key(|(line, _)| *line), "lines grow");
        let found: Option<Vec<&[u8]>> = whole.iter().map(|(_, text)| text.as_deref()).collect();
        if let Some(found) = found {
            assert_eq!(bare(&found.concat()), bare(stream), "nothing is lost");
        }
    }
    for (_, document) in cut(stream, stream.len(), MAX_DOCUMENT) {
        bodies(&document.unwrap_or_default());
    }
    if let Ok(text) = std::str::from_utf8(stream)
        && text.len() <= CARRIED
    {
        carried(text);
    }
}

/// Hands bytes over a few at a time.
struct Drops<'a> {
    rest: &'a [u8],
    step: usize,
}

impl Read for Drops<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.step.min(buffer.len());
        self.rest.read(&mut buffer[..length])
    }
}

fn cut(stream: &[u8], step: usize, longest: usize) -> Cut {
    let mut documents = Documents::bounded(Drops { rest: stream, step }, longest);
    let mut cut = Cut::new();
    while let Some(found) = documents.next().expect("memory can be read") {
        let document = found.document;
        assert!(document.is_none_or(|text| text.len() <= longest), "none is longer than it may be");
        cut.push((found.line, document.map(<[u8]>::to_vec)));
    }
    cut
}

/// Without white space and byte order marks: what stands between documents.
fn bare(bytes: &[u8]) -> Vec<u8> {
    let mut bare: Vec<u8> = Vec::with_capacity(bytes.len());
    for byte in bytes.iter().filter(|byte| !byte.is_ascii_whitespace()) {
        bare.push(*byte);
        if bare.ends_with(b"\xef\xbb\xbf") {
            bare.truncate(bare.len() - 3);
        }
    }
    bare
}

/// The bodies of a document are no more than the document, and each is read or refused.
fn bodies(document: &[u8]) {
    let arrivals = unwrap(document);
    assert_eq!(unwrap(document), arrivals, "the same bytes hold the same");
    let bytes: usize = arrivals.iter().map(|arrival| arrival.body.len()).sum();
    assert!(bytes <= document.len(), "{bytes} bytes out of {}", document.len());
    for arrival in arrivals {
        match arrival.kind {
            ArrivalKind::Notification => drop(parse(&arrival.body)),
            ArrivalKind::Description => drop(describe(&arrival.body)),
        }
    }
}

/// Whatever text a message carries comes out as it went in, in every shape that messages are met in.
fn carried(text: &str) {
    let message = json!({ "MessageId": "m", "ReceiptHandle": "r", "Body": text });
    let record = json!({ "messageId": "m", "body": text, "eventSource": "aws:sqs" });
    let shapes = [
        (message.clone(), 1),
        (record.clone(), 1),
        (json!({ "Messages": [message, message] }), 2),
        (json!({ "Records": [record, record] }), 2),
        (json!([message, record, { "Records": [record] }]), 3),
    ];
    let expected = Arrival {
        body: text.as_bytes().to_vec(),
        message_id: Some("m".to_owned()),
        kind: ArrivalKind::Notification,
    };
    let (mut lines, mut pretty) = (String::new(), String::new());
    for (shape, count) in &shapes {
        let document = shape.to_string();
        assert_eq!(unwrap(document.as_bytes()), vec![expected.clone(); *count], "{document}");
        lines.extend([&document, "\n"]);
        pretty.push_str(&serde_json::to_string_pretty(shape).expect("JSON"));
    }
    for stream in [lines, pretty] {
        let cut = cut(stream.as_bytes(), 65_521, MAX_DOCUMENT);
        assert_eq!(cut.len(), shapes.len(), "a stream of {} documents", shapes.len());
        for ((_, document), (shape, _)) in cut.iter().zip(&shapes) {
            let document = document.as_deref().expect("it is short");
            let read: Value = serde_json::from_slice(document).expect("a document is JSON");
            assert_eq!(&read, shape, "each is one of them");
        }
    }
}
