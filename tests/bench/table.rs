//! A table on standard output, or the same as lines of JSON.

use serde_json::{Map, Value, json};

/// A titled table; each row begins with what was measured.
pub(crate) struct Table {
    title: &'static str,
    columns: &'static [&'static str],
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(title: &'static str, columns: &'static [&'static str]) -> Self {
        Self { title, columns, rows: Vec::new() }
    }

    /// Adds a row, and says on standard error that it is there.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        eprintln!("  {}", cells.join("  "));
        self.rows.push(cells);
    }

    /// Prints the table.
    pub(crate) fn print(&self, as_json: bool) {
        if as_json {
            for row in &self.rows {
                let cells = self.columns.iter().zip(row);
                let cells =
                    cells.map(|(name, cell)| ((*name).to_owned(), Value::from(cell.as_str())));
                let cells: Map<String, Value> = cells.collect();
                println!("{}", json!({"section": self.title, "row": cells}));
            }
            return;
        }
        let width = |at: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(at)).map(String::len);
            cells.chain([self.columns[at].len()]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let line = |cells: &mut dyn Iterator<Item = &str>| {
            let cells = cells.zip(&widths).map(|(cell, width)| {
                let is_number = cell.starts_with(|first: char| first.is_ascii_digit());
                if is_number { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
            });
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        println!("\n{}", self.title);
        println!("  {}", line(&mut self.columns.iter().copied()));
        for row in &self.rows {
            println!("  {}", line(&mut row.iter().map(String::as_str)));
        }
    }
}
