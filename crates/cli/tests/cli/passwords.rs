//! A password in a ledger's URL is never printed, however the URL was mistyped.

use crate::resold::Folder;

#[test]
fn no_mistyped_url_shows_its_password() {
    let folder = Folder::new("passwords");
    let urls = [
        "postgress://me:hunter2@127.0.0.1:9/deals",
        "Postgres://me:hunter2@127.0.0.1:9/deals",
        "POSTGRES://me:hunter2@127.0.0.1:9/deals",
        " postgres://me:hunter2@127.0.0.1:9/deals",
        "postgres://me:hunter2@127.0.0.1:9/deals\t",
        "postgres:me:hunter2@127.0.0.1:9/deals",
        "postgres:/me:hunter2@127.0.0.1:9/deals",
        "postgres;//me:hunter2@127.0.0.1:9/deals",
        "//me:hunter2@127.0.0.1:9/deals",
        "me:hunter2@127.0.0.1:9/deals",
        "hunter2@host:9/deals",
        "sqlite://me:hunter2@127.0.0.1:9/deals",
        "dsql://me:hunter2@abc0def1.dsql.us-east-1.on.aws/postgres",
        "dsql://me:hunter2@",
        "dsql:me:hunter2@abc0def1",
        "postgres://me:hunter2@127.0.0.1:9",
        "postgres://me:hunter2@127.0.0.1:nine/deals",
        "postgres://me:1/hunter2@127.0.0.1:9/deals",
        "postgres://me:1?hunter2@127.0.0.1:9/deals",
        "postgres://me:1#hunter2@127.0.0.1:9/deals",
        "postgres://127.0.0.1:9/deals?password=hunter2",
        "postgres://me:hunter2@[::1/deals",
    ];
    for url in urls {
        for command in ["deal list", "init", "doctor", "ledger verify"] {
            let words: Vec<&str> =
                ["--ledger", url].into_iter().chain(command.split(' ')).collect();
            let by_flag = folder.run(&words);
            let mut by_variable = folder.command(&command.split(' ').collect::<Vec<_>>());
            let by_variable =
                by_variable.env("RESOLD_LEDGER", url).output().expect("it runs").into();
            for done in [by_flag, by_variable] {
                assert_eq!(done.code, Some(2), "{url}: {done:?}");
                let said = format!("{}{}", done.stdout, done.stderr);
                assert!(!said.trim().is_empty(), "{url}: it says why");
                assert!(!said.contains("hunter2"), "{url}: {done:?}");
            }
        }
    }
}
