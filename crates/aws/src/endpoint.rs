//! Where an API of AWS Marketplace is, if not at AWS's own address.

use crate::client::REGION;

/// Characters of an endpoint's URL.
const MAX_ENDPOINT: usize = 1_024;

/// The URL of an API, in our region where it is AWS's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint(String);

/// A URL at which no API is that we can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// It has another form.
    #[error(
        "an endpoint is a URL like http://127.0.0.1:8080, without a user, a query or a fragment"
    )]
    Form,
    /// It is AWS's, and somewhere else.
    #[error("the endpoint is not in {REGION}, where AWS Marketplace has its APIs")]
    Region,
}

/// A variable of the environment that names no place.
#[derive(Debug, thiserror::Error)]
#[error("could not use {variable}, or {ALL}, as the place of an API")]
pub struct PlaceError {
    /// Which variable.
    pub variable: &'static str,
    /// What is wrong with it.
    #[source]
    pub source: EndpointError,
}

/// Names the place of every API.
const ALL: &str = "AWS_ENDPOINT_URL";

impl Endpoint {
    /// Where the environment says that an API is: by its own variable, else by the one of all APIs. `None`: at AWS. `lookup`
    /// finds a variable's value.
    pub fn named(
        variable: &'static str,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, PlaceError> {
        let values = [variable, ALL].into_iter().filter_map(lookup);
        let url = values.into_iter().find(|url| !url.is_empty());
        let endpoint = url.map(|url| Self::new(&url)).transpose();
        endpoint.map_err(|source| PlaceError { variable, source })
    }

    /// A URL, with or without a path.
    pub fn new(url: &str) -> Result<Self, EndpointError> {
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let host = rest.and_then(|rest| rest.split('/').next()).unwrap_or_default();
        let is_plain = url.chars().all(|c| c.is_ascii_graphic() && !"?#@".contains(c));
        if host.is_empty() || !is_plain || url.len() > MAX_ENDPOINT {
            return Err(EndpointError::Form);
        }
        let name = host.split(':').next().unwrap_or_default().to_ascii_lowercase();
        let is_aws = ["amazonaws.com", "api.aws"].iter().any(|own| name.ends_with(own));
        if is_aws && !name.split('.').any(|part| part == REGION) {
            return Err(EndpointError::Region);
        }
        Ok(Self(url.to_owned()))
    }

    /// The URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_is_where_its_variable_says_or_that_of_all() {
        let (one, all) = ("http://127.0.0.1:1", "http://127.0.0.1:2");
        let cases = [
            (None, None, Some(None)),
            (Some(""), Some(""), Some(None)),
            (None, Some(all), Some(Some(all))),
            (Some(""), Some(all), Some(Some(all))),
            (Some(one), Some(all), Some(Some(one))),
            (Some("here"), Some(all), None),
        ];
        for (own, of_all, expected) in cases {
            let lookup = |name: &str| if name == ALL { of_all } else { own }.map(str::to_owned);
            let found = Endpoint::named("AWS_ENDPOINT_URL_X", lookup).ok();
            let found = found.as_ref().map(|it| it.as_ref().map(Endpoint::as_str));
            assert_eq!(found, expected, "{own:?} {of_all:?}");
        }
    }

    #[test]
    fn an_endpoint_of_aws_is_in_our_region() {
        let (form, region) = (Some(EndpointError::Form), Some(EndpointError::Region));
        let cases = [
            ("http://127.0.0.1:8080", None),
            ("http://[::1]:8080/", None),
            ("https://aws.example/marketplace", None),
            ("https://catalog.marketplace.us-east-1.amazonaws.com", None),
            ("https://entitlement-marketplace.us-east-1.api.aws", None),
            ("https://vpce-0f.catalog-marketplace.us-east-1.vpce.amazonaws.com", None),
            ("https://metering.marketplace.eu-west-1.amazonaws.com", region),
            ("https://Metering.Marketplace.EU-WEST-1.AmazonAWS.com:443/", region),
            ("127.0.0.1:8080", form),
            ("http://", form),
            ("http:///path", form),
            ("ftp://127.0.0.1", form),
            ("http://user@127.0.0.1", form),
            ("http://127.0.0.1/?a=b", form),
            ("http://127.0.0.1/\u{7}", form),
        ];
        for (url, expected) in cases {
            assert_eq!(Endpoint::new(url).err(), expected, "{url}");
        }
    }
}
