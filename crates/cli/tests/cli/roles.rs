//! Two roles of a server: the one that owns the ledger, and the one that works with it and cannot rewrite it.

use resold_tests::database::Database;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection};

use crate::resold::{Done, Folder};

/// A database of a test's own, and the names of its two roles.
struct Place {
    database: Database,
    owner: String,
    runtime: String,
}

impl Place {
    async fn new(what: &str) -> Self {
        let mut database = Database::planned(what).await;
        database.server_does(format!("create database {}", database.name)).await;
        // Such as need quotes.
        let (owner, runtime) =
            (format!("{} Owner", database.name), format!("{}\"runtime", database.name));
        Self { database, owner, runtime }
    }

    /// The database's URL for a role, its name percent-encoded.
    fn url(&self, role: &str) -> String {
        let role = role.replace(' ', "%20").replace('"', "%22");
        self.database.url.replacen("resold@", &format!("{role}@"), 1)
    }

    async fn connect(&self, role: &str) -> PgConnection {
        let options: PgConnectOptions = self.url(role).parse().expect("a URL");
        options.connect().await.expect("the server answers")
    }

    async fn remove(self) {
        let mut connection = self.database.connect().await;
        for role in [&self.runtime, &self.owner] {
            let role = role.replace('"', "\"\"");
            let drop = format!("drop owned by \"{role}\" cascade; drop role \"{role}\"");
            connection.execute(AssertSqlSafe(drop)).await.expect("the role goes");
        }
        connection.close().await.expect("it closes");
        self.database.remove().await;
    }
}

/// What the script says before its second heading, and after its third one.
fn parts(script: &str) -> (String, String) {
    let (administrator, rest) = script.split_once("-- 2.").expect("the tables are made between");
    let (_, owner) = rest.split_once("-- 3.").expect("then the rights are given");
    let (_, owner) = owner.split_once('\n').expect("a heading is a line");
    (administrator.to_owned(), owner.to_owned())
}

fn run(folder: &Folder, url: &str, line: &str) -> Done {
    let arguments: Vec<&str> = line.split(' ').chain(["--ledger", url]).collect();
    folder.run(&arguments)
}

/// Everything that would rewrite the log, tried for real.
async fn assert_log_is_append_only(runtime: &mut PgConnection) {
    let columns = [
        ("events", "payload"),
        ("notifications", "source"),
        ("deliveries", "via"),
        ("outcomes", "outcome"),
        ("bodies", "digest"),
    ];
    for (table, column) in columns {
        let tries = [
            format!("update {table} set {column} = 'forged'"),
            format!("delete from {table}"),
            format!("truncate {table}"),
            format!("drop table {table}"),
            format!("alter table {table} drop column {column}"),
            format!("create rule forge as on insert to {table} do instead nothing"),
        ];
        for text in tries {
            let refused = runtime.execute(AssertSqlSafe(text.clone())).await.expect_err(&text);
            let code = refused.as_database_error().and_then(sqlx::error::DatabaseError::code);
            assert_eq!(code.as_deref(), Some("42501"), "{text}: {refused}");
        }
    }
    for text in [
        "create table more (a text)",
        "update bodies set head = null, rest = null",
        "delete from streams",
        "update streams set stream = 'offer/forged'",
        "delete from outbox",
        "update outbox set event_id = 'forged'",
        "update outbox set detail_type = 'forged'",
        "update inbox set outcome = 'forged'",
        "update keys set value = 'forged'",
    ] {
        assert!(runtime.execute(text).await.is_err(), "{text}");
    }
}

#[test]
fn the_runtime_role_works_and_cannot_rewrite_the_log() {
    let folder = Folder::new("roles");
    for scenario in ["happy-path", "unknown-type", "renewal"] {
        folder.scenario(scenario);
    }
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().expect("a runtime").block_on(async {
        let place = Place::new("roles").await;
        let (owner, role) = (place.url(&place.owner), place.url(&place.runtime));
        let printed = folder.run(&[
            "init",
            "--print-grants",
            "--owner-role",
            &place.owner,
            "--runtime-role",
            &place.runtime,
            "--ledger",
            &place.database.url,
        ]);
        assert_eq!(printed.code, Some(0), "{printed:?}");
        let (administrator, rights) = parts(&printed.stdout);
        let mut connection = place.database.connect().await;
        let made = sqlx::raw_sql(AssertSqlSafe(administrator)).execute(&mut connection).await;
        made.expect("both roles are made");
        connection.close().await.expect("it closes");

        let missing = run(&folder, &role, "replay happy-path");
        assert_eq!(missing.code, Some(2), "there are no tables yet: {missing:?}");
        let made = run(&folder, &owner, "init");
        assert_eq!(made.code, Some(0), "{made:?}");
        let refused = run(&folder, &role, "replay happy-path");
        assert_eq!(refused.code, Some(2), "it has no rights yet: {refused:?}");

        // By the script and by the command: the same.
        let mut connection = place.connect(&place.owner).await;
        let granted = sqlx::raw_sql(AssertSqlSafe(rights)).execute(&mut connection).await;
        granted.expect("the rights are given");
        connection.close().await.expect("it closes");
        let done = folder.run(&["init", "--runtime-role", &place.runtime, "--ledger", &owner]);
        assert_eq!((done.code, done.stderr.lines().count()), (Some(0), 2), "{done:?}");

        for (line, code) in [
            ("replay happy-path", 0),
            ("replay unknown-type", 1),
            ("inbox redrive --all", 1),
            ("deal list", 0),
            ("offer explain offer-happyat9bsd4v", 0),
            // These are the owner's.
            ("inbox erase 1701536c9063 --who ann --why asked", 2),
            ("ledger rebuild", 2),
            ("ledger verify", 0),
            ("replay renewal --backfill", 0),
            ("doctor", 1),
            ("ledger verify", 0),
            ("init", 2),
            ("init --runtime-role someone", 2),
        ] {
            let done = run(&folder, &role, line);
            assert_eq!(done.code, Some(code), "{line}: {done:?}");
        }
        for line in
            ["inbox erase 1701536c9063 --who ann --why asked", "ledger rebuild", "ledger verify"]
        {
            let done = run(&folder, &owner, line);
            assert_eq!(done.code, Some(0), "{line}: {done:?}");
        }
        let mut connection = place.connect(&place.runtime).await;
        assert_log_is_append_only(&mut connection).await;
        connection.close().await.expect("it closes");

        // Whoever owns the tables may do anything: that is said.
        let own = folder.run(&["init", "--runtime-role", &place.owner, "--ledger", &owner]);
        assert_eq!(own.code, Some(1), "{own:?}");
        assert!(own.stderr.contains("may rewrite the log"), "{own:?}");
        assert!(own.stderr.contains("update, delete events"), "{own:?}");
        let nobody = folder.run(&["init", "--runtime-role", "nobody here", "--ledger", &owner]);
        assert_eq!(nobody.code, Some(2), "{nobody:?}");
        assert!(nobody.stderr.contains("--print-grants"), "{nobody:?}");
        place.remove().await;
    });
}

#[test]
fn roles_are_for_servers_and_have_names() {
    let folder = Folder::new("roles-names");
    let server = "postgres://127.0.0.1:1/deals";
    let mut said = crate::golden::Transcript::default();
    for line in [
        "init --print-grants",
        "init --print-grants --runtime-role resold_runtime",
        "init --runtime-role resold_runtime",
        "init --print-grants --runtime-role resold_runtime --ledger postgres://127.0.0.1:1/deals",
        "init --print-grants --owner-role o\"x --runtime-role r --ledger postgres://127.0.0.1:1/deals --format json",
        "init --owner-role resold_owner --ledger postgres://127.0.0.1:1/deals",
        "init --runtime-role public --ledger postgres://127.0.0.1:1/deals",
    ] {
        said.run(&folder, line);
    }
    for role in ["", "none", "pg_monitor", "\u{1b}[31mred", "a\nb"] {
        let done = folder.run(&["init", "--runtime-role", role, "--ledger", server]);
        assert_eq!(done.code, Some(2), "{role:?}: {done:?}");
        assert!(!done.stderr.contains('\u{1b}'), "{done:?}");
    }
    said.check("roles.txt");
}
