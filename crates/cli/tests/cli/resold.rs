//! A folder, and the binary in it.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// An empty folder of one test's own.
pub(crate) struct Folder(PathBuf);

/// What the binary did.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The scenarios.
pub(crate) fn events() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events")
}

/// The binary, its settings not those of whoever runs the tests.
pub(crate) fn command(binary: impl AsRef<OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(binary);
    command.current_dir(folder).stdin(Stdio::null()).env("COLUMNS", "100");
    let set =
        ["RESOLD_LEDGER", "RESOLD_ACCOUNTS", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM"];
    for name in set {
        command.env_remove(name);
    }
    command
}

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("the folder can be made");
        Self(folder)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("it is in the folder")).expect("made");
        fs::write(path, text).expect("the file can be written");
    }

    /// Puts a scenario's inputs below the folder, so that messages name no path of this machine.
    pub(crate) fn scenario(&self, name: &str) {
        for entry in fs::read_dir(events().join(name)).expect("the scenario is there") {
            let entry = entry.expect("an entry");
            let text = fs::read(entry.path()).expect("the file can be read");
            self.write(&format!("{name}/{}", entry.file_name().to_string_lossy()), text);
        }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(env!("CARGO_BIN_EXE_resold"), &self.0);
        command.args(["--effective", "2026-12-20"]).args(arguments);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Done {
        self.command(arguments).output().expect("the binary runs").into()
    }

    /// Runs with this on standard input.
    pub(crate) fn pipe(&self, input: &[u8], arguments: &[&str]) -> Done {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary runs");
        let mut stdin = child.stdin.take().expect("it is piped");
        // Whoever ends without reading everything says so by its exit code.
        let _ = stdin.write_all(input);
        drop(stdin);
        child.wait_with_output().expect("the binary ends").into()
    }
}

impl From<Output> for Done {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }
}

impl Done {
    /// The counts of a summary, as `word number`, without those that are zero.
    pub(crate) fn counts(&self) -> String {
        let summary: serde_json::Value = serde_json::from_str(&self.stdout).expect(&self.stderr);
        let counts = summary.as_object().expect("an object").iter();
        let counts = counts.filter(|(_, count)| **count != 0);
        counts.map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
    }
}
