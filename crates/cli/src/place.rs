//! Where the ledger is, and opening it.

use std::path::PathBuf;
use std::sync::Arc;

use ledger::store::{Store, StoreError};
use ledger_sqlite::{OpenOptions, SqliteStore};

use crate::failure::Failure;

/// Where a ledger is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// One SQLite file.
    Sqlite(PathBuf),
}

/// What a command does to the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Only reads: changes nothing, not even an older schema.
    Read,
    /// Writes to a ledger that must exist.
    Write,
    /// Begins a file where there is none.
    Begin,
}

impl Access {
    const fn sqlite(self) -> OpenOptions {
        match self {
            Self::Read => OpenOptions::READ,
            Self::Write => OpenOptions::WRITE,
            Self::Begin => OpenOptions::CREATE,
        }
    }
}

impl Place {
    /// Reads what `--ledger` names: `sqlite:PATH` or a path.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = match text.split_once(':') {
            // One letter is a drive of Windows.
            Some((scheme, rest)) if scheme.len() > 1 && !scheme.contains(['/', '\\', '.']) => {
                (scheme, rest)
            }
            _ => ("sqlite", text),
        };
        match scheme {
            "sqlite" => {
                let path = rest.strip_prefix("//").unwrap_or(rest);
                if path.is_empty() || path == ":memory:" {
                    return Err("`sqlite:` is followed by the path of a file".to_owned());
                }
                Ok(Self::Sqlite(PathBuf::from(path)))
            }
            _ => Err(format!(
                "`{scheme}:` is no kind of ledger; it is `sqlite:PATH`, or the path of a file"
            )),
        }
    }

    /// Opens the ledger.
    pub async fn open(&self, access: Access) -> Result<Arc<dyn Store>, Failure> {
        let opened: Result<Arc<dyn Store>, StoreError> = match self {
            Self::Sqlite(path) => SqliteStore::open(path, access.sqlite())
                .await
                .map(|store| Arc::new(store) as Arc<dyn Store>),
        };
        opened.map_err(|error| {
            Failure::new(format!("could not open the ledger {}", self.describe())).because(error)
        })
    }

    /// In words, without secrets.
    pub fn describe(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("`{}`", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let cases = [
            ("sqlite:resold.db", Ok("resold.db")),
            ("sqlite:///var/lib/resold.db", Ok("/var/lib/resold.db")),
            ("sqlite:../a:b.db", Ok("../a:b.db")),
            ("resold.db", Ok("resold.db")),
            ("./a:b.db", Ok("./a:b.db")),
            ("C:\\resold.db", Ok("C:\\resold.db")),
            ("", Err(())),
            ("sqlite:", Err(())),
            ("sqlite::memory:", Err(())),
            ("mysql://host/name", Err(())),
        ];
        for (text, expected) in cases {
            let found = Place::parse(text).map_err(|_| ());
            assert_eq!(found, expected.map(|path| Place::Sqlite(PathBuf::from(path))), "{text}");
        }
    }
}
