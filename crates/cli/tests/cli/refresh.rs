//! `resold entitlement refresh`, against the offline AWS.

use serde_json::{Value, json};

use crate::offline_aws::Offline;
use crate::resold::{Done, Folder};

const AGREEMENT: &str = "agmt-1example00000000000000000";
const LICENSE: &str = "l-0f3c0example00000000000000000ab";
const ARN: &str = "arn:aws:license-manager::888899990000:license:l-0f3c0example00000000000000000ab";

fn refresh(folder: &Folder, offline: &Offline, arguments: &[&str]) -> Done {
    let arguments = [&["entitlement", "refresh"], arguments].concat();
    let mut command = folder.command(&arguments);
    let endpoint = format!("http://{}", offline.address);
    command.envs([
        ("AWS_ENDPOINT_URL_MARKETPLACE_ENTITLEMENT_SERVICE", endpoint.as_str()),
        ("AWS_ACCESS_KEY_ID", "nobody"),
        ("AWS_SECRET_ACCESS_KEY", "nothing"),
    ]);
    command.output().expect("the binary runs").into()
}

/// Read, changed, not asked, not answered, opened.
fn told(done: &Done) -> [u64; 5] {
    let summary: Value = serde_json::from_str(&done.stdout).expect("JSON");
    let count = |name: &str| summary[name].as_u64().expect("a count");
    let listed = |name: &str| summary[name].as_array().expect("a list").len() as u64;
    [count("read"), count("changed"), listed("not_asked"), listed("not_answered"), count("opened")]
}

/// Of a sale of our own: nothing has to be found out about it.
fn notification(detail_type: &str, time: &str) -> String {
    let body = json!({
        "version": "0", "id": format!("{detail_type} {time}"), "source": "aws.agreement-marketplace",
        "account": "111122223333", "time": time, "region": "us-east-1", "resources": [],
        "detail-type": detail_type,
        "detail": {
            "agreement": {"id": AGREEMENT, "intent": "NEW", "startTime": "2026-11-01T09:14:05Z"},
            "acceptor": {"accountId": "555566667777"}, "proposer": {"accountId": "111122223333"},
            "offer": {"id": "offer-9k2mexample77"}, "license": {"arn": ARN},
            "product": {"code": "4q8examplecode0000000000x", "id": "prod-k3x9examplesaas"},
        },
    });
    body.to_string()
}

/// A ledger with one sale, and an AWS with its license.
fn sold(name: &str, arguments: &[&str]) -> (Folder, Offline) {
    let folder = Folder::new(name);
    let bodies = [
        notification("Purchase Agreement Created - Proposer", "2026-11-01T09:14:05Z"),
        notification("License Updated - Manufacturer", "2026-11-01T09:15:05Z"),
    ];
    folder.write("sold.jsonl", bodies.join("\n"));
    let done = folder.run(&["replay", "sold.jsonl"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let offline = Offline::start(&folder, arguments);
    (folder, offline)
}

fn shown(folder: &Folder) -> Value {
    let done = folder.run(&["entitlement", "show", AGREEMENT, "--format", "json"]);
    serde_json::from_str(&done.stdout).expect("JSON")
}

/// More seats at AWS. A license is put there again as it is now.
fn grant(offline: &Offline, seats: i64) {
    let license = json!({"arn": ARN, "product": "prod-k3x9examplesaas", "customer": "555566667777",
        "entitlements": [{"dimension": "seats", "value": seats}]});
    let (status, answer) =
        offline.post("/offline-aws/seed", &json!({"licenses": [license]}).to_string());
    assert_eq!(status, 200, "{answer}");
}

#[test]
fn what_a_license_grants_is_read_and_shown() {
    let (folder, offline) = sold("refresh", &[]);
    assert_eq!(shown(&folder)["license_state"], "held");
    let done = refresh(&folder, &offline, &["--due", "--format", "json"]);
    assert_eq!((done.code, told(&done)), (Some(0), [1, 1, 0, 0, 0]), "{}", done.stderr);
    let entitlement = shown(&folder);
    assert_eq!(entitlement["license_state"], "read");
    let quantity = &entitlement["quantities"][0];
    assert_eq!(quantity["dimension"], "seats");
    assert_eq!((&quantity["type"], &quantity["value"]), (&json!("integer"), &json!("250")));
    assert_eq!(quantity["expires_at"], "2027-12-31T23:59:59Z");
    for arguments in [["--due"].as_slice(), &[AGREEMENT], &[LICENSE], &[ARN], &["--all"]] {
        let done = refresh(&folder, &offline, &[arguments, &["--format", "json"]].concat());
        let read = u64::from(arguments != ["--due"]);
        assert_eq!((done.code, told(&done)), (Some(0), [read, 0, 0, 0, 0]), "{arguments:?}");
    }
    let page = folder.run(&["deal", "show", AGREEMENT]);
    assert!(page.stdout.contains("Quantities"), "{}", page.stdout);
    assert!(
        page.stdout.contains("license l-0f3c0example00000000000000000ab read: seats 250 until")
    );

    grant(&offline, 300);
    let done = refresh(&folder, &offline, &["--all", "--format", "json"]);
    assert_eq!((done.code, told(&done)), (Some(1), [1, 1, 0, 0, 1]), "{}", done.stderr);
    let findings = folder.run(&["findings"]);
    assert!(findings.stdout.contains("unannounced-quantities"), "{}", findings.stdout);
}

#[test]
fn a_refusal_is_told_in_the_words_of_aws() {
    let (folder, offline) = sold("refresh-refused", &["--fault", "GetEntitlements=403"]);
    let done = refresh(&folder, &offline, &["--due"]);
    assert_eq!(done.code, Some(1), "{}", done.stdout);
    for words in ["no answer about l-0f3c0example", "AccessDenied", "GetEntitlements"] {
        assert!(done.stderr.contains(words), "{words}: {}", done.stderr);
    }
    assert!(done.stdout.contains("not answered         1"), "{}", done.stdout);
    let findings = folder.run(&["findings"]);
    assert!(findings.stdout.contains("license-not-readable"), "{}", findings.stdout);
    let page = folder.run(&["agreement", "show", AGREEMENT]);
    assert!(page.stdout.contains("refused"), "{}", page.stdout);
    let done = refresh(&folder, &offline, &[LICENSE, "--format", "json"]);
    assert_eq!((done.code, told(&done)), (Some(0), [1, 1, 0, 0, 0]), "{}", done.stderr);
    assert_eq!(offline.post("/offline-aws/faults", "GetEntitlements=429*2\n").0, 200);
    let done = refresh(&folder, &offline, &[LICENSE, "--format", "json"]);
    assert_eq!((done.code, told(&done)), (Some(0), [1, 0, 0, 0, 0]), "a busy AWS is asked again");
}

#[test]
fn what_is_to_be_refreshed_must_be_said_and_be_there() {
    let (folder, offline) = sold("refresh-what", &[]);
    #[rustfmt::skip]
    let cases: [(&[&str], &str); 4] = [
        (&[], "nothing says what to refresh"),
        (&["agmt-nowhere"], "there is no agreement or license `agmt-nowhere` in the ledger"),
        (&["--all", "--due"], "cannot be used with"),
        (&[LICENSE, "--all"], "cannot be used with"),
    ];
    for (arguments, expected) in cases {
        let done = refresh(&folder, &offline, arguments);
        assert_eq!(done.code, Some(2), "{arguments:?}");
        assert!(done.stderr.contains(expected), "{arguments:?}: {}", done.stderr);
    }
}
