//! AWS Marketplace in Rust values: ids, roles, money, notifications, resale authorizations.

pub mod catalog;
pub mod digest;
pub mod ids;
mod json;
pub mod notification;
pub mod parse;
