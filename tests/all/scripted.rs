//! An AWS that does what a test tells it: it loses answers after it did what it was asked, refuses, fails, leaves drafts behind.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use deal::moment::Moment;
use jiff::Timestamp;
use marketplace::changeset::{
    AuthorizationSummary, ChangeError, ChangeReport, ChangeSet, ChangeSetReport, ChangeSetStatus,
    ChangeSetSummary,
};
use marketplace::ids::{AccountId, ChangeSetId, OpportunityId, ProductName};
use processor::clock::Clock;
use processor::port::{AuthorizationFilter, CallError, CallOutcome, Catalog, Page, Refused, Retry};

pub(crate) const PARTNER: &str = "222233334444";
pub(crate) const PRODUCT: &str = "prod-k3x9examplesaas";
/// A change set is applied after so many seconds.
const APPLYING_SECONDS: i64 = 100;

/// A clock that is set.
#[derive(Debug)]
pub(crate) struct Hands(AtomicI64);

impl Hands {
    pub(crate) fn at(time: Moment) -> Self {
        Self(AtomicI64::new(time.micros()))
    }

    /// Goes forward, never back.
    pub(crate) fn reach(&self, time: Moment) {
        self.0.fetch_max(time.micros(), Ordering::SeqCst);
    }
}

#[async_trait]
impl Clock for Hands {
    fn now(&self) -> Moment {
        Moment::from_micros(self.0.load(Ordering::SeqCst))
    }

    async fn back_off(&self, _: u32) {
        tokio::task::yield_now().await;
    }
}

/// What becomes of the next call that starts a change set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// It is taken, and that is answered.
    Takes,
    /// It is taken, and nobody hears of it.
    LosesAnswer,
    /// Nothing happens, and no answer comes.
    HearsNothing,
    /// 423: something else is under way.
    Locked,
    /// 429.
    Throttles,
    /// 422, each time.
    Refuses,
}

/// How a change set ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Succeeds,
    /// After more than a day.
    SucceedsLate,
    /// The code, whether a draft is left, and whether AWS names it.
    Fails(&'static str, bool, bool),
    Cancelled,
}

/// A change set that AWS took.
#[derive(Debug, Clone)]
struct Taken {
    id: ChangeSetId,
    name: String,
    token: String,
    changes: Vec<String>,
    about: Option<OpportunityId>,
    opportunity: OpportunityId,
    start: Moment,
    end: Moment,
    fate: Fate,
    applied: bool,
}

#[derive(Debug, Default)]
struct State {
    moods: VecDeque<Mood>,
    fates: VecDeque<Fate>,
    taken: Vec<Taken>,
    /// Resale authorizations with their status and time of change.
    authorizations: BTreeMap<OpportunityId, (&'static str, Moment)>,
    calls: usize,
    under_way: usize,
}

/// AWS as a script.
pub(crate) struct Scripted {
    clock: std::sync::Arc<Hands>,
    state: Mutex<State>,
}

impl Scripted {
    /// With these moods and fates; after them, everything goes well.
    pub(crate) fn new(clock: std::sync::Arc<Hands>, moods: &[Mood], fates: &[Fate]) -> Self {
        let (moods, fates) = (moods.iter().copied().collect(), fates.iter().copied().collect());
        Self { clock, state: Mutex::new(State { moods, fates, ..State::default() }) }
    }

    /// The statuses of everything there is, in order.
    pub(crate) fn statuses(&self) -> Vec<&'static str> {
        let state = self.state();
        state.authorizations.values().map(|(status, _)| *status).collect()
    }

    /// Adds an authorization that somebody else made.
    pub(crate) fn add(&self, id: &OpportunityId, status: &'static str) {
        let now = self.clock.now();
        self.state().authorizations.insert(id.clone(), (status, now));
    }

    /// How often it was asked to start a change set.
    pub(crate) fn calls(&self) -> usize {
        self.state().calls
    }

    /// Whether such a call is under way.
    pub(crate) fn is_busy(&self) -> bool {
        self.state().under_way > 0
    }

    /// Names, tokens and changes of what it took.
    pub(crate) fn taken(&self) -> Vec<(String, String, Vec<String>)> {
        let state = self.state();
        let one = |set: &Taken| (set.name.clone(), set.token.clone(), set.changes.clone());
        state.taken.iter().map(one).collect()
    }

    /// The change sets that ended, with name and result, as notifications tell of them.
    pub(crate) fn ended(&self) -> Vec<(ChangeSetId, String, &'static str, Moment)> {
        let state = self.state();
        let word = |fate| match fate {
            Fate::Succeeds | Fate::SucceedsLate => "Succeeded",
            Fate::Fails(..) => "Failed",
            Fate::Cancelled => "Cancelled",
        };
        let applied = state.taken.iter().filter(|set| set.applied);
        applied.map(|set| (set.id.clone(), set.name.clone(), word(set.fate), set.end)).collect()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        let mut state = self.state.lock().expect("no test panicked with it");
        let now = self.clock.now();
        let State { taken, authorizations, .. } = &mut *state;
        for set in taken.iter_mut().filter(|set| !set.applied && set.end <= now) {
            set.applied = true;
            apply(set, authorizations);
        }
        state
    }
}

fn apply(set: &Taken, authorizations: &mut BTreeMap<OpportunityId, (&'static str, Moment)>) {
    let creates = set.about.is_none();
    let status = match set.fate {
        Fate::Succeeds | Fate::SucceedsLate
            if set.changes.iter().any(|change| change.starts_with("Restrict")) =>
        {
            "Restricted"
        }
        Fate::Succeeds | Fate::SucceedsLate => "Active",
        Fate::Fails(_, true, _) if creates => "Draft",
        Fate::Fails(..) | Fate::Cancelled => return,
    };
    authorizations.insert(set.opportunity.clone(), (status, set.end));
}

fn refused(code: &str, retry: Retry) -> CallError {
    CallError {
        doing: "start a change set",
        outcome: CallOutcome::Refused,
        retry,
        code: Some(code.to_owned()),
        cause: "AWS says no".into(),
    }
}

fn unheard() -> CallError {
    CallError {
        doing: "start a change set",
        outcome: CallOutcome::Unknown,
        retry: Retry::Soon,
        code: None,
        cause: "the connection was cut by the test".into(),
    }
}

#[async_trait]
impl Catalog for Scripted {
    async fn start_change_set(&self, set: &ChangeSet) -> Result<ChangeSetId, CallError> {
        // Others have their turn while the call is under way.
        self.state().under_way += 1;
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        let now = self.clock.now();
        let mut state = self.state();
        state.calls += 1;
        state.under_way -= 1;
        let mood = state.moods.front().copied().unwrap_or(Mood::Takes);
        // What is refused for its content is refused each time.
        if mood != Mood::Refuses {
            state.moods.pop_front();
        }
        match mood {
            Mood::Takes | Mood::LosesAnswer => {}
            Mood::HearsNothing => return Err(unheard()),
            Mood::Locked => return Err(refused("ResourceInUseException", Retry::Later)),
            Mood::Throttles => return Err(refused("ThrottlingException", Retry::Soon)),
            Mood::Refuses => return Err(refused("ValidationException", Retry::Never)),
        }
        let before = state.taken.iter().find(|taken| taken.token == set.token);
        let id = if let Some(before) = before {
            before.id.clone()
        } else {
            let running = state.taken.iter().filter(|taken| !taken.applied).count();
            assert_eq!(running, 0, "two change sets under way: {}", set.name);
            let fate = state.fates.pop_front().unwrap_or(Fate::Succeeds);
            let number = state.taken.len() + 1;
            let id = ChangeSetId::new(format!("chset{number}")).expect("an id");
            let about = set.changes.iter().filter_map(|change| change.identifier.clone());
            let about = about.filter(|id| !id.starts_with('$')).min();
            let about = about.map(|id| OpportunityId::new(id).expect("an id"));
            let new = || OpportunityId::new(format!("resaleauthz-{number}")).expect("an id");
            let seconds = if fate == Fate::SucceedsLate { 90_000 } else { APPLYING_SECONDS };
            state.taken.push(Taken {
                id: id.clone(),
                name: set.name.clone(),
                token: set.token.clone(),
                changes: set.changes.iter().map(|change| change.change_type.clone()).collect(),
                opportunity: about.clone().unwrap_or_else(new),
                about,
                start: now,
                end: now.plus_seconds(seconds),
                fate,
                applied: false,
            });
            id
        };
        if mood == Mood::LosesAnswer { Err(unheard()) } else { Ok(id) }
    }

    async fn describe_change_set(&self, id: &ChangeSetId) -> Result<ChangeSetReport, CallError> {
        let state = self.state();
        let set = state.taken.iter().find(|set| set.id == *id);
        let set = set.ok_or_else(|| refused("ResourceNotFoundException", Retry::Never))?;
        let status = match set.fate {
            _ if !set.applied => ChangeSetStatus::Applying,
            Fate::Succeeds | Fate::SucceedsLate => ChangeSetStatus::Succeeded,
            Fate::Fails(..) => ChangeSetStatus::Failed,
            Fate::Cancelled => ChangeSetStatus::Cancelled,
        };
        let failed = match set.fate {
            Fate::Fails(code, _, names) if set.applied => Some((code, names)),
            _ => None,
        };
        let is_named = match failed {
            Some((_, names)) => names,
            None => status == ChangeSetStatus::Succeeded,
        };
        let error = ChangeError { code: "INVALID_BUYER".to_owned(), message: "no".to_owned() };
        let change = |change_type: &String| ChangeReport {
            change_type: change_type.clone(),
            change_name: None,
            entity: is_named.then(|| set.opportunity.to_string()),
            errors: failed.iter().map(|_| error.clone()).collect(),
        };
        Ok(ChangeSetReport {
            id: id.clone(),
            name: Some(set.name.clone()),
            start: Some(set.start.timestamp()),
            end: set.applied.then(|| set.end.timestamp()),
            failure_code: failed.map(|(code, _)| code.to_owned()),
            failure_description: None,
            changes: set.changes.iter().map(change).collect(),
            status,
        })
    }

    async fn change_sets_named(
        &self,
        name: &str,
        after: Timestamp,
    ) -> Result<Vec<ChangeSetSummary>, CallError> {
        let state = self.state();
        let found = state.taken.iter().filter(|set| set.name == name && set.start > after.into());
        let row = |set: &Taken| ChangeSetSummary {
            id: set.id.clone(),
            name: Some(set.name.clone()),
            status: ChangeSetStatus::Applying,
            start: Some(set.start.timestamp()),
            end: None,
            failure_code: None,
            entities: Vec::new(),
        };
        Ok(found.map(row).collect())
    }

    async fn authorizations(
        &self,
        filter: &AuthorizationFilter,
        page: Option<&str>,
    ) -> Result<Page<AuthorizationSummary>, CallError> {
        // The first page is empty, as AWS's may be.
        if page.is_none() {
            return Ok(Page { items: Vec::new(), next: Some("2".to_owned()) });
        }
        let state = self.state();
        let since = filter.modified_after.map_or(Moment::MIN, Moment::from);
        let recent = state.authorizations.iter().filter(|(_, (_, changed))| *changed > since);
        let row = |(id, (status, changed)): (&OpportunityId, &(&'static str, Moment))| {
            AuthorizationSummary {
                id: id.clone(),
                name: filter.name.clone(),
                status: Some((*status).to_owned()),
                last_modified: Some(changed.timestamp()),
                reseller: AccountId::new(PARTNER).ok(),
                product: ProductName::new(PRODUCT).ok(),
            }
        };
        Ok(Page { items: recent.map(row).collect(), next: None })
    }

    async fn describe(
        &self,
        ids: &[OpportunityId],
    ) -> Result<BTreeMap<OpportunityId, Result<Box<str>, Refused>>, CallError> {
        let state = self.state();
        let one = |id: &OpportunityId| {
            let Some((status, changed)) = state.authorizations.get(id) else {
                let (code, message) = ("ResourceNotFoundException".to_owned(), String::new());
                return Err(Refused { code, message });
            };
            Ok(format!(
                r#"{{"EntityType": "ResaleAuthorization@1.0", "EntityIdentifier": "{id}@1",
                    "EntityArn": "arn:aws:aws-marketplace:us-east-1:111122223333:AWSMarketplace/ResaleAuthorization/{id}",
                    "LastModifiedDate": "{changed}", "DetailsDocument": {{"Status": "{status}"}}}}"#
            )
            .into())
        };
        Ok(ids.iter().map(|id| (id.clone(), one(id))).collect())
    }
}
