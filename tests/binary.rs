//! The workspace's own programs, as they were built beside the test that runs.

use std::path::PathBuf;

/// Where a program is. Cargo builds those of a test's own package before the test; for others see the Makefile.
pub fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("the test is a file");
    let folder = test.parent().and_then(|folder| folder.parent()).expect("it is in target/*/deps");
    let path = folder.join(name);
    assert!(path.is_file(), "{} is not built: run `make e2e`", path.display());
    path
}
