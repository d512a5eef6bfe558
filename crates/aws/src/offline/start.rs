//! `StartChangeSet`: what is refused at once, and what is accepted.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::apply::today;
use super::change::{self, Change, Kind, Target};
use super::change_set::{ChangeSet, is_catalog, refuse};
use super::fault::What;
use super::part::{Faults, Object, Part};
use super::refusal::Refusal;
use super::rules::RULES;
use super::world::{Requested, World};

impl World {
    /// `StartChangeSet`. `what` is how the change set is to fail later.
    pub(super) fn start_change_set(
        &mut self,
        input: &Value,
        what: Option<What>,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        const KEYS: [&str; 6] = [
            "Catalog",
            "ChangeSet",
            "ChangeSetName",
            "ClientRequestToken",
            "ChangeSetTags",
            "Intent",
        ];
        let mut faults = Faults::new();
        let object = Part::top(input).object(&KEYS, &mut faults);
        let (name, token) = header(&object, &mut faults);
        if let Some(id) = self.known(token, input)? {
            return Ok(self.accepted(&id));
        }
        let changes = changes(&object, now, &mut faults);
        refuse(&faults)?;
        self.is_possible(&changes, now)?;
        let id: String = [self.draw.tail(), self.draw.tail()].concat().chars().take(25).collect();
        let name =
            name.map_or_else(|| format!("Submitted by {}", self.parties.account), str::to_owned);
        let time = self.settings.change_set_time;
        let after = |time| now.checked_add(time).unwrap_or(Timestamp::MAX);
        self.change_sets.push(ChangeSet {
            id: id.clone(),
            name,
            started: now,
            applying: after(time / 3),
            due: after(time),
            end: None,
            identifiers: changes.iter().map(|change| change.identifier.clone()).collect(),
            errors: vec![Vec::new(); changes.len()],
            changes,
            what,
        });
        if let Some(token) = token {
            let requested = Requested { request: input.clone(), change_set: id.clone() };
            self.requested.insert(token.to_owned(), requested);
        }
        Ok(self.accepted(&id))
    }

    fn accepted(&self, id: &str) -> Value {
        json!({"ChangeSetId": id, "ChangeSetArn": self.parties.arn("ChangeSet", id)})
    }

    /// The change set that came of a request with this token before. AWS does not say what becomes of another request with the
    /// same token; here it is refused, so that nobody counts on either.
    fn known(&self, token: Option<&str>, input: &Value) -> Result<Option<String>, Refusal> {
        match token.and_then(|token| self.requested.get(token)) {
            None => Ok(None),
            Some(before) if before.request == *input => Ok(Some(before.change_set.clone())),
            Some(_) => Err(Refusal::validation(
                "The ClientRequestToken was used for another request before.",
            )),
        }
    }

    /// Whether products and entities are there, ours and free.
    fn is_possible(&self, changes: &[Change], now: Timestamp) -> Result<(), Refusal> {
        let mut faults = Faults::new();
        let open = || self.change_sets.iter().filter(|set| set.end.is_none());
        if open().count() >= RULES.open_change_sets {
            return Err(Refusal {
                status: 402,
                code: "ServiceQuotaExceededException",
                message: "The maximum number of open requests per account has been exceeded."
                    .to_owned(),
            });
        }
        for change in changes {
            match &change.target {
                Target::New => self.is_sold(change)?,
                Target::Known { id, revision } => {
                    let found = self.authorizations.get(id).ok_or_else(|| {
                        Refusal::not_found(format!("The entity {id} does not exist."))
                    })?;
                    if revision.is_some_and(|revision| revision != found.revision) {
                        faults.push(format!(
                            "The entity {id} has changed; its latest revision is {}",
                            found.identifier()
                        ));
                    }
                    let is_about = |set: &&ChangeSet| {
                        set.changes.iter().any(|it| matches!(&it.target, Target::Known { id: other, .. } if other == id))
                    };
                    if let Some(set) = open().find(is_about) {
                        return Err(Refusal::in_use(format!(
                            "The entity {id} is locked by the change set {} ({}).",
                            set.id,
                            set.status(now)
                        )));
                    }
                }
                Target::Made(_) => {}
            }
        }
        refuse(&faults)
    }

    /// Whether the product of a new authorization is ours, and one that can be resold.
    fn is_sold(&self, change: &Change) -> Result<(), Refusal> {
        let id = change.details.get("ProductId").and_then(Value::as_str).unwrap_or_default();
        let product = self.products.get(id).filter(|product| {
            product.owner.as_ref().is_none_or(|owner| *owner == self.parties.account)
        });
        match product {
            None => Err(Refusal::denied(format!(
                "The account {} has no access to the product {id}.",
                self.parties.account
            ))),
            Some(product) if !product.is_sold() => Err(Refusal::not_found(format!(
                "The product {id} is not found, or can't be resold."
            ))),
            Some(_) => Ok(()),
        }
    }
}

/// The name and the token of a request.
fn header<'a>(object: &Object<'a>, faults: &mut Faults) -> (Option<&'a str>, Option<&'a str>) {
    if let Some(catalog) = object.required("Catalog", faults) {
        is_catalog(&catalog, faults);
    }
    if let Some(intent) = object.at("Intent")
        && intent.word(&["APPLY", "VALIDATE"], faults) == Some("VALIDATE")
    {
        intent.wrong("VALIDATE is not available for this entity type", faults);
    }
    let name = object.at("ChangeSetName").and_then(|part| {
        let name = part.short(RULES.change_set_name, faults)?;
        let fits = |c: char| c.is_alphanumeric() || c.is_whitespace() || "_+=.:@-".contains(c);
        if !name.chars().all(fits) {
            part.wrong("must satisfy the pattern ^[\\w\\s+=.:@-]+$", faults);
        }
        Some(name)
    });
    let token = object.at("ClientRequestToken").and_then(|part| {
        let token = part.short(RULES.token, faults)?;
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            part.wrong("must satisfy the pattern ^[!-~]+$", faults);
        }
        Some(token)
    });
    (name, token)
}

/// The changes of a request, which fit each other.
fn changes(object: &Object<'_>, now: Timestamp, faults: &mut Faults) -> Vec<Change> {
    let Some(list) = object.required("ChangeSet", faults) else { return Vec::new() };
    let today = today(now);
    let parts = list.list(1..=RULES.changes, faults);
    let read = parts.iter().filter_map(|part| Some((part, change::read(part, today, faults)?)));
    let read: Vec<(&Part<'_>, Change)> = read.collect();
    let mut made: BTreeMap<&str, usize> = BTreeMap::new();
    for (part, change) in &read {
        let Some(name) = &change.name else { continue };
        if made.insert(name, 1).is_some() {
            part.wrong(&format!("the ChangeName '{name}' is there more than once"), faults);
        }
    }
    let mut seen: BTreeSet<(Kind, String)> = BTreeSet::new();
    for (part, change) in &read {
        let entity = match &change.target {
            Target::New => continue,
            Target::Known { id, .. } => id.clone(),
            Target::Made(name) => {
                let is_made = |(_, other): &(&Part<'_>, Change)| {
                    other.target == Target::New && other.name.as_ref() == Some(name)
                };
                if !read.iter().any(is_made) {
                    part.wrong(&format!("no change of the name '{name}' makes an entity"), faults);
                }
                format!("${name}")
            }
        };
        if !seen.insert((change.kind, entity)) {
            let kind = change.kind.name();
            part.wrong(&format!("{kind} is there more than once for this entity"), faults);
        }
    }
    read.into_iter().map(|(_, change)| change).collect()
}
