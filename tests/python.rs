//! Python with the tools of the checks (`infra/requirements.txt`).

use std::path::{Path, PathBuf};
use std::process::Command;

/// The workspace's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A program of Python in a folder of the workspace. The tools are installed if they are not there.
pub fn python(folder: &str) -> Command {
    let tools = Command::new(root().join("scripts/python-tools")).arg("checks").output();
    let tools = tools.expect("scripts/python-tools runs");
    assert!(tools.status.success(), "{}", String::from_utf8_lossy(&tools.stderr));
    let bin = String::from_utf8(tools.stdout).expect("a path");
    let mut python = Command::new(Path::new(bin.trim()).join("python"));
    python.arg("-B").current_dir(root().join(folder));
    python
}
