//! Who may do what. The owner makes the tables; the runtime role processes notifications, and for it the log is
//! append-only: events, notifications, their bodies, deliveries and outcomes can be read and added, never changed or removed. To
//! erase a body and to rebuild the streams is the owner's.

use ledger::store::StoreError;
use sqlx::{AssertSqlSafe, PgConnection, Row as _};

use crate::failure::failed;
use crate::role::Role;
use crate::{connect, sql};

/// Tables with what the runtime role may do to them.
const RIGHTS: [(&str, &str); 10] = [
    ("notifications", "select, insert"),
    ("deliveries", "select, insert"),
    ("outcomes", "select, insert"),
    ("events", "select, insert"),
    ("bodies", "select, insert"),
    // Derived from the log. A stream never goes; which one it is never changes.
    ("inbox", "select, insert, delete"),
    ("streams", "select, insert, update (version, touched, head, fold, facts, concluded, due_at)"),
    ("keys", "select, insert, delete"),
    // Publishing notes attempts. Whoever relays may say of any row that it was published.
    ("outbox", "select, insert, update (published_at, attempts, last_error, set_aside)"),
    ("_sqlx_migrations", "select"),
];

/// The log: what was written stays.
const LOG: [&str; 5] = ["notifications", "bodies", "deliveries", "outcomes", "events"];

/// The statements that make both roles, for somebody who may: one a line, without `;`. Neither role can log in by a
/// password before it is given one.
pub fn roles(owner: &Role, runtime: &Role) -> Vec<String> {
    let (owner, runtime) = (owner.quoted(), runtime.quoted());
    vec![
        format!("create role {owner} login"),
        format!("create role {runtime} login"),
        format!("grant usage, create on schema public to {owner}"),
        format!("grant usage on schema public to {runtime}"),
    ]
}

/// The statements that give a role what it needs at run time, for the owner to execute after [`crate::migrate`]: one a
/// line, without `;`.
pub fn grants(runtime: &Role) -> Vec<String> {
    let role = runtime.quoted();
    let views = deal::view::VIEWS.iter().map(|view| (view.name, "select"));
    let rights = RIGHTS.into_iter().chain(views);
    rights.map(|(table, rights)| format!("grant {rights} on {table} to {role}")).collect()
}

/// A table of the log that a role may change, from other grants, as its owner or as a superuser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excess {
    /// The table.
    pub table: String,
    /// `update`, `delete`, or both.
    pub rights: String,
}

/// Gives a role what it needs at run time, with the role that owns the tables, and tells what it may do to the log beyond
/// that: nothing, if it is to be kept from rewriting it.
///
/// # Errors
/// As [`crate::PostgresStore::connect`]; [`StoreError::Failed`] if there is no such role.
pub async fn grant(url: &str, runtime: &Role) -> Result<Vec<Excess>, StoreError> {
    let mut connection = connect::alone(&connect::Target::read(url)?).await?;
    for statement in grants(runtime) {
        let query = sqlx::query(AssertSqlSafe(statement)).persistent(false);
        let granted = query.execute(&mut connection).await;
        granted.map_err(failed("granting the runtime role its rights"))?;
    }
    let excess = excess(&mut connection, runtime).await;
    excess.map_err(failed("reading the rights of the runtime role"))
}

async fn excess(connection: &mut PgConnection, role: &Role) -> sqlx::Result<Vec<Excess>> {
    let query = sqlx::query(sql::EXCESS).bind(role.as_str()).bind(LOG.to_vec());
    let mut excess = Vec::new();
    for row in query.fetch_all(connection).await? {
        excess.push(Excess { table: row.try_get(0)?, rights: row.try_get(1)? });
    }
    Ok(excess)
}
