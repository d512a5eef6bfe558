//! Change sets to start.

use aws_sdk_marketplacecatalog::Client;
use aws_sdk_marketplacecatalog::error::SdkError;
use aws_sdk_marketplacecatalog::operation::start_change_set::StartChangeSetError;
use aws_sdk_marketplacecatalog::types::{Change, Entity};
use aws_smithy_types::{Document, Number};
use serde_json::Value;

/// A document of the SDK.
fn document(value: &Value) -> Document {
    match value {
        Value::Null => Document::Null,
        Value::Bool(bool) => Document::Bool(*bool),
        Value::String(text) => Document::String(text.clone()),
        Value::Number(number) => Document::Number(Number::PosInt(number.as_u64().unwrap())),
        Value::Array(items) => Document::Array(items.iter().map(document).collect()),
        Value::Object(fields) => {
            Document::Object(fields.iter().map(|(key, it)| (key.clone(), document(it))).collect())
        }
    }
}

/// A change: without an id, the one that makes the entity and is called `RA`.
pub(crate) fn change(kind: &str, id: Option<&str>, details: &Value) -> Change {
    let entity = Entity::builder().r#type("ResaleAuthorization@1.0");
    let entity = entity.set_identifier(id.map(str::to_owned)).build().unwrap();
    let name = id.is_none().then(|| "RA".to_owned());
    let change = Change::builder().change_type(kind).entity(entity).set_change_name(name);
    change.details_document(document(details)).build().unwrap()
}

/// A change set with everything that an authorization can have.
pub(crate) fn worked() -> Vec<Change> {
    let read: Vec<Value> = serde_json::from_str(include_str!("worked.json")).unwrap();
    let read = read.iter().map(|it| {
        let id = it["Entity"]["Identifier"].as_str();
        change(it["ChangeType"].as_str().unwrap(), id, &it["DetailsDocument"])
    });
    read.collect()
}

/// Starts a change set, with a token that follows from its name.
pub(crate) async fn start(
    client: &Client,
    name: &str,
    changes: Vec<Change>,
) -> Result<String, SdkError<StartChangeSetError>> {
    let request = client.start_change_set().catalog("AWSMarketplace").change_set_name(name);
    let request = request.client_request_token(name.replace(' ', "-"));
    let said = request.set_change_set(Some(changes)).send().await?;
    Ok(said.change_set_id.unwrap())
}
