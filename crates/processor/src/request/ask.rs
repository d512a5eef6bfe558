//! The questions to AWS that a step asks, and what is recorded of each answer.

use deal::facts::RequestFacts;
use deal::facts::request::{End, Hope, Refusal, Report, ReportedError, Wish};
use deal::moment::Moment;
use deal::request::record;
use marketplace::catalog::{self, ResaleAuthorization};
use marketplace::changeset::{AuthorizationSummary, ChangeSetReport, ChangeSetStatus};
use marketplace::ids::{ChangeSetId, OpportunityId};
use marketplace::notification::Family;
use marketplace::parse::parse;

use super::drive::text;
use crate::chain::Chain;
use crate::port::{AuthorizationFilter, CallError, Catalog, Retry};

/// The longest list of authorizations of one name that is read, in pages.
const MAX_PAGES: usize = 5;
/// Errors of single changes that are kept. A change set has at most 20 changes.
const MAX_ERRORS: usize = 20;

/// AWS's word for what is not released.
const DRAFT: &str = "Draft";

/// What a step learned.
pub(super) enum Learned {
    Started { number: u32, sets: Vec<ChangeSetId> },
    Refused { number: u32, call: Moment, error: CallError },
    Unanswered { number: u32, call: Moment, error: CallError },
    Searched { number: u32 },
    Polled { number: u32, set: ChangeSetId },
    Ended { number: u32, set: ChangeSetId, report: Report },
    Sought { number: u32, drafts: Vec<OpportunityId> },
    ReadBack,
    Trouble(CallError),
}

impl Learned {
    /// The drafts that were found.
    pub(super) fn drafts(&self) -> &[OpportunityId] {
        if let Self::Sought { drafts, .. } = self { drafts } else { &[] }
    }

    /// What is recorded of it, and under which word.
    pub(super) fn facts(
        &self,
        known: &RequestFacts,
        unclaimed: &[OpportunityId],
        now: Moment,
    ) -> (&'static str, RequestFacts) {
        match self {
            Self::Started { number, sets } => {
                use deal::lattice::Join as _;
                let mut facts = RequestFacts::default();
                for set in sets {
                    facts.join(&record::started(*number, set, now));
                }
                ("change-set-taken", facts)
            }
            Self::Refused { number, call, error } => {
                ("change-set-refused", record::refused(known, *number, refusal(error), *call))
            }
            Self::Unanswered { number, call, .. } => {
                ("change-set-unanswered", record::unanswered(*number, *call))
            }
            Self::Searched { number } => ("change-set-not-found", record::searched(*number, now)),
            // Another driver asked as well, and was told how it ended.
            Self::Polled { set, .. } | Self::Ended { set, .. } if has_ended(known, set) => {
                ("change-set-ended-before", RequestFacts::default())
            }
            Self::Polled { number, set } => {
                ("change-set-not-done", record::polled(*number, set, now))
            }
            Self::Ended { number, set, report } => {
                let slug = match report.end {
                    End::Succeeded => "change-set-succeeded",
                    End::Failed => "change-set-failed",
                    End::Cancelled => "change-set-cancelled",
                };
                (slug, record::reported(*number, set, report.clone(), now))
            }
            Self::Sought { number, .. } => {
                let slug = if unclaimed.is_empty() { "no-draft-left" } else { "draft-left" };
                (slug, record::sought(*number, unclaimed, now))
            }
            Self::ReadBack => ("read-back", record::read_back(now)),
            Self::Trouble(error) => {
                ("question-unanswered", record::troubled(known, refusal(error), now))
            }
        }
    }
}

fn has_ended(known: &RequestFacts, set: &ChangeSetId) -> bool {
    known.change_sets().any(|(_, id, seen)| id == set && !seen.report.is_empty())
}

pub(crate) fn refusal(error: &CallError) -> Refusal {
    Refusal {
        doing: error.doing.to_owned(),
        code: error.code.as_deref().map(text),
        text: text(&Chain(&*error.cause).to_string()),
        hope: match error.retry {
            Retry::Soon => Hope::Soon,
            Retry::Later => Hope::Later,
            Retry::Never => Hope::Never,
        },
        times: 0,
    }
}

/// Looks for the change sets of an attempt.
pub(super) async fn search(
    catalog: &dyn Catalog,
    number: u32,
    name: &str,
    after: Moment,
) -> Learned {
    match catalog.change_sets_named(name, after.timestamp()).await {
        Err(error) => Learned::Trouble(error),
        Ok(found) => {
            let ours = found.into_iter().filter(|set| set.name.as_deref() == Some(name));
            let sets: Vec<ChangeSetId> = ours.map(|set| set.id).collect();
            if sets.is_empty() {
                Learned::Searched { number }
            } else {
                Learned::Started { number, sets }
            }
        }
    }
}

/// Asks how a change set is.
pub(super) async fn poll(catalog: &dyn Catalog, number: u32, id: &ChangeSetId) -> Learned {
    let described = match catalog.describe_change_set(id).await {
        Ok(described) => described,
        Err(error) => return Learned::Trouble(error),
    };
    let set = id.clone();
    let end = match described.status {
        ChangeSetStatus::Succeeded => End::Succeeded,
        ChangeSetStatus::Failed => End::Failed,
        ChangeSetStatus::Cancelled => End::Cancelled,
        // What we do not know may become something that we do.
        ChangeSetStatus::Preparing | ChangeSetStatus::Applying | ChangeSetStatus::Other(_) => {
            return Learned::Polled { number, set };
        }
    };
    Learned::Ended { number, set, report: report(end, &described) }
}

fn report(end: End, described: &ChangeSetReport) -> Report {
    let errors = described.changes.iter().flat_map(|change| {
        change.errors.iter().map(|error| ReportedError {
            change: text(&change.change_type),
            code: text(&error.code),
            text: text(&error.message),
        })
    });
    // What is created, else the first that is named: all of ours are about one.
    let is_create = |change_type: &str| change_type.starts_with("Create");
    let mut changes: Vec<_> = described.changes.iter().collect();
    changes.sort_by_key(|change| !is_create(&change.change_type));
    let mut named = changes.into_iter().filter_map(|change| change.entity.as_ref());
    Report {
        end,
        ended: described.end.map(Moment::from),
        failure_code: described.failure_code.as_deref().map(text),
        failure: described.failure_description.as_deref().map(text),
        errors: errors.take(MAX_ERRORS).collect(),
        opportunity: named.find_map(|id| OpportunityId::new(id.as_str()).ok()),
    }
}

/// Which draft is looked for.
pub(super) struct Sought<'a> {
    pub(super) attempt: u32,
    pub(super) reported: Option<OpportunityId>,
    pub(super) after: Moment,
    pub(super) wish: Option<&'a Wish>,
}

/// Looks for the draft that an attempt left behind: the one that AWS named, if there is such a draft, else by its name.
pub(super) async fn drafts(catalog: &dyn Catalog, sought: Sought<'_>) -> Learned {
    let number = sought.attempt;
    if let Some(reported) = &sought.reported {
        match is_draft(catalog, reported).await {
            Ok(true) => return Learned::Sought { number, drafts: vec![reported.clone()] },
            Ok(false) => {}
            Err(error) => return Learned::Trouble(error),
        }
    }
    let Some(wish) = sought.wish.filter(|wish| wish.name.is_some()) else {
        return Learned::Sought { number, drafts: Vec::new() };
    };
    match named(catalog, wish, sought.after).await {
        Ok(drafts) => Learned::Sought { number, drafts },
        Err(error) => Learned::Trouble(error),
    }
}

/// Whether AWS describes it as a draft.
async fn is_draft(catalog: &dyn Catalog, id: &OpportunityId) -> Result<bool, CallError> {
    let found = described(catalog, id).await?;
    Ok(found.is_some_and(|found| found.status.as_deref() == Some(DRAFT)))
}

/// An authorization as AWS describes it now; `None`: it does not, or not in a way that we can read.
pub(super) async fn described(
    catalog: &dyn Catalog,
    id: &OpportunityId,
) -> Result<Option<Box<ResaleAuthorization>>, CallError> {
    let mut described = catalog.describe(std::slice::from_ref(id)).await?;
    let Some(Ok(body)) = described.remove(id) else { return Ok(None) };
    let envelopes = catalog::describe(body.as_bytes()).unwrap_or_default().envelopes;
    let mut families = envelopes.iter().filter_map(|body| parse(body).ok()).map(|it| it.family);
    Ok(families.find_map(|family| match family {
        Family::OpportunityDescribed(document) if document.id == *id => Some(document),
        _ => None,
    }))
}

/// The drafts of the wish's name, partner and product that changed since.
async fn named(
    catalog: &dyn Catalog,
    wish: &Wish,
    after: Moment,
) -> Result<Vec<OpportunityId>, CallError> {
    let modified_after = Some(after.timestamp());
    let filter = AuthorizationFilter { name: wish.name.clone(), modified_after };
    let fits = |row: &AuthorizationSummary| {
        row.status.as_deref() == Some(DRAFT)
            && row.name == wish.name
            && row.last_modified.is_none_or(|at| Moment::from(at) >= after)
            && (row.reseller.is_none() || wish.partner.is_none() || row.reseller == wish.partner)
            && (row.product.is_none() || wish.product.is_none() || row.product == wish.product)
    };
    let mut drafts = Vec::new();
    let mut page = None;
    for _ in 0..MAX_PAGES {
        let read = catalog.authorizations(&filter, page.as_deref()).await?;
        drafts.extend(read.items.into_iter().filter(fits).map(|row| row.id));
        page = read.next;
        if page.is_none() {
            break;
        }
    }
    Ok(drafts)
}
