//! The offline AWS as a process: found by what it prints, changed while it runs, stopped by a signal.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use resold_tests::python::python;
use serde_json::{Value, json};

use crate::resold::Folder;

/// A running server; ended when it is dropped.
pub(crate) struct Offline {
    child: Child,
    pub(crate) address: String,
    /// What it printed: the variables that lead to it.
    said: Vec<String>,
}

impl Offline {
    pub(crate) fn start(folder: &Folder, arguments: &[&str]) -> Self {
        let mut command = folder.command(&["offline-aws", "--change-set-seconds", "0"]);
        let command = command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the binary runs");
        // To the end: who closes a pipe that is written to, ends the writer.
        let said = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let said: Vec<String> = said.take(7).map(|line| line.expect("text")).collect();
        assert_eq!(said.last().map(String::as_str), Some("export AWS_SECRET_ACCESS_KEY=offline"));
        let url = said[0].strip_prefix("export AWS_ENDPOINT_URL_MARKETPLACE_CATALOG=http://");
        Self { child, address: url.expect("where it is").to_owned(), said }
    }

    /// What a shell reads to find it.
    pub(crate) fn environment(&self) -> String {
        self.said.iter().flat_map(|line| [line, "\n"]).collect()
    }

    /// The status and the body of an answer.
    pub(crate) fn post(&self, path: &str, body: &str) -> (u16, Value) {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}",
            self.address
        );
        stream.write_all(head.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer of HTTP");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.expect("a status"), serde_json::from_str(body).expect("JSON"))
    }

    /// Stops it as a service manager does.
    pub(crate) fn stop(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        let killed = Command::new("kill").args(["-TERM", &id]).status().expect("kill runs");
        assert!(killed.success());
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Offline {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn creation(product: &str) -> String {
    let details =
        json!({"ProductId": product, "Name": "Acme", "ResellerAccountId": "222233334444"});
    let change = json!({"ChangeType": "CreateResaleAuthorization",
        "Entity": {"Type": "ResaleAuthorization@1.0"}, "DetailsDocument": details});
    json!({"Catalog": "AWSMarketplace", "ChangeSet": [change]}).to_string()
}

#[test]
fn its_events_are_replayed_and_its_requests_are_kept() {
    let folder = Folder::new("offline-aws");
    folder.write("seed.toml", "account = \"111122223333\"\n[accounts]\n222233334444 = \"Northwind Resale\"\n[[products]]\nid = \"prod-1\"\ncode = \"code-1\"\nname = \"One\"\n");
    let arguments =
        ["--seed", "seed.toml", "--events", "events.jsonl", "--requests", "requests.jsonl"];
    let offline = Offline::start(&folder, &arguments);
    assert_eq!(offline.post("/StartChangeSet", &creation("prod-1")).0, 200);
    assert_eq!(offline.post("/StartChangeSet", &creation("prod-2")).0, 403);
    let more = json!({"products": [{"id": "prod-2", "code": "code-2", "name": "Two"}]});
    assert_eq!(offline.post("/offline-aws/seed", &more.to_string()).0, 200);
    assert_eq!(offline.post("/offline-aws/faults", "StartChangeSet=429\n").0, 200);
    assert_eq!(offline.post("/StartChangeSet", &creation("prod-2")).0, 429);
    assert_eq!(offline.post("/StartChangeSet", &creation("prod-2")).0, 200);
    assert_eq!(offline.post("/offline-aws/faults", "nonsense").0, 422);
    assert_eq!(offline.post("/offline-aws/seed", "{\"product\": []}").0, 422);
    assert_eq!(offline.stop(), Some(0));
    let requests = fs::read_to_string(folder.path("requests.jsonl")).expect("it is there");
    assert_eq!(requests.lines().count(), 4);
    let request: Value = serde_json::from_str(requests.lines().next().unwrap()).expect("JSON");
    assert_eq!(request["operation"], "StartChangeSet");
    let done = folder.run(&["replay", "events.jsonl", "--format", "json"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(done.stdout.contains("\"applied\": 2"), "{}", done.stdout);
}

#[test]
fn it_starts_only_where_it_may_and_with_what_it_can_read() {
    let folder = Folder::new("offline-aws-refused");
    folder.write("seed.toml", "product = 1\n");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = taken.local_addr().expect("it is bound").to_string();
    folder.write("hole.json", "{\"registrations\": [{\"token\": \"x\", \"license\": \"l-1\"}]}");
    let cases: [(&[&str], &str); 7] = [
        (&["--listen", "0.0.0.0:0"], "listens on this machine only"),
        (&["--listen", &taken], "take another port"),
        (&["--seed", "seed.toml"], "unknown field `product`"),
        (&["--seed", "hole.json"], "a registration names the license `l-1`, which is not there"),
        (&["--seed", "nothere.toml"], "could not read the seed nothere.toml"),
        (&["--events", "nothere/events"], "could not write to nothere/events"),
        (&["--fault", "StartChangeSet=418"], "`418` is nothing that can happen to StartChangeSet"),
    ];
    for (arguments, expected) in cases {
        let done = folder.run(&[&["offline-aws"], arguments].concat());
        assert_eq!(done.code, Some(2), "{arguments:?}");
        assert!(done.stderr.contains(expected), "{arguments:?}: {}", done.stderr);
    }
}

#[test]
fn awss_own_programs_call_it() {
    let mut clients = python("tests/offline");
    let clients = clients.args(["-m", "unittest"]).env("RESOLD", env!("CARGO_BIN_EXE_resold"));
    let done = clients.output().expect("Python runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}
