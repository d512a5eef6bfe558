//! A draft that was left behind, held against what it is to become before it is sent.

use deal::facts::RequestFacts;
use deal::moment::Moment;
use jiff::tz::TimeZone;
use marketplace::draft::Difference;
use marketplace::ids::OpportunityId;

use super::{Content, ask};
use crate::port::{CallError, Catalog};

/// What was attempted.
const COMPLETING: &str = "complete the draft that was left behind";

/// Refuses to complete a draft that cannot become what is wished. What cannot be read of the wish is not judged here: there are
/// no changes of it.
pub(super) async fn fits(
    catalog: &dyn Catalog,
    facts: &RequestFacts,
    now: Moment,
) -> Result<(), CallError> {
    let Some((_, wish, _)) = facts.wish().filter(|(_, wish, _)| wish.kind.creates()) else {
        return Ok(());
    };
    let today = TimeZone::UTC.to_datetime(now.timestamp()).date();
    let draft = Content::of(wish).and_then(|content| content.draft(today));
    let Some((left, draft)) = facts.reusable().zip(draft.ok()) else { return Ok(()) };
    let Some(described) = ask::described(catalog, left).await? else {
        let why =
            format!("AWS does not describe `{left}`; make a new request, which creates another");
        return Err(CallError::refused(COMPLETING, why));
    };
    let misfits = draft.misfits(&described);
    if misfits.is_empty() { Ok(()) } else { Err(refused(left, &misfits)) }
}

fn refused(left: &OpportunityId, misfits: &[Difference]) -> CallError {
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
    let misfit = |it: &Difference| {
        format!("{} is {} and is to be {}", it.field, value(&it.theirs), value(&it.ours))
    };
    let misfits: Vec<String> = misfits.iter().map(misfit).collect();
    let why = format!(
        "`{left}` cannot become this, AWS does not change it there: {}; correct the request with `--again`, or make a new one, \
         which creates another",
        misfits.join(", ")
    );
    CallError::refused(COMPLETING, why)
}
