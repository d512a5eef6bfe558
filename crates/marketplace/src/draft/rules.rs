//! AWS's documented rules for a resale authorization, as far as they can be told without AWS.
//!
//! To add one: a line in a function here or in `rules/money.rs`, its number in `limits.rs`, a line in the table of
//! `tests/rules.rs`.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::draft::{Draft, Eula, Limit, Limits, Problem, ResellerContract, Severity, Source};

mod money;

/// The fields of a draft, in the order in which problems are told.
const FIELDS: [&str; 16] = [
    "name",
    "description",
    "product",
    "partner",
    "buyers",
    "currency",
    "offers_until",
    "single_use",
    "latest_start",
    "net_payment",
    "eula",
    "reseller_contract",
    "commitment",
    "unit_prices",
    "usage_prices",
    "renewal",
];

impl Draft {
    /// Every rule that it breaks, errors first.
    pub fn problems(&self, today: Date, limits: &Limits) -> Vec<Problem> {
        let mut problems = check(self, today, limits, &BTreeSet::new());
        sort(&mut problems);
        problems
    }
}

/// Puts errors first, and then fields in their order.
pub(super) fn sort(problems: &mut [Problem]) {
    let place = |problem: &Problem| {
        let field = problem.field.split(['.', '[']).next();
        FIELDS.iter().position(|name| Some(*name) == field)
    };
    problems.sort_by_key(|problem| (problem.severity, place(problem)));
}

/// Every rule that a draft breaks. `unread` fields have no value, or less than was written: what they hold is not judged.
pub(super) fn check(
    draft: &Draft,
    today: Date,
    limits: &Limits,
    unread: &BTreeSet<&'static str>,
) -> Vec<Problem> {
    let mut rules = Rules { draft, today, limits, unread, problems: Vec::new() };
    rules.words();
    rules.people();
    rules.days();
    rules.documents();
    rules.prices();
    rules.commitment();
    rules.problems
}

/// A draft, what it is held against, and what was found.
struct Rules<'a> {
    draft: &'a Draft,
    today: Date,
    limits: &'a Limits,
    unread: &'a BTreeSet<&'static str>,
    problems: Vec<Problem>,
}

/// Who says a rule that has no number.
const PAGE: Source = Source::ResaleAuthorizations;

impl Rules<'_> {
    /// Whether these fields hold what was written.
    fn knows(&self, fields: &[&str]) -> bool {
        !fields.iter().any(|field| self.unread.contains(field))
    }

    fn error(&mut self, field: impl Into<String>, rule: impl Into<String>, found: Option<String>) {
        self.broken(Severity::Error, PAGE, field, rule, found);
    }

    fn broken(
        &mut self,
        severity: Severity,
        source: Source,
        field: impl Into<String>,
        rule: impl Into<String>,
        found: Option<String>,
    ) {
        let (field, rule) = (field.into(), rule.into());
        self.problems.push(Problem { severity, field, rule, found, source });
    }

    /// The name and the description, and what names the product.
    fn words(&mut self) {
        let draft = self.draft;
        if self.knows(&["name"]) {
            self.text("name", &draft.name, self.limits.name);
        }
        if let Some(description) = &draft.description {
            self.text("description", description, self.limits.description);
        }
        if !self.knows(&["product"]) {
            return;
        }
        let (product, most) = (draft.product.as_str(), self.limits.product);
        if product.len() > most.value {
            let rule = format!("1 to {} characters", most.value);
            self.broken(Severity::Error, most.source, "product", rule, Some(product.to_owned()));
        }
        if is_product_code(product) {
            let rule = "the product's entity id (prod-...); this looks like its product code";
            let found = Some(product.to_owned());
            self.broken(Severity::Warning, PAGE, "product", rule, found);
        }
    }

    /// A text that partners and sellers see.
    fn text(&mut self, field: &'static str, text: &str, most: Limit<usize>) {
        let found = Some(text.to_owned());
        if text.is_empty() || text.chars().count() > most.value {
            let rule = format!("1 to {} characters", most.value);
            self.broken(Severity::Error, most.source, field, rule, found);
        } else if !is_safe(text) {
            // An older page allows letters and digits alone, the current one forbids only white space before and a
            // backslash after.
            let rule = "begins with a letter or a digit of ASCII; then also spaces, dots, underscores and hyphens";
            self.broken(Severity::Error, Source::Caution, field, rule, found);
        }
    }

    fn people(&mut self) {
        let draft = self.draft;
        let most = self.limits.buyers;
        if draft.buyers.len() > most.value {
            let rule = format!("at most {} buyers; leave them out to allow any", most.value);
            let found = Some(draft.buyers.len().to_string());
            self.broken(Severity::Error, most.source, "buyers", rule, found);
        }
        if draft.renewal.is_some() && draft.buyers.is_empty() && self.knows(&["buyers"]) {
            self.error("buyers", "a renewal names at least one buyer", None);
        }
    }

    fn days(&mut self) {
        let draft = self.draft;
        self.future("offers_until", draft.offers_until, self.limits.offers_years);
        self.future("latest_start", draft.latest_start, self.limits.start_years);
        let allowed = self.limits.net_payments;
        if let Some(net) = draft.net_payment.as_deref().filter(|net| !allowed.value.contains(net)) {
            let rule = format!("one of {}", allowed.value.join(", "));
            let found = Some(net.to_owned());
            self.broken(Severity::Error, allowed.source, "net_payment", rule, found);
        }
    }

    /// A day after today, and not too long after.
    fn future(&mut self, field: &'static str, day: Option<Date>, years: Limit<i16>) {
        let Some(day) = day else { return };
        let last = self.today.checked_add(years.value.years()).unwrap_or(Date::MAX);
        if day <= self.today {
            let rule = format!("a day after today, {}", self.today);
            self.error(field, rule, Some(day.to_string()));
        } else if day > last {
            let rule = format!("within {} years, until {last}", years.value);
            self.broken(Severity::Error, years.source, field, rule, Some(day.to_string()));
        }
    }

    fn documents(&mut self) {
        let draft = self.draft;
        if let Eula::Custom(url) = &draft.eula {
            self.document("eula", "standard, enterprise", url);
        }
        if let Some(ResellerContract::Custom(url)) = &draft.reseller_contract {
            self.document("reseller_contract", "standard", url);
        }
    }

    /// A document that AWS copies from S3.
    fn document(&mut self, field: &'static str, words: &str, url: &str) {
        let host = url.strip_prefix("https://").and_then(|rest| rest.split_once('/'));
        let Some((host, _)) = host.filter(|(_, path)| !path.is_empty() && is_plain(url)) else {
            let rule = format!("{words}, or the https address of a document in S3");
            self.error(field, rule, Some(url.to_owned()));
            return;
        };
        if url.contains(['?', '#']) {
            let rule = "an address without a query: a signed one is a secret, and it ends";
            // Not shown: what follows the question mark opens the document.
            let found = url.split(['?', '#']).next().map(str::to_owned);
            self.broken(Severity::Error, Source::Caution, field, rule, found);
        }
        if !is_s3(host) {
            let rule = "a document in S3 that AWS can read";
            self.broken(Severity::Warning, PAGE, field, rule, Some(url.to_owned()));
        }
    }
}

/// Letters, digits and what no version of the page refuses.
fn is_safe(text: &str) -> bool {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '.' | '_' | '-');
    text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(inside)
}

/// A product code is 25 letters and digits.
fn is_product_code(text: &str) -> bool {
    text.len() == 25 && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

fn is_plain(url: &str) -> bool {
    url.bytes().all(|b| b.is_ascii_graphic())
}

fn is_s3(host: &str) -> bool {
    let of_aws = host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn");
    of_aws && host.split('.').any(|label| label == "s3" || label.starts_with("s3-"))
}
