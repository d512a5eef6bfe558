//! Where the ledger is, and opening it.

use std::ffi::OsStr;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::builder::TypedValueParser;
use ledger::store::{Store, StoreError};
use ledger_postgres::{
    ConnectOptions, Excess, PostgresStore, Role, Server, check_cluster, describe, migrate,
};
use ledger_sqlite::{OpenOptions, SqliteStore};

use crate::failure::Failure;

/// Where a ledger is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// One SQLite file.
    Sqlite(PathBuf),
    /// A database on a PostgreSQL server, or on Aurora DSQL. The URL may hold a password: never shown.
    Postgres(Url),
}

/// A URL that may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Url(String);

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Url(..)")
    }
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
    /// Reads what `--ledger` names: `sqlite:PATH`, a path, `postgres://...`, or `dsql://...`. What is refused is never quoted: a
    /// server's URL that was mistyped may hold a password.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.trim() != text {
            return Err(SPACE.to_owned());
        }
        // One letter is a drive of Windows.
        let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
        let is_scheme = scheme.len() > 1 && !scheme.contains(['/', '\\', '.']);
        match scheme {
            "postgres" | "postgresql" | "dsql" => server(text),
            "sqlite" => {
                let rest = text.split_once(':').map_or("", |(_, rest)| rest);
                file(rest.strip_prefix("//").unwrap_or(rest))
            }
            _ if is_scheme => Err(KIND.to_owned()),
            _ => file(text),
        }
    }

    /// Opens the ledger.
    pub async fn open(&self, access: Access) -> Result<Arc<dyn Store>, Failure> {
        self.check_folder(access)?;
        let opened: Result<Arc<dyn Store>, StoreError> = match self {
            Self::Sqlite(path) => SqliteStore::open(path, access.sqlite())
                .await
                .map(|store| Arc::new(store) as Arc<dyn Store>),
            Self::Postgres(url) => connect(&url.0).await,
        };
        opened.map_err(|error| {
            Failure::new(format!("could not open the ledger {}", self.describe())).because(error)
        })
    }

    /// A file is begun only in a folder that exists.
    fn check_folder(&self, access: Access) -> Result<(), Failure> {
        let Self::Sqlite(path) = self else { return Ok(()) };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        match folder.filter(|folder| access == Access::Begin && !folder.is_dir()) {
            None => Ok(()),
            Some(folder) => {
                Err(Failure::new(format!("could not make the ledger {}", self.describe()))
                    .because(format!("there is no folder `{}`", folder.display()))
                    .hint("make the folder, or name another place with --ledger or RESOLD_LEDGER"))
            }
        }
    }

    /// Makes the ledger, or brings an older one up to date, and opens it. On a server this needs the role that owns the
    /// tables; other commands never change a server's schema.
    pub async fn init(&self) -> Result<Arc<dyn Store>, Failure> {
        if let Self::Postgres(url) = self {
            migrate(&url.0, Server::of(&url.0)).await.map_err(|error| {
                Failure::new(format!("could not make the ledger {}", self.describe()))
                    .because(error)
            })?;
        }
        self.open(Access::Begin).await
    }

    /// Whether nothing can be in it: a file that was never begun.
    pub fn is_unbegun(&self) -> bool {
        match self {
            Self::Sqlite(path) => !path.exists(),
            Self::Postgres(_) => false,
        }
    }

    /// Whether it is on a server, which has roles.
    pub const fn is_server(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Gives a role of the server what it needs at run time; returns what it may do to the log beyond that.
    pub async fn grant(&self, runtime: &Role) -> Result<Vec<Excess>, Failure> {
        let Self::Postgres(url) = self else { return Ok(Vec::new()) };
        ledger_postgres::grant(&url.0, runtime).await.map_err(|error| {
            let attempt = format!("could not give the role `{runtime}` its rights");
            Failure::new(attempt).because(error).hint(
                "connect as the role that owns the tables; `resold init --print-grants` prints the SQL that makes a role",
            )
        })
    }

    /// The version of the schema that this version writes there.
    pub const fn schema(&self) -> i64 {
        match self {
            Self::Sqlite(_) => ledger_sqlite::SCHEMA,
            Self::Postgres(_) => ledger_postgres::SCHEMA,
        }
    }

    /// In words, without secrets.
    pub fn describe(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("`{}`", path.display()),
            Self::Postgres(url) => describe(&url.0)
                .map_or("on a PostgreSQL server".to_owned(), |place| format!("in {place}")),
        }
    }
}

/// A server's URL.
fn server(text: &str) -> Result<Place, String> {
    let is_dsql = text.starts_with("dsql:");
    if is_dsql {
        check_cluster(text).map_err(|error| error.to_string())?;
    }
    let rest = text.split_once("://").map(|(_, rest)| rest).ok_or(FORM)?;
    // A password with a `/`, `?` or `#` ends the host too early, and the rest of it counts as the database's name.
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    if rest.get(end..).is_some_and(|after| after.contains('@')) {
        return Err(ESCAPE.to_owned());
    }
    Ok(Place::Postgres(Url(text.to_owned())))
}

/// The path of a file.
fn file(path: &str) -> Result<Place, String> {
    if path.is_empty() || path == ":memory:" {
        return Err(PATH.to_owned());
    }
    // `//user:password@host/name`, and whatever else lost its beginning.
    if path.split_once('@').is_some_and(|(before, _)| before.contains(':')) {
        return Err(KIND.to_owned());
    }
    Ok(Place::Sqlite(PathBuf::from(path)))
}

const SPACE: &str = "it begins or ends with a space";
const KIND: &str = "it is no kind of ledger; that is `sqlite:PATH`, the path of a file, `postgres://...` or `dsql://...`, in small letters";
const FORM: &str = "a server is written `postgres://USER:PASSWORD@HOST/DATABASE`";
const ESCAPE: &str = "an `@` follows the host: in a user or a password, `/` is written %2F, `?` %3F, `#` %23 and `@` %40";
const PATH: &str = "`sqlite:` is followed by the path of a file";

/// Reads a place on the command line or in a variable. Of another type than clap's own, which quote what they refuse.
#[derive(Debug, Clone, Copy)]
pub struct PlaceParser;

impl TypedValueParser for PlaceParser {
    type Value = Place;

    fn parse_ref(
        &self,
        command: &clap::Command,
        _arg: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<Place, clap::Error> {
        let refused = |why: String| {
            let text = format!("--ledger or RESOLD_LEDGER does not name a ledger: {why}\n");
            clap::Error::raw(clap::error::ErrorKind::ValueValidation, text).with_cmd(command)
        };
        let text = value.to_str().ok_or_else(|| refused("it is not UTF-8".to_owned()))?;
        Place::parse(text).map_err(refused)
    }
}

/// How long a server may refuse connections before the user hears of it.
const UNTOLD: Duration = Duration::from_secs(3);

async fn connect(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    let options =
        ConnectOptions { server: Server::of(url), wait: UNTOLD, ..ConnectOptions::default() };
    let store = PostgresStore::connect(url, options).await?;
    Ok(Arc::new(store))
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
            ("a@b.db", Ok("a@b.db")),
            ("postgres:u:hunter2@h/d", Err(())),
            ("postgress://u:hunter2@h/d", Err(())),
            ("POSTGRES://u:hunter2@h/d", Err(())),
            (" postgres://u:hunter2@h/d", Err(())),
            ("postgres://u:hunter2@h/d ", Err(())),
            ("//u:hunter2@h/d", Err(())),
            ("u:hunter2@h", Err(())),
            ("sqlite://u:hunter2@h/d", Err(())),
            ("postgres://u:1/hunter2@h/d", Err(())),
            ("postgres://u:hunter2#@h/d", Err(())),
            ("dsql://u:hunter2@h", Err(())),
            ("dsql://admin:secret@abc0def1.dsql.us-east-1.on.aws/postgres", Err(())),
        ];
        let server = "postgres://resold:secret@host/ledger";
        let place = Place::parse(server).expect("a server");
        assert!(matches!(place, Place::Postgres(_)));
        assert!(!format!("{place:?} {}", place.describe()).contains("secret"));
        let cluster = Place::parse("dsql://admin@abc0def1.dsql.us-east-1.on.aws/postgres");
        assert_eq!(cluster.is_ok(), cfg!(feature = "dsql"), "{cluster:?}");
        for (text, expected) in cases {
            let found = Place::parse(text);
            if let Err(error) = &found {
                assert!(!error.contains("hunter2"), "{text}: {error}");
            }
            let found = found.map_err(|_| ());
            assert_eq!(found, expected.map(|path| Place::Sqlite(PathBuf::from(path))), "{text}");
        }
    }
}
