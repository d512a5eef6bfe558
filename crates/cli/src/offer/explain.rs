//! `resold offer explain`: why an offer is linked as it is.

use std::collections::{BTreeMap, BTreeSet};

use deal::correlate::{Basis, Candidate, Subject};
use deal::facts::PartnerFacts;
use deal::item::{CandidateItem, Explanation};
use deal::key::{KeyKind, KeyQuery};
use deal::stream::{StreamId, StreamKind};
use marketplace::ids::{OfferId, OpportunityId, ProductName};

use super::find;
use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Line;
use crate::page::{Page, cell};
use crate::reader::{Known, Reader, STEP, Source, reading};

/// At most so many opportunities are shown.
const MAX_EXPLAINED: usize = 50;
/// At most so many opportunities of a partner are compared.
const MAX_COMPARED: usize = 5_000;
/// Uses counted of one opportunity: more than any quantity that is counted.
const MAX_USES: u32 = 1_002;

/// Explains an offer's link.
pub async fn run(context: &mut Context<'_>, id: &OfferId) -> Result<Exit, Failure> {
    let mut reader = context.reader().await?;
    let explanation = explain(&mut reader, id).await?;
    if context.output.is_json() {
        context.output.json(&explanation)?;
    } else {
        context.output.lines(lines(&explanation))?;
        if explanation.truncated {
            context
                .output
                .note(&format!("More than {MAX_EXPLAINED} were compared; the nearest are shown."));
        }
    }
    let unsettled = matches!(explanation.basis, Some(Basis::Ambiguous | Basis::Unmatched));
    Ok(Exit::needs_you_if(unsettled))
}

async fn explain(reader: &mut Reader, id: &OfferId) -> Result<Explanation, Failure> {
    let (known, offer) = find(reader, id).await?;
    let facts = known.state.offer().cloned().unwrap_or_default();
    let partner = match facts.seller.get() {
        Some(seller) => reader.state(&StreamId::partner(seller)).await?,
        None => None,
    };
    let nobody = PartnerFacts::default();
    let partner = partner.as_ref().and_then(|known| known.state.partner()).unwrap_or(&nobody);
    let products: BTreeSet<&ProductName> = partner.same_product(facts.products.iter());
    let mut found = match facts.seller.get() {
        Some(seller) => of_partner(reader, seller.as_str()).await?,
        None => BTreeMap::new(),
    };
    let named = facts.confirmed.all().map(|said| &said.value).chain(facts.decisions.keys());
    let named: Vec<_> = named
        .chain(offer.opportunity.iter())
        .filter(|id| !found.contains_key(*id))
        .map(StreamId::opportunity)
        .collect();
    for (stream, known) in reader.states(&named).await? {
        found.extend(OpportunityId::new(stream.id()).ok().map(|id| (id, known)));
    }
    let uses = uses(reader, found.keys(), &known.row.stream).await?;
    let candidates = found.iter().filter_map(|(id, known)| {
        let used_by_others = uses.get(id).copied().unwrap_or(0);
        Some(Candidate { id, facts: known.state.opportunity()?, used_by_others })
    });
    let subject = Subject { offer: &facts, products: &products };
    Ok(Explanation::new(&offer, subject, &candidates.collect::<Vec<_>>(), MAX_EXPLAINED))
}

/// The opportunities of a partner, with the stubs that its agreements name.
async fn of_partner(
    reader: &mut Reader,
    partner: &str,
) -> Result<BTreeMap<OpportunityId, Known>, Failure> {
    let mut found = BTreeMap::new();
    let mut stubs = BTreeSet::new();
    for kind in [StreamKind::Opportunity, StreamKind::Agreement] {
        let source = Source { kind, key: Some((KeyKind::Partner, partner.to_owned())) };
        let mut after = None;
        let mut seen: usize = 0;
        while seen < MAX_COMPARED {
            let streams = reader.walk(&source, after.as_ref(), STEP).await?;
            let Some(last) = streams.last() else { break };
            after = Some(last.row.stream.clone());
            seen = seen.saturating_add(streams.len());
            for known in streams {
                if let Some(agreement) = known.state.agreement() {
                    stubs.extend(agreement.authorization.all().map(|said| said.value.clone()));
                } else if let Ok(id) = OpportunityId::new(known.row.stream.id()) {
                    found.insert(id, known);
                }
            }
        }
    }
    let stubs: Vec<_> =
        stubs.iter().filter(|id| !found.contains_key(*id)).map(StreamId::opportunity).collect();
    for (stream, known) in reader.states(&stubs).await? {
        let stub = known.state.opportunity().is_some_and(deal::facts::OpportunityFacts::is_stub);
        let id = OpportunityId::new(stream.id()).ok().filter(|_| stub);
        found.extend(id.map(|id| (id, known)));
    }
    Ok(found)
}

/// How many other offers use each opportunity up.
async fn uses(
    reader: &mut Reader,
    ids: impl Iterator<Item = &OpportunityId>,
    offer: &StreamId,
) -> Result<BTreeMap<OpportunityId, u32>, Failure> {
    let ids: Vec<_> = ids.cloned().collect();
    let mut uses = BTreeMap::new();
    for part in ids.chunks(STEP as usize) {
        let query = |id: &OpportunityId| KeyQuery::all(KeyKind::Uses, id.as_str(), MAX_USES);
        let queries: Vec<_> = part.iter().map(query).collect();
        let found = reader.snapshot.find(&queries).await.map_err(reading)?;
        for (id, streams) in part.iter().zip(found) {
            let others = streams.iter().filter(|(_, stream)| stream != offer).count();
            uses.insert(id.clone(), u32::try_from(others).unwrap_or(u32::MAX));
        }
    }
    Ok(uses)
}

fn lines(explanation: &Explanation) -> Vec<Line> {
    let mut page = Page::new("Offer", explanation.id.as_str());
    let contested = if explanation.contested { ", contested by other offers" } else { "" };
    page.field("type", explanation.deal_type.word())
        .field("basis", format!("{}{contested}", explanation.basis.map_or("-", Basis::word)))
        .known("opportunity", explanation.opportunity.as_ref())
        .field("product", crate::page::cells(&explanation.products, "-"));
    for candidate in &explanation.candidates {
        let title = format!("{}: {}", candidate.opportunity, verdict(candidate));
        let rows = candidate.rules.iter().map(|rule| {
            let answer = rule.answer.to_owned();
            vec![rule.rule.to_owned(), answer, rule.offer.clone(), rule.opportunity.clone()]
        });
        let columns = ["rule", "answer", "offer", "opportunity"];
        page.section(&crate::output::plain(&title), columns, rows.collect());
        if let Some(counters) = &candidate.counters {
            let made = cell(counters.offers_created.as_ref());
            let status = cell(counters.extended_status.as_ref());
            page.text(&format!("AWS counted {made} offers made, {status}, at {}", counters.at));
        }
    }
    if explanation.candidates.is_empty() {
        let seller = cell::<String>(None);
        page.field("candidates", format!("{seller} no opportunity of this seller is known"));
    }
    page.finish()
}

fn verdict(candidate: &CandidateItem) -> String {
    let mut words = Vec::new();
    if candidate.linked {
        words.push("linked".to_owned());
    }
    if !candidate.judgeable {
        words.push("not judgeable, known only by its id".to_owned());
    } else if candidate.eligible {
        words.push("eligible".to_owned());
    } else {
        let failed = candidate.rules.iter().filter(|rule| rule.answer != "yes");
        let failed: Vec<_> = failed.map(|rule| format!("{} {}", rule.rule, rule.answer)).collect();
        words.push(format!("not eligible ({})", failed.join(", ")));
    }
    words.join(", ")
}
