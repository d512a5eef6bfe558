//! Settings from the environment, parsed once; every mistake is told at once, with its remedy.

use std::collections::BTreeSet;

use marketplace::ids::AccountId;

/// What `ingest` needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `RESOLD_LEDGER`: a `postgres://` URL. It may hold a password: never logged.
    pub ledger: String,
    /// `RESOLD_ACCOUNTS`: our own accounts, separated by commas; empty: every account is accepted.
    pub accounts: BTreeSet<AccountId>,
}

/// Every mistake in the environment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the environment is not usable: {}", .0.join("; "))]
pub struct SettingsError(pub Vec<String>);

/// Reads settings with a function that looks a variable up.
pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Settings, SettingsError> {
    let mut mistakes = Vec::new();
    if variable("AWS_LAMBDA_RUNTIME_API").is_none() {
        mistakes.push("AWS_LAMBDA_RUNTIME_API is not set: only AWS Lambda runs this".to_owned());
    }
    let ledger = variable("RESOLD_LEDGER").unwrap_or_default();
    if !(ledger.starts_with("postgres://") || ledger.starts_with("postgresql://")) {
        mistakes
            .push("RESOLD_LEDGER must be a postgres:// URL of an initialized ledger".to_owned());
    }
    let mut accounts = BTreeSet::new();
    for text in variable("RESOLD_ACCOUNTS").unwrap_or_default().split(',').map(str::trim) {
        if text.is_empty() {
            continue;
        }
        match AccountId::new(text) {
            Ok(account) => {
                accounts.insert(account);
            }
            Err(error) => {
                mistakes.push(format!("RESOLD_ACCOUNTS has an entry that is wrong: {error}"));
            }
        }
    }
    if mistakes.is_empty() {
        Ok(Settings { ledger, accounts })
    } else {
        Err(SettingsError(mistakes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(ledger: &str, accounts: &str) -> usize {
        let look_up = |name: &str| match name {
            "RESOLD_LEDGER" => Some(ledger.to_owned()),
            "RESOLD_ACCOUNTS" => Some(accounts.to_owned()),
            "AWS_LAMBDA_RUNTIME_API" => Some("127.0.0.1:9001".to_owned()),
            _ => None,
        };
        read(look_up).map_or_else(|error| error.0.len(), |_| 0)
    }

    #[test]
    fn every_mistake_is_told_at_once() {
        assert_eq!(errors("postgres://h/db", ""), 0);
        assert_eq!(errors("postgresql://h/db", "111122223333, 222233334444"), 0);
        assert_eq!(errors("sqlite:x.db", ""), 1);
        assert_eq!(errors("", "12"), 2);
        assert_eq!(errors("postgres://h/db", "12,111122223333,x"), 2);
        assert_eq!(read(|_| None).map_err(|error| error.0.len()), Err(2));
    }
}
