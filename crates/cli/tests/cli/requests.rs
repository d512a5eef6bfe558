//! Opportunities made, changed and compared at the offline AWS: what a person sees, whatever AWS answers, and when the program
//! is killed at any call.

use std::io::{BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::spawn;

use serde_json::{Value, json};

use crate::golden::Transcript;
use crate::offline_aws::Offline;
use crate::resold::{Done, Folder};

/// A folder with an example to create, and an AWS.
struct Desk {
    folder: Folder,
    offline: Offline,
}

impl Desk {
    fn new(name: &str, faults: &[&str]) -> Self {
        let folder = Folder::new(name);
        let made = folder.run(&["init"]);
        assert_eq!(made.code, Some(0), "{made:?}");
        let example = folder.run(&["opportunity", "create", "--example"]);
        folder.write("acme.toml", &example.stdout);
        let faults: Vec<&str> = faults.iter().flat_map(|fault| ["--fault", fault]).collect();
        let offline = Offline::start(&folder, &faults);
        Self { folder, offline }
    }

    /// A command that finds AWS at this address.
    fn command(&self, address: &str, words: &[&str]) -> Command {
        let mut command = self.folder.command(words);
        command.envs([
            ("AWS_ENDPOINT_URL_MARKETPLACE_CATALOG", format!("http://{address}").as_str()),
            ("AWS_ACCESS_KEY_ID", "nobody"),
            ("AWS_SECRET_ACCESS_KEY", "nothing"),
            ("USER", "ann"),
        ]);
        command
    }

    fn run(&self, line: &str) -> Done {
        let words: Vec<&str> = line.split_whitespace().collect();
        self.command(&self.offline.address, &words).output().expect("the binary runs").into()
    }

    fn say(&self, said: &mut Transcript, line: &str) {
        said.add(&format!("resold {line}"), &self.run(line));
    }

    /// A member of each item of a list.
    fn listed(&self, line: &str, member: &str) -> Vec<String> {
        let done = self.run(&format!("{line} --format json"));
        let list: Value = serde_json::from_str(&done.stdout).expect(&done.stderr);
        let items = list["items"].as_array().expect("a list");
        items.iter().map(|item| item[member].as_str().unwrap_or("-").to_owned()).collect()
    }

    /// How many resale authorizations there are at AWS.
    fn at_aws(&self) -> u64 {
        let done = self.run("opportunity sync --format json");
        let summary: Value = serde_json::from_str(&done.stdout).expect(&done.stderr);
        summary["listed"].as_u64().expect("a count")
    }
}

#[test]
fn from_a_file_to_a_clone() {
    let desk = Desk::new("requests", &[]);
    let mut said = Transcript::default();
    let create = "opportunity create --file acme.toml --why renewal --who ann";
    desk.say(&mut said, create);
    let id = &desk.listed("opportunity list", "id")[0];
    let request = &desk.listed("opportunity request list", "id")[0];
    desk.say(&mut said, create);
    desk.say(&mut said, &format!("{create} --publish"));
    desk.say(&mut said, &format!("opportunity restrict {id} --why over"));
    desk.say(&mut said, &format!("opportunity publish {id} --why signed"));
    desk.say(&mut said, &format!("opportunity publish {id} --why signed"));
    desk.say(&mut said, &format!("opportunity diff {id}"));
    desk.say(&mut said, &format!("opportunity restrict {id} --why over"));
    desk.say(&mut said, &format!("opportunity clone {id} --why longer --usage-price nothing=-1"));
    let clone = format!("opportunity clone {id} --name Longer --publish --restrict-original");
    desk.say(&mut said, &format!("{clone} --why longer --wait 600"));
    desk.say(&mut said, &format!("opportunity show {id}"));
    desk.say(&mut said, &format!("opportunity restrict {id} --yes --why over"));
    desk.say(&mut said, &format!("opportunity publish {id} --why again"));
    desk.say(&mut said, "opportunity publish resaleauthz-elsewhere --why again");
    desk.say(&mut said, "opportunity request list");
    desk.say(&mut said, "opportunity request list --status failed,waiting");
    desk.say(&mut said, &format!("opportunity request show {request} --format json"));
    desk.say(&mut said, "opportunity request show req-elsewhere");
    desk.say(&mut said, "opportunity request resume");
    desk.say(&mut said, "opportunity request resume req-elsewhere");
    said.check("requests.txt");
    assert_eq!(desk.listed("opportunity list", "status").len(), 2);
    assert_eq!(desk.at_aws(), 2);
    let done = desk.run("ledger verify");
    assert_eq!(done.code, Some(0), "{done:?}");
}

#[test]
fn what_aws_refuses_or_puts_off() {
    let desk = Desk::new("requests-refused", &["StartChangeSet=draft:INVALID_BUYER_ACCOUNT"]);
    let mut said = Transcript::default();
    let create = "opportunity create --file acme.toml --who ann --publish";
    desk.say(&mut said, &format!("{create} --why renewal"));
    let request = &desk.listed("opportunity request list", "id")[0];
    desk.say(&mut said, &format!("{create} --why renewal"));
    desk.say(
        &mut said,
        &format!("{create} --why corrected --again {request} --partner 333344445555"),
    );
    desk.say(&mut said, &format!("{create} --why corrected --again {request} --buyer 777788889999 --effective 2026-12-20T02:00:00Z"));
    assert_eq!(desk.at_aws(), 1, "the draft was completed");
    assert_eq!(desk.offline.post("/offline-aws/faults", "StartChangeSet=423\n").0, 200);
    desk.say(&mut said, &format!("{create} --why another --name Another"));
    assert_eq!(desk.offline.post("/offline-aws/faults", "StartChangeSet=423*9\n").0, 200);
    desk.say(&mut said, &format!("{create} --why third --name Third --wait 60"));
    assert_eq!(desk.offline.post("/offline-aws/faults", "StartChangeSet=403\n").0, 200);
    desk.say(&mut said, &format!("{create} --why fourth --name Fourth --wait 0"));
    let fourth = desk.listed("opportunity request list --status wished", "id");
    desk.say(&mut said, &format!("opportunity request resume {}", fourth[0]));
    // Nothing of them is waited for: a step of each, and they are put off again.
    desk.say(&mut said, "opportunity request resume --effective 2026-12-20T03:00:00Z");
    said.check("requests-refused.txt");
}

/// What was made from here is held against what was requested, and what was made elsewhere against what the ledger has.
#[test]
fn what_somebody_changed_in_the_console_is_a_difference() {
    let desk = Desk::new("requests-diff", &[]);
    desk.run("opportunity create --file acme.toml --why renewal");
    let id = &desk.listed("opportunity list", "id")[0];
    let entity = json!({"Type": "ResaleAuthorization@1.0", "Identifier": id});
    let details = json!({"Name": "Renamed", "Description": null});
    let change =
        json!({"ChangeType": "UpdateInformation", "Entity": entity, "DetailsDocument": details});
    let body = json!({"Catalog": "AWSMarketplace", "ChangeSet": [change]});
    let (status, answer) = desk.offline.post("/StartChangeSet", &body.to_string());
    assert_eq!(status, 200, "{answer}");
    let mut said = Transcript::default();
    desk.say(&mut said, &format!("opportunity diff {id}"));
    desk.say(&mut said, &format!("opportunity diff {id} --format json"));
    // Another ledger knows it only from AWS.
    for line in ["init", "opportunity sync"] {
        let done = desk.run(&format!("{line} --ledger other.db"));
        assert_eq!(done.code, Some(0), "{done:?}");
    }
    desk.say(&mut said, &format!("opportunity diff {id} --ledger other.db"));
    desk.say(&mut said, "opportunity diff resaleauthz-elsewhere");
    said.check("requests-diff.txt");
}

/// Stands between the program and AWS, and holds one call up: on its way there, or on its way back.
fn hold(address: &str, call: usize, is_answered: bool, held: Sender<bool>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let ours = listener.local_addr().expect("it is bound").to_string();
    let (address, calls) = (address.to_owned(), Arc::new(AtomicUsize::new(0)));
    spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.expect("a connection");
            let (address, calls, held) = (address.clone(), Arc::clone(&calls), held.clone());
            spawn(move || {
                let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
                let mut writer = stream;
                while let Some(request) = message(&mut reader) {
                    let is_meant = calls.fetch_add(1, Ordering::SeqCst) + 1 == call;
                    let mut answer = Vec::new();
                    if is_answered || !is_meant {
                        let mut aws = TcpStream::connect(&address).expect("it listens");
                        aws.write_all(&request).expect("it reads");
                        answer = message(&mut BufReader::new(aws)).expect("it answers");
                    }
                    if is_meant {
                        let _ = held.send(true);
                        // Until whoever waits for the answer is gone.
                        let _ = reader.read_to_end(&mut Vec::new());
                        return;
                    }
                    if writer.write_all(&answer).is_err() {
                        return;
                    }
                }
            });
        }
    });
    ours
}

/// A request or an answer of HTTP, head and body; `None`: there are no more.
fn message(reader: &mut impl std::io::BufRead) -> Option<Vec<u8>> {
    let (mut whole, mut length) = (Vec::new(), 0);
    loop {
        let from = whole.len();
        if reader.read_until(b'\n', &mut whole).ok()? == 0 {
            return None;
        }
        let line = String::from_utf8_lossy(&whole[from..]).to_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().expect("a number");
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    whole.extend(body);
    Some(whole)
}

/// At each call, before AWS hears of it and after AWS did it, the program is killed. Who goes on makes nothing twice.
#[test]
fn killed_at_any_call_it_is_resumed_and_there_is_one_opportunity() {
    let mut killed = 0;
    'calls: for call in 1.. {
        for is_answered in [false, true] {
            let desk = Desk::new("requests-killed", &[]);
            let (sender, held) = channel();
            let address = hold(&desk.offline.address, call, is_answered, sender.clone());
            let words = "opportunity create --file acme.toml --publish --why renewal";
            let words: Vec<&str> = words.split(' ').collect();
            let mut command = desk.command(&address, &words);
            let mut child = command
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .expect("the binary runs");
            // Whichever is first: the call is held up, or the program has ended and closed its end.
            let mut stdout = child.stdout.take().expect("it is piped");
            let watch = spawn(move || {
                let _ = stdout.read_to_end(&mut Vec::new());
                let _ = sender.send(false);
            });
            let is_held = held.recv().expect("either of them");
            if is_held {
                child.kill().expect("it can be killed");
            }
            let status = child.wait().expect("it ends");
            watch.join().expect("the thread ends");
            if !is_held {
                assert!(status.success(), "it ended by itself at call {call}: {status}");
                break 'calls;
            }
            killed += 1;
            let what = format!("killed at call {call}, answered: {is_answered}");
            let request = &desk.listed("opportunity request list", "id")[0];
            let done = desk.run(&format!("opportunity request resume {request} --wait 3600"));
            assert_eq!(done.code, Some(0), "{what}: {done:?}");
            assert_eq!(desk.listed("opportunity list", "status"), ["active"], "{what}");
            assert_eq!(desk.at_aws(), 1, "{what}");
            let done = desk.run("ledger verify");
            assert_eq!(done.code, Some(0), "{what}: {done:?}");
        }
    }
    assert!(killed >= 6, "it was killed at each of its calls: {killed}");
}
