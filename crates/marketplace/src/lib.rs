//! AWS Marketplace in Rust values: ids, roles, money, notifications, resale authorizations.
//!
//! Pure: bytes in, values out. Nothing here opens anything, draws, or reads a clock, and no input panics.
//!
//! | step | function | what it decides |
//! |---|---|---|
//! | a stream of bytes | [`document::Documents`] | where each document in it begins and ends |
//! | a document as it was met | [`arrival::unwrap`] | which bodies are in it |
//! | an exported entity | [`catalog::describe`] | the same as bodies of our own, without secrets |
//! | who registered, as AWS said | [`registration::envelope`] | a body of our own |
//! | a body | [`parse::parse`] | its digest, and its value or why it has none |
//!
//! # Adding a family of notifications
//!
//! 1. Say what it says in [`notification::Family`], or in [`notification::AgreementEvent`] if it is
//!    about an agreement. Every field is optional: AWS leaves out what its pages promise.
//! 2. Read it. A family about an agreement is one line in `parse/agreement.rs`, in the match over its
//!    name without the role; any other is a function in a file of its own under `parse/`, called from
//!    the match over (source, name) in `parse.rs`. Fields are read with `parse/reader.rs`, which knows
//!    the path of each for the refusal. Read a fact that AWS spells in two ways with `either`.
//! 3. Write a body after AWS's page, with its deviations, into `parse/tests/families.rs`.
//!
//! What was kept as [`notification::Family::Unknown`] before is applied by a redrive.
//! What is never done here: checking an id's prefix, refusing an unknown field or word, choosing
//! between two values.

pub mod arrival;
pub mod catalog;
pub mod changeset;
pub mod digest;
pub mod document;
pub mod draft;
pub mod ids;
mod json;
pub mod notification;
pub mod parse;
pub mod registration;
pub mod shown;
pub mod way;
