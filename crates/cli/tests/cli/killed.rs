//! A real process, killed by SIGKILL at random points of a replay and started again until it is done: nothing is lost, and
//! nothing is there twice.
//!
//! `KILLS` says how many kills on each store (`make proof`: 1,000), `SEED` where they are drawn from.

use std::env::var;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};

use fastrand::Rng;
use resold_tests::database::Database;

use crate::held::{Held, history, run};
use crate::resold::Folder;

/// Kills on each store, unless the environment says otherwise.
const KILLS: usize = 50;
/// So many of them hit the replay into one ledger; then it runs to its end.
const OF_ONE: usize = 10;
/// Notifications of that replay.
const NOTIFICATIONS: usize = 400;
/// At most so long a kill comes after its point was reached, in milliseconds: about the time of a transaction.
const LATER: u64 = 120;
/// Kills of `init`, from its beginning to about its end.
const INITS: u32 = 10;

const SIGKILL: i32 = 9;

/// What is killed, and when.
struct Killer {
    random: Rng,
    input: Arc<Vec<u8>>,
    expected: Held,
    /// Kills before anything was given to the process, while it was, and after all of it was.
    kills: [usize; 3],
}

impl Killer {
    async fn new(folder: &Folder) -> Self {
        let number = |name| var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
        let seed = number("SEED").unwrap_or_else(|| fastrand::u64(..1_000_000));
        say(&format!("SEED={seed}"));
        let input = history(seed, NOTIFICATIONS);
        folder.write("all.jsonl", &input);
        let done = run(folder, "undisturbed.db", "--quiet replay all.jsonl");
        assert_eq!(done.code, Some(1), "something waits in this history: {done:?}");
        let expected = Held::of(folder, "undisturbed.db").await;
        Self { random: Rng::with_seed(seed), input: Arc::new(input), expected, kills: [0; 3] }
    }

    /// Kills a replay into an empty ledger at points that come ever later, then runs it to its end.
    async fn kill_into(&mut self, folder: &Folder, ledger: &str, most: usize) {
        let (all, mut reached) = (self.input.len(), 0);
        for number in 0..most {
            let from_the_start = self.random.u8(..8) == 0;
            let further = reached + self.random.usize(..all / OF_ONE * 3);
            let point = if from_the_start { 0 } else { further.min(all) };
            let batch = self.random.choice([5, 20, 100]).expect("a size");
            let replay = Replay::begin(folder, ledger, batch, &self.input);
            replay.take(point);
            sleep(Duration::from_millis(self.random.u64(..LATER)));
            let status = replay.kill();
            if status.signal() != Some(SIGKILL) {
                assert!(matches!(status.code(), Some(0 | 1)), "it was faster: {status}");
                break;
            }
            let place = usize::from(point > 0) + usize::from(point == all);
            self.kills[place] += 1;
            reached = reached.max(point);
            if number % 4 == 3 {
                assert_sound_so_far(folder, ledger);
            }
        }
        let done = run(folder, ledger, "--quiet replay all.jsonl");
        assert_eq!(done.code, Some(1), "{done:?}");
        Held::of(folder, ledger).await.assert_is(ledger, &self.expected);
    }

    /// Kills as often as wanted, into one ledger that is emptied again and again.
    async fn kill(&mut self, folder: &Folder, ledger: &str, mut empty: impl AsyncFnMut()) {
        let wanted = var("KILLS").map_or(KILLS, |text| text.parse().expect("a number"));
        let began = Instant::now();
        loop {
            let done: usize = self.kills.iter().sum();
            if done == wanted {
                break;
            }
            empty().await;
            self.kill_into(folder, ledger, OF_ONE.min(wanted - done)).await;
        }
        let store = if ledger.starts_with("postgres:") { "PostgreSQL" } else { "SQLite" };
        let [start, middle, end] = self.kills;
        say(&format!(
            "{store}: {wanted} kills survived in {} s: {start} at the start, {middle} in the middle, {end} at the end",
            began.elapsed().as_secs()
        ));
    }
}

#[expect(clippy::print_stderr, reason = "`make proof` shows it, and so does a test that failed")]
fn say(text: &str) {
    eprintln!("{text}");
}

/// What is there is sound, if there is anything yet.
fn assert_sound_so_far(folder: &Folder, ledger: &str) {
    let done = run(folder, ledger, "ledger verify");
    // A file that was only begun.
    let nothing = ["there is no ledger", "the ledger has schema version"];
    let nothing = nothing.iter().any(|words| done.stderr.contains(words));
    assert!(done.code == Some(0) || (done.code == Some(2) && nothing), "{done:?}");
}

/// A replay of standard input, and the thread that gives it what it takes.
struct Replay {
    process: Child,
    /// How many bytes it was given so far.
    given: Receiver<usize>,
    feeder: JoinHandle<()>,
}

impl Replay {
    fn begin(folder: &Folder, ledger: &str, batch: usize, input: &Arc<Vec<u8>>) -> Self {
        let batch = batch.to_string();
        let words = ["--ledger", ledger, "--quiet", "replay", "--batch", &batch, "-"];
        let mut command = folder.command(&words);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = command.spawn().expect("the binary runs");
        let mut stdin = process.stdin.take().expect("it is piped");
        let (sender, given) = channel();
        let input = Arc::clone(input);
        let feeder = spawn(move || {
            let mut bytes = 0;
            for part in input.chunks(1_000) {
                bytes += part.len();
                // Whoever was killed takes no more, and whoever kills asks no more.
                if stdin.write_all(part).is_err() || sender.send(bytes).is_err() {
                    return;
                }
            }
        });
        Self { process, given, feeder }
    }

    /// Waits until it was given so many bytes.
    fn take(&self, bytes: usize) {
        let mut given = 0;
        while given < bytes {
            given = self.given.recv().expect("it takes what it is given");
        }
    }

    fn kill(mut self) -> ExitStatus {
        self.process.kill().expect("it can be killed");
        let status = self.process.wait().expect("it ends");
        self.feeder.join().expect("the thread ends");
        status
    }
}

#[tokio::test]
async fn a_replay_into_sqlite_that_is_killed_loses_nothing() {
    let folder = Folder::new("killed-sqlite");
    let empty = async || {
        for file in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
            // At first there is none, and the last program to close it removes all but the first.
            let _ = std::fs::remove_file(folder.path(file));
        }
    };
    Killer::new(&folder).await.kill(&folder, "ledger.db", empty).await;
}

#[tokio::test]
async fn a_replay_into_postgres_that_is_killed_loses_nothing() {
    let folder = Folder::new("killed-postgres");
    let mut database = Database::fresh("killed").await;
    let url = database.url.clone();
    let empty = async || {
        database.cut().await;
        Database::clear(&mut database.connect().await).await;
    };
    Killer::new(&folder).await.kill(&folder, &url, empty).await;
    database.remove().await;
}

/// Each statement of it commits by itself: whatever was done is found done.
#[tokio::test]
async fn an_init_of_postgres_that_is_killed_is_run_again() {
    let folder = Folder::new("killed-init");
    let mut took = Duration::ZERO;
    for number in 0..=INITS {
        let mut database = Database::planned("init").await;
        database.create().await;
        let url = database.url.clone();
        let init = ["--quiet", "init", "--ledger", &url];
        if number > 0 {
            let mut process = folder.command(&init).spawn().expect("the binary runs");
            sleep(took * number / INITS);
            process.kill().expect("it can be killed");
            process.wait().expect("it ends");
            // The server goes on with a statement whose client is gone.
            database.cut().await;
        }
        let began = Instant::now();
        let done = folder.run(&init);
        assert_eq!(done.code, Some(0), "{number}: {done:?}");
        took = if number == 0 { began.elapsed() } else { took };
        let done = run(&folder, &url, "ledger verify");
        assert_eq!(done.code, Some(0), "{number}: {done:?}");
        database.remove().await;
    }
}
