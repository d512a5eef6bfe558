//! What can be said on the command line.

use std::collections::BTreeSet;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use deal::moment::Moment;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use marketplace::ids::AccountId;

use crate::output::{Color, Format};
use crate::place::{Place, PlaceParser};
use crate::replay::ReplayArgs;

/// AWS Marketplace channel partner private offers: which deals, with whom, from which opportunity, worth what, and
/// what needs you.
#[derive(Debug, Parser)]
#[command(
    name = "resold",
    version,
    propagate_version = true,
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 100,
    after_help = "\
Exit codes:
  0  done
  1  done, and something needs you: an open finding that the command met, a notification
     that waits, a document that could not be read
  2  could not be done; standard error says what was attempted, why it failed and what to do

Examples:
  resold init
  resold opportunity import authorization.json
  resold replay events/happy-path
  resold deal list
  resold entitlement list
  resold offer explain offer-happyat9bsd4v"
)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Where the ledger is: a file (`sqlite:PATH`, or the path) or a server (`postgres://...`)
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "RESOLD_LEDGER",
        default_value = "sqlite:resold.db",
        hide_env_values = true,
        value_parser = PlaceParser,
        help_heading = "Global options"
    )]
    pub ledger: Place,
    /// Our own AWS account; several: repeat it, or separate them by commas. Without any, every account is accepted
    #[arg(
        long,
        global = true,
        value_name = "ACCOUNT",
        env = "RESOLD_ACCOUNTS",
        hide_env_values = true,
        value_parser = accounts,
        help_heading = "Global options"
    )]
    pub account: Vec<BTreeSet<AccountId>>,
    /// How data is printed
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "table",
        help_heading = "Global options"
    )]
    pub format: Format,
    /// When to use colour
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "auto",
        help_heading = "Global options"
    )]
    pub color: Color,
    /// Print only data and failures
    #[arg(long, short, global = true, help_heading = "Global options")]
    pub quiet: bool,
    /// Judge statuses as of this time (2026-12-20T00:00:00Z) or the beginning of this day, UTC (2026-12-20)
    #[arg(
        long,
        global = true,
        value_name = "TIME",
        value_parser = moment,
        // An alias may say one time, and a command another: the later counts.
        overrides_with = "effective",
        help_heading = "Global options"
    )]
    pub effective: Option<Moment>,
    /// Lists and shows: only what the ledger had recorded by this time, judged at it unless --effective says when
    ///
    /// Each stream that is shown is folded again from its events. What is found by a buyer, an opportunity or an open finding
    /// reads the whole log first.
    #[arg(long, global = true, value_name = "TIME", value_parser = moment, help_heading = "Global options")]
    pub as_of: Option<Moment>,
}

impl Global {
    /// Our own accounts.
    pub fn accounts(&self) -> BTreeSet<AccountId> {
        self.account.iter().flatten().cloned().collect()
    }
}

/// Commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a ledger, or bring an older one up to date
    Init(crate::init::InitArgs),
    /// Take notifications in from files, folders or standard input
    Replay(ReplayArgs),
    /// Opportunities: resale authorizations that you granted to partners
    #[command(visible_aliases = ["resale-authorization"], aliases = ["opportunities", "authorization", "selling-authorization", "resell-opportunity"])]
    Opportunity {
        #[command(subcommand)]
        command: crate::opportunity::Command,
    },
    /// Private offers, and from which opportunity each came
    #[command(alias = "offers")]
    Offer {
        #[command(subcommand)]
        command: crate::offer::Command,
    },
    /// Agreements: accepted offers
    #[command(alias = "agreements")]
    Agreement {
        #[command(subcommand)]
        command: crate::agreement::Command,
    },
    /// Entitlements: what buyers may use because of agreements
    #[command(alias = "entitlements")]
    Entitlement {
        #[command(subcommand)]
        command: crate::entitlement::Command,
    },
    /// Deals: what hangs together around one agreement, or around one offer that nobody accepted yet
    #[command(alias = "deals")]
    Deal {
        #[command(subcommand)]
        command: crate::deal::Command,
    },
    /// Partners: accounts that resell, and our own that sell, with what their deals add up to
    #[command(visible_alias = "reseller", aliases = ["partners", "resellers", "channel-partner"])]
    Partner {
        #[command(subcommand)]
        command: crate::partner::Command,
    },
    /// What a person should look at, with the evidence
    #[command(alias = "finding")]
    Findings(crate::findings::FindingsArgs),
    /// Notifications that wait: parked, quarantined or of an unknown type
    Inbox {
        #[command(subcommand)]
        command: crate::inbox::Command,
    },
    /// The ledger itself: verify, rebuild, export
    Ledger {
        #[command(subcommand)]
        command: crate::ledger_command::Command,
    },
    /// Take notifications from a queue, publish and sweep, until it is stopped
    Worker(crate::worker::WorkerArgs),
    /// Queues: send to one, look into one, move dead letters back
    #[command(alias = "queues")]
    Queue {
        #[command(subcommand)]
        command: crate::queue::Command,
    },
    /// Try the processor on generated markets, with everything that can go wrong
    Simulate(crate::simulate::SimulateArgs),
    /// Serve an AWS of our own on this machine, for tests and demonstrations
    OfflineAws(crate::offline_aws::OfflineAwsArgs),
    /// Look at the ledger and the settings, and say what to do
    #[command(after_help = "\
Every line has a verdict: ok, note, warn (something needs you, exit code 1) or fail (the ledger cannot be used, exit
code 2). It counts every row, so it takes some seconds on a ledger of millions.

Examples:
  resold doctor
  resold doctor --account 111122223333 --format json")]
    Doctor,
    /// Print the completions of a shell
    #[command(
        after_help = "Examples:\n  resold completions bash > ~/.local/share/bash-completion/completions/resold"
    )]
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Who does something, and why; both are kept in the ledger.
#[derive(Debug, Clone, Args)]
pub struct Person {
    /// Why; kept in the ledger
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub why: String,
    /// Who does it [default: your login name]
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    who: Option<String>,
}

impl Person {
    /// For a command that does something only at times.
    pub const fn new(who: Option<String>, why: String) -> Self {
        Self { why, who }
    }

    /// Who does it.
    pub fn who(&self) -> Result<String, crate::failure::Failure> {
        who(self.who.clone())
    }
}

/// Who does something: who was said, else the login name.
pub fn who(said: Option<String>) -> Result<String, crate::failure::Failure> {
    let login = || {
        ["USER", "LOGNAME", "USERNAME"]
            .into_iter()
            .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    };
    said.or_else(login).ok_or_else(|| {
        crate::failure::Failure::new("could not tell who you are: there is no login name")
            .hint("say it with --who")
    })
}

/// Accounts, separated by commas.
fn accounts(text: &str) -> Result<BTreeSet<AccountId>, String> {
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
    words.map(crate::listing::account).collect()
}

/// A time, or a day's beginning.
pub fn moment(text: &str) -> Result<Moment, String> {
    let day = |date: Date| {
        TimeZone::UTC.to_timestamp(date.to_datetime(Time::midnight())).map(Moment::from).ok()
    };
    let time = text.parse::<Timestamp>().map(Moment::from).ok();
    time.or_else(|| text.parse::<Date>().ok().and_then(day))
        .ok_or_else(|| "a time is written as 2026-12-20T00:00:00Z, a day as 2026-12-20".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn times_and_days() {
        let cases = [
            ("2026-12-20T00:00:00Z", Some("2026-12-20T00:00:00Z")),
            ("2026-12-20T01:00:00+01:00", Some("2026-12-20T00:00:00Z")),
            ("2026-12-20", Some("2026-12-20T00:00:00Z")),
            ("20 December", None),
            ("", None),
        ];
        for (text, expected) in cases {
            let found = moment(text).ok().map(|moment| moment.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn accounts_by_commas() {
        let cases = [
            ("111122223333", Some(1)),
            ("111122223333, 222233334444,", Some(2)),
            ("", Some(0)),
            ("1234", None),
        ];
        for (text, expected) in cases {
            assert_eq!(accounts(text).ok().map(|found| found.len()), expected, "{text}");
        }
    }
}
