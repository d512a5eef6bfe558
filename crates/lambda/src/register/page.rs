//! What a browser is answered: on to the sign-up page, or a page that says what to do. Nothing of the request is in it.

use std::collections::BTreeMap;

use serde::Serialize;

/// A response as a function URL takes it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Response {
    status_code: u16,
    headers: BTreeMap<&'static str, String>,
    body: String,
}

/// What the buyer has to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
    /// The request is none of AWS Marketplace's; with HTTP's word for why.
    Unread(u16),
    /// The token was used, or is too old.
    Over,
    /// It may work in a moment.
    Later,
    /// It will not work before somebody mends it.
    Fault,
}

impl Response {
    /// On to a page, by `GET`, without telling it where the browser came from.
    pub(super) fn redirect(location: &str) -> Self {
        let mut headers = headers();
        headers.insert("location", location.to_owned());
        Self { status_code: 303, headers, body: String::new() }
    }
}

/// What keeps a response out of caches, frames and other sites' logs. A page needs nothing but its text.
fn headers() -> BTreeMap<&'static str, String> {
    let policy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    let headers = [
        ("cache-control", "no-store"),
        ("content-security-policy", policy),
        ("content-type", "text/html; charset=utf-8"),
        ("referrer-policy", "no-referrer"),
        ("strict-transport-security", "max-age=31536000"),
        ("x-content-type-options", "nosniff"),
    ];
    headers.into_iter().map(|(name, value)| (name, value.to_owned())).collect()
}

/// Where a buyer finds the button that brings another token.
const AGAIN: &str = "In the AWS console, open AWS Marketplace, then <b>Manage subscriptions</b>, choose the product, and choose \
                     <b>Set up your account</b>.";

impl Page {
    /// Whether it is for us to mend, not for the buyer.
    pub(super) const fn is_ours(self) -> bool {
        match self {
            Self::Unread(_) | Self::Over => false,
            Self::Later | Self::Fault => true,
        }
    }

    const fn status(self) -> u16 {
        match self {
            Self::Unread(status) => status,
            Self::Over => 400,
            Self::Later => 503,
            Self::Fault => 500,
        }
    }

    /// The headline, and what to know and to do.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Unread(_) => (
                "This page is opened from AWS Marketplace",
                "It sets up your account for a product that you bought there.",
            ),
            Self::Over => (
                "This link is no longer valid",
                "It works once, and for a short time. Your purchase is not affected.",
            ),
            Self::Later => (
                "Your account could not be set up just now",
                "Your purchase is not affected. Please try again in a few minutes; if it fails again, contact the seller.",
            ),
            Self::Fault => (
                "Your account could not be set up",
                "Your purchase is not affected. Please contact the seller of the product, who can see why.",
            ),
        }
    }

    /// The page.
    pub(super) fn response(self) -> Response {
        let (headline, words) = self.words();
        let body = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><meta name=\"viewport\" \
             content=\"width=device-width\"><title>{headline}</title></head>\n<body>\n<h1>{headline}</h1>\n<p>{words}</p>\n\
             <p>{AGAIN}</p>\n</body>\n</html>\n"
        );
        let mut headers = headers();
        if self.status() == 405 {
            headers.insert("allow", "POST".to_owned());
        }
        Response { status_code: self.status(), headers, body }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds every response against its golden file. `UPDATE_GOLDEN=1` writes it.
    #[test]
    fn responses_are_as_written() {
        let pages = [Page::Unread(405), Page::Unread(413), Page::Over, Page::Later, Page::Fault];
        let redirect = Response::redirect("https://app.example.com/sign-up?registration=a.b.c");
        let responses = pages.map(Page::response).into_iter().chain([redirect]);
        let shown = responses.map(|response| {
            let Response { status_code, headers, body } = response;
            let headers = headers.iter().map(|(name, value)| format!("{name}: {value}\n"));
            format!("HTTP {status_code}\n{}\n{body}", headers.collect::<String>())
        });
        let shown: Vec<String> = shown.collect();
        let found = shown.join("----\n");
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/register.txt");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(path, &found).unwrap();
        }
        assert_eq!(found, std::fs::read_to_string(path).unwrap_or_default());
    }
}
