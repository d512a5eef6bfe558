//! The real binary on real files.

#![expect(clippy::expect_used, reason = "a test ends where something is not as expected")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// An empty folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the folder can be made");
    folder
}

fn resold(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_resold"));
    command.current_dir(folder).args(["--effective", "2026-12-20"]).args(arguments);
    command.env_remove("RESOLD_LEDGER").env_remove("RESOLD_ACCOUNTS");
    command.output().expect("the binary runs")
}

#[test]
fn nothing_of_a_refused_description_is_kept() {
    let folder = folder("refused-description");
    let refused = r#"{
        "EntityType": "ResaleAuthorization@1.0",
        "EntityIdentifier": "resaleauthz-refused000001@1",
        "LastModifiedDate": "not a time",
        "DetailsDocument": {
            "AgreementToken": "token-that-must-not-be-kept",
            "Terms": [{"Type": "BuyerLegalTerm", "Documents": [{"Type": "CustomEula",
                "Url": "https://example-eulas.s3.amazonaws.com/eula.pdf?signature-that-must-not-be-kept"}]}]
        }
    }"#;
    fs::write(folder.join("refused.json"), refused).expect("the file can be written");

    let output = resold(&folder, &["replay", "refused.json"]);

    let (stdout, stderr) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "something needs a person: {stdout}{stderr}");
    let counts: Vec<&str> = stdout.split_whitespace().collect();
    assert!(counts.ends_with(&["unreadable", "1"]), "{stdout}");
    assert!(stderr.contains("refused.json"), "it names the file: {stderr}");
    for entry in fs::read_dir(&folder).expect("the folder can be read") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|end| end == "json") {
            continue;
        }
        let kept = fs::read(&path).expect("the file can be read");
        let has = |word: &str| kept.windows(word.len()).any(|part| part == word.as_bytes());
        assert!(!has("that-must-not-be-kept"), "{} keeps a secret", path.display());
    }
    assert!(!stderr.contains("that-must-not-be-kept"), "{stderr}");
}
