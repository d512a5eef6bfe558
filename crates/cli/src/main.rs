//! `resold`: the self-hosted back office for AWS Marketplace channel partner private offers.
//!
//! | file | what it does |
//! |---|---|
//! | `args.rs` | what can be said on the command line |
//! | `place.rs` | where the ledger is, and opening it |
//! | `reader.rs`, `listing.rs` | states to items; lists that filter and page |
//! | `log_bar.rs` | how far the log is read, for a look back |
//! | `notification.rs` | notifications by digest, and what waits |
//! | `form_file.rs`, `price_flag.rs`, `problems.rs` | what a person wrote, and everything that is wrong with it |
//! | one file per noun | its commands, its columns, its page |
//! | `replay.rs`, `replay/` | documents of any shape and size into the processor |
//! | `queue.rs`, `queue/` | messages into, in and out of queues |
//! | `simulate.rs` | generated markets, delivered with faults, on no ledger of anybody |
//! | `aws_place.rs`, `stop.rs` | where AWS's services are; stopping in order |
//! | `offline_aws.rs` | an AWS of our own, for tests and demonstrations |
//! | `worker.rs`, `worker/` | the queue into the ledger, for who runs no Lambda functions |
//! | `opened.rs` | which findings a command opened |
//! | `output.rs`, `page.rs` | the only way to standard output |
//! | `failure.rs`, `exit.rs` | what went wrong, why, what to do; exit codes |
//!
//! To add a command: a variant in `args.rs` with an about line and examples, a function `run` in the file of its noun
//! that returns an [`exit::Exit`], and a golden file.

mod agreement;
mod args;
mod aws_place;
mod command;
mod deal;
mod doctor;
mod entitlement;
mod exit;
mod failure;
mod findings;
mod form_file;
mod inbox;
mod init;
mod ledger_command;
mod listing;
mod log_bar;
mod notification;
mod offer;
mod offline_aws;
mod opened;
mod opportunity;
mod output;
mod page;
mod partner;
mod place;
mod price_flag;
mod private_file;
mod problems;
mod queue;
mod reader;
mod replay;
mod simulate;
mod stop;
mod worker;

use std::process::ExitCode;

use clap::Parser;

use crate::args::Cli;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return output::usage(&error),
    };
    let mut output = Output::new(cli.global.format, cli.global.color, cli.global.quiet);
    let exit = match run(cli, &mut output) {
        Ok(exit) => exit,
        Err(failure) => {
            output.failure(&failure);
            Exit::CouldNot
        }
    };
    exit.into()
}

fn run(cli: Cli, output: &mut Output) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new("could not start").because(error))?;
    runtime.block_on(command::run(cli, output))
}
