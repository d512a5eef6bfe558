//! What an opportunity takes from its partner's terms, and whom it undercuts. Both are told, and decide nothing.

use deal::facts::PartnerFacts;
use deal::item::Direction;
use deal::lattice::Register;
use deal::margin::{Against, Asked, Undercut};
use deal::stream::{StreamId, StreamKind};
use deal::wholesale::{Started, start as start_from};
use marketplace::draft::{Draft, Form};
use marketplace::ids::{AccountId, OpportunityId, ProductName};

use crate::command::Context;
use crate::failure::Failure;
use crate::place::Access;
use crate::reader::{Known, Reader, STEP, Source};

/// So many conflicts are told one by one.
const TOLD: usize = 20;

/// The ledger as it is; none where it was never begun, so that a look at a form needs no ledger.
async fn reader(context: &Context<'_>) -> Result<Option<Reader>, Failure> {
    if context.global.ledger.is_unbegun() {
        return Ok(None);
    }
    let store = context.store(Access::Read).await?;
    let (now, accounts) = (context.clock().now(), context.global.accounts());
    Reader::open(&*store, now, accounts).await.map(Some)
}

/// Puts prices that a form does not state into it, from the terms of its partner for its product, and says so.
pub async fn start(context: &mut Context<'_>, form: &mut Form) -> Result<(), Failure> {
    let partner = form.partner.as_ref().and_then(|text| AccountId::new(text.as_str()).ok());
    let product = form.product.as_ref().and_then(|text| ProductName::new(text.as_str()).ok());
    let Some((partner, product)) = partner.zip(product) else { return Ok(()) };
    let Some(mut reader) = reader(context).await? else { return Ok(()) };
    let Some(known) = reader.state(&StreamId::partner(&partner)).await? else { return Ok(()) };
    let Some(facts) = known.state.partner() else { return Ok(()) };
    let word = facts.authorization([&product]);
    let Some(said) = word.and_then(Register::get).filter(|said| said.sells) else {
        if facts.authorized.is_empty() {
            return Ok(());
        }
        context.output.warn(&format!(
            "partner {partner} is not authorized to sell {product}: `resold partner show {partner}` lists what it may sell"
        ));
        return Ok(());
    };
    let Some(terms) = &said.terms else { return Ok(()) };
    let since = word.and_then(Register::at).unwrap_or_default();
    let told = match start_from(form, terms) {
        Started::From(taken) if taken.is_empty() => return Ok(()),
        Started::From(taken) => {
            let prices = taken.into_iter().map(|(place, price)| format!("{place} {price}"));
            let prices = prices.collect::<Vec<_>>().join(", ");
            let currency = &terms.currency;
            format!("From the terms of {partner} for {product} of {since}, in {currency}: {prices}")
        }
        Started::OtherCurrency { form } => format!(
            "The terms of {partner} for {product} are in {}, this is in {form}: none of their prices was taken.",
            terms.currency
        ),
    };
    context.output.note(&told);
    Ok(())
}

/// A partner that pays more for the same.
struct Conflict {
    partner: AccountId,
    against: Against,
    undercut: Undercut,
}

/// Says where a draft undercuts what another partner pays for the same product.
pub async fn compare(context: &mut Context<'_>, draft: &Draft) -> Result<(), Failure> {
    let Some(mut reader) = reader(context).await? else { return Ok(()) };
    let ours = Asked::of_draft(draft);
    let own = reader.state(&StreamId::partner(&draft.partner)).await?;
    let nobody = PartnerFacts::default();
    let own = own.as_ref().and_then(|known| known.state.partner()).unwrap_or(&nobody);
    let names: Vec<ProductName> = own.same_product([&draft.product]).into_iter().cloned().collect();
    let mut conflicts = Vec::new();
    for kind in [StreamKind::Partner, StreamKind::Opportunity] {
        let source = Source { kind, key: None };
        let mut after: Option<StreamId> = None;
        loop {
            let streams = reader.walk(&source, after.as_ref(), STEP).await?;
            let Some(last) = streams.last() else { break };
            after = Some(last.row.stream.clone());
            for known in &streams {
                conflicts.extend(conflicts_with(&reader, draft, &ours, &names, known));
            }
        }
    }
    for conflict in conflicts.iter().take(TOLD) {
        context.output.warn(&sentence(conflict, draft));
    }
    if let Some(more) = conflicts.len().checked_sub(TOLD).filter(|more| *more > 0) {
        context.output.warn(&format!("margin conflict: {more} more"));
    }
    Ok(())
}

fn conflicts_with(
    reader: &Reader,
    draft: &Draft,
    ours: &Asked,
    names: &[ProductName],
    known: &Known,
) -> Vec<Conflict> {
    let theirs = by_terms(names, known).or_else(|| by_opportunity(reader, names, known));
    let Some((partner, against, asked)) = theirs else { return Vec::new() };
    if partner == draft.partner {
        return Vec::new();
    }
    let conflict = |undercut| {
        let (partner, against) = (partner.clone(), against.clone());
        Conflict { partner, against, undercut }
    };
    ours.undercuts(&asked).into_iter().map(conflict).collect()
}

/// What a partner pays by its terms for one of these products.
fn by_terms(names: &[ProductName], known: &Known) -> Option<(AccountId, Against, Asked)> {
    let word = known.state.partner()?.authorization(names)?.get().filter(|said| said.sells)?;
    let partner = AccountId::new(known.row.stream.id()).ok()?;
    Some((partner, Against::Terms, Asked::of_wholesale(word.terms.as_ref()?)?))
}

/// What a partner pays by an opportunity of ours that is active.
fn by_opportunity(
    reader: &Reader,
    names: &[ProductName],
    known: &Known,
) -> Option<(AccountId, Against, Asked)> {
    let item = reader.opportunity(known)?;
    let is_live = item.status == "active" && item.direction == Direction::Granted;
    let is_same = item.products.iter().any(|name| names.contains(name));
    let id = OpportunityId::new(known.row.stream.id()).ok().filter(|_| is_live && is_same)?;
    Some((item.partner?, Against::Opportunity(id), Asked::of_terms(&item.terms?)?))
}

fn sentence(conflict: &Conflict, draft: &Draft) -> String {
    let Conflict { partner, against, undercut: Undercut { place, ours, theirs } } = conflict;
    let (currency, product) = (&draft.currency, &draft.product);
    let by = match against {
        Against::Terms => "its terms".to_owned(),
        Against::Opportunity(id) => id.to_string(),
    };
    format!(
        "margin conflict: {place} at {} {currency} is below the {} {currency} that partner {partner} pays for {product} by {by}",
        ours.normalize(),
        theirs.normalize(),
    )
}
