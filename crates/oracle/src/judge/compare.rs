//! Compares fields of one item with the truth.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use crate::fault::{Fault, Promise};

/// A field's text; absent, null and no text are the same.
pub(super) fn text<'a>(item: &'a Value, key: &str) -> Option<&'a str> {
    item.get(key).and_then(Value::as_str)
}

/// One item under comparison.
pub(super) struct Comparison<'a> {
    faults: &'a mut Vec<Fault>,
    pub(super) promise: Promise,
    subject: String,
    pub(super) item: &'a Value,
}

impl<'a> Comparison<'a> {
    pub(super) fn new(
        faults: &'a mut Vec<Fault>,
        promise: Promise,
        subject: String,
        item: &'a Value,
    ) -> Self {
        Self { faults, promise, subject, item }
    }

    /// The same comparison of a part of the item.
    pub(super) fn of<'b>(&'b mut self, part: &'b Value) -> Comparison<'b> {
        let subject = self.subject.clone();
        Comparison { faults: self.faults, promise: self.promise, subject, item: part }
    }

    /// Notes a difference as the breach of a promise of its own.
    pub(super) fn breach(&mut self, promise: Promise, key: &str, expected: String, found: String) {
        let subject = format!("{} {key}", self.subject);
        self.faults.push(Fault { promise, subject, expected, found });
    }

    /// A text, or none.
    pub(super) fn text(&mut self, key: &str, expected: Option<&str>) {
        let found = text(self.item, key);
        if found != expected {
            self.breach(self.promise, key, shown(expected), shown(found));
        }
    }

    /// A time, however it is written.
    pub(super) fn time(&mut self, key: &str, expected: Option<Timestamp>) {
        let found = text(self.item, key);
        let read = found.and_then(|text| text.parse::<Timestamp>().ok());
        if read != expected || found.is_some() != expected.is_some() {
            let expected = expected.map(|time| time.to_string());
            self.breach(self.promise, key, shown(expected.as_deref()), shown(found));
        }
    }

    /// True or not; absent is not.
    pub(super) fn flag(&mut self, key: &str, expected: bool) {
        let found = self.item.get(key).and_then(Value::as_bool).unwrap_or(false);
        if found != expected {
            self.breach(self.promise, key, expected.to_string(), found.to_string());
        }
    }

    /// A whole number, or none.
    pub(super) fn number(&mut self, key: &str, expected: Option<usize>) {
        let found = self.item.get(key).and_then(Value::as_u64);
        if found != expected.and_then(|number| u64::try_from(number).ok()) {
            let words = |number: Option<String>| number.unwrap_or_else(|| "none".to_owned());
            let expected = words(expected.map(|number| number.to_string()));
            self.breach(self.promise, key, expected, words(found.map(|found| found.to_string())));
        }
    }

    /// A list in any order; absent is empty.
    pub(super) fn list<T: AsRef<str>>(&mut self, key: &str, expected: &[T]) {
        let found = self.item.get(key).and_then(Value::as_array).into_iter().flatten();
        let found: Vec<&str> = found.map(|one| one.as_str().unwrap_or("?")).collect();
        let once: BTreeSet<&str> = found.iter().copied().collect();
        let wanted: BTreeSet<&str> = expected.iter().map(AsRef::as_ref).collect();
        if once != wanted || once.len() != found.len() {
            let wanted: Vec<&str> = wanted.into_iter().collect();
            self.breach(self.promise, key, wanted.join(" "), found.join(" "));
        }
    }

    /// Parts with an id, each with a status.
    pub(super) fn parts(
        &mut self,
        key: &str,
        expected: impl IntoIterator<Item = (String, String)>,
    ) {
        let found = self.item.get(key).and_then(Value::as_array).into_iter().flatten();
        let shown = |id: &str, status: &str| format!("{id} {status}");
        let found: Vec<String> = found
            .map(|part| {
                let word = |key| text(part, key).unwrap_or("?");
                shown(word("id"), word("status"))
            })
            .collect();
        let wanted: Vec<String> =
            expected.into_iter().map(|(id, status)| shown(&id, &status)).collect();
        if found.iter().collect::<BTreeSet<_>>() != wanted.iter().collect()
            || found.len() != wanted.len()
        {
            self.breach(self.promise, key, wanted.join(", "), found.join(", "));
        }
    }
}

fn shown(text: Option<&str>) -> String {
    text.unwrap_or("none").to_owned()
}
