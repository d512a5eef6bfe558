//! A body in, a [`Notification`] or the reason why it is none out.

use std::borrow::Cow;

use crate::catalog;
use crate::digest::Digest;
use crate::json::{self, Flaw, Json, Read};
use crate::notification::{ChangeSetResult, Envelope, Family, Notification, Role};
use crate::registration;
use crate::way::Way;

mod agreement;
mod changeset;
mod malformed;
mod offer;
mod product;
pub(crate) mod reader;
mod seller;

#[cfg(test)]
mod tests;

pub use malformed::{Malformed, MalformedReason};
use reader::Object;

/// The largest body accepted, in bytes: what an SQS message holds.
pub const MAX_BODY: usize = 1_048_576;

/// The longest text accepted in a field, in characters.
pub const MAX_TEXT: usize = 2_000;

/// The most elements accepted in a list.
pub const MAX_ITEMS: usize = 1_000;

/// So much of a key is shown in a reason, in characters.
const MAX_KEY_SHOWN: usize = 40;

/// So much of the path to a repeated key is shown, in characters.
const MAX_PATH_SHOWN: usize = 300;

const CATALOG: &str = "aws.marketplacecatalog";
const AGREEMENTS: &str = "aws.agreement-marketplace";
const SELLER: &str = "aws.marketplace";

/// Reads one notification as it came: the JSON of an `EventBridge` event, or our own envelope around a
/// described resale authorization or a resolved registration. It came by the way that its source comes by.
///
/// Total: any bytes give a value or a reason, never a panic. A source and detail-type that we do not
/// know give [`Family::Unknown`] whatever their detail.
pub fn parse(body: &[u8]) -> Result<Notification, Malformed> {
    read(body, None)
}

/// The same of a body that came by this way; a source that comes by another one is refused.
pub fn parse_from(way: Way, body: &[u8]) -> Result<Notification, Malformed> {
    read(body, Some(way))
}

/// Whether a body may be kept under a digest: that of its bytes, or of its content by any way, if the content can be told.
pub fn is_filed(digest: &Digest, body: &[u8]) -> bool {
    if *digest == of_bytes(body) {
        return true;
    }
    let Ok(read) = tree(body) else { return false };
    let Json::Object(fields) = &read.json else { return false };
    if left_out(&Object::top(fields), fields).is_err() {
        return false;
    }
    let content = content(fields, body.len());
    Way::ALL.into_iter().any(|way| *digest == Digest::in_domain(way.domain(), &content))
}

fn read(body: &[u8], way: Option<Way>) -> Result<Notification, Malformed> {
    let by_bytes = |envelope_id: Option<String>, reason: MalformedReason| Malformed {
        digest: of_bytes(body),
        by_bytes: true,
        envelope_id,
        reason,
    };
    let read = tree(body).map_err(|reason| by_bytes(None, reason))?;
    let Json::Object(fields) = &read.json else {
        return Err(by_bytes(None, MalformedReason::NotAnObject { found: read.json.kind() }));
    };
    let top = Object::top(fields);
    let envelope_id = left_out(&top, fields).map_err(|reason| by_bytes(None, reason))?;
    let source = top.at("source").text().ok().flatten().unwrap_or_default();
    let only = Way::of(source);
    let way = way.unwrap_or(only);
    let digest = Digest::in_domain(way.domain(), &content(fields, body.len()));
    let notification = notification(&top, digest, &read).and_then(|notification| {
        let wrong = MalformedReason::WrongWay { source_name: source.into(), way: only };
        if way == only { Ok(notification) } else { Err(wrong) }
    });
    notification.map_err(|reason| Malformed { digest, by_bytes: false, envelope_id, reason })
}

/// Checks what the content's digest leaves out: a body that is faulty there has a digest of its own, lest the notification that
/// it is like count as its duplicate. Returns the event's id.
fn left_out(
    top: &Object<'_, '_>,
    fields: &[(Cow<'_, str>, Json<'_>)],
) -> Result<Option<String>, MalformedReason> {
    for left_out in LEFT_OUT {
        if fields.iter().filter(|(key, _)| key == left_out).count() > 1 {
            return Err(MalformedReason::RepeatedKey { path: left_out.into() });
        }
    }
    top.at("replay-name").text()?;
    top.at("id").owned()
}

/// What EventBridge changes when it delivers or replays the same event again.
const LEFT_OUT: [&str; 2] = ["id", "replay-name"];

/// The digest of a body whose content cannot be told: of its bytes, and never that of a content.
pub fn of_bytes(body: &[u8]) -> Digest {
    Digest::in_domain(b"bytes\0", body)
}

fn tree(body: &[u8]) -> Result<Read<'_>, MalformedReason> {
    if body.len() > MAX_BODY {
        return Err(MalformedReason::TooLarge { bytes: body.len() });
    }
    document(body)
}

/// Reads one JSON document of any size.
pub(crate) fn document(bytes: &[u8]) -> Result<Read<'_>, MalformedReason> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| MalformedReason::NotUtf8 { position: error.valid_up_to() })?;
    json::read(text).map_err(|flaw| match flaw {
        Flaw::TooDeep => MalformedReason::TooDeep,
        Flaw::Syntax(why) => MalformedReason::NotJson { why: why.into() },
    })
}

/// The canonical JSON of the envelope without what is left out.
fn content(fields: &[(Cow<'_, str>, Json<'_>)], size: usize) -> Vec<u8> {
    let mut canonical = Vec::with_capacity(size);
    let content = fields.iter().filter(|(key, _)| !LEFT_OUT.contains(&key.as_ref()));
    json::write_fields(content, &mut canonical);
    canonical
}

fn notification(
    top: &Object<'_, '_>,
    digest: Digest,
    read: &Read<'_>,
) -> Result<Notification, MalformedReason> {
    without_repeats(read)?;
    let envelope = envelope(top)?;
    let (name, role) = split_role(&envelope.detail_type);
    let family = family(&envelope.source, name, top)?;
    Ok(Notification { digest, envelope, role, family })
}

fn envelope(top: &Object<'_, '_>) -> Result<Envelope, MalformedReason> {
    let (source, detail_type, time) = (top.at("source"), top.at("detail-type"), top.at("time"));
    Ok(Envelope {
        id: top.at("id").owned()?,
        source: source.required(source.owned()?)?,
        detail_type: detail_type.required(detail_type.owned()?)?,
        account: top.at("account").id()?,
        time: time.required(time.time()?)?,
        replayed: top.at("replay-name").is_present(),
    })
}

/// Parts `Purchase Agreement Created - Manufacturer` into its name and its role.
fn split_role(detail_type: &str) -> (&str, Option<Role>) {
    match detail_type.rsplit_once(" - ") {
        Some((name, "Manufacturer")) => (name, Some(Role::Manufacturer)),
        Some((name, "Proposer")) => (name, Some(Role::Proposer)),
        Some((name, "Acceptor")) => (name, Some(Role::Acceptor)),
        Some((name, word)) if !word.is_empty() && !word.contains(char::is_whitespace) => {
            (name, Some(Role::Other(word.to_owned())))
        }
        _ => (detail_type, None),
    }
}

fn family(source: &str, name: &str, envelope: &Object<'_, '_>) -> Result<Family, MalformedReason> {
    let detail = || envelope.at("detail").object();
    Ok(match (source, name) {
        (CATALOG, "Offer Released") => Family::OfferReleased(offer::released(&detail()?)?),
        (CATALOG, "OfferSet Released") => {
            Family::OfferSetReleased(offer::set_released(&detail()?)?)
        }
        (CATALOG, "Change Set Succeeded") => {
            Family::ChangeSet(changeset::read(&detail()?, ChangeSetResult::Succeeded)?)
        }
        (CATALOG, "Change Set Failed") => {
            Family::ChangeSet(changeset::read(&detail()?, ChangeSetResult::Failed)?)
        }
        (CATALOG, "Change Set Cancelled") => {
            Family::ChangeSet(changeset::read(&detail()?, ChangeSetResult::Cancelled)?)
        }
        (CATALOG, "Products Security Report Created") => Family::SecurityReport,
        (SELLER, "Disbursement Paused") => seller::disbursement_paused(envelope)?,
        (catalog::SOURCE, catalog::DESCRIBED) => {
            Family::OpportunityDescribed(Box::new(catalog::authorization::read(&detail()?)?))
        }
        (registration::SOURCE, registration::RESOLVED) => {
            Family::Agreement(Box::new(agreement::registered(&detail()?)?))
        }
        (AGREEMENTS, name) => match agreement::reader(name) {
            Some(event) => Family::Agreement(Box::new(agreement::read(name, &detail()?, event)?)),
            None => Family::Unknown,
        },
        _ => Family::Unknown,
    })
}

/// Refuses a document with a key that is repeated in one object.
pub(crate) fn without_repeats(read: &Read<'_>) -> Result<(), MalformedReason> {
    if read.repeats
        && let Some(path) = repeated(&read.json)
    {
        let path: String = path.chars().take(MAX_PATH_SHOWN).collect();
        return Err(MalformedReason::RepeatedKey { path: path.into() });
    }
    Ok(())
}

/// The path of a key that is repeated.
fn repeated(json: &Json<'_>) -> Option<String> {
    match json {
        Json::Object(fields) => {
            for pair in fields.windows(2) {
                if let [(a, _), (b, _)] = pair
                    && a == b
                {
                    return Some(short(a));
                }
            }
            fields.iter().find_map(|(key, value)| {
                let below = repeated(value)?;
                let dot = if below.starts_with('[') { "" } else { "." };
                Some(format!("{}{dot}{below}", short(key)))
            })
        }
        Json::List(items) => items.iter().enumerate().find_map(|(position, item)| {
            repeated(item).map(|below| format!("[{position}].{below}"))
        }),
        _ => None,
    }
}

/// A key of the body, as far as an error may show it.
fn short(key: &str) -> String {
    key.escape_debug().take(MAX_KEY_SHOWN).collect()
}
