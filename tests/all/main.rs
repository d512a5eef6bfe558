//! The tests that see the whole: scenarios, orders, stores, processors side by side, the Lambda binary.

mod conclusions;
mod orders;
mod scenario;
mod scenarios;
