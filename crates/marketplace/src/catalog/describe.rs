//! From what `aws marketplace-catalog describe-entity` prints to notifications of our own.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::json::{Fields, Json};
use crate::parse::reader::{Object, Value};
use crate::parse::{self, Malformed, MalformedReason};

/// The source of our own envelope.
pub const SOURCE: &str = "resold.catalog";

/// The detail-type of our own envelope.
pub const DESCRIBED: &str = "Resale Authorization Described";

/// What a document of described entities holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Description {
    /// A body for [`crate::parse::parse`] per resale authorization, each giving
    /// [`crate::notification::Family::OpportunityDescribed`]. Free of signed URLs and tokens; the same
    /// for the same entity, however its document was formatted.
    pub envelopes: Vec<Vec<u8>>,
    /// Entities that AWS could not describe: id, and AWS's words.
    pub errors: Vec<(String, String)>,
    /// Entities that are no resale authorizations: id, and entity type.
    pub skipped: Vec<(String, String)>,
}

/// Why a document cannot be read as described entities.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogError {
    /// Not JSON, or a field outside the entities is wrong.
    #[error("read the document of described entities")]
    Document(#[source] MalformedReason),
    /// JSON of another kind.
    #[error(
        "read the document of described entities: neither `EntityType` nor `EntityDetails` in it; \
         expected is what `describe-entity` or `batch-describe-entities` prints"
    )]
    NoEntity,
    /// One resale authorization is wrong.
    #[error("read the resale authorization `{id}`")]
    Entity {
        /// Its id as far as it can be told, escaped.
        id: String,
        /// What is wrong, with the path inside `detail`.
        #[source]
        source: MalformedReason,
    },
}

/// Reads the JSON that `aws marketplace-catalog describe-entity` or `batch-describe-entities` prints.
///
/// Signed URLs lose their query string and `AgreementToken` is dropped, wherever they stand, before
/// anything is kept. A document with one wrong entity is refused as a whole.
pub fn describe(document: &[u8]) -> Result<Description, CatalogError> {
    let read = parse::document(document).map_err(CatalogError::Document)?;
    parse::without_repeats(&read).map_err(CatalogError::Document)?;
    let Json::Object(fields) = &read.json else {
        return Err(CatalogError::Document(MalformedReason::NotAnObject {
            found: read.json.kind(),
        }));
    };
    let mut described = Description::default();
    let top = Object::top(fields);
    if top.at("EntityType").is_present() {
        return described.add("", &top).map(|()| described);
    }
    let (entities, errors) = (top.at("EntityDetails"), top.at("Errors"));
    if !entities.is_present() && !errors.is_present() {
        return Err(CatalogError::NoEntity);
    }
    for (id, entity) in entities.entries().map_err(CatalogError::Document)? {
        let entity = entity.object().map_err(|source| wrong(id, source))?;
        described.add(id, &entity)?;
    }
    for (id, error) in errors.entries().map_err(CatalogError::Document)? {
        let words = words(error).map_err(CatalogError::Document)?;
        described.errors.push((shown(id), words));
    }
    Ok(described)
}

fn words(error: Value<'_, '_>) -> Result<String, MalformedReason> {
    let error = error.object()?;
    let (code, message) = (error.at("ErrorCode").text()?, error.at("ErrorMessage").text()?);
    Ok([code, message].into_iter().flatten().collect::<Vec<_>>().join(": "))
}

impl Description {
    /// Adds one entity; `name` is the key that it stands under.
    fn add(&mut self, name: &str, entity: &Object<'_, '_>) -> Result<(), CatalogError> {
        let identifier = entity.at("EntityIdentifier");
        let id = identifier.text().map_err(|source| wrong(name, source))?.unwrap_or(name);
        let kind = entity.at("EntityType");
        let kind =
            kind.text().and_then(|text| kind.required(text)).map_err(|source| wrong(id, source))?;
        if kind.split('@').next() != Some("ResaleAuthorization") {
            self.skipped.push((shown(id), kind.to_owned()));
            return Ok(());
        }
        self.envelopes.push(envelope(id, entity).map_err(|source| wrong(id, source))?);
        Ok(())
    }
}

/// Our own notification about a resale authorization.
fn envelope(id: &str, entity: &Object<'_, '_>) -> Result<Vec<u8>, MalformedReason> {
    let modified = entity.at("LastModifiedDate");
    let time = modified.required(modified.time_or_date()?)?;
    let arn = entity.at("EntityArn").text()?;
    let details = entity.at("Details");
    let objects =
        [entity.at("DetailsDocument").json(), details.json().filter(|_| details.is_object())];
    let object = objects.into_iter().flatten().find(|json| says_something(json));
    let body = if let Some(json) = object {
        written(id, arn, time, sanitized(json))
    } else {
        // Older answers carry the document only as a string that holds JSON.
        let inner = details.required(details.raw_text()?)?;
        let read = parse::document(inner.as_bytes())?;
        parse::without_repeats(&read)?;
        written(id, arn, time, sanitized(&read.json))
    };
    match parse::parse(&body) {
        Ok(_) => Ok(body),
        Err(Malformed { reason, .. }) => Err(reason),
    }
}

/// A tool that does not know `DetailsDocument` prints it empty.
fn says_something(json: &Json<'_>) -> bool {
    !matches!(json, Json::Object(fields) if fields.is_empty())
}

fn written(id: &str, arn: Option<&str>, time: Timestamp, document: Json<'_>) -> Vec<u8> {
    // Owned text is escaped as it is written, borrowed text is taken to need no escaping.
    let text = |text: &str| Json::Text(Cow::Owned(without_query(text).to_owned()));
    let mut detail: Fields<'_> = vec![("DetailsDocument".into(), document)];
    detail.extend(arn.map(|arn| ("EntityArn".into(), text(arn))));
    detail.push(("EntityIdentifier".into(), text(id)));
    detail.push(("LastModifiedDate".into(), text(&time.to_string())));
    let envelope = Json::Object(vec![
        ("detail".into(), Json::Object(detail)),
        ("detail-type".into(), text(DESCRIBED)),
        ("source".into(), text(SOURCE)),
        ("time".into(), text(&time.to_string())),
        ("version".into(), text("0")),
    ]);
    let mut body = Vec::new();
    envelope.write(&mut body);
    body
}

/// A copy without query strings of URLs and without `AgreementToken`.
fn sanitized<'a>(json: &Json<'a>) -> Json<'a> {
    match json {
        Json::Text(Cow::Borrowed(text)) => Json::Text(Cow::Borrowed(without_query(text))),
        Json::Text(Cow::Owned(text)) => Json::Text(Cow::Owned(without_query(text).to_owned())),
        Json::List(items) => Json::List(items.iter().map(sanitized).collect()),
        Json::Object(fields) => Json::Object(
            fields
                .iter()
                .filter(|(key, _)| !key.eq_ignore_ascii_case("AgreementToken"))
                .map(|(key, value)| (key.clone(), sanitized(value)))
                .collect(),
        ),
        Json::Null | Json::Bool(_) | Json::Number(_) => json.clone(),
    }
}

/// A URL up to its query string or fragment; any other text as it is.
pub(super) fn without_query(text: &str) -> &str {
    let is_url = ["http://", "https://"].iter().any(|scheme| {
        let start = text.trim_start().get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    match text.find(['?', '#']).filter(|_| is_url) {
        Some(end) => text.get(..end).unwrap_or_default(),
        None => text,
    }
}

fn wrong(id: &str, source: MalformedReason) -> CatalogError {
    CatalogError::Entity { id: shown(id), source }
}

/// An id of the document, as far as it may be shown.
fn shown(id: &str) -> String {
    id.escape_debug().take(crate::ids::MAX_ID_LEN).collect()
}

#[cfg(test)]
mod tests;
