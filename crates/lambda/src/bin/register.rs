//! The Lambda function that a buyer's browser comes to from AWS Marketplace.

use std::process::ExitCode;

fn main() -> ExitCode {
    lambda::register::run()
}
