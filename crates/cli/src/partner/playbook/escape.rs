//! Text from outside inside a Markdown page: it stays text, on its line and in its cell, whatever is in it.

use crate::output::plain;

/// What means something inside a line of Markdown, or of one of its dialects. A colon, a slash, an at sign and a dot make links
/// of plain text there.
const MARKUP: &str = "\\`*_{}[]<>#|~&!$^=:/@.\"";

/// A text that people wrote.
pub fn text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in plain(text).trim().chars() {
        if MARKUP.contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    if escaped.is_empty() { "-".to_owned() } else { escaped }
}

/// An id, to be copied: as code, if it is what ids look like.
pub fn id(id: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !id.is_empty() && id.chars().all(is_plain) { format!("`{id}`") } else { text(id) }
}

/// The address of a document: a link, if it can be nothing else.
pub fn address(url: &str) -> String {
    let is_plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~' | '/' | '%' | '+');
    let rest = url.strip_prefix("https://");
    if rest.is_some_and(|rest| !rest.is_empty() && rest.chars().all(is_plain)) {
        format!("<{url}>")
    } else {
        text(url)
    }
}
