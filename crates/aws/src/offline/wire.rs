//! The protocols: from a request of HTTP to a call, and from an answer to a response.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::cbor;
use super::operation::{Operation, Service};
use super::refusal::Refusal;

/// How a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// The operation is the path.
    RestJson,
    /// The operation is in `X-Amz-Target`.
    AwsJson,
    /// The operation is in the path, the rest is CBOR.
    RpcV2Cbor,
}

/// A request of HTTP.
#[derive(Debug, Default)]
pub struct Request<'a> {
    /// `GET`, `POST`, `PATCH`.
    pub method: &'a str,
    /// Up to the query.
    pub path: &'a str,
    /// The query's fields, decoded.
    pub query: BTreeMap<String, String>,
    /// `X-Amz-Target`.
    pub target: Option<&'a str>,
    /// The body.
    pub body: &'a [u8],
}

/// A response of HTTP.
#[derive(Debug)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// Headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// A call of an operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Of which operation.
    pub operation: Operation,
    /// In which protocol.
    pub protocol: Protocol,
    /// The input, as its model has it.
    pub input: Value,
}

/// How the operations of the Catalog API are reached. Of the last three the input is the query.
const ROUTES: [(&str, Operation); 7] = [
    ("POST", Operation::StartChangeSet),
    ("POST", Operation::ListChangeSets),
    ("POST", Operation::ListEntities),
    ("POST", Operation::BatchDescribeEntities),
    ("GET", Operation::DescribeChangeSet),
    ("GET", Operation::DescribeEntity),
    ("PATCH", Operation::CancelChangeSet),
];

/// The members of an input that are in the query.
const QUERY: [(&str, &str); 3] =
    [("catalog", "Catalog"), ("changeSetId", "ChangeSetId"), ("entityId", "EntityId")];

/// The call that a request is, or how it is refused.
pub fn read(request: &Request<'_>) -> Result<Call, (Protocol, Refusal)> {
    if let Some(rest) = request.path.strip_prefix("/service/") {
        return rpc(rest, request.body);
    }
    if request.path == "/" {
        let protocol = Protocol::AwsJson;
        let operation = targeted(request.target.unwrap_or_default());
        let operation = operation.ok_or_else(|| (protocol, unknown(protocol)))?;
        let input = json_of(request.body).map_err(|refusal| (protocol, refusal))?;
        return Ok(Call { operation, protocol, input });
    }
    let protocol = Protocol::RestJson;
    let name = request.path.trim_start_matches('/');
    let is_meant = |(method, operation): &&(&str, Operation)| {
        operation.name() == name && *method == request.method
    };
    let operation = ROUTES.iter().find(is_meant).map(|(_, operation)| *operation);
    let operation = operation.ok_or_else(|| (protocol, unknown(protocol)))?;
    let input = if request.method == "POST" {
        json_of(request.body).map_err(|refusal| (protocol, refusal))?
    } else {
        let query = request.query.iter().filter_map(|(key, value)| {
            let (_, member) = QUERY.iter().find(|(other, _)| *other == key)?;
            Some(((*member).to_owned(), json!(value)))
        });
        Value::Object(query.collect())
    };
    Ok(Call { operation, protocol, input })
}

/// `AWSMPEntitlementService/operation/GetEntitlements`.
fn rpc(path: &str, body: &[u8]) -> Result<Call, (Protocol, Refusal)> {
    let protocol = Protocol::RpcV2Cbor;
    let named = path.split_once("/operation/");
    let operation = named.and_then(|(service, name)| {
        let operation = Operation::of(name)?;
        // Only this one of the services speaks it.
        let is_there = operation.service() == Service::Entitlement;
        (is_there && operation.service().target() == Some(service)).then_some(operation)
    });
    let operation = operation.ok_or_else(|| (protocol, unknown(protocol)))?;
    let input = if body.is_empty() { Ok(json!({})) } else { cbor::read(body) };
    let input = input.map_err(|error| {
        (protocol, Refusal::bad("SerializationException", format!("not CBOR: {error}")))
    })?;
    Ok(Call { operation, protocol, input })
}

/// `AWSMPMeteringService.ResolveCustomer`.
fn targeted(target: &str) -> Option<Operation> {
    let (service, name) = target.rsplit_once('.')?;
    Operation::of(name).filter(|operation| operation.service().target() == Some(service))
}

fn json_of(body: &[u8]) -> Result<Value, Refusal> {
    if body.is_empty() {
        return Ok(json!({}));
    }
    serde_json::from_slice(body)
        .map_err(|error| Refusal::bad("SerializationException", format!("not JSON: {error}")))
}

fn unknown(protocol: Protocol) -> Refusal {
    Refusal {
        status: if protocol == Protocol::AwsJson { 400 } else { 404 },
        code: "UnknownOperationException",
        message: "The offline AWS has no such operation.".to_owned(),
    }
}

/// The response that an answer is.
pub fn write(protocol: Protocol, said: &Result<Value, Refusal>) -> Response {
    let mut headers = vec![("content-type", content_type(protocol).to_owned())];
    if protocol == Protocol::RpcV2Cbor {
        headers.push(("smithy-protocol", "rpc-v2-cbor".to_owned()));
    }
    let (status, value) = match said {
        Ok(value) => (200, value.clone()),
        Err(refusal) => {
            headers.push(("x-amzn-errortype", refusal.code.to_owned()));
            let value = match protocol {
                Protocol::RestJson => json!({"Message": refusal.message}),
                Protocol::AwsJson | Protocol::RpcV2Cbor => {
                    json!({"__type": refusal.code, "message": refusal.message})
                }
            };
            (refusal.status, value)
        }
    };
    let body = match protocol {
        Protocol::RpcV2Cbor => cbor::write(&value),
        Protocol::RestJson | Protocol::AwsJson => value.to_string().into_bytes(),
    };
    Response { status, headers, body }
}

const fn content_type(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::RestJson => "application/json",
        Protocol::AwsJson => "application/x-amz-json-1.1",
        Protocol::RpcV2Cbor => "application/cbor",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_apart() {
        let cases = [
            ("POST", "/StartChangeSet", None, Some(Operation::StartChangeSet)),
            ("GET", "/StartChangeSet", None, None),
            ("GET", "/DescribeEntity", None, Some(Operation::DescribeEntity)),
            ("PATCH", "/CancelChangeSet", None, Some(Operation::CancelChangeSet)),
            ("POST", "/GetEntitlements", None, None),
            (
                "POST",
                "/",
                Some("AWSMPMeteringService.ResolveCustomer"),
                Some(Operation::ResolveCustomer),
            ),
            ("POST", "/", Some("AWSMPEntitlementService.ResolveCustomer"), None),
            ("POST", "/", Some("ResolveCustomer"), None),
            ("POST", "/", None, None),
            (
                "POST",
                "/service/AWSMPEntitlementService/operation/GetEntitlements",
                None,
                Some(Operation::GetEntitlements),
            ),
            ("POST", "/service/AWSMPMeteringService/operation/ResolveCustomer", None, None),
        ];
        for (method, path, target, expected) in cases {
            let request = Request { method, path, target, ..Request::default() };
            let found = read(&request).ok().map(|call| call.operation);
            assert_eq!(found, expected, "{method} {path} {target:?}");
        }
    }

    #[test]
    fn a_query_is_an_input() {
        let query = [("catalog", "AWSMarketplace"), ("entityId", "resaleauthz-1"), ("other", "")];
        let query = query.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let request =
            Request { method: "GET", path: "/DescribeEntity", query, ..Request::default() };
        let input = read(&request).expect("a call").input;
        assert_eq!(input, json!({"Catalog": "AWSMarketplace", "EntityId": "resaleauthz-1"}));
    }
}
