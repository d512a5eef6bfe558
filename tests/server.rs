//! A PostgreSQL server of one test's own, which it stops and starts.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// How a server is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It ends what others do, and leaves everything in order.
    Fast,
    /// It is gone at once, as after a crash, and recovers when it starts again.
    Immediate,
}

/// A private server. Its data goes when it is dropped, and also when the test's process ends in another way.
#[derive(Debug)]
pub struct Server {
    /// The script that made the server: it waits for the end of its standard input, then it tidies up.
    script: Child,
    /// Where databases can be made.
    pub url: String,
    /// The program that stops and starts the server, in a folder that its user may read.
    control: PathBuf,
}

impl Server {
    /// Makes and starts one, from the machine's own PostgreSQL programs.
    pub fn start() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/with-postgres");
        let say = "printenv RESOLD_TEST_POSTGRES RESOLD_TEST_POSTGRES_CONTROL && exec cat";
        let mut script = Command::new(path)
            .args(["sh", "-c", say])
            .env_remove("RESOLD_TEST_POSTGRES")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the script runs");
        let mut said = BufReader::new(script.stdout.take().expect("it is piped")).lines();
        let mut line = || said.next().expect("a server starts").expect("the script says where");
        let (url, control) = (line(), line().into());
        Self { script, url, control }
    }

    /// Stops it.
    pub fn stop(&self, how: Stop) {
        let mode = match how {
            Stop::Fast => "fast",
            Stop::Immediate => "immediate",
        };
        self.control(&["stop", "-m", mode], |_| ());
    }

    /// Starts it again.
    pub fn start_again(&self) {
        self.start_in(|_| ());
    }

    /// Starts it again in an environment that is changed.
    pub fn start_in(&self, change: impl FnOnce(&mut Command)) {
        self.control(&["start"], change);
    }

    /// A folder that the server's user may read.
    pub fn folder(&self) -> &Path {
        self.control.parent().expect("it is in a folder")
    }

    fn control(&self, arguments: &[&str], change: impl FnOnce(&mut Command)) {
        let mut command = Command::new(&self.control);
        command.args(arguments).stdin(Stdio::null());
        change(&mut command);
        let status = command.status().expect("the program runs");
        assert!(status.success(), "the server does not {arguments:?}: {status}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.script.stdin.take());
        let _ = self.script.wait();
    }
}
