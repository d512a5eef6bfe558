//! What PostgreSQL's error codes mean to the ledger. Codes and constraint names decide, never messages.

use ledger::store::{Cause, StoreError};
use sqlx::postgres::PgDatabaseError;

/// The keys that are locks: another writer has written the row first. Any other unique key follows from these; if only
/// it collides, the ledger is out of step with itself, and trying again would not end.
const LOCKS: [&str; 9] = [
    "notifications_pkey",
    "notifications_envelope",
    "bodies_pkey",
    "deliveries_pkey",
    "deliveries_envelope",
    "outcomes_pkey",
    "inbox_pkey",
    "events_pkey",
    "streams_pkey",
];

/// Whose values a statement brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Values {
    /// Those of what was received, as it was received: the rows of notifications, bodies and arrivals.
    Received,
    /// Ours.
    Own,
}

/// Wraps a failure of something attempted.
pub(crate) fn failed(attempt: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |error| classify(attempt, Values::Own, error)
}

pub(crate) fn classify(attempt: &'static str, values: Values, error: sqlx::Error) -> StoreError {
    let Some(database) = error.as_database_error() else {
        let lost = matches!(
            error,
            sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::Protocol(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::BeginFailed
        );
        let source = error.into();
        return if lost {
            StoreError::Unavailable { attempt, source }
        } else {
            StoreError::Failed { attempt, source }
        };
    };
    let code = database.try_downcast_ref::<PgDatabaseError>().map_or("", PgDatabaseError::code);
    let forgotten = matches!(code, "26000" | "42P05");
    let lock = database.constraint().and_then(|name| LOCKS.into_iter().find(|lock| *lock == name));
    let meaning = Meaning::of(code, lock);
    let source: Cause = if forgotten { Forgotten(error).into() } else { error.into() };
    match meaning {
        Meaning::Conflict(what) => StoreError::Conflict { what: what.to_owned() },
        Meaning::Unavailable => StoreError::Unavailable { attempt, source },
        Meaning::Locked => StoreError::Locked { attempt, source },
        Meaning::Full => StoreError::Full { attempt, source },
        Meaning::Refused => StoreError::Refused { attempt, source },
        Meaning::Missing => StoreError::Missing { place: "this database".to_owned() },
        Meaning::Data if values == Values::Received => StoreError::Unstorable { attempt, source },
        Meaning::Data | Meaning::Failed => StoreError::Failed { attempt, source },
    }
}

/// A prepared statement is not there, or is there already: another server process answers than the one that it was prepared in.
#[derive(Debug, thiserror::Error)]
#[error(
    "a pooler changes the server between transactions: say `pooling=transaction` in the ledger's URL"
)]
struct Forgotten(#[source] sqlx::Error);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Conflict(&'static str),
    Unavailable,
    Locked,
    Full,
    Refused,
    Missing,
    /// It refuses a value. Whether the value is to blame depends on whose it is.
    Data,
    /// Anything else: nothing says who is to blame.
    Failed,
}

impl Meaning {
    /// PostgreSQL's documentation, "PostgreSQL Error Codes".
    fn of(code: &str, lock: Option<&'static str>) -> Self {
        match (code, lock) {
            // serialization_failure, deadlock_detected; Aurora DSQL's conflicts of data and of the schema, which come in
            // the text of a 40001, or bare
            ("40001" | "40P01" | "OC000" | "OC001", _) => Self::Conflict("the same rows"),
            ("23505", Some(lock)) => Self::Conflict(lock),
            ("55P03", _) => Self::Locked,
            ("53100", _) => Self::Full,
            // insufficient_privilege
            ("42501", _) => Self::Refused,
            // undefined_table, undefined schema, undefined database
            ("42P01" | "3F000" | "3D000", _) => Self::Missing,
            // read_only_sql_transaction: another server took over from this one; statement_completion_unknown;
            // idle_in_transaction_session_timeout: the connection is gone
            ("25006" | "40003" | "25P03", _) => Self::Unavailable,
            _ => match code.get(..2) {
                Some("28") => Self::Refused,
                // connection_exception, insufficient_resources, operator_intervention, system_error
                Some("08" | "53" | "57" | "58") => Self::Unavailable,
                // data_exception, integrity_constraint_violation, program_limit_exceeded
                Some("22" | "23" | "54") => Self::Data,
                _ => Self::Failed,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use ledger::store::Retry;

    use super::{Meaning, Values, classify};

    #[test]
    fn codes_have_their_meaning() {
        let cases = [
            ("40001", None, Meaning::Conflict("the same rows")),
            ("40P01", None, Meaning::Conflict("the same rows")),
            ("23505", Some("events_pkey"), Meaning::Conflict("events_pkey")),
            ("23505", None, Meaning::Data),
            ("23502", None, Meaning::Data),
            ("22021", None, Meaning::Data),
            ("42501", None, Meaning::Refused),
            ("25006", None, Meaning::Unavailable),
            ("28P01", None, Meaning::Refused),
            ("28000", None, Meaning::Refused),
            ("42P01", None, Meaning::Missing),
            ("3D000", None, Meaning::Missing),
            ("53100", None, Meaning::Full),
            ("53300", None, Meaning::Unavailable),
            // Aurora DSQL, "Cluster quotas and database limits": its codes for too many new connections a second, too
            // much memory, and what is too large or too long for a transaction (the batch is cut).
            ("53400", None, Meaning::Unavailable),
            ("53200", None, Meaning::Unavailable),
            ("54000", None, Meaning::Data),
            ("54011", None, Meaning::Data),
            // Its "feature not supported".
            ("0A000", None, Meaning::Failed),
            // Its conflicts come as 40001; its connector takes them for conflicts when they come bare, too.
            ("OC000", None, Meaning::Conflict("the same rows")),
            ("OC001", None, Meaning::Conflict("the same rows")),
            ("57P01", None, Meaning::Unavailable),
            ("57014", None, Meaning::Unavailable),
            ("08006", None, Meaning::Unavailable),
            // internal_error. Aurora DSQL's word for "the outcome of the commit may be unknown", too: what is recorded twice counts
            // once.
            ("XX000", None, Meaning::Failed),
            ("40003", None, Meaning::Unavailable),
            ("25P03", None, Meaning::Unavailable),
            ("57P03", None, Meaning::Unavailable),
            ("55P03", None, Meaning::Locked),
            ("42703", None, Meaning::Failed),
            ("", None, Meaning::Failed),
        ];
        for (code, lock, expected) in cases {
            assert_eq!(Meaning::of(code, lock), expected, "{code}");
        }
    }

    /// PostgreSQL 18, appendix A: every class, by a code of it that is listed nowhere, and codes that poolers and proxies cause.
    #[test]
    fn every_class_has_its_meaning() {
        let failed = [
            "00", "01", "02", "03", "09", "0A", "0B", "0F", "0L", "0P", "0Z", "10", "20", "21",
            "24", "25", "26", "27", "2B", "2D", "2F", "34", "38", "39", "3B", "3D", "3F", "40",
            "42", "44", "55", "72", "F0", "HV", "P0", "XX", "ZZ",
        ];
        let rest = [
            (Meaning::Data, &["22", "23", "54"][..]),
            (Meaning::Unavailable, &["08", "53", "57", "58"][..]),
            (Meaning::Refused, &["28"][..]),
        ];
        let classes = rest.into_iter().chain([(Meaning::Failed, &failed[..])]);
        for (expected, classes) in classes {
            for class in classes {
                assert_eq!(Meaning::of(&format!("{class}ZZZ"), None), expected, "{class}");
            }
        }
        for code in
            ["26000", "42P05", "0A000", "XX001", "XX002", "P0001", "25P02", "3B001", "42804"]
        {
            assert_eq!(Meaning::of(code, None), Meaning::Failed, "{code}");
        }
    }

    #[test]
    fn only_what_was_received_can_be_unstorable() {
        let wrapped =
            |values| classify("writing", values, sqlx::Error::ColumnNotFound(String::new()));
        for values in [Values::Received, Values::Own] {
            assert_eq!(wrapped(values).retry(), Retry::Apart, "no code: {values:?}");
        }
    }
}
