//! The Lambda functions. Each binary links only what it needs; what they share is here.
//!
//! To add a function: a file in `src/bin`, a module here for its handler (plain functions that take the event and what
//! it needs, so that a test calls them without the runtime), its settings read by [`settings`].

pub mod ingest;
pub mod settings;
