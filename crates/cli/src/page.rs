//! Tables, and the page of one item.

use std::fmt::Display;

use comfy_table::presets::NOTHING;
use comfy_table::{ColumnConstraint, Table};
use terminal_size::{Width, terminal_size_of};

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
    indented(columns, rows, 0)
}

/// The same, printed so far in.
fn indented<'a>(
    columns: impl IntoIterator<Item = &'a str>,
    rows: impl IntoIterator<Item = Vec<String>>,
    indent: usize,
) -> Vec<Line> {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header(columns.into_iter().map(str::to_uppercase).collect::<Vec<_>>());
    for row in rows {
        table.add_row(row.iter().map(|text| plain(text)).collect::<Vec<_>>());
    }
    arrange(&mut table, indent);
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
    arrange(&mut table, indent.len());
    table.lines().map(|line| Line::Text(format!("{indent}{line}"))).collect()
}

/// No space before the first column, two between columns. Ids must stay whole, so only the last column is wrapped to
/// the width of a terminal, and only where enough is left for it.
fn arrange(table: &mut Table, indent: usize) {
    for column in table.column_iter_mut() {
        column.set_padding((0, BETWEEN));
    }
    let Some((Width(terminal), _)) = terminal_size_of(std::io::stdout()) else { return };
    let widths = table.column_max_content_widths();
    let last = widths.len().saturating_sub(1);
    if let Some(room) = room(terminal, indent, &widths)
        && let Some(column) = table.column_mut(last)
    {
        let width = comfy_table::Width::Fixed(room.saturating_add(BETWEEN));
        column.set_constraint(ColumnConstraint::Absolute(width));
    }
}

/// The width to wrap the last column to, if it must be wrapped and can be.
fn room(terminal: u16, indent: usize, widths: &[u16]) -> Option<u16> {
    let (last, others) = widths.split_last()?;
    let between = usize::from(BETWEEN).saturating_mul(widths.len());
    let taken = others.iter().map(|width| usize::from(*width)).sum::<usize>();
    let taken = taken.saturating_add(between).saturating_add(indent);
    let room = u16::try_from(usize::from(terminal).saturating_sub(taken)).ok()?;
    (room >= LEAST && room < *last).then_some(room)
}

/// The space between columns.
const BETWEEN: u16 = 2;
/// A column is not wrapped to less.
const LEAST: u16 = 24;

/// A summary: what was counted, and how many.
pub fn counts<'a>(rows: impl IntoIterator<Item = (&'a str, u64)>) -> impl Iterator<Item = Line> {
    rows.into_iter().map(|(name, count)| Line::Text(format!("{name:<12}{count:>10}")))
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
        self.heading(title);
        for line in indented(columns, rows, 2) {
            let (Line::Heading(text) | Line::Text(text)) = line;
            self.lines.push(Line::Text(format!("  {text}")));
        }
        self
    }

    /// Begins a section that is no table.
    pub fn heading(&mut self, title: &str) -> &mut Self {
        self.close_fields();
        self.lines.push(Line::Text(String::new()));
        self.lines.push(Line::Heading(title.to_owned()));
        self
    }

    /// Adds a line to a section.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.lines.push(Line::Text(format!("  {}", plain(text))));
        self
    }

    /// Adds two columns without a heading to a section, further in.
    pub fn pairs(&mut self, rows: Vec<(String, String)>) -> &mut Self {
        let rows = rows.into_iter().map(|(label, text)| (plain(&label), text));
        self.lines.extend(pairs(rows.collect(), "    "));
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

#[cfg(test)]
mod tests {
    use super::room;

    #[test]
    fn the_last_column_is_wrapped_where_that_helps() {
        let cases: [(u16, usize, &[u16], Option<u16>); 6] = [
            (80, 0, &[10, 20, 100], Some(44)),
            (80, 4, &[10, 20, 100], Some(40)),
            (80, 0, &[10, 20, 30], None),
            (80, 0, &[30, 40, 100], None),
            (80, 0, &[100], Some(78)),
            (80, 0, &[], None),
        ];
        for (terminal, indent, widths, expected) in cases {
            assert_eq!(room(terminal, indent, widths), expected, "{terminal} {indent} {widths:?}");
        }
    }
}
