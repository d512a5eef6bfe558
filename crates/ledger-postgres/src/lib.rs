//! The ledger store on PostgreSQL
