//! How far a replay is, on a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

const KNOWN: &str =
    "{bar:24} {percent:>3} %  {bytes} of {total_bytes} at {bytes_per_sec}, {eta} left  {msg}";
const UNKNOWN: &str = "{spinner} {bytes} at {bytes_per_sec}  {msg}";

/// A bar while the size is known, else a spinner; neither without a terminal.
#[derive(Debug, Clone)]
pub struct Bar(ProgressBar);

impl Bar {
    /// Begins to show.
    pub fn new(quiet: bool, size: Option<u64>) -> Self {
        let target =
            if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(size, target);
        let template = if size.is_some() { KNOWN } else { UNKNOWN };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        Self(bar)
    }

    /// So many bytes were read and so many notifications received.
    pub fn at(&self, bytes: u64, received: u64) {
        self.0.set_position(bytes);
        let rate = u128::from(received) * 1_000 / self.0.elapsed().as_millis().max(1);
        self.0.set_message(format!("{received} notifications, {rate}/s"));
    }

    /// Everything is read; this goes on.
    pub fn now(&self, what: &'static str) {
        self.0.enable_steady_tick(Duration::from_millis(200));
        self.0.set_message(what);
    }

    /// Prints these while the bar is out of the way.
    pub fn aside(&self, texts: &[String], print: impl FnMut(&String)) {
        if !texts.is_empty() {
            self.0.suspend(|| texts.iter().for_each(print));
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
