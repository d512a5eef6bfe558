//! The real binary, as a person or a script runs it.
//!
//! Golden files lie in `tests/golden`: `UPDATE_GOLDEN=1` (`make golden`) writes them again.

#![expect(clippy::expect_used, reason = "a test ends where something is not as expected")]

mod as_of;
mod away;
mod blame;
mod create;
mod errors;
mod full;
mod golden;
mod held;
mod help;
mod hostile;
mod killed;
mod ledger;
mod life;
mod lists;
mod offline_aws;
mod partner;
mod passwords;
mod pooler;
mod private;
mod proof;
mod readme;
mod refresh;
mod replay;
mod requests;
mod resold;
mod roles;
mod simulate;
mod sync;
mod worker;
