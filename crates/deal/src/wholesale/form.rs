//! An authorization as a person writes it. Nothing is read yet, so that every mistake is told at once.

use marketplace::draft::{Limits, Prices, PricesForm, Problem, Severity, Source, Text};
use marketplace::ids::ProductName;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Stated, WholesaleTerms};

/// Characters of the name that we call a partner by.
pub const MAX_CALLED: usize = 100;
/// Decimals of a discount in percent: with those of a price, an exact product.
const DISCOUNT_DECIMALS: u32 = 4;

/// What a person wrote, in a file or on a command line.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthorizationForm {
    /// What we call the partner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// The product's entity id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<Text>,
    /// Of all prices. The default is USD.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Text>,
    /// What is taken off the list prices, in percent: `20` or `20%`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount: Option<Text>,
    /// List prices, for a discount.
    #[serde(skip_serializing_if = "PricesForm::is_empty")]
    pub list: PricesForm,
    /// What the partner pays, in place of a discount.
    #[serde(skip_serializing_if = "PricesForm::is_empty")]
    pub wholesale: PricesForm,
}

/// What is wanted of an authorization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// What we call the partner.
    pub name: Option<String>,
    /// The product.
    pub product: ProductName,
    /// The terms; none: it may sell the product, and each opportunity states its prices.
    pub terms: Option<WholesaleTerms>,
}

impl AuthorizationForm {
    /// Reads it: what is wanted, with warnings, or every problem.
    pub fn read(&self, limits: &Limits) -> Result<(Wanted, Vec<Problem>), Vec<Problem>> {
        let mut problems = Vec::new();
        let name = self.name.as_ref().map(ToString::to_string);
        if name.as_ref().is_some_and(|name| !(1..=MAX_CALLED).contains(&name.chars().count())) {
            let rule = format!("1 to {MAX_CALLED} characters");
            problems.push(wrong("name", rule, name.clone()));
        }
        let product = self.product(&mut problems);
        let terms = self.terms(limits, &mut problems);
        let fails = problems.iter().any(|problem| problem.severity == Severity::Error);
        match product.filter(|_| !fails) {
            Some(product) => Ok((Wanted { name, product, terms }, problems)),
            None => Err(problems),
        }
    }

    fn product(&self, problems: &mut Vec<Problem>) -> Option<ProductName> {
        let Some(text) = &self.product else {
            problems.push(wrong("product", "must be there", None));
            return None;
        };
        let product = ProductName::new(text.to_string());
        let told = |rule: String| wrong("product", rule, Some(text.to_string()));
        product.map_err(|error| problems.push(told(error.to_string()))).ok()
    }

    fn terms(&self, limits: &Limits, problems: &mut Vec<Problem>) -> Option<WholesaleTerms> {
        let currency = self.currency.as_ref().map_or("USD", Text::as_str).to_owned();
        let mut read = |form: &PricesForm, at: &str, less: &str| {
            let found = form.read(&currency, limits);
            let (prices, told) = match found {
                Ok((prices, warnings)) => (Some(prices), warnings),
                Err(told) => (None, told),
            };
            problems.extend(told.into_iter().map(|problem| placed(problem, at, less)));
            prices
        };
        match (&self.discount, self.list.is_empty(), self.wholesale.is_empty()) {
            (None, true, true) => None,
            (None, true, false) => {
                let prices = read(&self.wholesale, "wholesale", "")?;
                Some(WholesaleTerms { currency, stated: Stated::Prices(prices) })
            }
            (Some(text), false, true) => {
                let list = read(&self.list, "list", "");
                let percent = percent(text, problems);
                discounted(&currency, percent?, list?, limits, problems)
            }
            (Some(_), true, _) => {
                let rule = "stands beside the list prices that it is taken off";
                problems.push(wrong("discount", rule, self.discount.as_ref().map(Text::to_string)));
                None
            }
            (Some(_), false, false) => {
                let rule = "either prices, or a discount from list prices";
                problems.push(wrong("wholesale", rule, None));
                None
            }
            (None, false, _) => {
                let rule = "list prices stand beside the discount that is taken off them";
                problems.push(wrong("list", rule, None));
                None
            }
        }
    }
}

/// A discount must leave prices that AWS takes: to round one would be to make it up.
fn discounted(
    currency: &str,
    percent: Decimal,
    list: Prices,
    limits: &Limits,
    problems: &mut Vec<Problem>,
) -> Option<WholesaleTerms> {
    let stated = Stated::Discount { percent, list };
    let terms = WholesaleTerms { currency: currency.to_owned(), stated };
    let less = format!(", less {percent}%");
    match PricesForm::of(&terms.prices()?).read(currency, limits) {
        Ok(_) => Some(terms),
        Err(told) => {
            problems.extend(told.into_iter().map(|problem| placed(problem, "list", &less)));
            None
        }
    }
}

/// More than nothing, and at most everything.
fn percent(text: &Text, problems: &mut Vec<Problem>) -> Option<Decimal> {
    let number = text.as_str().strip_suffix('%').unwrap_or(text.as_str());
    let plain = number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let percent = Decimal::from_str_exact(number).ok().filter(|_| plain).map(|n| n.normalize());
    let fits = |percent: &Decimal| {
        let range = Decimal::ZERO < *percent && *percent <= Decimal::ONE_HUNDRED;
        range && percent.scale() <= DISCOUNT_DECIMALS
    };
    let percent = percent.filter(fits);
    if percent.is_none() {
        let rule = format!(
            "a percentage above 0 and up to 100, at most {DISCOUNT_DECIMALS} decimals, written as 20 or 12.5%"
        );
        problems.push(wrong("discount", rule, Some(text.to_string())));
    }
    percent
}

fn wrong(field: &str, rule: impl Into<String>, found: Option<String>) -> Problem {
    let (field, rule) = (field.to_owned(), rule.into());
    Problem { severity: Severity::Error, field, rule, found, source: Source::Form }
}

/// A problem of prices at its place in this form.
fn placed(problem: Problem, at: &str, less: &str) -> Problem {
    let field = match problem.field.as_str() {
        "currency" => problem.field,
        inside => format!("{at}.{inside}"),
    };
    Problem { field, rule: format!("{}{less}", problem.rule), ..problem }
}
