//! Memory and time of processes, as Linux counts them.

use std::fs;
use std::time::Duration;

/// The most memory that was in use since [`Mark::here`], beyond what was in use then.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark(u64);

impl Mark {
    /// Begins to watch.
    pub(crate) fn here() -> Self {
        // 5: sets the peak to what is in use now (proc(5), clear_refs).
        let _ = fs::write("/proc/self/clear_refs", "5");
        Self(kib("self", "VmRSS:"))
    }

    /// MiB in use at the peak beyond the mark.
    pub(crate) fn peak(self) -> u64 {
        kib("self", "VmHWM:").saturating_sub(self.0) / 1_024
    }
}

/// One of a process's numbers, in KiB; 0 if there is none.
pub(crate) fn kib(process: &str, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(name));
    let value = line.and_then(|line| line.split_whitespace().nth(1));
    value.and_then(|value| value.parse().ok()).unwrap_or(0)
}

/// How long this thread has run on a core.
pub(crate) fn core_time() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = text.split_whitespace().next().and_then(|nanos| nanos.parse().ok());
    Duration::from_nanos(nanos.unwrap_or(0))
}

/// How long this process has run on cores, all threads together, in steps of a tick.
pub(crate) fn process_core_time() -> Duration {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // After the name, which may hold anything, in parentheses; user and system time are the 14th and 15th field.
    let after = text.rsplit_once(')').map_or("", |(_, after)| after);
    let ticks =
        after.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok());
    Duration::from_millis(ticks.sum::<u64>() * MILLIS_OF_TICK)
}

/// Linux counts 100 ticks a second for programs, whatever its own clock does.
const MILLIS_OF_TICK: u64 = 10;
