//! The rows of a table, to be read from a ledger file, changed by hand and written back.

use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row as _, SqliteConnection, TypeInfo as _, ValueRef as _};

/// What a column holds. Text is bytes: who tampers need not leave it UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Value {
    Null,
    Integer(i64),
    Text(Vec<u8>),
    Blob(Vec<u8>),
}

impl Value {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.as_bytes().to_vec())
    }

    /// As it stands in a fault's words.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Integer(number) => number.to_string(),
            Self::Text(bytes) | Self::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        }
    }

    /// How many bytes there are to change.
    pub(crate) const fn len(&self) -> usize {
        match self {
            Self::Null => 0,
            Self::Integer(_) => 8,
            Self::Text(bytes) | Self::Blob(bytes) => bytes.len(),
        }
    }

    /// The same with one bit of one byte changed; `None` where there is no such byte.
    pub(crate) fn flipped(&self, place: usize) -> Option<Self> {
        let change = |bytes: &Vec<u8>| {
            let mut bytes = bytes.clone();
            let byte = bytes.get_mut(place)?;
            *byte ^= bit(*byte);
            Some(bytes)
        };
        match self {
            Self::Integer(number) if place < 8 => Some(Self::Integer(number ^ (16 << (8 * place)))),
            Self::Null | Self::Integer(_) => None,
            Self::Text(bytes) => change(bytes).map(Self::Text),
            Self::Blob(bytes) => change(bytes).map(Self::Blob),
        }
    }
}

/// A bit that leaves a hexadecimal digit one, and no two digits alike: the row must be told by what it says, not because
/// it cannot be read.
const fn bit(byte: u8) -> u8 {
    match byte {
        b'a' | b'c' => 2,
        b'b' | b'f' => 4,
        _ => 1,
    }
}

/// A row.
pub(crate) type Values = Vec<Value>;

/// A table of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Values>,
}

impl Table {
    /// Reads a whole table.
    pub(crate) async fn read(connection: &mut SqliteConnection, name: &str) -> Self {
        let columns = "select name from pragma_table_info(?) order by cid";
        let columns = sqlx::query(columns).bind(name).fetch_all(&mut *connection).await;
        let columns = columns.expect("the table has columns");
        let columns: Vec<String> = columns.iter().map(|row| row.get(0)).collect();
        let text = format!("select {} from {name}", columns.join(", "));
        let rows = sqlx::query(AssertSqlSafe(text)).fetch_all(connection).await;
        let rows = rows.expect("the table can be read").iter().map(values).collect();
        Self { name: name.to_owned(), columns, rows }
    }

    /// Writes these rows in place of all that the table holds.
    pub(crate) async fn write(&self, connection: &mut SqliteConnection) {
        let delete = sqlx::query(AssertSqlSafe(format!("delete from {}", self.name)));
        delete.execute(&mut *connection).await.expect("the rows can be removed");
        for row in &self.rows {
            // A text that is bound as bytes: sqlx takes no other that is not UTF-8.
            let places = row.iter().map(|value| match value {
                Value::Text(_) => "cast(? as text)",
                _ => "?",
            });
            let places = places.collect::<Vec<_>>().join(", ");
            let text = format!("insert into {} values ({places})", self.name);
            let mut insert = sqlx::query(AssertSqlSafe(text));
            for value in row {
                insert = match value {
                    Value::Null => insert.bind(None::<i64>),
                    Value::Integer(number) => insert.bind(*number),
                    Value::Text(bytes) | Value::Blob(bytes) => insert.bind(bytes.clone()),
                };
            }
            insert.execute(&mut *connection).await.expect("the row can be written");
        }
    }

    /// The place of a column.
    pub(crate) fn place(&self, column: &str) -> usize {
        let found = self.columns.iter().position(|name| name == column);
        found.unwrap_or_else(|| panic!("{} has no column {column}", self.name))
    }

    /// What a row holds in a column.
    pub(crate) fn value<'a>(&self, row: &'a Values, column: &str) -> &'a Value {
        &row[self.place(column)]
    }

    /// How verifying calls a row.
    pub(crate) fn subject(&self, row: &Values) -> String {
        let words = |column| self.value(row, column).words();
        match self.name.as_str() {
            "events" | "outbox" => format!("{}@{}", words("stream"), words("version")),
            "streams" | "keys" => words("stream"),
            _ => format!("notification:{}", words("digest")),
        }
    }
}

fn values(row: &SqliteRow) -> Values {
    let value = |place: usize| {
        let raw = row.try_get_raw(place).expect("a value");
        let (is_null, kind) = (raw.is_null(), raw.type_info().name().to_owned());
        match kind.as_str() {
            _ if is_null => Value::Null,
            "INTEGER" => Value::Integer(row.get(place)),
            "TEXT" => Value::Text(row.get::<String, _>(place).into_bytes()),
            "BLOB" => Value::Blob(row.get(place)),
            _ => panic!("a column of type {kind}"),
        }
    };
    (0..row.len()).map(value).collect()
}
