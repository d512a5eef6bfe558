//! A wish of a person, recorded before anything is asked of AWS.

use deal::facts::RequestFacts;
use deal::facts::request::{Wish, WishKind};
use deal::request::{RequestId, Status, status};
use marketplace::draft::{Draft, Form};
use marketplace::ids::OpportunityId;
use processor::request::{Content, RequestError, Requested};

use super::driver::Driver;
use crate::command::Context;
use crate::failure::{Cause, Failure};

/// Who wishes it, and why.
pub struct Wisher {
    /// Who.
    pub who: String,
    /// Why.
    pub why: String,
}

/// What becomes of what is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Then {
    /// It is visible to its partner at once.
    pub publish: bool,
    /// No more offers are made from what it was cloned from.
    pub restrict_original: bool,
}

/// A wish to create, or to clone what is named; and the id that follows from its terms. Whether it is published is no part of
/// that: who wishes the same once more, published this time, has a draft to publish, and does not want a second one.
pub fn creation(
    about: Option<&OpportunityId>,
    draft: &Draft,
    then: Then,
    wisher: Wisher,
) -> Result<(RequestId, Wish), Failure> {
    let unwritten = |why: serde_json::Error| Failure::new("could not write the terms").because(why);
    let terms = draft.canonical().map_err(unwritten)?;
    // As a form of its own, so that it does not matter how it was written.
    let opportunity: Form = serde_json::from_str(&terms).map_err(unwritten)?;
    let Then { publish, restrict_original } = then;
    let content = Content { opportunity, publish, restrict_original };
    let wish = Wish {
        kind: if about.is_some() { WishKind::Clone } else { WishKind::Create },
        opportunity: about.cloned(),
        name: Some(draft.name.clone()),
        partner: Some(draft.partner.clone()),
        product: Some(draft.product.clone()),
        draft: Some(content.canonical().map_err(unwritten)?),
        who: wisher.who,
        why: wisher.why,
    };
    Ok((RequestId::of(&wish, &terms), wish))
}

/// A wish to publish or to restrict.
pub fn change(kind: WishKind, about: &OpportunityId, wisher: Wisher) -> (RequestId, Wish) {
    let wish = Wish {
        kind,
        opportunity: Some(about.clone()),
        name: None,
        partner: None,
        product: None,
        draft: None,
        who: wisher.who,
        why: wisher.why,
    };
    (RequestId::of(&wish, ""), wish)
}

/// Records a wish, unless the same was recorded before. One without terms that failed is tried once more.
pub async fn record(
    context: &mut Context<'_>,
    driver: &Driver,
    id: &RequestId,
    wish: &Wish,
) -> Result<(), Failure> {
    let known = driver.known(context, id).await?;
    let facts = known.as_ref().and_then(|known| known.state.request());
    let before = facts.and_then(|facts| Some((facts, facts.wish()?)));
    let Some((facts, (_, before, at))) = before else {
        let requested = driver.processor.request(id, wish).await.map_err(unrecorded)?;
        told(context, id, requested);
        return Ok(());
    };
    let is_over = matches!(status(facts), Some(Status::Failed | Status::Cancelled));
    if is_over && !wish.kind.creates() {
        return again(context, driver, id, wish).await;
    }
    if before.draft != wish.draft {
        return Err(other(id, facts));
    }
    context.output.note(&format!("Request {id} is there: {} wished the same at {at}.", before.who));
    Ok(())
}

/// Records the correction of a wish.
pub async fn again(
    context: &mut Context<'_>,
    driver: &Driver,
    id: &RequestId,
    wish: &Wish,
) -> Result<(), Failure> {
    let requested = driver.processor.request_again(id, wish).await.map_err(unrecorded)?;
    told(context, id, requested);
    Ok(())
}

fn told(context: &mut Context<'_>, id: &RequestId, requested: Requested) {
    let word = match requested {
        Requested::New => "is recorded",
        Requested::Before => "is there as it is wished",
    };
    context.output.note(&format!("Request {id} {word}."));
}

/// The same terms, with another end.
fn other(id: &RequestId, facts: &RequestFacts) -> Failure {
    let status = status(facts).map_or("unknown", Status::word);
    let made = facts.made().next().map(|(made, _)| format!(", and it made `{made}`"));
    let why = format!(
        "request `{id}` has the same terms, but for whether they are published, or the original restricted; its status is {status}{}",
        made.unwrap_or_default()
    );
    Failure::new("could not record the request").because(why).hint(
        "`resold opportunity publish` and `restrict` change what there is, `--again` corrects what failed; a second one of the same \
         terms needs another name",
    )
}

fn unrecorded(error: RequestError) -> Failure {
    let hint = match &error {
        RequestError::NoSuchOpportunity(_) => {
            Some("`resold opportunity sync` brings in what there is at AWS")
        }
        RequestError::NoSuchRequest(_) => Some("`resold opportunity request list` prints them"),
        RequestError::NotOver { .. } | RequestError::Taken(_) => {
            Some("`resold opportunity request show` tells how far it is")
        }
        RequestError::TooOften(_) => Some("leave out --again, and give it another name"),
        RequestError::TooLong { .. } => Some("say less: AWS's own limits are far below that"),
        RequestError::OtherKind { .. } => {
            Some("correct a clone with `clone --again`, and what was created with `create --again`")
        }
        RequestError::NoOpportunity(_) | RequestError::Process(_) => None,
    };
    let failure = Failure::new("could not record the request").because(Cause::from(error));
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}
