//! The embedded ledger store: one SQLite file
