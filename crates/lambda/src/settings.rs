//! Settings from the environment, parsed once; every mistake is told at once, with its remedy.

use std::collections::BTreeSet;

use aws::client::REGION;
use aws::event_bridge::BusName;
use ledger_postgres::check_cluster;
use marketplace::ids::AccountId;

/// What the functions need to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `RESOLD_LEDGER`: a `postgres://` or `dsql://` URL. It may hold a password: never logged.
    pub ledger: String,
    /// `RESOLD_ACCOUNTS`: our own accounts, separated by commas; empty: every account is accepted.
    pub accounts: BTreeSet<AccountId>,
    /// `RESOLD_BUS`: the event bus that is published on; `resold` if it is not set.
    pub bus: BusName,
    /// `RESOLD_MARKETPLACE`: whether sweep asks AWS Marketplace, with the function's own rights; `false` if it is not set.
    pub marketplace: bool,
    /// `AWS_ENDPOINT_URL_EVENTBRIDGE`, else `AWS_ENDPOINT_URL`: where EventBridge is instead of at AWS, for tests.
    pub endpoint: Option<String>,
}

/// Every mistake in the environment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the environment is not usable: {}", .0.join("; "))]
pub struct SettingsError(pub Vec<String>);

/// Reads settings with a function that looks a variable up.
pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Settings, SettingsError> {
    let mut mistakes = surroundings(&variable);
    let ledger = variable("RESOLD_LEDGER").unwrap_or_default();
    if let Err(mistake) = check_ledger(&ledger) {
        mistakes.push(mistake);
    }
    let accounts = accounts(&variable("RESOLD_ACCOUNTS").unwrap_or_default(), &mut mistakes);
    let bus = BusName::new(&variable("RESOLD_BUS").unwrap_or_else(|| "resold".to_owned()));
    if let Err(error) = &bus {
        mistakes.push(format!("RESOLD_BUS must be the name of an event bus: {error}"));
    }
    let marketplace = match variable("RESOLD_MARKETPLACE").as_deref() {
        Some("true") => true,
        None | Some("" | "false") => false,
        Some(_) => {
            mistakes.push("RESOLD_MARKETPLACE must be true or false".to_owned());
            false
        }
    };
    let named = ["AWS_ENDPOINT_URL_EVENTBRIDGE", "AWS_ENDPOINT_URL"];
    let endpoint = named.into_iter().find_map(&variable).filter(|url| !url.is_empty());
    if endpoint.as_ref().is_some_and(|url| !is_http(url)) {
        mistakes.push(format!("{} must be an http:// or https:// URL", named.join(" or ")));
    }
    match bus {
        Ok(bus) if mistakes.is_empty() => {
            Ok(Settings { ledger, accounts, bus, marketplace, endpoint })
        }
        _ => Err(SettingsError(mistakes)),
    }
}

/// Mistakes in what Lambda itself sets.
pub(crate) fn surroundings(variable: &impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut mistakes = Vec::new();
    if variable("AWS_LAMBDA_RUNTIME_API").is_none() {
        mistakes.push("AWS_LAMBDA_RUNTIME_API is not set: only AWS Lambda runs this".to_owned());
    }
    if variable("AWS_REGION").is_none_or(|region| region != REGION) {
        mistakes.push(format!(
            "AWS_REGION is not {REGION}, where AWS Marketplace sends its notifications: deploy the function there"
        ));
    }
    mistakes
}

fn check_ledger(url: &str) -> Result<(), String> {
    match url.split_once("://") {
        Some(("postgres" | "postgresql", _)) => Ok(()),
        Some(("dsql", _)) => check_cluster(url)
            .map_err(|error| format!("RESOLD_LEDGER is not usable as a dsql:// URL: {error}")),
        _ => Err("RESOLD_LEDGER must be a postgres:// or dsql:// URL of an initialized ledger"
            .to_owned()),
    }
}

pub(crate) fn is_http(url: &str) -> bool {
    url.starts_with("http://") || url.starts_with("https://")
}

fn accounts(listed: &str, mistakes: &mut Vec<String>) -> BTreeSet<AccountId> {
    let mut accounts = BTreeSet::new();
    for text in listed.split(',').map(str::trim).filter(|text| !text.is_empty()) {
        match AccountId::new(text) {
            Ok(account) => {
                accounts.insert(account);
            }
            Err(error) => {
                mistakes.push(format!("RESOLD_ACCOUNTS has an entry that is wrong: {error}"));
            }
        }
    }
    accounts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(changed: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let usual = [
            ("RESOLD_LEDGER", "postgres://h/db"),
            ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"),
            ("AWS_REGION", "us-east-1"),
        ];
        let all = changed.iter().chain(&usual);
        read(|name| all.clone().find(|(other, _)| *other == name).map(|(_, it)| (*it).to_owned()))
    }

    #[test]
    fn every_mistake_is_told_at_once() {
        #[rustfmt::skip]
        let cases: [(&[(&str, &str)], usize); 17] = [
            (&[], 0),
            (&[("RESOLD_LEDGER", "postgresql://h/db"), ("RESOLD_ACCOUNTS", "111122223333, 222233334444")], 0),
            (&[("RESOLD_LEDGER", "sqlite:x.db")], 1),
            (&[("RESOLD_LEDGER", ""), ("RESOLD_ACCOUNTS", "12")], 2),
            (&[("RESOLD_LEDGER", "dsql://resold_runtime@abc0def1.dsql.us-east-1.on.aws/postgres")], usize::from(!cfg!(feature = "dsql"))),
            (&[("RESOLD_LEDGER", "dsql://resold_runtime@abc0def1.dsql.eu-west-1.on.aws/postgres")], 1),
            (&[("RESOLD_ACCOUNTS", "12,111122223333,x")], 2),
            (&[("RESOLD_BUS", "other")], 0),
            (&[("RESOLD_BUS", "")], 1),
            (&[("RESOLD_BUS", "arn:aws:events:us-east-1:111122223333:event-bus/resold")], 1),
            (&[("AWS_REGION", "eu-west-1")], 1),
            (&[("RESOLD_MARKETPLACE", "true")], 0),
            (&[("RESOLD_MARKETPLACE", "false")], 0),
            (&[("RESOLD_MARKETPLACE", "yes")], 1),
            (&[("AWS_ENDPOINT_URL", "http://127.0.0.1:1")], 0),
            (&[("AWS_ENDPOINT_URL", "")], 0),
            (&[("AWS_ENDPOINT_URL_EVENTBRIDGE", "127.0.0.1:1")], 1),
        ];
        for (changed, expected) in cases {
            let found = with(changed).map_or_else(|error| error.0.len(), |_| 0);
            assert_eq!(found, expected, "{changed:?}");
        }
        assert_eq!(read(|_| None).map_err(|error| error.0.len()), Err(3));
    }

    #[test]
    fn what_is_not_set_has_its_default() {
        let settings = with(&[]).unwrap();
        assert_eq!((settings.bus.as_str(), settings.endpoint), ("resold", None));
        assert!(!settings.marketplace, "who asks AWS says so");
        let both = [
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
            ("AWS_ENDPOINT_URL_EVENTBRIDGE", "http://127.0.0.1:2"),
        ];
        assert_eq!(with(&both).unwrap().endpoint.as_deref(), Some("http://127.0.0.1:2"));
    }
}
