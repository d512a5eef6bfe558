//! The tests that see the whole: scenarios, orders, stores, processors side by side, the Lambda binary.

//mod arrows;
//mod concurrency;
mod conclusions;
//mod lambda;
mod orders;
mod scenario;
mod scenarios;
//mod stores;
