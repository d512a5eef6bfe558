//! Time passes: change sets end.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::apply::{self, ChangeError, Surroundings};
use super::authorization::Authorization;
use super::change::{Change, Kind, Target};
use super::change_set::{ChangeSet, End};
use super::event;
use super::fault::What;
use super::world::World;

/// What a change set would do.
#[derive(Default)]
struct Outcome {
    /// The authorizations as they would be.
    authorizations: BTreeMap<String, Authorization>,
    /// For each change, the id of its authorization.
    ids: Vec<String>,
    /// For each change, what is wrong with it.
    errors: Vec<Vec<ChangeError>>,
}

impl World {
    /// Ends the change sets that are due, in the order in which they are.
    pub fn advance(&mut self, now: Timestamp) {
        loop {
            let due = self.change_sets.iter().enumerate();
            let due = due.filter(|(_, set)| set.end.is_none() && set.due <= now);
            let Some((place, _)) = due.min_by_key(|(place, set)| (set.due, *place)) else { return };
            self.finish(place);
        }
    }

    fn finish(&mut self, place: usize) {
        let mut set = self.change_sets[place].clone();
        let what = set.what.take();
        let failed =
            |code, text: Option<&str>| End::Failed { code, description: text.map(str::to_owned) };
        let end = if what == Some(What::ServerFault) {
            failed("SERVER_FAULT", Some("An internal error occurred; start the change set again."))
        } else {
            let mut outcome = self.outcome(&set);
            if let Some(What::Fail(code) | What::Leave { code, .. }) = &what {
                let error = ChangeError::new(code, "The offline AWS was asked to fail here.");
                outcome.errors.iter_mut().last().into_iter().for_each(|it| it.push(error.clone()));
            }
            if outcome.errors.iter().all(Vec::is_empty) {
                self.keep(&mut set, outcome);
                End::Succeeded
            } else {
                if let Some(What::Leave { is_named, .. }) = what {
                    self.leave_drafts(&mut set, &outcome.ids, is_named);
                }
                set.errors = outcome.errors;
                failed("CLIENT_ERROR", None)
            }
        };
        set.end = Some((set.due, end));
        self.events.extend(event::ended(&set, &self.parties, &mut self.draw));
        self.change_sets[place] = set;
    }

    /// Applies the changes to copies.
    fn outcome(&mut self, set: &ChangeSet) -> Outcome {
        let mut outcome = Outcome::default();
        let mut made: BTreeMap<&str, String> = BTreeMap::new();
        for change in &set.changes {
            let id = match &change.target {
                Target::New => format!("resaleauthz-{}", self.draw.tail()),
                Target::Known { id, .. } => id.clone(),
                Target::Made(_) => String::new(),
            };
            if change.target == Target::New {
                let authorization = apply::create(id.clone(), change, set.due);
                outcome.authorizations.insert(id.clone(), authorization);
                made.extend(change.name.as_deref().map(|name| (name, id.clone())));
            } else if let Some(known) = self.authorizations.get(&id) {
                outcome.authorizations.entry(id.clone()).or_insert_with(|| known.clone());
            }
            outcome.ids.push(id);
        }
        // A reference may stand before the change that it refers to.
        for (change, id) in set.changes.iter().zip(&mut outcome.ids) {
            if let Target::Made(name) = &change.target {
                *id = made.get(&**name).cloned().unwrap_or_default();
            }
        }
        let around =
            Surroundings { products: &self.products, parties: &self.parties, now: set.due };
        outcome.apply(&set.changes, around);
        outcome
    }

    fn keep(&mut self, set: &mut ChangeSet, outcome: Outcome) {
        for (change, (id, identifier)) in
            set.changes.iter().zip(outcome.ids.iter().zip(&mut set.identifiers))
        {
            // With the revision where the set made the entity, and bare where it was there.
            let is_new = !matches!(change.target, Target::Known { .. });
            *identifier = Some(if is_new { format!("{id}@1") } else { id.clone() });
        }
        for (id, mut authorization) in outcome.authorizations {
            authorization.revision = authorization.revision.saturating_add(1);
            authorization.modified = set.due;
            self.authorizations.insert(id, authorization);
        }
    }

    /// Keeps what the set's creating changes made, though the set failed.
    fn leave_drafts(&mut self, set: &mut ChangeSet, ids: &[String], is_named: bool) {
        for (change, id) in set.changes.iter().zip(ids) {
            if change.target == Target::New {
                let mut draft = apply::create(id.clone(), change, set.due);
                draft.revision = 1;
                self.authorizations.insert(id.clone(), draft);
            }
        }
        for (change, (id, identifier)) in
            set.changes.iter().zip(ids.iter().zip(&mut set.identifiers))
        {
            if is_named && !matches!(change.target, Target::Known { .. }) {
                *identifier = Some(format!("{id}@1"));
            }
        }
    }
}

impl Outcome {
    /// Applies the changes, in the order in which they can be.
    fn apply(&mut self, changes: &[Change], around: Surroundings<'_>) {
        self.errors = vec![Vec::new(); changes.len()];
        let mut order: Vec<usize> = (0..changes.len()).collect();
        order.sort_by_key(|place| changes[*place].kind);
        for place in order {
            if let Some(authorization) = self.authorizations.get_mut(&self.ids[place]) {
                self.errors[place] = apply::change(authorization, &changes[place], around);
            }
        }
        for (id, authorization) in &self.authorizations {
            let places: Vec<usize> = (0..changes.len()).filter(|it| self.ids[*it] == *id).collect();
            // What does not fit the status is said, and nothing else.
            if places.iter().any(|place| !self.errors[*place].is_empty()) {
                continue;
            }
            let kinds: Vec<Kind> = places.iter().map(|place| changes[*place].kind).collect();
            for (kind, error) in apply::conflicts(authorization, &kinds, around) {
                let at_fault = places.iter().find(|place| changes[**place].kind == kind);
                if let Some(place) = at_fault.or(places.last()) {
                    self.errors[*place].push(error);
                }
            }
        }
    }
}
