//! The terms of a resale authorization, told apart by their `Type`.

use crate::catalog::describe::without_query;
use crate::catalog::{
    DimensionPrice, DurationPrices, FixedUpfront, Installment, LegalDocument, Terms,
};
use crate::ids::AccountId;
use crate::parse::MalformedReason;
use crate::parse::reader::{List, Object, Value};

/// Reads all terms, and the buyers that one of them targets (sorted, each once).
pub(super) fn read(list: &List<'_, '_>) -> Result<(Terms, Vec<AccountId>), MalformedReason> {
    let (mut terms, mut buyers) = (Terms::default(), Vec::new());
    for term in list.items() {
        add(&mut terms, &mut buyers, &term.object()?)?;
    }
    terms.usage.sort_by(|a, b| a.dimension.cmp(&b.dimension));
    terms.configurable.sort_by(|a, b| a.duration.cmp(&b.duration));
    terms.schedule.sort_by_key(|part| (part.date, part.amount));
    terms.unknown.sort_unstable();
    terms.unknown.dedup();
    buyers.sort_unstable();
    buyers.dedup();
    Ok((terms, buyers))
}

fn add(
    terms: &mut Terms,
    buyers: &mut Vec<AccountId>,
    term: &Object<'_, '_>,
) -> Result<(), MalformedReason> {
    let kind = term.at("Type");
    term.at("CurrencyCode").agree(&mut terms.currency, Value::owned)?;
    match kind.required(kind.text()?)? {
        "ResaleUsageBasedPricingTerm" => usage(&mut terms.usage, term),
        "ResaleConfigurableUpfrontPricingTerm" => configurable(&mut terms.configurable, term),
        "ResaleFixedUpfrontPricingTerm" => fixed(&mut terms.fixed, term),
        "ResalePaymentScheduleTerm" => schedule(&mut terms.schedule, term),
        "ResaleNetPaymentTerm" => {
            term.at("PaymentDuePeriod").agree(&mut terms.net_payment, Value::owned)
        }
        "BuyerLegalTerm" => documents(&mut terms.buyer_legal, term),
        "ResaleLegalTerm" => documents(&mut terms.resale_legal, term),
        "BuyerValidityTerm" => {
            term.at("MaximumAgreementStartDate").agree(&mut terms.latest_start, Value::date)
        }
        "BuyerTargetingTerm" => targets(buyers, term),
        other => {
            terms.unknown.push(other.to_owned());
            Ok(())
        }
    }
}

fn usage(usage: &mut Vec<DimensionPrice>, term: &Object<'_, '_>) -> Result<(), MalformedReason> {
    for card in term.at("RateCards").list()?.items() {
        usage.extend(rate_card(&card.object()?)?);
    }
    Ok(())
}

fn configurable(
    configurable: &mut Vec<DurationPrices>,
    term: &Object<'_, '_>,
) -> Result<(), MalformedReason> {
    for card in term.at("RateCards").list()?.items() {
        let card = card.object()?;
        let selector = card.at("Selector").object()?;
        let duration = selector.at("Value");
        configurable.push(DurationPrices {
            duration: duration.required(duration.owned()?)?,
            prices: rate_card(&card)?,
        });
    }
    Ok(())
}

/// Prices per dimension, sorted by dimension.
fn rate_card(card: &Object<'_, '_>) -> Result<Vec<DimensionPrice>, MalformedReason> {
    let mut prices = Vec::new();
    for entry in card.at("RateCard").list()?.items() {
        let entry = entry.object()?;
        let (dimension, price) = (entry.at("DimensionKey"), entry.at("Price"));
        prices.push(DimensionPrice {
            dimension: dimension.required(dimension.owned()?)?,
            price: price.required(price.decimal()?)?,
        });
    }
    prices.sort_by(|a, b| a.dimension.cmp(&b.dimension));
    Ok(prices)
}

fn fixed(fixed: &mut Option<FixedUpfront>, term: &Object<'_, '_>) -> Result<(), MalformedReason> {
    let mut grants = Vec::new();
    for grant in term.at("Grants").list()?.items() {
        let grant = grant.object()?;
        let dimension = grant.at("DimensionKey");
        let quantity = grant.at("MaxQuantity").whole()?;
        grants.push((dimension.required(dimension.owned()?)?, quantity));
    }
    grants.sort();
    let read = FixedUpfront {
        duration: term.at("Duration").owned()?,
        price: term.at("Price").decimal()?,
        grants,
    };
    if fixed.as_ref().is_some_and(|known| *known != read) {
        return Err(term.at("Type").invalid("one term of this type at most", None));
    }
    *fixed = Some(read);
    Ok(())
}

fn schedule(schedule: &mut Vec<Installment>, term: &Object<'_, '_>) -> Result<(), MalformedReason> {
    for part in term.at("Schedule").list()?.items() {
        let part = part.object()?;
        let (date, amount) = (part.at("ChargeDate"), part.at("ChargeAmount"));
        schedule.push(Installment {
            date: date.required(date.date()?)?,
            amount: amount.required(amount.decimal()?)?,
        });
    }
    Ok(())
}

fn documents(
    documents: &mut Vec<LegalDocument>,
    term: &Object<'_, '_>,
) -> Result<(), MalformedReason> {
    for document in term.at("Documents").list()?.items() {
        let document = document.object()?;
        let kind = document.at("Type");
        documents.push(LegalDocument {
            kind: kind.required(kind.owned()?)?,
            url: document.at("Url").text()?.map(|url| without_query(url).to_owned()),
        });
    }
    Ok(())
}

/// Written as accounts, read back as objects with `AwsAccountId`.
fn targets(buyers: &mut Vec<AccountId>, term: &Object<'_, '_>) -> Result<(), MalformedReason> {
    let targeting = term.at("PositiveTargeting").object()?;
    for buyer in targeting.at("BuyerAccounts").list()?.items() {
        if buyer.is_object() {
            buyers.extend(buyer.object()?.at("AwsAccountId").id()?);
        } else {
            buyers.extend(buyer.id()?);
        }
    }
    Ok(())
}
