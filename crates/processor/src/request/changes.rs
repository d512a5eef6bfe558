//! From what a person wished to the changes that carry it out.

use deal::facts::request::{Wish, WishKind};
use jiff::civil::Date;
use marketplace::changeset::Change;
use marketplace::draft::{Problem, Severity};
use marketplace::ids::OpportunityId;

use super::{Cause, Content};

/// Why there are no changes of a wish. A person mends it.
#[derive(Debug, thiserror::Error)]
pub enum ChangesError {
    /// Only a creation names no opportunity.
    #[error("the request does not say which opportunity to {0}; make a new one")]
    NoOpportunity(&'static str),
    /// There is nothing to make an opportunity of.
    #[error("the request has no content; make a new one")]
    NoContent,
    /// The content is not what this version wrote.
    #[error("could not read the content of the request; the version of resold that wrote it can")]
    Content(#[source] serde_json::Error),
    /// It breaks rules.
    #[error("correct it, with `--again`, where it breaks AWS's rules: {}", sentences(.0))]
    Rules(Vec<Problem>),
}

/// Makes the changes of wishes, by AWS's rules as we know them, on a day (UTC): what [`super::Changes`] is.
pub fn changes(
    today: Date,
) -> impl Fn(&Wish, Option<&OpportunityId>) -> Result<Vec<Change>, Cause> + Send + Sync {
    move |wish, reuse| Ok(changes_of(wish, reuse, today)?)
}

fn changes_of(
    wish: &Wish,
    reuse: Option<&OpportunityId>,
    today: Date,
) -> Result<Vec<Change>, ChangesError> {
    let about = wish.opportunity.as_ref();
    let about = || about.ok_or(ChangesError::NoOpportunity(wish.kind.word()));
    Ok(match wish.kind {
        WishKind::Publish => vec![Change::publish(about()?)],
        WishKind::Restrict => vec![Change::restrict(about()?)],
        WishKind::Create | WishKind::Clone => {
            let content = Content::of(wish)?;
            content.draft(today)?.changes(reuse, content.publish)
        }
    })
}

fn sentences(problems: &[Problem]) -> String {
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error);
    errors.map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use marketplace::draft::Form;
    use serde_json::json;

    use super::*;

    fn wish(kind: WishKind, about: Option<&str>, draft: Option<String>) -> Wish {
        let (who, why) = ("ann".to_owned(), "a new partner".to_owned());
        let opportunity = about.map(|id| OpportunityId::new(id).expect("an id"));
        Wish { kind, opportunity, name: None, partner: None, product: None, draft, who, why }
    }

    fn content(publish: bool) -> String {
        let form = json!({
            "name": "Acme by the seat", "product": "prod-k3x9examplesaas", "partner": "222233334444",
            "unit_prices": {"P12M": {"seats": "480"}}, "eula": "standard",
            "offers_until": "2026-12-31",
        });
        let opportunity: Form = serde_json::from_value(form).expect("a form");
        let content = Content { opportunity, publish, restrict_original: false };
        content.canonical().expect("JSON")
    }

    #[test]
    fn each_wish_has_its_changes_or_the_reason_why_not() {
        use WishKind::{Clone, Create, Publish, Restrict};
        const CREATED: &str =
            "CreateResaleAuthorization UpdateAvailability UpdatePricingTerms UpdateLegalTerms";
        const REUSED: &str = "UpdateInformation UpdateBuyerTargetingTerms UpdateAvailability UpdatePricingTerms UpdatePaymentScheduleTerms UpdateLegalTerms UpdateNetPaymentTerms UpdateBuyerValidityTerms";
        const RELEASE: &str = "ReleaseResaleAuthorization";
        const LATE: &str = "correct it, with `--again`, where it breaks AWS's rules: offers_until 2026-12-31: a day after today, 2027-01-01 (";
        let (ra, before, after) = (Some("resaleauthz-1"), date(2026, 12, 1), date(2027, 1, 1));
        let none = || None;
        #[rustfmt::skip]
        let cases = [
            (wish(Create, None, Some(content(false))), None, before, CREATED.to_owned()),
            (wish(Create, None, Some(content(true))), None, before, format!("{CREATED} {RELEASE}")),
            (wish(Create, None, Some(content(true))), ra, before, format!("{REUSED} {RELEASE}")),
            (wish(Clone, ra, Some(content(true))), None, before, format!("{CREATED} {RELEASE}")),
            (wish(Publish, ra, none()), None, after, RELEASE.to_owned()),
            (wish(Restrict, ra, none()), None, after, "RestrictResaleAuthorization".to_owned()),
            (wish(Create, None, Some(content(true))), None, after, LATE.to_owned()),
            (wish(Create, None, none()), None, before, "the request has no content; make a new one".to_owned()),
            (wish(Clone, ra, Some("{}".to_owned())), None, before, "could not read the content of the request; the version of resold that wrote it can".to_owned()),
            (wish(Publish, None, none()), None, before, "the request does not say which opportunity to publish; make a new one".to_owned()),
        ];
        for (wish, reuse, today, expected) in cases {
            let reuse = reuse.map(|id: &str| OpportunityId::new(id).expect("an id"));
            let found = match changes(today)(&wish, reuse.as_ref()) {
                Ok(changes) => {
                    changes.iter().map(|it| it.change_type.as_str()).collect::<Vec<_>>().join(" ")
                }
                Err(error) => error.to_string(),
            };
            assert!(found == expected || (found.starts_with(LATE) && expected == LATE), "{found}");
        }
    }
}
