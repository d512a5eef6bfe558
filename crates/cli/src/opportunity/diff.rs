//! `resold opportunity diff`: what we requested, or knew, against what AWS has now.

use deal::request::RequestId;
use deal::stream::StreamId;
use jiff::tz::TimeZone;
use marketplace::catalog::{self, ResaleAuthorization};
use marketplace::draft::{Difference, Draft, Ours, diff};
use marketplace::ids::OpportunityId;
use marketplace::notification::Family;
use marketplace::parse::parse;
use processor::port::Catalog as _;
use processor::request::Content;
use serde::Serialize;

use crate::aws_place::catalog;
use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::page::{cell, table};
use crate::reader::Reader;

/// Where the two differ.
#[derive(Debug, Serialize)]
struct Compared {
    opportunity: OpportunityId,
    /// `requested` or `recorded`.
    ours: &'static str,
    /// The request that made it.
    request: Option<RequestId>,
    differences: Vec<Difference>,
}

/// Asks AWS, and compares.
pub async fn run(context: &mut Context<'_>, id: &OpportunityId) -> Result<Exit, Failure> {
    let mut reader = context.reader().await?;
    let known = reader.state(&StreamId::opportunity(id)).await?;
    let facts = known.as_ref().and_then(|known| known.state.opportunity());
    let facts = facts.ok_or_else(|| unknown(id).because("it is not in the ledger"))?;
    let requests: Vec<RequestId> = facts.requested_by.iter().cloned().collect();
    let requested = requested(&mut reader, id, &requests).await?;
    let described = facts.described.get();
    if requested.is_none() && described.is_none() {
        return Err(unknown(id).because("the ledger knows its id alone"));
    }
    let theirs = ask(id).await?;
    let (ours, request, differences) = match (&requested, described) {
        (Some((request, draft)), _) => {
            ("requested", Some(request.clone()), diff(Ours::Draft(draft), &theirs))
        }
        (None, Some(described)) => ("recorded", None, diff(Ours::Described(described), &theirs)),
        (None, None) => ("recorded", None, Vec::new()),
    };
    let compared = Compared { opportunity: id.clone(), ours, request, differences };
    print(context, &compared)?;
    Ok(Exit::needs_you_if(!compared.differences.is_empty()))
}

fn unknown(id: &OpportunityId) -> Failure {
    Failure::new(format!("could not compare opportunity `{id}` with AWS's"))
        .hint("`resold opportunity sync` brings in what there is at AWS")
}

/// What the request that made it was for, by the rules of the day on which it was wished.
async fn requested(
    reader: &mut Reader,
    id: &OpportunityId,
    requests: &[RequestId],
) -> Result<Option<(RequestId, Draft)>, Failure> {
    for request in requests {
        let known = reader.state(&StreamId::request(request)).await?;
        let Some(facts) = known.as_ref().and_then(|known| known.state.request()) else { continue };
        let Some((_, wish, at)) = facts.wish().filter(|(_, wish, _)| wish.kind.creates()) else {
            continue;
        };
        if !facts.made().any(|(made, _)| made == id) {
            continue;
        }
        let day = TimeZone::UTC.to_datetime(at.timestamp()).date();
        if let Ok(draft) = Content::of(wish).and_then(|content| content.draft(day)) {
            return Ok(Some((request.clone(), draft)));
        }
    }
    Ok(None)
}

/// What AWS has now.
async fn ask(id: &OpportunityId) -> Result<Box<ResaleAuthorization>, Failure> {
    let attempt = || Failure::new(format!("could not ask AWS for opportunity `{id}`"));
    let catalog = catalog().await?;
    let answers = catalog.describe(std::slice::from_ref(id)).await;
    let mut answers = answers.map_err(|error| {
        attempt().because(error).hint(
            "check the credentials, and that they may aws-marketplace:DescribeEntity; or try again later",
        )
    })?;
    let hint = "check that it belongs to the account of these credentials";
    let body = match answers.remove(id) {
        Some(Ok(body)) => body,
        Some(Err(refused)) => return Err(attempt().because(refused.to_string()).hint(hint)),
        None => return Err(attempt().because("AWS does not describe it").hint(hint)),
    };
    let described = catalog::describe(body.as_bytes()).map_err(|error| attempt().because(error))?;
    let parsed = described.envelopes.iter().filter_map(|body| parse(body).ok());
    let found = parsed.map(|it| it.family).find_map(|family| match family {
        Family::OpportunityDescribed(document) => Some(document),
        _ => None,
    });
    found.ok_or_else(|| attempt().because("it is no resale authorization"))
}

fn print(context: &mut Context<'_>, compared: &Compared) -> Result<(), Failure> {
    if context.output.is_json() {
        return context.output.json(compared);
    }
    let Compared { ours, differences, .. } = compared;
    if differences.is_empty() {
        context.output.note(&format!("AWS has it as it was {ours}."));
        return Ok(());
    }
    let rows = differences.iter().map(|difference| {
        vec![
            difference.field.clone(),
            cell(difference.ours.as_ref()),
            cell(difference.theirs.as_ref()),
        ]
    });
    context.output.lines(table(["field", ours, "aws"], rows))
}
