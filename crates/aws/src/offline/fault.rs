//! What goes wrong on request.

use std::str::FromStr;

use super::operation::{Operation, Service};
use super::refusal::Refusal;

/// What goes wrong, with which calls, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    operation: Operation,
    /// Only with change sets that have this in their name.
    name: Option<String>,
    what: What,
    left: u32,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The call is refused with this status of HTTP, and does nothing.
    Refuse(u16),
    /// The connection is cut before anything is done.
    Drop,
    /// It is done, and the connection is cut before the answer.
    Cut,
    /// The change set fails with `CLIENT_ERROR` and this code.
    Fail(String),
    /// The change set fails with `SERVER_FAULT`.
    ServerFault,
    /// The change set fails with `CLIENT_ERROR` and this code, and the Draft that it made stays. AWS does not say whether that
    /// happens, and whether the change set's report would name it.
    Leave {
        /// The code.
        code: String,
        /// Whether the report names the Draft.
        is_named: bool,
    },
    /// No record of usage is processed.
    Unprocessed,
}

/// Text that is no fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}; a fault is written as OPERATION[@NAME]=WHAT[*TIMES]")]
pub struct FaultError(String);

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let error = |text: String| Err(FaultError(text));
        let Some((calls, what)) = text.split_once('=') else {
            return error(format!("`{text}` has no `=`"));
        };
        let (operation, name) = calls.split_once('@').map_or((calls, None), |(a, b)| (a, Some(b)));
        let Some(operation) = Operation::of(operation) else {
            return error(format!("`{operation}` is no operation of the offline AWS"));
        };
        let (what, times) = what.split_once('*').unwrap_or((what, "1"));
        let Some(left) = times.parse().ok().filter(|times| *times > 0) else {
            return error(format!("`{times}` is no number of times"));
        };
        if name.is_some() && operation != Operation::StartChangeSet {
            return error("only a change set has a name".to_owned());
        }
        match said(what, operation) {
            Some(what) => Ok(Self { operation, name: name.map(str::to_owned), what, left }),
            None => error(format!("`{what}` is nothing that can happen to {}", operation.name())),
        }
    }
}

fn said(text: &str, operation: Operation) -> Option<What> {
    let (word, code) = text.split_once(':').unwrap_or((text, ""));
    let is_code = !code.is_empty() && code.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_');
    let code = code.to_owned();
    match (word, operation, is_code) {
        ("drop", _, false) => Some(What::Drop),
        ("cut", _, false) => Some(What::Cut),
        ("server-fault", Operation::StartChangeSet, false) => Some(What::ServerFault),
        ("fail", Operation::StartChangeSet, true) => Some(What::Fail(code)),
        ("draft", Operation::StartChangeSet, true) => Some(What::Leave { code, is_named: true }),
        ("hidden-draft", Operation::StartChangeSet, true) => {
            Some(What::Leave { code, is_named: false })
        }
        ("unprocessed", Operation::BatchMeterUsage, false) => Some(What::Unprocessed),
        (status, _, false) => {
            let status = status.parse().ok()?;
            refusal(operation, status).map(|_| What::Refuse(status))
        }
        _ => None,
    }
}

/// How an operation refuses a call with this status. 429 means throttled, whatever status the service gives that.
pub fn refusal(operation: Operation, status: u16) -> Option<Refusal> {
    let service = operation.service();
    let message = match status {
        429 => "Rate exceeded",
        500 => "An internal error occurred; try again later.",
        503 => "The service is unavailable; try again later.",
        402 => "The maximum number of open requests per account has been exceeded.",
        403 => "User is not authorized to perform this operation.",
        423 => "The entity is locked by another change set.",
        _ => return None,
    };
    let code = match (status, service, operation) {
        (429, ..) => "ThrottlingException",
        (500, ..) => service.failed(),
        (503, ..) => "ServiceUnavailableException",
        (403, ..) => "AccessDeniedException",
        (402, _, Operation::StartChangeSet) => "ServiceQuotaExceededException",
        (423, _, Operation::StartChangeSet | Operation::CancelChangeSet) => {
            "ResourceInUseException"
        }
        _ => return None,
    };
    let status = match (status, service) {
        (429, service) => service.busy(),
        (403, Service::Entitlement | Service::Metering) => 400,
        (status, _) => status,
    };
    Some(Refusal { status, code, message: message.to_owned() })
}

/// What is to go wrong, in the order in which it was asked for.
#[derive(Debug, Clone, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// One more.
    pub fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// What goes wrong with this call.
    pub fn take(&mut self, operation: Operation, name: Option<&str>) -> Option<What> {
        let is_meant = |fault: &&mut Fault| {
            let has_name = |wanted: &String| name.is_some_and(|name| name.contains(wanted));
            fault.operation == operation && fault.name.as_ref().is_none_or(has_name)
        };
        let fault = self.0.iter_mut().find(is_meant)?;
        fault.left -= 1;
        let what = fault.what.clone();
        self.0.retain(|fault| fault.left > 0);
        Some(what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read() {
        let cases = [
            ("StartChangeSet=429*2", Some(What::Refuse(429))),
            ("StartChangeSet@resold 7=cut", Some(What::Cut)),
            ("DescribeEntity=drop", Some(What::Drop)),
            ("StartChangeSet=server-fault", Some(What::ServerFault)),
            ("StartChangeSet=fail:INVALID_X", Some(What::Fail("INVALID_X".to_owned()))),
            (
                "StartChangeSet=hidden-draft:A_B",
                Some(What::Leave { code: "A_B".to_owned(), is_named: false }),
            ),
            ("BatchMeterUsage=unprocessed", Some(What::Unprocessed)),
            ("GetEntitlements=500", Some(What::Refuse(500))),
            ("StartChangeSet=fail", None),
            ("StartChangeSet=fail:no code", None),
            ("GetEntitlements=423", None),
            ("GetEntitlements=server-fault", None),
            ("GetEntitlements@x=cut", None),
            ("StartChangeSet=418", None),
            ("StartChangeSet=429*0", None),
            ("StartChangeSet", None),
            ("Anything=cut", None),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse::<Fault>().ok().map(|fault| fault.what), expected, "{text}");
        }
    }

    #[test]
    fn a_fault_happens_as_often_as_it_was_asked_for() {
        let mut faults = Faults::default();
        for text in ["StartChangeSet@b=cut", "StartChangeSet=429*2"] {
            faults.add(text.parse().expect("a fault"));
        }
        let start = Operation::StartChangeSet;
        let cases = [
            (Operation::ListEntities, None, None),
            (start, Some("a"), Some(What::Refuse(429))),
            (start, Some("a b"), Some(What::Cut)),
            (start, Some("a b"), Some(What::Refuse(429))),
            (start, Some("a b"), None),
        ];
        for (operation, name, expected) in cases {
            assert_eq!(faults.take(operation, name), expected);
        }
    }
}
