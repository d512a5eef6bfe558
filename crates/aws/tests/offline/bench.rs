//! A world without a port, and change sets in JSON.

use aws::offline::operation::Operation;
use aws::offline::refusal::Refusal;
use aws::offline::seed::Seed;
use aws::offline::world::{Settings, World};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::aws::NOW;

/// A world, and the time in it.
pub(crate) struct Bench {
    pub(crate) world: World,
    pub(crate) now: Timestamp,
}

/// What is wrong with a change set: the place of the change, and the code.
pub(crate) type Wrong = Vec<(usize, String)>;

impl Bench {
    /// The example, and a product for a machine image.
    pub(crate) fn new() -> Self {
        let mut seed = Seed::example();
        let image = json!({"id": "prod-image", "code": "image", "name": "Image", "entity_type": "AmiProduct",
            "dimensions": [{"key": "seats", "name": "Seats", "types": ["Entitled"]}]});
        let foreign = json!({"id": "prod-foreign", "code": "foreign", "name": "Theirs", "owner": "999988887777"});
        seed.products.extend([image, foreign].map(|it| serde_json::from_value(it).unwrap()));
        Self { world: World::new(seed, Settings::default()).unwrap(), now: NOW.parse().unwrap() }
    }

    pub(crate) fn call(&mut self, operation: Operation, input: &Value) -> Result<Value, Refusal> {
        self.world.call(operation, input, self.now).said
    }

    pub(crate) fn pass_days(&mut self, days: i64) {
        self.now += SignedDuration::from_hours(24 * days);
    }

    /// Starts a change set: the status of the refusal and its text, or the id.
    pub(crate) fn start(&mut self, changes: &Value) -> Result<String, (u16, String)> {
        let input = json!({"Catalog": "AWSMarketplace", "ChangeSet": changes});
        let said = self.call(Operation::StartChangeSet, &input);
        let said = said.map(|said| said["ChangeSetId"].as_str().unwrap().to_owned());
        said.map_err(|refusal| (refusal.status, refusal.message))
    }

    /// What became of a change set: the id of its first entity, or what is wrong.
    pub(crate) fn end(&mut self, id: &str) -> Result<String, Wrong> {
        let input = json!({"Catalog": "AWSMarketplace", "ChangeSetId": id});
        let said = self.call(Operation::DescribeChangeSet, &input).unwrap();
        let changes = said["ChangeSet"].as_array().unwrap();
        if said["Status"] == "SUCCEEDED" {
            let id = changes[0]["Entity"]["Identifier"].as_str().unwrap();
            return Ok(id.split('@').next().unwrap().to_owned());
        }
        let errors = changes.iter().enumerate().flat_map(|(place, change)| {
            let errors = change["ErrorDetailList"].as_array().unwrap().iter();
            errors.map(move |error| (place, error["ErrorCode"].as_str().unwrap().to_owned()))
        });
        Err(errors.collect())
    }

    /// A new Draft of a product.
    pub(crate) fn draft(&mut self, product: &str) -> String {
        let details =
            json!({"ProductId": product, "Name": "Acme", "ResellerAccountId": "222233334444"});
        let id = self.start(&json!([change("CreateResaleAuthorization", None, &details)])).unwrap();
        self.end(&id).unwrap()
    }

    /// Everything that `worked.json` makes, released.
    pub(crate) fn released(&mut self) -> String {
        let id = self.start(&worked()).unwrap();
        self.end(&id).unwrap()
    }

    /// One change of an entity.
    pub(crate) fn update(
        &mut self,
        kind: &str,
        id: &str,
        details: &Value,
    ) -> Result<String, Wrong> {
        let id = self.start(&json!([change(kind, Some(id), details)])).unwrap();
        self.end(&id)
    }
}

/// The change set with everything in it.
pub(crate) fn worked() -> Value {
    serde_json::from_str(include_str!("worked.json")).unwrap()
}

/// A change.
pub(crate) fn change(kind: &str, id: Option<&str>, details: &Value) -> Value {
    let mut change = json!({"ChangeType": kind, "Entity": {"Type": "ResaleAuthorization@1.0"},
        "DetailsDocument": details});
    if let Some(id) = id {
        change["Entity"]["Identifier"] = json!(id);
    }
    change
}
