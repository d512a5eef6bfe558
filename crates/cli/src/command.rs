//! From what was said to what is done.

use std::io::Write as _;
use std::sync::Arc;

use clap::CommandFactory;
use ledger::as_of::AsOf;
use ledger::store::Store;
use processor::clock::{Clock, FixedClock, SystemClock};
use processor::{Processor, Settings};

use crate::args::{Cli, Command, Global};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::log_bar::LogBar;
use crate::output::Output;
use crate::place::Access;
use crate::reader::{Reader, reading};

/// What commands share: the settings, and where they print.
pub struct Context<'a> {
    /// What every command takes.
    pub global: Global,
    /// Where it prints.
    pub output: &'a mut Output,
}

impl Context<'_> {
    /// The clock: `--effective`, or the machine's.
    pub fn clock(&self) -> Arc<dyn Clock> {
        match self.global.effective {
            Some(effective) => Arc::new(FixedClock(effective)),
            None => Arc::new(SystemClock),
        }
    }

    /// Opens the ledger as it is.
    pub async fn store(&self, access: Access) -> Result<Arc<dyn Store>, Failure> {
        self.no_look_back("it needs the ledger as it is")?;
        self.global.ledger.open(access).await
    }

    /// Refuses `--as-of`: to pass over it would print something else than what was asked for.
    fn no_look_back(&self, why: &str) -> Result<(), Failure> {
        if self.global.as_of.is_none() {
            return Ok(());
        }
        Err(Failure::new("could not look back with this command")
            .because(why)
            .hint("leave out --as-of: only lists and shows take it"))
    }

    /// Begins to read: the ledger as it is, or as it was.
    pub async fn reader(&self) -> Result<Reader, Failure> {
        let store = self.global.ledger.open(Access::Read).await?;
        let snapshot = store.snapshot().await.map_err(reading)?;
        let accounts = self.global.accounts();
        let Some(as_of) = self.global.as_of else {
            return Ok(Reader::new(snapshot, self.clock().now(), accounts));
        };
        let bar = LogBar::new(self.output.is_quiet());
        let snapshot = AsOf::new(snapshot, as_of, Box::new(move |progress| bar.at(progress)));
        let now = self.global.effective.unwrap_or(as_of);
        Ok(Reader::new(Box::new(snapshot), now, accounts))
    }

    /// What writes to the ledger.
    pub async fn processor(&self, access: Access, backfill: bool) -> Result<Processor, Failure> {
        Ok(self.processor_on(self.store(access).await?, backfill))
    }

    /// What writes to a ledger that is open.
    pub fn processor_on(&self, store: Arc<dyn Store>, backfill: bool) -> Processor {
        self.processor_by(store, self.clock(), backfill)
    }

    /// The same by a clock of its own.
    pub fn processor_by(
        &self,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        backfill: bool,
    ) -> Processor {
        let settings =
            Settings { accounts: self.global.accounts(), backfill, ..Settings::default() };
        Processor::new(store, clock, settings)
    }
}

/// Carries out a command.
pub async fn run(cli: Cli, output: &mut Output) -> Result<Exit, Failure> {
    let mut context = Context { global: cli.global, output };
    let context = &mut context;
    if reads_no_ledger(&cli.command) {
        context.no_look_back("it reads no ledger")?;
    }
    if matches!(cli.command, Command::Queue { .. }) {
        context.no_look_back("a queue is as it is")?;
    }
    match cli.command {
        Command::Init(args) => crate::init::run(context, &args).await,
        Command::Replay(args) => crate::replay::run(context, &args).await,
        Command::Opportunity { command } => crate::opportunity::run(context, command).await,
        Command::Offer { command } => crate::offer::run(context, command).await,
        Command::Agreement { command } => crate::agreement::run(context, command).await,
        Command::Entitlement { command } => crate::entitlement::run(context, command).await,
        Command::Deal { command } => crate::deal::run(context, command).await,
        Command::Partner { command } => crate::partner::run(context, command).await,
        Command::Inbox { command } => crate::inbox::run(context, command).await,
        Command::Simulate(args) => crate::simulate::run(context, &args),
        Command::OfflineAws(args) => crate::offline_aws::run(context, args).await,
        Command::Worker(args) => crate::worker::run(context, args).await,
        Command::Queue { command } => crate::queue::run(context, command).await,
        Command::Doctor => crate::doctor::run(context).await,
        Command::Findings(args) => crate::findings::run(context, args).await,
        Command::Ledger { command } => crate::ledger_command::run(context, command).await,
        Command::Completions { shell } => completions(shell),
    }
}

fn reads_no_ledger(command: &Command) -> bool {
    use crate::ledger_command::Command as Ledger;
    use crate::opportunity::Command as Opportunity;
    match command {
        Command::Init(_)
        | Command::Simulate(_)
        | Command::OfflineAws(_)
        | Command::Completions { .. } => true,
        Command::Ledger { command } => matches!(command, Ledger::VerifyProof { .. }),
        Command::Opportunity { command: Opportunity::Create(args) } => args.sends_nothing(),
        _ => false,
    }
}

fn completions(shell: clap_complete::Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "resold", &mut script);
    let mut stdout = std::io::stdout();
    stdout
        .write_all(&script)
        .and_then(|()| stdout.flush())
        .map_err(|error| Failure::new("could not write to standard output").because(error))?;
    Ok(Exit::Done)
}
