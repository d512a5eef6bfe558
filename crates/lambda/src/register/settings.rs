//! What `register` needs to know. It knows no ledger.

use aws::endpoint::Endpoint;
use aws::queue_url::QueueUrl;

use super::redirect::{Keys, SignUp};
use crate::settings::{SettingsError, is_http, surroundings};

pub(super) struct Settings {
    /// `RESOLD_QUEUE`: the URL of the queue that `ingest` takes from.
    pub(super) queue: QueueUrl,
    /// `RESOLD_SIGN_UP_URL`: where buyers go on.
    pub(super) sign_up: SignUp,
    /// `RESOLD_SIGNING_KEYS`: by which the page there knows that we sent them. Never logged.
    pub(super) keys: Keys,
    /// `AWS_ENDPOINT_URL_MARKETPLACE_METERING`, else `AWS_ENDPOINT_URL`: where AWS's API is instead of at AWS, for tests.
    pub(super) metering: Option<Endpoint>,
    /// `AWS_ENDPOINT_URL_SQS`, else `AWS_ENDPOINT_URL`: where SQS is instead of at AWS, for tests.
    pub(super) sqs: Option<String>,
}

/// Reads settings with a function that looks a variable up.
pub(super) fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Settings, SettingsError> {
    let mut mistakes = surroundings(&variable);
    let text = |name: &str| variable(name).unwrap_or_default();
    let place = |name| {
        [name, "AWS_ENDPOINT_URL"]
            .into_iter()
            .find_map(|name| variable(name).filter(|url| !url.is_empty()))
    };
    let queue = QueueUrl::new(&text("RESOLD_QUEUE"));
    let sign_up = SignUp::new(&text("RESOLD_SIGN_UP_URL"));
    let keys = Keys::new(&text("RESOLD_SIGNING_KEYS"));
    let metering = place("AWS_ENDPOINT_URL_MARKETPLACE_METERING");
    let metering = metering.map(|url| Endpoint::new(&url)).transpose();
    let sqs = place("AWS_ENDPOINT_URL_SQS");
    let mut mistake = |name: &str, why: &dyn std::fmt::Display| {
        mistakes.push(format!("{name} is not usable: {why}"));
    };
    if let Err(error) = &queue {
        mistake("RESOLD_QUEUE", error);
    }
    if let Err(error) = &sign_up {
        mistake("RESOLD_SIGN_UP_URL", error);
    }
    if let Err(error) = &keys {
        mistake("RESOLD_SIGNING_KEYS", error);
    }
    if let Err(error) = &metering {
        mistake("AWS_ENDPOINT_URL_MARKETPLACE_METERING", error);
    }
    if sqs.as_ref().is_some_and(|url| !is_http(url)) {
        mistake("AWS_ENDPOINT_URL_SQS", &"it must be an http:// or https:// URL");
    }
    match (queue, sign_up, keys, metering) {
        (Ok(queue), Ok(sign_up), Ok(keys), Ok(metering)) if mistakes.is_empty() => {
            Ok(Settings { queue, sign_up, keys, metering, sqs })
        }
        _ => Err(SettingsError(mistakes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_told_at_once_and_quotes_no_key() {
        let usual = [
            ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"),
            ("AWS_REGION", "us-east-1"),
            ("RESOLD_QUEUE", "https://sqs.us-east-1.amazonaws.com/111122223333/resold"),
            ("RESOLD_SIGN_UP_URL", "https://app.example.com/sign-up"),
            ("RESOLD_SIGNING_KEYS", "a:Zm9yIHRlc3RzIG9ubHksIG5vdCBmb3IgYW55IHBhZ2U="),
        ];
        #[rustfmt::skip]
        let cases: [(&[(&str, &str)], usize); 10] = [
            (&[], 0),
            (&[("AWS_ENDPOINT_URL", "http://127.0.0.1:1")], 0),
            (&[("AWS_ENDPOINT_URL", "")], 0),
            (&[("AWS_ENDPOINT_URL_SQS", "127.0.0.1:1")], 1),
            (&[("AWS_ENDPOINT_URL_MARKETPLACE_METERING", "127.0.0.1:1")], 1),
            (&[("AWS_REGION", "eu-west-1")], 1),
            (&[("RESOLD_QUEUE", "resold")], 1),
            (&[("RESOLD_SIGN_UP_URL", "http://app.example.com"), ("RESOLD_SIGNING_KEYS", "a:secret-word")], 2),
            (&[("RESOLD_SIGNING_KEYS", "secret-word")], 1),
            (&[("RESOLD_SIGNING_KEYS", "secret word:Zm9yIHRlc3RzIG9ubHksIG5vdCBmb3IgYW55IHBhZ2U=")], 1),
        ];
        for (changed, expected) in cases {
            let all = changed.iter().chain(&usual);
            let look = |name: &str| {
                let found = all.clone().find(|(other, _)| *other == name);
                found.map(|(_, it)| (*it).to_owned())
            };
            let (found, said) = read(look)
                .map_or_else(|error| (error.0.len(), error.to_string()), |_| (0, String::new()));
            assert_eq!(found, expected, "{changed:?}");
            assert!(!said.contains("secret") && !said.contains("Zm9y"), "{said}");
        }
        assert_eq!(read(|_| None).map(|_| ()).map_err(|error| error.0.len()), Err(5));
    }
}
