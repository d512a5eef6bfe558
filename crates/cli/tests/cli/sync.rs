//! `resold opportunity sync`, against the offline AWS: made there by a change set that we printed, seen here.

use serde_json::{Value, json};

use crate::offline_aws::Offline;
use crate::resold::{Done, Folder};

fn sync(folder: &Folder, offline: &Offline, arguments: &[&str]) -> Done {
    let arguments = [&["opportunity", "sync", "--format", "json"], arguments].concat();
    let mut command = folder.command(&arguments);
    command.envs([
        ("AWS_ENDPOINT_URL_MARKETPLACE_CATALOG", format!("http://{}", offline.address).as_str()),
        ("AWS_ACCESS_KEY_ID", "nobody"),
        ("AWS_SECRET_ACCESS_KEY", "nothing"),
    ]);
    command.output().expect("the binary runs").into()
}

/// Listed, read, recorded, left out.
fn told(done: &Done) -> [u64; 4] {
    let summary: Value = serde_json::from_str(&done.stdout).expect("JSON");
    let left_out = summary["left_out"].as_array().expect("a list").len() as u64;
    let count = |name: &str| summary[name].as_u64().expect("a count");
    [count("listed"), count("read"), count("recorded"), left_out]
}

/// The id and the status of the only opportunity.
fn only(folder: &Folder) -> (String, String) {
    let done = folder.run(&["opportunity", "list", "--format", "json"]);
    let list: Value = serde_json::from_str(&done.stdout).expect("JSON");
    let items = list["items"].as_array().expect("a list");
    assert_eq!(items.len(), 1, "{list}");
    let text = |name: &str| items[0][name].as_str().expect("text").to_owned();
    (text("id"), text("status"))
}

fn start(offline: &Offline, changes: &Value) {
    let body = json!({"Catalog": "AWSMarketplace", "ChangeSet": changes});
    let (status, answer) = offline.post("/StartChangeSet", &body.to_string());
    assert_eq!(status, 200, "{answer}");
}

#[test]
fn what_aws_has_is_recorded_and_what_is_known_is_not_read_again() {
    let folder = Folder::new("sync");
    let offline = Offline::start(&folder, &[]);
    assert_eq!(told(&sync(&folder, &offline, &[])), [0, 0, 0, 0]);
    let example = folder.run(&["opportunity", "create", "--example"]);
    folder.write("opportunity.toml", &example.stdout);
    let create = ["opportunity", "create", "--file", "opportunity.toml", "--publish", "--dry-run"];
    let printed = folder.run(&create);
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    start(&offline, &serde_json::from_str(&printed.stdout).expect("a change set"));

    assert_eq!(told(&sync(&folder, &offline, &[])), [1, 1, 1, 0]);
    let (id, status) = only(&folder);
    assert_eq!(status, "active");
    assert_eq!(told(&sync(&folder, &offline, &[])), [1, 0, 0, 0]);
    assert_eq!(told(&sync(&folder, &offline, &["--name", "another"])), [0, 0, 0, 0]);

    let entity = json!({"Type": "ResaleAuthorization@1.0", "Identifier": id});
    let restrict = json!({"ChangeType": "RestrictResaleAuthorization", "Entity": entity,
        "DetailsDocument": {}});
    start(&offline, &json!([restrict]));
    assert_eq!(told(&sync(&folder, &offline, &[])), [1, 1, 1, 0]);
    assert_eq!(only(&folder), (id, "restricted".to_owned()));
}

#[test]
fn a_refusal_is_told_in_the_words_of_aws_and_a_busy_aws_is_asked_again() {
    let folder = Folder::new("sync-refused");
    let offline = Offline::start(&folder, &["--fault", "ListEntities=403"]);
    let done = sync(&folder, &offline, &[]);
    assert_eq!(done.code, Some(2), "{}", done.stdout);
    for words in ["could not bring the opportunities in step", "AccessDenied", "ListEntities"] {
        assert!(done.stderr.contains(words), "{words}: {}", done.stderr);
    }
    assert_eq!(offline.post("/offline-aws/faults", "ListEntities=429*2\n").0, 200);
    assert_eq!(told(&sync(&folder, &offline, &[])), [0, 0, 0, 0]);
}

#[test]
fn an_api_in_another_region_is_not_asked() {
    let folder = Folder::new("sync-region");
    let mut command = folder.command(&["opportunity", "sync"]);
    let elsewhere = "https://catalog.marketplace.eu-west-1.amazonaws.com";
    let done = command.env("AWS_ENDPOINT_URL_MARKETPLACE_CATALOG", elsewhere).output();
    let done = Done::from(done.expect("the binary runs"));
    assert_eq!(done.code, Some(2));
    assert!(done.stderr.contains("not in us-east-1"), "{}", done.stderr);
}

#[test]
fn without_credentials_it_says_where_they_were_looked_for() {
    let folder = Folder::new("sync-credentials");
    let mut command = folder.command(&["opportunity", "sync"]);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
        command.env_remove(name);
    }
    command.env("AWS_EC2_METADATA_DISABLED", "true").env("HOME", folder.path("nobody"));
    let done = Done::from(command.output().expect("the binary runs"));
    assert_eq!(done.code, Some(2));
    for words in
        ["no credentials found in chain. Attempted: Environment: ", "try: check the credentials"]
    {
        assert!(done.stderr.contains(words), "{words}: {}", done.stderr);
    }
    assert!(
        !done.stderr.contains("\\u{a}") && !done.stderr.contains("before that"),
        "{}",
        done.stderr
    );
}

#[test]
fn a_time_is_written_as_everywhere() {
    let folder = Folder::new("sync-time");
    let offline = Offline::start(&folder, &[]);
    assert_eq!(told(&sync(&folder, &offline, &["--changed-after", "2026-12-01"])), [0, 0, 0, 0]);
    let done = sync(&folder, &offline, &["--changed-after", "yesterday"]);
    assert_eq!(done.code, Some(2));
    assert!(done.stderr.contains("a day as 2026-12-20"), "{}", done.stderr);
}
