//! The views of [`deal::view`] in SQLite's dialect. Times are RFC 3339 text in UTC with microseconds, decimals are
//! text (SQLite has no exact ones).

use deal::view::{Column, ColumnSource, ColumnType, Each, View};
use ledger::views::ViewTotals;

/// The statement that makes a view.
pub(crate) fn create(view: &View) -> String {
    let columns: Vec<String> = view.columns.iter().map(column).collect();
    let mut text = format!(
        "create view {} as\nselect\n    {}\nfrom streams s",
        name(view.name),
        columns.join(",\n    ")
    );
    let mut conditions = Vec::new();
    if let Some(each) = view.each {
        let (path, kind) = match each {
            Each::Value(path) => (steps(path), "object"),
            Each::Element(path) => (steps(path), "array"),
        };
        text = format!("{text}\njoin json_each(s.concluded, {path}) e");
        conditions.push(format!("json_type(s.concluded, {path}) = '{kind}'"));
    }
    if let Some(kind) = view.stream {
        // Ids of one kind lie between the kind's word with `/` and the same with the character after `/`.
        conditions.push(format!("s.stream > '{0}/' and s.stream < '{0}0'", kind.word()));
    }
    if let Some(present) = view.present {
        conditions.push(format!("{} is not null", source(present)));
    }
    if !conditions.is_empty() {
        text.push_str("\nwhere ");
        text.push_str(&conditions.join("\n  and "));
    }
    text
}

/// The statement that adds a view up.
pub(crate) fn totals(view: &View) -> String {
    format!("select {} from {}", ViewTotals::columns(view), name(view.name))
}

/// The statement that removes a view.
pub(crate) fn drop(view: &str) -> String {
    format!("drop view if exists {}", name(view))
}

fn column(column: &Column) -> String {
    let value = source(column.source);
    let value = match column.kind {
        ColumnType::Text | ColumnType::Decimal => format!("cast({value} as text)"),
        ColumnType::Integer => format!("cast({value} as integer)"),
        ColumnType::Time => time(&value),
    };
    format!("{value} as {}", name(column.name))
}

/// Microseconds as RFC 3339. The remainder is made positive first, so that times before 1970 come out right; beyond
/// the years that SQLite knows (0 to 9999) the answer is null.
fn time(micros: &str) -> String {
    let part = format!("((({micros}) % 1000000 + 1000000) % 1000000)");
    format!(
        "strftime('%Y-%m-%dT%H:%M:%S', (({micros}) - {part}) / 1000000, 'unixepoch') || printf('.%06dZ', {part})"
    )
}

fn source(source: ColumnSource) -> String {
    match source {
        ColumnSource::Id => "substr(s.stream, instr(s.stream, '/') + 1)".to_owned(),
        ColumnSource::Facts(path) => format!("json_extract(s.facts, {})", steps(path)),
        ColumnSource::Concluded(path) => format!("json_extract(s.concluded, {})", steps(path)),
        ColumnSource::Element(path) => format!("json_extract(e.value, {})", steps(path)),
    }
}

/// A path as SQLite writes it: `'$."offer"[0]."v"'`. A step of digits is an array's position.
fn steps(path: &[&str]) -> String {
    let steps = path.iter().map(|step| {
        if step.bytes().all(|byte| byte.is_ascii_digit()) {
            format!("[{step}]")
        } else {
            format!(".\"{}\"", step.replace(['"', '\''], ""))
        }
    });
    format!("'${}'", steps.collect::<String>())
}

fn name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', ""))
}
