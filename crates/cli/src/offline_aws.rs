//! `resold offline-aws`: an AWS of our own, on a port of this machine.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use aws::offline::fault::Fault;
use aws::offline::rules::RULES;
use aws::offline::seed::Seed;
use aws::offline::serve::{Records, ServeError, Server};
use aws::offline::world::{Settings, World};
use clap::Args;
use jiff::SignedDuration;
use serde::Serialize;

use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Line;
use crate::private_file;
use crate::stop::{on_signal, stopped};

/// What to do about a seed that is wrong.
const SEED: &str = "`resold offline-aws --help` says what a seed has";

/// What it is like.
#[derive(Debug, Args)]
#[command(after_help = "\
It is resold's own, made after AWS's documentation, for tests and demonstrations. It is not AWS,
nothing uses it by itself, and what the documentation leaves open may be otherwise at AWS. It
answers the Catalog API (resale authorizations and change sets), the Entitlement API and the
Metering API for AWS's SDKs and command line. It takes any credentials and checks no signature, so
it listens on this machine only. It keeps nothing: its world begins anew with each start.

It prints the variables that lead AWS's programs to it, and runs until SIGTERM or SIGINT. With
--effective its time stands still; then take --change-set-seconds 0.

A seed has `account`, `accounts` (their legal names), `products` (with `code` and `dimensions`),
`licenses` (with `entitlements`), `registrations` (tokens) and `offers` (`authorization` of each).
The built-in one sells prod-k3x9examplesaas by the partners 222233334444 and 333344445555. While it
runs, a POST of such JSON to /offline-aws/seed adds to it, and a POST of faults, one a line, to
/offline-aws/faults lets more go wrong.

A fault is OPERATION[@NAME]=WHAT[*TIMES]. NAME is a part of the change set's name, WHAT one of:
  402, 403, 423, 429, 500, 503  refuse the call with this status (429: throttled)
  drop                          cut the connection before anything is done
  cut                           do it, and cut the connection before the answer
  fail:CODE                     the change set fails later, with CODE on its last change
  draft:CODE                    the same, the Draft that it made stays, and its report names it
  hidden-draft:CODE             the same, and its report does not name it
  server-fault                  the change set fails later, with SERVER_FAULT
  unprocessed                   no record of BatchMeterUsage is processed

Examples:
  resold offline-aws --listen 127.0.0.1:8650
  resold offline-aws --seed products.toml --events events.jsonl --change-set-seconds 2
  resold offline-aws --fault 'StartChangeSet=429*2' --fault 'StartChangeSet@renewal=cut'
  resold replay events.jsonl")]
pub struct OfflineAwsArgs {
    /// Where to listen; port 0 is a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// What there is at the beginning, in TOML or JSON [default: an example]
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Append the notifications of change sets to this file, for `resold replay`
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
    /// Append what it is asked to this file, as JSON lines with everything in them, tokens too
    #[arg(long, value_name = "FILE")]
    requests: Option<PathBuf>,
    /// How long a change set takes
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(0..=86_400))]
    change_set_seconds: u32,
    /// Something that goes wrong; several: repeat it
    #[arg(long, value_name = "FAULT", value_parser = fault)]
    fault: Vec<Fault>,
    /// Refuse calls above the rates that AWS documents
    #[arg(long)]
    throttle: bool,
}

fn fault(text: &str) -> Result<Fault, String> {
    text.parse().map_err(|error: aws::offline::fault::FaultError| error.to_string())
}

/// How it is found.
#[derive(Debug, Serialize)]
struct Found {
    url: String,
    /// Of which month AWS's limits are.
    rules: &'static str,
    environment: Vec<Variable>,
}

#[derive(Debug, Serialize)]
struct Variable {
    name: &'static str,
    value: String,
}

/// Runs until a signal stops it.
pub async fn run(context: &mut Context<'_>, args: OfflineAwsArgs) -> Result<Exit, Failure> {
    let mut stop = on_signal()?;
    let seed = args.seed.as_deref().map_or_else(|| Ok(Seed::example()), seed)?;
    let settings = Settings {
        change_set_time: SignedDuration::from_secs(args.change_set_seconds.into()),
        is_throttled: args.throttle,
    };
    let mut world = World::new(seed, settings).map_err(|error| {
        Failure::new("could not make a world of the seed").because(error).hint(SEED)
    })?;
    for fault in args.fault {
        world.expect(fault);
    }
    let records = Records {
        events: args.events.as_deref().map(appended).transpose()?,
        requests: args.requests.as_deref().map(appended).transpose()?,
    };
    let server = Server::start(args.listen, world, context.clock(), records).await;
    let server = server.map_err(unserved)?;
    print(context, &found(server.url()))?;
    context
        .output
        .note("this is resold's offline AWS, for tests and demonstrations; it is not AWS");
    stopped(&mut stop).await;
    server.stop().await.map_err(|error| {
        Failure::new("could not finish what the offline AWS was doing").because(error)
    })?;
    Ok(Exit::Done)
}

fn unserved(error: ServeError) -> Failure {
    let hint = match error {
        ServeError::NotLoopback(_) => "name a port of this machine: --listen 127.0.0.1:8650",
        ServeError::Listen { .. } => "take another port, or 127.0.0.1:0 for a free one",
    };
    Failure::new("could not start the offline AWS").because(error).hint(hint)
}

/// TOML or JSON, which begins with a brace.
fn seed(path: &Path) -> Result<Seed, Failure> {
    let attempt = || Failure::new(format!("could not read the seed {}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| attempt().because(error))?;
    if text.trim_start().starts_with('{') {
        serde_json::from_str(&text).map_err(|error| attempt().because(error).hint(SEED))
    } else {
        toml::from_str(&text).map_err(|error| attempt().because(error).hint(SEED))
    }
}

fn appended(path: &Path) -> Result<Box<dyn Write + Send>, Failure> {
    let file = private_file::append(path);
    let file = file.map_err(|error| {
        Failure::new(format!("could not write to {}", path.display())).because(error)
    })?;
    Ok(Box::new(file))
}

fn found(url: String) -> Found {
    let urls = [aws::catalog::ENDPOINT, aws::entitlements::ENDPOINT, aws::registration::ENDPOINT];
    // Nobody's credentials: without any, AWS's programs do not even call. Of the region, some know one name and some the other.
    let rest = [
        ("AWS_REGION", "us-east-1"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "offline"),
        ("AWS_SECRET_ACCESS_KEY", "offline"),
    ];
    let urls = urls.map(|name| Variable { name, value: url.clone() });
    let rest = rest.map(|(name, value)| Variable { name, value: value.to_owned() });
    let environment = urls.into_iter().chain(rest).collect();
    Found { url, rules: RULES.version, environment }
}

fn print(context: &mut Context<'_>, found: &Found) -> Result<(), Failure> {
    if context.output.is_json() {
        return context.output.json(found);
    }
    let lines = found.environment.iter();
    let lines = lines.map(|it| Line::Text(format!("export {}={}", it.name, it.value)));
    context.output.lines(lines)
}
