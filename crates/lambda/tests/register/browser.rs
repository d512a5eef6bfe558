//! A browser, and the function URL in front of the function.

use resold_tests::function::{Answer, Function};
use serde_json::{Value, json};

/// What the browser got.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    headers: Value,
    pub(crate) body: String,
}

impl Answered {
    /// A header, empty if there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].as_str().unwrap_or_default()
    }
}

/// The form that AWS Marketplace makes a browser send.
pub(crate) fn form(token: &str) -> String {
    let token: String = form_urlencoded::byte_serialize(token.as_bytes()).collect();
    format!("x-amzn-marketplace-token={token}&x-amzn-marketplace-offer-type=free-trial")
}

/// A request as a function URL hands it over (payload format 2.0).
pub(crate) fn post(form: &str) -> Value {
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": "/", "rawQueryString": "",
        "headers": {
            "content-type": "application/x-www-form-urlencoded", "host": "abc.lambda-url.us-east-1.on.aws",
            "referer": "https://aws.amazon.com/marketplace", "user-agent": "test",
        },
        "requestContext": {
            "accountId": "anonymous", "domainName": "abc.lambda-url.us-east-1.on.aws", "stage": "$default",
            "http": {"method": "POST", "path": "/", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "test"},
        },
        "body": form, "isBase64Encoded": false,
    })
}

/// Sends a request, to be answered within this time.
pub(crate) async fn browse(function: &mut Function, request: &Value, seconds: i64) -> Answered {
    let answer = function.invoke(request, seconds).await;
    let Answer::Response(answer) = answer else { panic!("a browser reads {answer:?}") };
    let status = answer["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok());
    let body = answer["body"].as_str().expect("a body").to_owned();
    Answered { status: status.expect("a status"), headers: answer["headers"].clone(), body }
}
