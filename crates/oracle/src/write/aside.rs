//! Notices that are about no deal, and bodies that cannot be used.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::draw::Draw;
use crate::market::{Aside, Flaw, Imitated, Market, Rest};
use crate::world::{Notice, NoticeKind};

use super::{AGREEMENTS, CATALOG, Event, object};

/// How the id of an imitation ends, which nobody reads.
pub(crate) const IMITATED: &str = " imitated";

/// One notice, or poison.
pub(super) fn told(
    draw: &mut Draw,
    market: &Market,
    aside: &Aside,
    like: Option<String>,
) -> Notice {
    let us = market.us.account.as_str();
    let (kind, event) = match &aside.what {
        Rest::ChangeSet { id, result } => {
            let name = format!("Change Set {result}");
            let mut detail = json!({"ChangeSetId": id, "ChangeSetName": "ra opp v1"});
            if *result == "Failed" {
                detail = json!({"ChangeSetId": id, "FailureCode": "CLIENT_ERROR"});
            }
            return event(draw, aside.at, CATALOG, name.as_str(), us, detail).notice(draw);
        }
        Rest::DisbursementPaused { account } => {
            let mut event =
                event(draw, aside.at, "aws.marketplace", "Disbursement Paused", account, json!({}));
            event.resources.push(format!("arn:aws:payments:us-east-1:{account}:instrument:1"));
            (NoticeKind::Known, event)
        }
        Rest::SecurityReport { account } => {
            let detail = json!({"numberOfProductsWithIssues": 2, "newIssuesFound": true});
            let name = "Products Security Report Created";
            (NoticeKind::Known, event(draw, aside.at, CATALOG, name, account, detail))
        }
        Rest::Purchase { agreement } => {
            let detail = json!({
                "agreement": {"id": agreement, "intent": "NEW", "status": "ACTIVE"},
                "acceptor": {"accountId": us}, "proposer": {"accountId": "999988887777"},
            });
            let name = "Purchase Agreement Created - Acceptor";
            (NoticeKind::Known, event(draw, aside.at, AGREEMENTS, name, us, detail))
        }
        Rest::Orphan { license } => {
            let arn = format!("arn:aws:license-manager::888899990000:license:{license}");
            let detail = json!({"agreement": {"id": null}, "license": {"arn": arn}});
            let name = "License Updated - Manufacturer";
            (NoticeKind::Known, event(draw, aside.at, AGREEMENTS, name, us, detail))
        }
        Rest::Unknown { source, detail_type } => {
            let detail = json!({"agreement": 7, "region": {"from": "a", "to": "b"}});
            (NoticeKind::Unknown, event(draw, aside.at, source, detail_type, us, detail))
        }
        Rest::Foreign { account, offer } => {
            let detail = json!({"offer": {"id": offer}, "sellerOfRecord": {"accountId": account}});
            (NoticeKind::Foreign, event(draw, aside.at, CATALOG, "Offer Released", account, detail))
        }
        // Written by `imitated`.
        Rest::Imitation { .. } => {
            (NoticeKind::Malformed, event(draw, aside.at, "", "", us, json!({})))
        }
        Rest::Malformed { how, .. } => {
            let detail = json!({"agreement": {"id": draw.text(25)}});
            let name = "Purchase Agreement Created - Manufacturer";
            let mut event = event(draw, aside.at, AGREEMENTS, name, us, detail);
            event.id = like.unwrap_or(event.id);
            return broken(draw, event, *how);
        }
    };
    Notice { kind, ..event.notice(draw) }
}

fn event<'a>(
    draw: &mut Draw,
    at: Timestamp,
    source: &'a str,
    detail_type: &'a str,
    account: &'a str,
    detail: Value,
) -> Event<'a> {
    let (id, detail) = (draw.uuid(), object(detail));
    let (account, resources) = (Some(account), Vec::new());
    Event { at, id, source, detail_type, account, resources, detail }
}

/// A body with one thing wrong.
fn broken(draw: &mut Draw, event: Event<'_>, how: Flaw) -> Notice {
    let (at, id) = (event.at, event.id.clone());
    let mut json = object(event.json(draw));
    let body = match how {
        Flaw::Truncated => {
            let text = Value::Object(json).to_string();
            text.chars().take(text.len() - 2).collect()
        }
        Flaw::NotJson => format!("<event>{id}</event>"),
        Flaw::NotAnObject => json!([id, Value::Object(json)]).to_string(),
        Flaw::NoTime => without(&mut json, "time"),
        Flaw::NoType => without(&mut json, "detail-type"),
        Flaw::WrongTime => with(&mut json, "time", json!("2026-13-45T99:00:00Z")),
        Flaw::WrongShape => with(&mut json, "detail", json!({"agreement": [id.clone()]})),
        Flaw::WrongAccount => with(&mut json, "account", json!("12")),
    };
    Notice { at, about: String::new(), id, body, kind: NoticeKind::Malformed }
}

/// A copy of a notice that is the same but for what two deliveries of one event may differ in, and broken there.
pub(super) fn imitated(aside: &Aside, of: &Notice, how: Imitated) -> Notice {
    // The first key of the envelope, wherever it stands in the original: the same content all the same.
    let body: Map<String, Value> = serde_json::from_str(&of.body).unwrap_or_default();
    let rest: Map<String, Value> = body.into_iter().filter(|(key, _)| key != "id").collect();
    let rest = Value::Object(rest).to_string();
    let rest = rest.trim_start_matches('{');
    let id = &of.id;
    let first = match how {
        Imitated::IdIsNumber => r#""id":5"#.to_owned(),
        Imitated::IdIsTwice => format!(r#""id":"{id}","id":"{id}""#),
        Imitated::IdIsLong => format!(r#""id":"{}""#, id.repeat(100)),
        Imitated::ReplayIsTwice => format!(r#""id":"{id}","replay-name":"a","replay-name":"a""#),
    };
    let (at, kind) = (aside.at, NoticeKind::Malformed);
    Notice {
        at,
        about: String::new(),
        id: format!("{id}{IMITATED}"),
        body: format!("{{{first},{rest}"),
        kind,
    }
}

fn without(json: &mut Map<String, Value>, key: &str) -> String {
    json.remove(key);
    Value::Object(std::mem::take(json)).to_string()
}

fn with(json: &mut Map<String, Value>, key: &str, value: Value) -> String {
    json.insert(key.to_owned(), value);
    Value::Object(std::mem::take(json)).to_string()
}
