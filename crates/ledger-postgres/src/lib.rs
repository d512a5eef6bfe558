//! The ledger store on a PostgreSQL server (15 or later), and on nothing that Aurora DSQL lacks.
//!
//! | file | holds |
//! |---|---|
//! | `connect.rs` | the pool, TLS, the check of the schema |
//! | `dsql.rs` | Aurora DSQL's URLs and tokens |
//! | `migration.rs`, `grants.rs`, `role.rs` | tables, views and rights: the owner's part (`init`) |
//! | `sql.rs` and `migrations/` | every statement |
//! | `transaction.rs`, `write.rs` | reads and writes, in terms of those statements |
//! | `fields.rs` | rows to values |
//! | `failure.rs` | PostgreSQL's codes to [`ledger::store::StoreError`] |
//! | `views.rs` | [`deal::view`] in PostgreSQL's dialect |
//!
//! The same tables as in `ledger-sqlite`, but that raw bodies have one of their own: the runtime role may change a
//! body (to erase it) and nothing else of the log, and no column comes near Aurora DSQL's limit of 1 MiB. Ids sort by
//! bytes (`collate "C"`), whatever the database's collation.
//!
//! To change the schema: add a migration `<timestamp>_<table>_<what>.sql` with one statement, list it in
//! `migration.rs`, never change an old one; think of `grants.rs`.
//!
//! Aurora DSQL is reached with the same statements. Its migrations differ in two words ([`Server::Dsql`]): indexes
//! are made `async`, and `collate "C"` is left out, since it has no other.

mod connect;
mod dsql;
mod failure;
mod fields;
mod grants;
mod migration;
mod role;
mod sql;
mod transaction;
mod trust;
mod views;
mod write;

pub use connect::{ConnectOptions, PostgresStore, Server, describe};
pub use dsql::{InvalidCluster, check_cluster};
pub use grants::{Excess, grant, grants, roles};
pub use migration::{VERSION as SCHEMA, migrate};
pub use role::{InvalidRole, Role};
pub use transaction::PostgresTransaction;

#[cfg(test)]
mod tests;
