//! The views of [`deal::view`] in PostgreSQL's dialect. A value that is not of its column's type is null: one odd row
//! must not keep anyone from reading the others.

use deal::view::{Column, ColumnSource, ColumnType, Each, View};
use ledger::views::ViewTotals;

/// The years 1 to 9999, in microseconds since 1970.
const TIMES: (i64, i64) = (-62_135_596_800_000_000, 253_402_300_799_999_999);

/// The statement that makes a view.
pub(crate) fn create(view: &View) -> String {
    let columns: Vec<String> = view.columns.iter().map(column).collect();
    let mut text = format!(
        "create view {} as\nselect\n    {}\nfrom streams s\ncross join lateral (select s.facts::json as facts, \
         s.concluded::json as concluded) as j",
        name(view.name),
        columns.join(",\n    ")
    );
    if let Some(each) = view.each {
        let (path, kind, rows) = match each {
            Each::Value(path) => (path, "object", "json_each"),
            Each::Element(path) => (path, "array", "json_array_elements"),
        };
        let found = format!("j.concluded #> {}", steps(path));
        text = format!(
            "{text}\ncross join lateral {rows}(case when json_typeof({found}) = '{kind}' then {found} end) as e"
        );
    }
    let mut conditions = Vec::new();
    if let Some(kind) = view.stream {
        // Ids of one kind lie between the kind's word with `/` and the same with the character after `/`.
        conditions.push(format!("s.stream > '{0}/' and s.stream < '{0}0'", kind.word()));
    }
    if let Some(present) = view.present {
        conditions.push(format!("{} is not null", source(present)));
    }
    if !conditions.is_empty() {
        text = format!("{text}\nwhere {}", conditions.join("\n  and "));
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
        ColumnType::Text => value,
        ColumnType::Integer => matching(&value, "^-?[0-9]{1,18}$", "bigint"),
        ColumnType::Decimal => matching(&value, r"^-?[0-9]{1,30}(\.[0-9]{1,30})?$", "numeric"),
        ColumnType::Time => time(&matching(&value, "^-?[0-9]{1,18}$", "bigint")),
    };
    format!("{value} as {}", name(column.name))
}

/// A text as a type, if it looks like one of it.
fn matching(value: &str, pattern: &str, kind: &str) -> String {
    format!("case when ({value}) ~ '{pattern}' then ({value})::{kind} end")
}

/// Microseconds as a time: seconds and the rest apart, since an interval is multiplied as a float, which is exact for
/// each of them and not for their sum.
fn time(micros: &str) -> String {
    let (first, last) = TIMES;
    format!(
        "(select case when t.us between {first} and {last} then timestamptz 'epoch' \
         + (t.us / 1000000) * interval '1 second' + (t.us % 1000000) * interval '1 microsecond' end \
         from (select {micros} as us) as t)"
    )
}

fn source(source: ColumnSource) -> String {
    match source {
        ColumnSource::Id => "substr(s.stream, strpos(s.stream, '/') + 1)".to_owned(),
        ColumnSource::Facts(path) => format!("j.facts #>> {}", steps(path)),
        ColumnSource::Concluded(path) => format!("j.concluded #>> {}", steps(path)),
        ColumnSource::Element(path) => format!("e.value #>> {}", steps(path)),
    }
}

/// A path as PostgreSQL writes it: `'{offer,0,v}'`.
fn steps(path: &[&str]) -> String {
    let steps: Vec<String> =
        path.iter().map(|step| step.replace(['{', '}', ',', '"', '\'', '\\'], "")).collect();
    format!("'{{{}}}'", steps.join(","))
}

/// A name, quoted.
pub(crate) fn name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
