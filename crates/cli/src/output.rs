//! The only way to standard output and standard error.
//!
//! Standard output is data, standard error is talk. Everything that is printed here passes [`plain`], so that no command
//! can forget it: text from outside never reaches a terminal raw.

use std::borrow::Cow;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use anstream::{AutoStream, ColorChoice};
use clap::ValueEnum;
use clap::builder::styling::{AnsiColor, Style};
use serde::Serialize;

use marketplace::shown::is_harmless;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::page::Page;

/// How data is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// For programs: one JSON document.
    Json,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal that can show it, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl From<Color> for ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

const HEADING: Style = Style::new().bold();
const ERROR: Style = AnsiColor::Red.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default();

/// Where a command prints.
pub struct Output {
    format: Format,
    quiet: bool,
    stdout: AutoStream<io::Stdout>,
    stderr: AutoStream<io::Stderr>,
}

impl Output {
    /// On the process's standard streams.
    pub fn new(format: Format, color: Color, quiet: bool) -> Self {
        let stdout = AutoStream::new(io::stdout(), color.into());
        let stderr = AutoStream::new(io::stderr(), color.into());
        Self { format, quiet, stdout, stderr }
    }

    /// Whether data is printed as JSON.
    pub fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Whether only data and failures are printed.
    pub const fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Prints one JSON document.
    pub fn json<T: Serialize>(&mut self, value: &T) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|error| Failure::new("could not write JSON").because(error))?;
        writeln!(self.stdout, "{}", plain_json(&text))
            .and_then(|()| self.stdout.flush())
            .map_err(printing)
    }

    /// Prints one item: as JSON, or as its page.
    pub fn show<T: Serialize>(
        &mut self,
        item: &T,
        page: impl FnOnce(&T) -> Page,
    ) -> Result<(), Failure> {
        if self.is_json() { self.json(item) } else { self.lines(page(item).finish()) }
    }

    /// Sends on what was printed.
    pub fn flush(&mut self) -> Result<(), Failure> {
        self.stdout.flush().map_err(printing)
    }

    /// Prints lines of data; the first one is a heading.
    pub fn lines(&mut self, lines: impl IntoIterator<Item = Line>) -> Result<(), Failure> {
        for line in lines {
            match line {
                Line::Heading(text) => {
                    writeln!(self.stdout, "{HEADING}{}{HEADING:#}", plain(text.trim_end()))
                }
                Line::Text(text) => writeln!(self.stdout, "{}", plain(text.trim_end())),
            }
            .map_err(printing)?;
        }
        self.flush()
    }

    /// A table that belongs to a failure, on standard error.
    pub fn beside(&mut self, lines: impl IntoIterator<Item = Line>) {
        for line in lines {
            let _ = match line {
                Line::Heading(text) => {
                    writeln!(self.stderr, "{HEADING}{}{HEADING:#}", plain(text.trim_end()))
                }
                Line::Text(text) => writeln!(self.stderr, "{}", plain(text.trim_end())),
            };
        }
    }

    /// Talk: shown unless `--quiet`. That standard error is closed stops nothing.
    pub fn note(&mut self, text: &str) {
        self.talk().note(text);
    }

    /// The same for what talks by itself while a command is at work.
    pub const fn talk(&self) -> Talk {
        Talk { quiet: self.quiet }
    }

    /// Something that a person should know even with `--quiet`.
    pub fn warn(&mut self, text: &str) {
        let _ = writeln!(self.stderr, "{HINT}note:{HINT:#} {}", plain(text));
    }

    /// What was attempted, why it failed, what to do.
    pub fn failure(&mut self, failure: &Failure) {
        let _ = writeln!(self.stderr, "{ERROR}error:{ERROR:#} {}", plain(&failure.to_string()));
        for reason in failure.reasons() {
            let _ = writeln!(self.stderr, "  because: {}", plain(&reason));
        }
        if let Some(hint) = failure.way_out() {
            let _ = writeln!(self.stderr, "  {HINT}try:{HINT:#} {}", plain(hint));
        }
    }
}

/// Talk on standard error.
#[derive(Debug, Clone, Copy)]
pub struct Talk {
    quiet: bool,
}

impl Talk {
    /// Shown unless `--quiet`.
    pub fn note(self, text: &str) {
        if !self.quiet {
            let _ = writeln!(io::stderr(), "{}", plain(text));
        }
    }
}

/// Asks a question on standard error, whose answer comes on the same line.
pub fn ask(question: &str) {
    let mut stderr = io::stderr();
    let _ = write!(stderr, "{} ", plain(question.trim_end())).and_then(|()| stderr.flush());
}

/// Prints help, the version, or what is wrong with the command line. What was typed, or stands in a variable, is part of
/// the latter.
pub fn usage(error: &clap::Error) -> ExitCode {
    let variables = ["RESOLD_LEDGER", "RESOLD_ACCOUNTS"].into_iter().filter_map(std::env::var_os);
    let mut given = std::env::args_os().chain(variables);
    if given.all(|text| text.to_string_lossy().chars().all(is_harmless)) {
        let _ = error.print();
    } else {
        let mut stderr = io::stderr();
        let text = error.to_string();
        let _ = text.lines().try_for_each(|line| writeln!(stderr, "{}", plain(line)));
    }
    let failed = if error.use_stderr() { Exit::CouldNot } else { Exit::Done };
    failed.into()
}

/// Many lines of JSON on standard output.
pub struct JsonLines(BufWriter<io::Stdout>);

impl JsonLines {
    /// Begins.
    pub fn begin() -> Self {
        Self(BufWriter::new(io::stdout()))
    }

    /// Prints one document that has no line breaks.
    pub fn line(&mut self, document: &str) -> io::Result<()> {
        writeln!(self.0, "{}", plain_json(document))
    }

    /// Sends on what was printed.
    pub fn finish(mut self) -> Result<(), Failure> {
        self.0.flush().map_err(printing)
    }
}

/// A line of data.
pub enum Line {
    /// The names of columns, or the title of a section.
    Heading(String),
    /// Anything else.
    Text(String),
}

fn printing(error: io::Error) -> Failure {
    Failure::new("could not write to standard output").because(error)
}

/// Text that a terminal only shows: control characters, and those that change the direction of what follows, are
/// written as `\u{..}`.
pub fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_harmless(c) {
            shown.push(c);
        } else {
            shown.extend(c.escape_unicode());
        }
    }
    shown
}

/// The same JSON, which a terminal only shows: `serde_json` escapes what JSON demands, and leaves the rest of what [`plain`]
/// writes out.
fn plain_json(text: &str) -> Cow<'_, str> {
    let is_shown = |c: char| c == '\n' || is_harmless(c);
    if text.chars().all(is_shown) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_shown(c) {
            shown.push(c);
        } else {
            let mut units = [0; 2];
            shown.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::{is_harmless, plain, plain_json};

    #[test]
    fn json_stays_the_same_json() {
        let value = serde_json::json!({"a\u{9b}31m": "\u{1b}[31m \u{7f}\u{202e}\u{feff} é 東\n"});
        let text = serde_json::to_string_pretty(&value).expect("JSON");
        let shown = plain_json(&text);
        assert!(shown.chars().all(|c| c == '\n' || is_harmless(c)), "{shown}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).ok(), Some(value));
    }

    #[test]
    fn control_characters_are_written_out() {
        let cases = [
            ("Northwind Resale", "Northwind Resale"),
            ("Größe 東京", "Größe 東京"),
            ("red \u{1b}[31m", "red \\u{1b}[31m"),
            ("two\nlines\t", "two\\u{a}lines\\u{9}"),
            ("c1 \u{9b}31m", "c1 \\u{9b}31m"),
            ("\u{202e}desrever", "\\u{202e}desrever"),
            ("North\u{200b}wind\u{2060}", "North\\u{200b}wind\\u{2060}"),
        ];
        for (text, shown) in cases {
            assert_eq!(plain(text), shown);
        }
    }
}
