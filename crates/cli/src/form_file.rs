//! What a person wrote into a file: TOML, or JSON if it begins with a brace.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use clap::ValueEnum;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::command::Context;
use crate::failure::Failure;
use crate::output::Line;

/// The largest file that is read, in bytes.
const MAX_FORM: u64 = 1_048_576;

/// How a file is written.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Notation {
    /// With a comment on each field
    Toml,
    /// For programs
    Json,
}

/// Prints a file to begin with, which is written in TOML.
pub fn example<T: DeserializeOwned + Serialize>(
    context: &mut Context<'_>,
    notation: Notation,
    text: &str,
) -> Result<(), Failure> {
    match notation {
        Notation::Toml => {
            context.output.lines(text.lines().map(|line| Line::Text(line.to_owned())))
        }
        Notation::Json => {
            let form = parse::<T>(text)
                .map_err(|why| Failure::new("could not write the example as JSON").because(why))?;
            context.output.json(&form)
        }
    }
}

/// Reads a file, or standard input for `-`. `noun`: what it should hold; `way_out`: where to find an example.
pub fn read<T: DeserializeOwned>(path: &Path, noun: &str, way_out: &str) -> Result<T, Failure> {
    let name = if path == Path::new("-") {
        "standard input".to_owned()
    } else {
        format!("`{}`", path.display())
    };
    let failed = |error: io::Error| {
        let failure = Failure::new(format!("could not read {name}")).because(error);
        if failure.way_out().is_some() { failure } else { failure.hint(way_out) }
    };
    let text = text(path, noun).map_err(failed)?;
    parse(&text).map_err(|why| {
        Failure::new(format!("could not read {name} as {noun}")).because(why).hint(way_out)
    })
}

fn text(path: &Path, noun: &str) -> io::Result<String> {
    let mut source: Box<dyn Read> =
        if path == Path::new("-") { Box::new(io::stdin()) } else { Box::new(File::open(path)?) };
    let mut text = Vec::new();
    let most = MAX_FORM.saturating_add(1);
    source.by_ref().take(most).read_to_end(&mut text)?;
    if u64::try_from(text.len()).is_ok_and(|length| length > MAX_FORM) {
        let why = format!("{noun} has at most {MAX_FORM} bytes, this is longer");
        return Err(io::Error::other(why));
    }
    String::from_utf8(text).map_err(|error| {
        let why = format!("not UTF-8 at byte {}", error.utf8_error().valid_up_to());
        io::Error::other(why)
    })
}

/// Reads TOML or JSON. The error is one line, with the place.
pub fn parse<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text).map_err(|error| error.to_string());
    }
    toml::from_str(text).map_err(|error| {
        let message = error.message().lines().collect::<Vec<_>>().join(", ");
        match error.span() {
            Some(span) => format!("{message}, at {}", place(text, span.start)),
            None => message,
        }
    })
}

/// Line and column, counted from 1.
fn place(text: &str, position: usize) -> String {
    let before = text.get(..position).unwrap_or(text);
    let line = before.matches('\n').count().saturating_add(1);
    let column = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count());
    format!("line {line}, column {}", column.saturating_add(1))
}
