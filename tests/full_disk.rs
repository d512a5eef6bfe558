//! A disk without room, for one folder of one program: no privileges, no other file system.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The library that makes a disk full for whoever loads it (`full_disk.c`).
#[derive(Debug)]
pub struct FullDisk(PathBuf);

impl FullDisk {
    /// Compiles it into a folder.
    pub fn compile(folder: &Path) -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("full_disk.c");
        let library = folder.join("full_disk.so");
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", "-o"]);
        let status = compiler.arg(&library).arg(source).arg("-ldl").status();
        assert!(status.expect("a C compiler").success(), "the library compiles");
        Self(library)
    }

    /// What this program starts finds no room for a file of more than so many bytes below a folder.
    pub fn limit(&self, command: &mut Command, folder: &Path, bytes: u64) {
        command.env("LD_PRELOAD", &self.0);
        command.env("FULL_DISK_FOLDER", folder).env("FULL_DISK_BYTES", bytes.to_string());
    }
}
