//! What an offline AWS knows from the beginning: our account, products, partners, licenses, tokens.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What is put into the world, at its beginning or later. Every part may be left out.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Seed {
    /// Our account, whatever credentials a call comes with.
    pub account: Option<String>,
    /// Accounts that AWS knows: partners and buyers, and our own, with their legal names.
    pub accounts: BTreeMap<String, String>,
    /// Our products.
    pub products: Vec<Product>,
    /// Licenses of buyers.
    pub licenses: Vec<License>,
    /// Tokens that buyers bring to the registration page.
    pub registrations: Vec<Registration>,
    /// Offers that partners made: an authorization for each.
    pub offers: Vec<Offer>,
    /// Ids follow from this number.
    pub draw: u64,
}

/// A seed that names what is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part} names {kind} `{id}`, which is not there")]
pub struct SeedError {
    /// What names it.
    pub part: &'static str,
    /// What it names.
    pub kind: &'static str,
    /// By which id.
    pub id: String,
}

impl Seed {
    /// A world to try things in: a product, two partners, a buyer with a license.
    pub fn example() -> Self {
        // Read by a test: it is right.
        serde_json::from_str(include_str!("example.json")).unwrap_or_default()
    }
}

/// A product.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// `prod-...`.
    pub id: String,
    /// The 25 characters by which the Entitlement and the Metering API name it.
    pub code: String,
    /// Its title.
    pub name: String,
    /// Whose it is; ours, if nothing is said.
    #[serde(default)]
    pub owner: Option<String>,
    /// `SaaSProduct`, `AmiProduct`, `ContainerProduct`.
    #[serde(default = "saas")]
    pub entity_type: String,
    /// `Draft`, `Limited`, `Public` or `Restricted`.
    #[serde(default = "public")]
    pub visibility: String,
    /// What is sold of it.
    #[serde(default)]
    pub dimensions: Vec<Dimension>,
}

fn saas() -> String {
    "SaaSProduct".to_owned()
}

fn public() -> String {
    "Public".to_owned()
}

impl Product {
    /// Whether it can be sold.
    pub fn is_sold(&self) -> bool {
        matches!(self.visibility.as_str(), "Limited" | "Public")
    }

    /// The keys of dimensions of a type (`Entitled`, `Metered`).
    pub fn keys(&self, kind: &str) -> impl Iterator<Item = &str> {
        let of_type = move |dimension: &&Dimension| dimension.types.iter().any(|it| it == kind);
        self.dimensions.iter().filter(of_type).map(|dimension| dimension.key.as_str())
    }
}

/// What is counted of a product. Written back as it is in an authorization's document.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all(serialize = "PascalCase"))]
pub struct Dimension {
    /// By which prices name it.
    pub key: String,
    /// For people.
    pub name: String,
    /// For people.
    #[serde(default)]
    pub description: String,
    /// `Users`, `Units`, `Requests`.
    #[serde(default = "units")]
    pub unit: String,
    /// `Entitled`, `Metered`, `ExternallyMetered`.
    pub types: Vec<String>,
}

fn units() -> String {
    "Units".to_owned()
}

/// A license of a buyer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct License {
    /// `arn:aws:license-manager::...:license:l-...`.
    pub arn: String,
    /// The product's id.
    pub product: String,
    /// The buyer.
    pub customer: String,
    /// From when on usage is taken.
    #[serde(default = "epoch")]
    pub activated: Timestamp,
    /// When it was deprovisioned.
    #[serde(default)]
    pub ended: Option<Timestamp>,
    /// What the buyer may use.
    #[serde(default)]
    pub entitlements: Vec<Entitlement>,
}

const fn epoch() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

/// What a license grants of one dimension.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entitlement {
    /// The dimension's key.
    pub dimension: String,
    /// A whole number, another number, true or false, or text.
    pub value: serde_json::Value,
    /// Until when at least.
    #[serde(default)]
    pub expires: Option<Timestamp>,
}

/// A token that a buyer brings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// `x-amzn-marketplace-token`.
    pub token: String,
    /// For which license.
    pub license: String,
    /// Until when it can be resolved.
    #[serde(default)]
    pub expires: Option<Timestamp>,
}

/// An offer that a partner made.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    /// From which authorization.
    pub authorization: String,
}

/// Who there is, and who we are.
#[derive(Debug, Clone, Default)]
pub struct Parties {
    /// Our account.
    pub account: String,
    /// Legal names.
    pub names: BTreeMap<String, String>,
}

impl Parties {
    /// A legal name; of an unknown account a made-up one, as AWS has one of every account.
    pub fn legal_name(&self, account: &str) -> String {
        self.names.get(account).cloned().unwrap_or_else(|| format!("Account {account}"))
    }

    /// The ARN of something of ours in the catalog.
    pub fn arn(&self, kind: &str, id: &str) -> String {
        format!("arn:aws:aws-marketplace:us-east-1:{}:AWSMarketplace/{kind}/{id}", self.account)
    }
}

#[cfg(test)]
mod tests {
    use super::Seed;

    #[test]
    fn the_example_can_be_read() {
        let seed = Seed::example();
        assert_eq!((seed.products.len(), seed.licenses.len()), (2, 1));
    }
}
