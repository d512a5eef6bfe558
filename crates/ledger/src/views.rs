//! What the SQL views add up to, so that a view that was removed, or shows something else, is seen.

use deal::stream::StreamId;
use deal::view::{ColumnType, VIEWS, View};
use serde_json::Value;

/// The sums of one view.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ViewTotals {
    /// Its rows.
    pub rows: i64,
    /// Of each column, in order: how many values are not null and, for text, how many characters they have together.
    pub columns: Vec<(i64, i64)>,
}

impl ViewTotals {
    /// Of a view without rows.
    pub fn none(view: &View) -> Self {
        Self { rows: 0, columns: view.columns.iter().map(|_| (0, 0)).collect() }
    }

    /// Adds one row.
    pub fn add(&mut self, view: &View, row: &[Option<String>]) {
        self.rows = self.rows.saturating_add(1);
        for ((total, value), column) in self.columns.iter_mut().zip(row).zip(view.columns) {
            let Some(text) = value else { continue };
            total.0 = total.0.saturating_add(1);
            if column.kind == ColumnType::Text {
                let characters = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
                total.1 = total.1.saturating_add(characters);
            }
        }
    }

    /// The columns of the statement that reads them: `count(*)`, then two sums for each column. Both dialects understand
    /// it.
    pub fn columns(view: &View) -> String {
        let mut text = "count(*)".to_owned();
        for column in view.columns {
            let name = column.name;
            let characters = match column.kind {
                ColumnType::Text => format!("cast(coalesce(sum(length(\"{name}\")), 0) as bigint)"),
                ColumnType::Time | ColumnType::Integer | ColumnType::Decimal => {
                    "cast(0 as bigint)".to_owned()
                }
            };
            text = format!("{text}, count(\"{name}\"), {characters}");
        }
        text
    }

    /// From the numbers that such a statement gives.
    pub fn read(numbers: &[i64]) -> Option<Self> {
        let (rows, sums) = numbers.split_first()?;
        let pair = |pair: &[i64]| Some((*pair.first()?, *pair.get(1)?));
        Some(Self { rows: *rows, columns: sums.chunks(2).map(pair).collect::<Option<_>>()? })
    }
}

/// The sums of all views over streams, taken in one at a time.
#[derive(Debug)]
pub struct Expected(Vec<(&'static View, ViewTotals)>);

impl Default for Expected {
    fn default() -> Self {
        Self(VIEWS.iter().map(|view| (view, ViewTotals::none(view))).collect())
    }
}

impl Expected {
    /// Takes in a stream's row. One that is no JSON adds nothing.
    pub fn add(&mut self, id: &StreamId, facts: &str, concluded: &str) {
        let read = |text| serde_json::from_str::<Value>(text).ok();
        let Some((facts, concluded)) = read(facts).zip(read(concluded)) else { return };
        for (view, totals) in &mut self.0 {
            for row in view.rows(id, &facts, &concluded) {
                totals.add(view, &row);
            }
        }
    }

    /// Each view with its sums.
    pub fn finish(self) -> Vec<(&'static View, ViewTotals)> {
        self.0
    }
}
