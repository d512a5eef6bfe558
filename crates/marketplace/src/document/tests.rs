use super::*;

/// Gives its bytes a few at a time.
struct Drops<'a>(&'a [u8], usize);

impl Read for Drops<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.1.min(buffer.len()).min(self.0.len());
        let (now, later) = self.0.split_at(length);
        buffer[..length].copy_from_slice(now);
        self.0 = later;
        Ok(length)
    }
}

fn documents(source: impl Read) -> Vec<(u64, Option<Vec<u8>>)> {
    all(Documents::new(source))
}

fn all(mut documents: Documents<impl Read>) -> Vec<(u64, Option<Vec<u8>>)> {
    let mut all = Vec::new();
    while let Some(found) = documents.next().unwrap() {
        all.push((found.line, found.document.map(<[u8]>::to_vec)));
    }
    all
}

fn texts(source: impl Read) -> Vec<String> {
    let text = |(_, document): (u64, Option<Vec<u8>>)| match document {
        Some(document) => String::from_utf8_lossy(&document).into_owned(),
        None => "too long".to_owned(),
    };
    documents(source).into_iter().map(text).collect()
}

#[test]
fn boundaries() {
    #[rustfmt::skip]
    let cases: &[(&str, &str, &[&str])] = &[
        ("nothing",                      "",                               &[]),
        ("only blanks",                  " \r\n\t\n\n",                    &[]),
        ("only a byte order mark",       "\u{feff}",                       &[]),
        ("one",                          "{\"a\":1}",                      &["{\"a\":1}"]),
        ("one, pretty",                  "{\n  \"a\": [\n    1\n  ]\n}\n", &["{\n  \"a\": [\n    1\n  ]\n}"]),
        ("pretty ones in a row",         "{\n \"a\":1\n}\n{\n \"b\":2\n}", &["{\n \"a\":1\n}", "{\n \"b\":2\n}"]),
        ("lines",                        "{}\n[]\n{}\n",                   &["{}", "[]", "{}"]),
        ("lines of Windows, empty ones", "\u{feff}{}\r\n\r\n[]\r\n",       &["{}", "[]"]),
        ("marks within",                 "{}\n\u{feff}[]",                 &["{}", "[]"]),
        ("several on a line",            "{} {}[]",                        &["{}", "{}", "[]"]),
        ("brackets in texts",            "{\"}]\\\"{\":\"\\\\\"}{}",       &["{\"}]\\\"{\":\"\\\\\"}", "{}"]),
        ("no JSON",                      "hello\n  world \r\n{}",          &["hello", "world", "{}"]),
        ("scalars",                      "1\n\"x\"\nnull\n{}",             &["1", "\"x\"", "null", "{}"]),
        ("a tail",                       "{} tail\n{}",                    &["{}", "tail", "{}"]),
        ("a bracket too much",           "{}}\n{}",                        &["{}", "}", "{}"]),
        ("a comma after each",           "{},\n{},\n",                     &["{}", ",", "{}", ","]),
        ("cut in a text",                "{\"a\":\"b\n{}\n[]",             &["{\"a\":\"b", "{}", "[]"]),
        ("cut after a key",              "{\"a\":\n{}\n[]\n",              &["{\"a\":", "{}", "[]"]),
        ("cut in a list",                "{\"a\":[\n{}\n[]\n",             &["{\"a\":[", "{}", "[]"]),
        ("cut in a number",              "{\"a\":1.\n{}",                  &["{\"a\":1.", "{}"]),
        ("cut at the end",               "{}\n{\"a\":[",                   &["{}", "{\"a\":["]),
        ("cut, then only the next",      "{\"a\":\n{}",                    &["{\"a\":", "{}"]),
        ("two cut ones",                 "{\"a\":\n{\"b\":\n{}\n",         &["{\"a\":", "{\"b\":", "{}"]),
        ("cut, then a pretty one",       "{\"a\":[\n{\n  \"b\": 1\n}\n{}", &["{\"a\":[", "{\n  \"b\": 1\n}", "{}"]),
        ("a pretty one, cut",            "{\n  \"a\": {\n    \"b\": 1\n{\n  \"c\": 2\n}\n", &["{\n  \"a\": {\n    \"b\": 1", "{\n  \"c\": 2\n}"]),
        ("a pretty one, wrong inside",   "{\n  \"a\": nil\n}\n{}\n",       &["{\n  \"a\": nil\n}", "{}"]),
        ("a pretty one, empty inside",   "{\n  \"a\": nil\n\n}\n{}\n",     &["{\n  \"a\": nil", "}", "{}"]),
        ("the wrong bracket",            "{\"a\":1]\n{}",                  &["{\"a\":1]", "{}"]),
        ("NUL between",                  "\0{}\n{}",                       &["\0{}", "{}"]),
        ("NUL within",                   "{\"a\":\"\0\"}\n{}",             &["{\"a\":\"\0\"}", "{}"]),
    ];
    for (name, stream, expected) in cases {
        for drop in [1, 2, 3, 7, 1_000] {
            assert_eq!(
                texts(Drops(stream.as_bytes(), drop)),
                *expected,
                "{name}, {drop} at a time"
            );
        }
    }
}

#[test]
fn bytes_that_are_no_text_are_kept_as_they_are() {
    let stream = b"{\"a\":\"\xff\"}\n\xfe\xff\n{}";
    let found: Vec<_> = documents(&stream[..]).into_iter().map(|(_, text)| text.unwrap()).collect();
    assert_eq!(found, [&b"{\"a\":\"\xff\"}"[..], b"\xfe\xff", b"{}"]);
}

#[test]
fn lines_are_counted() {
    let stream = "\n{}\n{\n}\n\nbad\n{\"a\":\n  1\n}\n{} []";
    let lines: Vec<u64> = documents(stream.as_bytes()).into_iter().map(|(line, _)| line).collect();
    assert_eq!(lines, [2, 3, 6, 7, 10, 10]);
}

/// Whatever is cut off where, no byte but white space is lost, and the documents after the next line break are all found.
#[test]
fn a_cut_anywhere_loses_nothing_and_harms_no_neighbour() {
    let good =
        ["{\"a\":[1.5e3,{\"b\":\"x\\\"y\"}],\"c\":null}", "[{\"d\":true},\"\\u00e9\"]", "{}"];
    for victim in 0..good.len() {
        for cut in 1..good[victim].len() {
            let mut lines = good.map(str::to_owned);
            lines[victim].truncate(cut);
            let stream = lines.join("\n");
            let found = texts(Drops(stream.as_bytes(), 5));
            let bare = |text: &str| text.replace(char::is_whitespace, "");
            assert_eq!(bare(&found.concat()), bare(&stream));
            for (number, line) in good.iter().enumerate().filter(|(number, _)| *number != victim) {
                assert!(found.iter().any(|text| text == line), "{number} of {stream:?}: {found:?}");
            }
        }
    }
}

#[test]
fn a_document_may_be_so_long_and_no_longer() {
    const MOST: usize = 3_000;
    let long = |length: usize| format!("[\"{}\"]", "x".repeat(length - 4));
    let list = format!("[{}1", "1,\n".repeat(MOST));
    let after = MOST as u64 + 2;
    #[rustfmt::skip]
    let cases = [
        ("just",               format!("{}\n{{}}", long(MOST)),           vec![(1, Some(MOST)), (2, Some(2))]),
        ("one more",           format!("{}{{}}", long(MOST + 1)),         vec![(1, None), (1, Some(2))]),
        ("over many lines",    format!("{list}]\n{{}}"),                  vec![(1, None), (after, Some(2))]),
        ("much more",          format!("{} {{}}", long(900_000)),         vec![(1, None), (1, Some(2))]),
        ("a long line",        format!("{}\n{{}}", "x".repeat(MOST)),     vec![(1, Some(MOST)), (2, Some(2))]),
        ("one more",           format!("{}\n{{}}", "x".repeat(MOST + 1)), vec![(1, None), (2, Some(2))]),
        ("wrong in the end",   format!("{list} nil\n{{}}"),               vec![(1, None), (after, Some(2))]),
        ("wrong at the break", format!("{list}\n\"\n{{}}"),               vec![(1, None), (after + 1, Some(2))]),
        ("cut",                list.clone(),                              vec![(1, None)]),
        ("nested",             "[".repeat(MOST + 1),                      vec![(1, None)]),
    ];
    for (name, stream, expected) in cases {
        for drop in [100, 1_000_000] {
            let documents = Documents::bounded(Drops(stream.as_bytes(), drop), MOST);
            let found: Vec<_> = all(documents)
                .into_iter()
                .map(|(line, text)| (line, text.map(|text| text.len())))
                .collect();
            assert_eq!(found, expected, "{name}, {drop} at a time");
        }
    }
}

/// Each line alone could begin all that follow: without a bound, this reads the stream once for each line.
#[test]
fn looking_ahead_has_an_end() {
    let lines = 300_000;
    let found = documents("[\n".repeat(lines).as_bytes());
    assert_eq!(found.len(), lines);
}

#[test]
fn harm_never_panics() {
    let words =
        ["{", "}", "[", "]", "\"", "\\", "\n", " ", ",", ":", "1", "null", "\u{feff}", "\r\n"];
    let mut random = fastrand::Rng::with_seed(11);
    for _ in 0..20_000 {
        let length = random.usize(..30);
        let stream: String = (0..length).map(|_| words[random.usize(..words.len())]).collect();
        let found = texts(Drops(stream.as_bytes(), random.usize(1..8)));
        assert_eq!(found, texts(stream.as_bytes()), "{stream:?}");
        let bare = |text: &str| text.replace(['\u{feff}', ' ', '\n', '\r'], "");
        assert_eq!(bare(&found.concat()), bare(&stream), "{stream:?}");
    }
}
