//! What SQLite's codes mean to the ledger. The code decides, never the message.

use ledger::store::StoreError;

/// Wraps a failure of something attempted.
pub(crate) fn failed(attempt: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |error| classify(attempt, error)
}

/// Wraps a failure of an insert: a row that another writer has made first is a conflict.
pub(crate) fn inserting(table: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |error| {
        let taken =
            error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation);
        // Index rows and the outbox follow from events and streams: if only they collide, the ledger is out of step
        // with itself, and trying again would not end.
        let lock = matches!(
            table,
            "notifications" | "deliveries" | "outcomes" | "events" | "streams" | "inbox"
        );
        let received = matches!(table, "notifications" | "deliveries");
        if taken && lock {
            StoreError::Conflict { what: format!("the {table}") }
        } else if received && refuses_value(code(&error)) {
            StoreError::Unstorable { attempt: "writing rows", source: error.into() }
        } else {
            classify("writing rows", error)
        }
    }
}

/// `SQLITE_NOTADB`: the file is something else.
pub(crate) fn is_no_database(error: &sqlx::Error) -> bool {
    code(error) & 0xff == 26
}

/// SQLite's result code; 0: the failure is not SQLite's.
fn code(error: &sqlx::Error) -> i32 {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.and_then(|code| code.parse().ok()).unwrap_or(0)
}

/// `TOOBIG`, `MISMATCH`, and `CONSTRAINT` but for one that a trigger or a virtual table claims: the file has none of ours.
const fn refuses_value(code: i32) -> bool {
    match code {
        1811 | 2323 => false,
        _ => matches!(code & 0xff, 18..=20),
    }
}

fn classify(attempt: &'static str, error: sqlx::Error) -> StoreError {
    match &error {
        sqlx::Error::PoolTimedOut => return StoreError::Locked { attempt, source: error.into() },
        sqlx::Error::Io(_) | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
            return StoreError::Unavailable { attempt, source: error.into() };
        }
        _ => {}
    }
    let code = code(&error);
    let source = error.into();
    // The low byte is SQLite's primary result code ("Result and Error Codes").
    match (code, code & 0xff) {
        // SQLITE_BUSY_SNAPSHOT: a reader that wanted to write was overtaken.
        (517, _) => StoreError::Conflict { what: "the ledger".to_owned() },
        // BUSY, LOCKED
        (_, 5 | 6) => StoreError::Locked { attempt, source },
        // PERM, READONLY, CANTOPEN, AUTH
        (_, 3 | 8 | 14 | 23) => StoreError::Refused { attempt, source },
        // FULL; IOERR_SHMSIZE: the file that readers and writer share finds no room
        (_, 13) | (4874, _) => StoreError::Full { attempt, source },
        // IOERR
        (_, 10) => StoreError::Unavailable { attempt, source },
        _ => StoreError::Failed { attempt, source },
    }
}

#[cfg(test)]
mod tests {
    use super::refuses_value;

    #[test]
    fn only_these_codes_say_that_a_value_is_refused() {
        // CONSTRAINT_CHECK, _NOTNULL, TOOBIG, MISMATCH
        for code in [19, 275, 1299, 18, 20] {
            assert!(refuses_value(code), "{code}");
        }
        // A trigger, a virtual table, ERROR, INTERNAL, NOMEM, CORRUPT, SCHEMA, MISUSE, RANGE, and none at all
        for code in [1811, 2323, 1, 2, 7, 11, 17, 21, 25, 0] {
            assert!(!refuses_value(code), "{code}");
        }
    }
}
