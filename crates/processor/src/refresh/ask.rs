//! The question to AWS about one license, page after page.

use std::collections::BTreeSet;

use deal::facts::reading::{Quantity, QuantityValue};
use deal::moment::Moment;
use deal::reading::Question;
use marketplace::changeset::{LicensedQuantity, LicensedValue};

use crate::port::{CallError, Entitlements};

/// Pages of what one license grants; more are no answer. Most of them may be empty: AWS may look through all licenses of a product.
const MAX_GRANT_PAGES: usize = 400;
/// Quantities of one license; more are no answer. AWS allows a product fewer dimensions.
const MAX_QUANTITIES: usize = 500;
/// Characters of a dimension's key and of a value; a longer one is no answer.
const MAX_QUANTITY_TEXT: usize = 255;

/// What was attempted when an answer cannot be used.
const READING: &str = "read the quantities of a license";

/// What the license grants, and its ARN as the answer has it.
pub(super) type Granted = (BTreeSet<Quantity>, Option<String>);

/// Asks until AWS has no more pages.
pub(super) async fn quantities(
    entitlements: &dyn Entitlements,
    question: &Question,
) -> Result<Granted, CallError> {
    let (mut quantities, mut arn) = (BTreeSet::new(), None);
    let mut page: Option<String> = None;
    for _ in 0..MAX_GRANT_PAGES {
        let (code, license) = (question.code.as_str(), question.arn.as_str());
        let answer = entitlements.by_license(code, license, page.as_deref()).await?;
        // An answer about another license is none of ours.
        let own = answer.items.into_iter().filter(|grant| grant.license == question.license);
        for grant in own {
            arn = grant.license_arn.clone().or(arn);
            quantities.insert(quantity(grant)?);
        }
        if quantities.len() > MAX_QUANTITIES {
            return Err(unusable(format!("there are more than {MAX_QUANTITIES} of them")));
        }
        match answer.next {
            None => return Ok((quantities, arn)),
            next if next == page => {
                return Err(unusable("a page names itself as the next one".to_owned()));
            }
            next => page = next,
        }
    }
    Err(unusable(format!("there are more than {MAX_GRANT_PAGES} pages")))
}

fn unusable(why: String) -> CallError {
    CallError::unreadable(READING, why)
}

fn quantity(grant: LicensedQuantity) -> Result<Quantity, CallError> {
    let value = match grant.value {
        LicensedValue::Integer(number) => QuantityValue::Integer(number),
        LicensedValue::Double(number) => QuantityValue::Double(short(number)?),
        LicensedValue::Boolean(granted) => QuantityValue::Boolean(granted),
        LicensedValue::Text(text) => QuantityValue::Text(short(text)?),
        LicensedValue::Unknown => QuantityValue::Unknown,
    };
    let dimension = short(grant.dimension)?;
    Ok(Quantity { dimension, value, expires: grant.expires.map(Moment::from) })
}

/// NUL is no text to every store.
fn short(text: String) -> Result<String, CallError> {
    if text.contains('\0') {
        return Err(unusable("a text in it holds the character 0".to_owned()));
    }
    if text.chars().count() > MAX_QUANTITY_TEXT {
        return Err(unusable(format!(
            "a text in it is longer than {MAX_QUANTITY_TEXT} characters"
        )));
    }
    Ok(text)
}
