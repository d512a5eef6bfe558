//! The SQL views that people with a SQL client read; each store writes them in its dialect.

use crate::stream::StreamKind;

/// The type of a view's column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// Text.
    Text,
    /// Microseconds since 1970, shown as the store's timestamp.
    Time,
    /// A whole number.
    Integer,
    /// An exact decimal.
    Decimal,
}

/// Where a view's column comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnSource {
    /// The part of the stream's id after the `/`.
    Id,
    /// A path of object keys and array positions into the folded facts, for example `["offer", "0", "v"]`.
    Facts(&'static [&'static str]),
    /// A path into the last conclusions.
    Concluded(&'static [&'static str]),
    /// A key of each element, where the view has one row an element (see [`View::each`]).
    Element(&'static [&'static str]),
}

/// One column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: ColumnType,
    /// Where it comes from.
    pub source: ColumnSource,
}

/// One view over the streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// Its name.
    pub name: &'static str,
    /// Only streams of this kind; `None`: of every kind.
    pub stream: Option<StreamKind>,
    /// Only streams in which this path is present (not null).
    pub present: Option<ColumnSource>,
    /// One row for each value of the object at this path into the last conclusions, not one a stream.
    pub each: Option<&'static [&'static str]>,
    /// The columns.
    pub columns: &'static [Column],
}
