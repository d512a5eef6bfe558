//! The embedded ledger store: one SQLite file, by default beside the user's work.
//!
//! | file | holds |
//! |---|---|
//! | `open.rs`, `migration.rs` | opening, migrating, what can be wrong with a file |
//! | `sql.rs` and `migrations/` | every statement |
//! | `transaction.rs`, `write.rs` | reads and writes, in terms of those statements |
//! | `fields.rs` | rows to values |
//! | `failure.rs` | SQLite's codes to [`ledger::store::StoreError`] |
//! | `views.rs` | [`deal::view`] in SQLite's dialect |
//!
//! To change the schema: add a migration `<timestamp>_<table>_<what>.sql`, list it in `migration.rs`, never change an old
//! one. Texts and integers only, so that the same rows go to PostgreSQL; times are microseconds, digests are 64
//! hexadecimal digits.

mod chunks;
mod failure;
mod fields;
mod migration;
mod open;
mod sql;
mod transaction;
mod views;
mod write;

pub use migration::VERSION as SCHEMA;
pub use open::{CACHE_BYTES, OpenOptions, SqliteStore};
pub use transaction::SqliteTransaction;

#[cfg(test)]
mod tests;
