//! Tables, and the page of one item.

use std::fmt::Display;

use comfy_table::Table;
use comfy_table::presets::NOTHING;

use crate::output::{Line, plain};

/// What stands where nothing is known.
pub const NONE: &str = "-";

/// A value, or `-`.
pub fn cell<T: Display>(value: Option<&T>) -> String {
    value.map_or_else(|| NONE.to_owned(), ToString::to_string)
}

/// Values, or what stands for none of them.
pub fn cells<T: Display>(values: &[T], none: &str) -> String {
    if values.is_empty() {
        return none.to_owned();
    }
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// An amount with its currency, or `-`.
pub fn money(amount: Option<&String>, currency: Option<&String>) -> String {
    let amount = amount.map(|amount| [Some(amount), currency]);
    let parts = amount.map(|parts| parts.into_iter().flatten().cloned().collect::<Vec<_>>());
    parts.map_or_else(|| NONE.to_owned(), |parts| parts.join(" "))
}

/// A table with a heading, columns as wide as their content.
pub fn table<'a>(
    columns: impl IntoIterator<Item = &'a str>,
    rows: impl IntoIterator<Item = Vec<String>>,
) -> Vec<Line> {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header(columns.into_iter().map(str::to_uppercase).collect::<Vec<_>>());
    for row in rows {
        table.add_row(row.iter().map(|text| plain(text)).collect::<Vec<_>>());
    }
    flush_left(&mut table);
    let mut lines = table.lines();
    let heading = lines.next().map(Line::Heading);
    heading.into_iter().chain(lines.map(Line::Text)).collect()
}

/// Two columns without a heading.
fn pairs(rows: Vec<(String, String)>, indent: &str) -> Vec<Line> {
    let mut table = Table::new();
    table.load_style(NOTHING);
    for (label, text) in rows {
        table.add_row(vec![label, plain(&text)]);
    }
    flush_left(&mut table);
    table.lines().map(|line| Line::Text(format!("{indent}{line}"))).collect()
}

/// No space before the first column, two between columns.
fn flush_left(table: &mut Table) {
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
}

/// The page of one item: fields, then sections.
#[derive(Default)]
pub struct Page {
    fields: Vec<(String, String)>,
    lines: Vec<Line>,
}

impl Page {
    /// Begins a page with its title.
    pub fn new(kind: &str, id: &str) -> Self {
        let title = Line::Heading(format!("{kind} {}", plain(id)));
        Self { fields: Vec::new(), lines: vec![title] }
    }

    /// Adds a field.
    pub fn field(&mut self, label: &str, text: impl Into<String>) -> &mut Self {
        self.fields.push((label.to_owned(), text.into()));
        self
    }

    /// Adds a field whose value may be unknown.
    pub fn known<T: Display>(&mut self, label: &str, value: Option<&T>) -> &mut Self {
        self.field(label, cell(value))
    }

    /// Adds a field that is left out while there is nothing to say.
    pub fn some<T: Display>(&mut self, label: &str, value: Option<&T>) -> &mut Self {
        if let Some(value) = value {
            self.field(label, value.to_string());
        }
        self
    }

    /// Adds a table under a title, unless it is empty.
    pub fn section<'a>(
        &mut self,
        title: &str,
        columns: impl IntoIterator<Item = &'a str>,
        rows: Vec<Vec<String>>,
    ) -> &mut Self {
        if rows.is_empty() {
            return self;
        }
        self.close_fields();
        self.lines.push(Line::Text(String::new()));
        self.lines.push(Line::Heading(title.to_owned()));
        for line in table(columns, rows) {
            let (Line::Heading(text) | Line::Text(text)) = line;
            self.lines.push(Line::Text(format!("  {text}")));
        }
        self
    }

    fn close_fields(&mut self) {
        let fields = std::mem::take(&mut self.fields);
        if !fields.is_empty() {
            self.lines.extend(pairs(fields, "  "));
        }
    }

    /// The lines to print.
    pub fn finish(mut self) -> Vec<Line> {
        self.close_fields();
        self.lines
    }
}
