//! The state of an offline AWS. Time is an argument, and ids follow from a seed: the same calls at the same times have the same
//! answers.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::authorization::Authorization;
use super::change_set::ChangeSet;
use super::draw::Draw;
use super::fault::{self, Fault, Faults, What};
use super::metering::Usage;
use super::operation::Operation;
use super::refusal::Refusal;
use super::seed::{License, Parties, Product, Registration, Seed, SeedError};
use super::throttle::Throttle;

/// Our account, if the seed names none.
const ACCOUNT: &str = "111122223333";

/// How a world behaves.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// How long a change set takes. Zero: it has ended before it is answered.
    pub change_set_time: SignedDuration,
    /// Whether calls above AWS's rates are refused.
    pub is_throttled: bool,
}

/// A change set by its request: AWS makes one only, however often the request comes.
#[derive(Debug, Clone)]
pub(super) struct Requested {
    pub request: Value,
    pub change_set: String,
}

/// Everything there is.
#[derive(Debug)]
pub struct World {
    pub(super) settings: Settings,
    pub(super) draw: Draw,
    pub(super) parties: Parties,
    pub(super) products: BTreeMap<String, Product>,
    pub(super) authorizations: BTreeMap<String, Authorization>,
    /// In the order in which they were started.
    pub(super) change_sets: Vec<ChangeSet>,
    /// By `ClientRequestToken`.
    pub(super) requested: BTreeMap<String, Requested>,
    /// By ARN.
    pub(super) licenses: BTreeMap<String, License>,
    /// By token.
    pub(super) registrations: BTreeMap<String, Registration>,
    /// Tokens that were resolved.
    pub(super) resolved: BTreeSet<String>,
    /// By license or product, customer, hour and dimension.
    pub(super) usage: BTreeMap<(String, String, i64, String), Usage>,
    faults: Faults,
    throttle: Throttle,
    /// Events that nobody took yet.
    pub(super) events: Vec<Value>,
}

/// What became of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The answer.
    pub said: Result<Value, Refusal>,
    /// Whether the caller hears nothing of it, since the connection is cut.
    pub is_cut: bool,
}

impl World {
    /// A world with this in it.
    pub fn new(seed: Seed, settings: Settings) -> Result<Self, SeedError> {
        let account = seed.account.clone().unwrap_or_else(|| ACCOUNT.to_owned());
        let mut world = Self {
            settings,
            draw: Draw::new(seed.draw),
            parties: Parties { account, names: BTreeMap::new() },
            products: BTreeMap::new(),
            authorizations: BTreeMap::new(),
            change_sets: Vec::new(),
            requested: BTreeMap::new(),
            licenses: BTreeMap::new(),
            registrations: BTreeMap::new(),
            resolved: BTreeSet::new(),
            usage: BTreeMap::new(),
            faults: Faults::default(),
            throttle: Throttle::default(),
            events: Vec::new(),
        };
        world.add(seed)?;
        Ok(world)
    }

    /// Puts more into the world, or nothing of it. What is there under the same id is replaced.
    pub fn add(&mut self, seed: Seed) -> Result<(), SeedError> {
        self.check(&seed)?;
        if let Some(account) = seed.account {
            self.parties.account = account;
        }
        self.parties.names.extend(seed.accounts);
        self.products.extend(seed.products.into_iter().map(|it| (it.id.clone(), it)));
        self.licenses.extend(seed.licenses.into_iter().map(|it| (it.arn.clone(), it)));
        self.registrations.extend(seed.registrations.into_iter().map(|it| (it.token.clone(), it)));
        for offer in seed.offers {
            if let Some(authorization) = self.authorizations.get_mut(&offer.authorization) {
                authorization.offers = authorization.offers.saturating_add(1);
            }
        }
        Ok(())
    }

    /// What a seed names has to be in it, or there already: a slip of the pen would be a world with a hole in it.
    fn check(&self, seed: &Seed) -> Result<(), SeedError> {
        let missing = |part, kind, id: &str| Err(SeedError { part, kind, id: id.to_owned() });
        for license in &seed.licenses {
            let is_new = seed.products.iter().any(|product| product.id == license.product);
            if !is_new && !self.products.contains_key(&license.product) {
                return missing("a license", "the product", &license.product);
            }
        }
        for registration in &seed.registrations {
            let is_new = seed.licenses.iter().any(|license| license.arn == registration.license);
            if !is_new && !self.licenses.contains_key(&registration.license) {
                return missing("a registration", "the license", &registration.license);
            }
        }
        for offer in &seed.offers {
            if !self.authorizations.contains_key(&offer.authorization) {
                return missing("an offer", "the authorization", &offer.authorization);
            }
        }
        Ok(())
    }

    /// Something is to go wrong.
    pub fn expect(&mut self, fault: Fault) {
        self.faults.add(fault);
    }

    /// The events since they were last taken, in EventBridge's envelope.
    pub fn take_events(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.events)
    }

    /// Answers a call.
    pub fn call(&mut self, operation: Operation, input: &Value, now: Timestamp) -> Answer {
        self.advance(now);
        if self.settings.is_throttled && !self.throttle.allows(operation, now) {
            return Answer { said: refused(operation, 429), is_cut: false };
        }
        let name = input.get("ChangeSetName").and_then(Value::as_str);
        let what = self.faults.take(operation, name);
        let answer = match what {
            Some(What::Refuse(status)) => {
                Answer { said: refused(operation, status), is_cut: false }
            }
            Some(What::Drop) => Answer { said: Ok(Value::Null), is_cut: true },
            Some(What::Cut) => {
                Answer { said: self.perform(operation, input, None, now), is_cut: true }
            }
            other => Answer { said: self.perform(operation, input, other, now), is_cut: false },
        };
        self.advance(now);
        answer
    }

    fn perform(
        &mut self,
        operation: Operation,
        input: &Value,
        what: Option<What>,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        match operation {
            Operation::StartChangeSet => self.start_change_set(input, what, now),
            Operation::DescribeChangeSet => self.describe_change_set(input, now),
            Operation::ListChangeSets => self.list_change_sets(input, now),
            Operation::CancelChangeSet => self.cancel_change_set(input, now),
            Operation::ListEntities => self.list_entities(input),
            Operation::DescribeEntity => self.describe_entity(input),
            Operation::BatchDescribeEntities => self.batch_describe_entities(input),
            Operation::GetEntitlements => self.get_entitlements(input),
            Operation::BatchMeterUsage => self.batch_meter_usage(input, what.as_ref(), now),
            Operation::ResolveCustomer => self.resolve_customer(input, now),
        }
    }
}

fn refused(operation: Operation, status: u16) -> Result<Value, Refusal> {
    match fault::refusal(operation, status) {
        Some(refusal) => Err(refusal),
        None => Err(Refusal { status, code: "UnknownError", message: String::new() }),
    }
}
