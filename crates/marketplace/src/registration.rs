//! What AWS says of who registers (`ResolveCustomer`), as a notification of our own.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::changeset::Registration;
use crate::ids::AccountId;
use crate::json::Json;

/// The source of our own envelope.
pub const SOURCE: &str = "resold.registration";

/// The detail-type of our own envelope.
pub const RESOLVED: &str = "Registration Resolved";

/// A body for [`crate::parse::parse`]: a buyer registered for a license at a time, and AWS told the account that publishes the
/// product. Without the token: that is used up.
pub fn envelope(
    registration: &Registration,
    account: Option<&AccountId>,
    at: Timestamp,
) -> Vec<u8> {
    // Owned text is escaped as it is written, borrowed text is taken to need no escaping.
    let text = |text: &str| Json::Text(Cow::Owned(text.to_owned()));
    let one = |name: &'static str, value: &str| Json::Object(vec![(name.into(), text(value))]);
    let mut detail = vec![("customer".into(), one("accountId", registration.customer.as_str()))];
    detail
        .extend(registration.license_arn.as_deref().map(|arn| ("license".into(), one("arn", arn))));
    detail.push(("product".into(), one("code", &registration.product_code)));
    let mut envelope: Vec<(Cow<'_, str>, Json<'_>)> = Vec::new();
    envelope.extend(account.map(|account| ("account".into(), text(account.as_str()))));
    envelope.push(("detail".into(), Json::Object(detail)));
    envelope.push(("detail-type".into(), text(RESOLVED)));
    envelope.push(("source".into(), text(SOURCE)));
    envelope.push(("time".into(), text(&at.to_string())));
    envelope.push(("version".into(), text("0")));
    let mut body = Vec::new();
    Json::Object(envelope).write(&mut body);
    body
}

#[cfg(test)]
mod tests;
