//! How far the log is read, on a terminal: some questions about an earlier time need all of it.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ledger::progress::Progress;

const TEMPLATE: &str = "{bar:24} {percent:>3} %  of the log read, {eta} left";

/// A bar that shows while the log is read; none without a terminal.
#[derive(Debug)]
pub struct LogBar(ProgressBar);

impl LogBar {
    /// Nothing is read yet, and nothing shown.
    pub fn new(quiet: bool) -> Self {
        let target =
            if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style.progress_chars("=> "));
        }
        Self(bar)
    }

    /// So much of it is read.
    pub fn at(&self, progress: Progress) {
        self.0.set_length(progress.total);
        self.0.set_position(progress.done);
        if progress.done == progress.total {
            self.0.finish_and_clear();
        }
    }
}

impl Drop for LogBar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
