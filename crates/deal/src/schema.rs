//! JSON Schemas of what is published: the `detail` of each public event, from the types themselves.
//!
//! An object may get more properties with every version, and [`crate::finding::FindingKind`] more words: consumers ignore what
//! they do not know. Everything else that a schema says stays true (`tests/all/schemas.rs` holds the released ones).

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Value, json};

use crate::entitlement::Entitlement;
use crate::finding::Finding;
use crate::public::{OfferNews, OpportunityNews, RegistrationNews, RenewalNews, RequestNews};

/// The schema of the `detail` under a detail-type; `None`: no such detail-type.
pub fn schema(detail_type: &str) -> Option<Value> {
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let data = data(&mut generator, detail_type)?;
    let definitions = generator.take_definitions(true);
    let text = |says: &str| json!({"type": "string", "description": says});
    let time = |says: &str| json!({"type": "string", "format": "date-time", "description": says});
    Some(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": detail_type,
        "description": format!("The detail of an event with source `resold` and detail-type `{detail_type}`."),
        "type": "object",
        "properties": {
            "event_id": text("The same each time this event comes: drop repeats by it."),
            "stream": text("What it is about: the kind and AWS's id of it, of a request ours."),
            "version": {
                "type": "integer",
                "minimum": 1,
                "description": "Its place in its stream: drop what is older than what was acted on.",
            },
            "occurred_at": time("When it happened in the world."),
            "recorded_at": time("When the ledger recorded it."),
            "cause": text("`notification:` with its digest, `command:` with its name, or `time`."),
            "schema": {"type": "integer", "minimum": 1, "description": "The version of what `data` looks like."},
            "data": data,
        },
        "required": [
            "event_id", "stream", "version", "occurred_at", "recorded_at", "cause", "schema", "data",
        ],
        "$defs": definitions,
    }))
}

fn data(generator: &mut SchemaGenerator, detail_type: &str) -> Option<Schema> {
    Some(match detail_type {
        "Opportunity Released" | "Opportunity Changed" => {
            generator.subschema_for::<OpportunityNews>()
        }
        "Opportunity Requested"
        | "Opportunity Request Succeeded"
        | "Opportunity Request Failed" => generator.subschema_for::<RequestNews>(),
        "Offer Received" | "Offer Linked" => generator.subschema_for::<OfferNews>(),
        "Entitlement Granted"
        | "Entitlement Started"
        | "Entitlement Changed"
        | "Entitlement Ending"
        | "Entitlement Ended" => generator.subschema_for::<Entitlement>(),
        "Buyer Registered" => generator.subschema_for::<RegistrationNews>(),
        "Renewal Upcoming" => generator.subschema_for::<RenewalNews>(),
        "Finding Raised" | "Finding Closed" => generator.subschema_for::<Finding>(),
        _ => return None,
    })
}
