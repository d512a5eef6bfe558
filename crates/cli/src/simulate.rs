//! `resold simulate`: generated markets, delivered with faults to the real processor.

use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::SignedDuration;
use serde::Serialize;
use simulator::discrepancy::Discrepancy;
use simulator::schedule::MAX_PROCESSORS;
use simulator::tally::Tally;
use simulator::{Failure as Found, Simulation};

use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Line;

/// At most so many things that are not as they should be are printed.
const SHOWN: usize = 20;
/// A value longer than this is cut in a table, in characters.
const LONG: usize = 400;

/// Which worlds, and how.
#[derive(Debug, Args)]
#[command(after_help = "\
A world is a generated market: partners, opportunities, offers, agreements, and what AWS tells of
them. It is delivered three times to the real processor, on a ledger in memory: once as it
happened, then with duplicates, delays, drops, skewed clocks, conflicts, lost connections and
crashes that are drawn from the seed. Each ledger is held against the truth, and against the
others. The same seed is the same run. It touches no ledger of yours.

When something is not as it should be, it ends with exit code 1 and prints the smallest run that
shows it, and the command that runs it again.

Examples:
  resold simulate --worlds 1000
  resold simulate --for 10m --seed 20261220
  resold simulate --seed 17 --worlds 1 --processors 2")]
pub struct SimulateArgs {
    /// The first world's seed; each next world has the next number
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// So many worlds [default: 100, without --for]
    #[arg(long, value_name = "M", value_parser = clap::value_parser!(u64).range(1..))]
    worlds: Option<u64>,
    /// So many processors at once, 1 to 8 [default: drawn for each run]
    #[arg(long, value_name = "P", value_parser = processors)]
    processors: Option<usize>,
    /// Begin no world after this time: 90s, 10m
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    time: Option<Duration>,
}

fn processors(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=MAX_PROCESSORS).contains(number));
    number.ok_or_else(|| format!("a number from 1 to {MAX_PROCESSORS}"))
}

fn duration(text: &str) -> Result<Duration, String> {
    let time = text.parse::<SignedDuration>().ok().and_then(|time| Duration::try_from(time).ok());
    time.ok_or_else(|| "a duration is written as 90s, 10m or 1h30m".to_owned())
}

/// What was simulated.
#[derive(Debug, Serialize)]
struct Summary<'a> {
    /// The first world's seed.
    seed: u64,
    #[serde(flatten)]
    tally: Tally,
    /// The world in which something is not as it should be; null: there is none.
    failure: Option<&'a Found>,
    /// The command that runs that world again.
    again: Option<String>,
}

/// Simulates.
pub fn run(context: &mut Context<'_>, args: &SimulateArgs) -> Result<Exit, Failure> {
    let simulation = Simulation { processors: args.processors, ..Simulation::default() };
    let worlds = args.worlds.unwrap_or(if args.time.is_some() { u64::MAX } else { 100 });
    let bar = bar(context.output.is_quiet(), args.worlds);
    let began = Instant::now();
    let mut tally = Tally::default();
    let mut failure = None;
    for number in 0..worlds {
        if args.time.is_some_and(|time| began.elapsed() >= time) {
            break;
        }
        match simulation.world(args.seed.wrapping_add(number)) {
            Ok(more) => tally = [tally, more].into_iter().sum(),
            Err(found) => {
                failure = Some(*found);
                break;
            }
        }
        bar.inc(1);
        bar.set_message(pace(&tally, began.elapsed()));
    }
    bar.finish_and_clear();
    let summary = Summary {
        seed: args.seed,
        tally,
        failure: failure.as_ref(),
        again: failure.as_ref().map(|failure| again(failure, args)),
    };
    print(context, &summary)?;
    context.output.note(&pace(&tally, began.elapsed()));
    Ok(Exit::needs_you_if(failure.is_some()))
}

fn bar(quiet: bool, worlds: Option<u64>) -> ProgressBar {
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(worlds, target);
    let template = if worlds.is_some() { "{bar:24} {msg}, {eta} left" } else { "{spinner} {msg}" };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}

/// How many, and how many a second.
fn pace(tally: &Tally, time: Duration) -> String {
    let millis = time.as_millis().max(1);
    let rate = |count: u64| u128::from(count).saturating_mul(1_000) / millis;
    let tenths = millis / 100;
    format!(
        "{} worlds in {}.{} s: {} worlds/s, {} notifications/s",
        tally.worlds,
        tenths / 10,
        tenths % 10,
        rate(tally.worlds),
        rate(tally.notifications),
    )
}

/// The command that runs a world again.
fn again(failure: &Found, args: &SimulateArgs) -> String {
    let processors = args.processors.map(|number| format!(" --processors {number}"));
    format!("resold simulate --seed {} --worlds 1{}", failure.seed, processors.unwrap_or_default())
}

fn print(context: &mut Context<'_>, summary: &Summary<'_>) -> Result<(), Failure> {
    if context.output.is_json() {
        return context.output.json(summary);
    }
    let tally = &summary.tally;
    let rows = [
        ("worlds", tally.worlds),
        ("runs", tally.runs),
        ("notifications", tally.notifications),
        ("receipts", tally.receipts),
        ("redriven", tally.redriven),
        ("sweeps", tally.sweeps),
        ("commands", tally.commands),
        ("calls", tally.calls),
        ("commits", tally.commits),
        ("failed calls", tally.failures),
        ("crashes", tally.crashes),
        ("faults found", u64::from(summary.failure.is_some())),
    ];
    let line = |(name, count): (&str, u64)| Line::Text(format!("{name:<14}{count:>12}"));
    context.output.lines(rows.into_iter().map(line))?;
    if let Some((failure, again)) = summary.failure.zip(summary.again.as_ref()) {
        context.output.lines(page(failure, again))?;
    }
    Ok(())
}

/// What is not as it should be, and how it is seen again.
fn page(failure: &Found, again: &str) -> Vec<Line> {
    let text = |text: String| Line::Text(text);
    let mut lines = vec![
        text(String::new()),
        Line::Heading(format!("The world of seed {} is not as it should be", failure.seed)),
    ];
    lines.extend(failure.discrepancies.iter().take(SHOWN).flat_map(said).map(text));
    let more = failure.discrepancies.len().saturating_sub(SHOWN);
    if more > 0 {
        lines.push(text(format!("  and {more} more")));
    }
    lines.push(text(String::new()));
    lines.push(Line::Heading(format!(
        "The smallest run that shows it: {} of {} perturbations, {} processors, batches of {}",
        failure.perturbations.len(),
        failure.drawn,
        failure.processors,
        failure.batch,
    )));
    lines.extend(failure.perturbations.iter().map(|words| text(format!("  {words}"))));
    if failure.perturbations.is_empty() {
        lines.push(text("  nothing needs to go wrong".to_owned()));
    }
    let of = format!("{} of {} notifications", failure.notifications.len(), failure.arrivals);
    let some = (1..=SHOWN).contains(&failure.notifications.len());
    lines.push(text(format!("In a world of {of}{}", if some { ":" } else { "" })));
    let names = failure.notifications.iter().filter(|_| some);
    lines.extend(names.map(|name| text(format!("  {name}"))));
    let commands = failure.commands.iter().take(SHOWN);
    lines.extend(commands.map(|words| text(format!("  a person: {words}"))));
    lines.push(text(String::new()));
    lines.push(text(format!("Run it again: {again}")));
    lines
}

/// What was found, what it is about, and the two values below each other.
fn said(found: &Discrepancy) -> [String; 3] {
    let cut = |value: &str| value.chars().take(LONG).collect::<String>();
    let Discrepancy { check, subject, expected, found } = found;
    [
        format!("  {check}: {subject}"),
        format!("    expected  {}", cut(expected)),
        format!("    found     {}", cut(found)),
    ]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use simulator::Failure;
    use simulator::discrepancy::{Check, Discrepancy};

    use super::{Line, duration, page, processors};

    #[test]
    fn a_failure_says_what_is_wrong_what_it_takes_and_how_to_see_it_again() {
        let discrepancy = Discrepancy {
            check: Check::Conclusions,
            subject: "offer/offer-1".to_owned(),
            expected: "one".to_owned(),
            found: "another".to_owned(),
        };
        let failure = Failure {
            seed: 17,
            discrepancies: vec![discrepancy; 21],
            processors: 2,
            batch: 3,
            perturbations: vec!["a sweep runs".to_owned()],
            drawn: 9,
            notifications: vec!["notification 1 (Offer Released)".to_owned()],
            commands: vec!["offer link offer-1 resaleauthz-1".to_owned()],
            arrivals: 40,
        };
        let lines = page(&failure, "resold simulate --seed 17 --worlds 1");
        let text = |line: &Line| match line {
            Line::Heading(text) | Line::Text(text) => text.clone(),
        };
        let lines: Vec<String> = lines.iter().map(text).collect();
        assert!(lines.iter().all(|line| !line.contains('\n')), "{lines:#?}");
        for expected in [
            "The world of seed 17 is not as it should be",
            "  conclusions: offer/offer-1",
            "    expected  one",
            "    found     another",
            "  and 1 more",
            "The smallest run that shows it: 1 of 9 perturbations, 2 processors, batches of 3",
            "  a sweep runs",
            "In a world of 1 of 40 notifications:",
            "  notification 1 (Offer Released)",
            "  a person: offer link offer-1 resaleauthz-1",
            "Run it again: resold simulate --seed 17 --worlds 1",
        ] {
            assert!(lines.iter().any(|line| line == expected), "{expected}: {lines:#?}");
        }
    }

    #[test]
    fn durations_are_read() {
        let cases = [
            ("90s", Some(90)),
            ("10m", Some(600)),
            ("1h30m", Some(5_400)),
            ("-1m", None),
            ("soon", None),
        ];
        for (text, seconds) in cases {
            assert_eq!(duration(text).ok(), seconds.map(Duration::from_secs), "{text}");
        }
    }

    #[test]
    fn processors_are_few() {
        let cases = [("1", Some(1)), ("8", Some(8)), ("0", None), ("9", None), ("x", None)];
        for (text, number) in cases {
            assert_eq!(processors(text).ok(), number, "{text}");
        }
    }
}
