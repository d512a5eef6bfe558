//! What an answer that is no success says of the call, and of the next one.

use std::error::Error;
use std::iter::successors;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_marketplacecatalog::error::{ProvideErrorMetadata, SdkError};
use processor::chain::Chain;
use processor::port::{CallError, CallOutcome, Retry};

/// Characters shown of an answer that is none of AWS's.
const MAX_SAID: usize = 300;

/// A documented error: its code, whether AWS did something, whether to ask again.
pub(crate) type Documented = (&'static str, CallOutcome, Retry);

use CallOutcome::{Refused, Unknown};

/// The Catalog API's errors.
pub(crate) const CATALOG: &[Documented] = &[
    ("AccessDeniedException", Refused, Retry::Never),
    // A fault of AWS's own, in whatever it was doing then.
    ("InternalServiceException", Unknown, Retry::Soon),
    // Another change set has the entity, until it ends.
    ("ResourceInUseException", Refused, Retry::Later),
    ("ResourceNotFoundException", Refused, Retry::Never),
    ("ResourceNotSupportedException", Refused, Retry::Never),
    // Too many change sets are open, until some end.
    ("ServiceQuotaExceededException", Refused, Retry::Later),
    ("ThrottlingException", Refused, Retry::Soon),
    ("ValidationException", Refused, Retry::Never),
];

/// The Entitlement API's errors.
pub(crate) const ENTITLEMENT: &[Documented] = &[
    ("InternalServiceErrorException", Unknown, Retry::Soon),
    ("InvalidParameterException", Refused, Retry::Never),
    ("ThrottlingException", Refused, Retry::Soon),
];

/// The errors of the Metering API's `ResolveCustomer`.
pub(crate) const METERING: &[Documented] = &[
    ("DisabledApiException", Refused, Retry::Never),
    ("ExpiredTokenException", Refused, Retry::Never),
    ("InternalServiceErrorException", Unknown, Retry::Soon),
    ("InvalidTokenException", Refused, Retry::Never),
    ("ThrottlingException", Refused, Retry::Soon),
];

/// What any API may answer ("Common Error Types"), where it is not what the status says.
const COMMON: &[Documented] = &[
    ("RequestAbortedException", Unknown, Retry::Soon),
    ("RequestLimitExceeded", Refused, Retry::Soon),
    ("RequestTimeoutException", Unknown, Retry::Soon),
    ("Throttling", Refused, Retry::Soon),
    ("ThrottlingException", Refused, Retry::Soon),
    ("TooManyRequestsException", Refused, Retry::Soon),
];

/// Why a call failed, in AWS's own words where it said something.
pub(crate) fn call_error<E>(
    doing: &'static str,
    documented: &[Documented],
    error: &SdkError<E>,
) -> CallError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let status = error.raw_response().map(|response| response.status().as_u16());
    let (outcome, retry) = match error {
        // It was never sent.
        SdkError::ConstructionFailure(_) => (Refused, Retry::Never),
        SdkError::DispatchFailure(failure) if failure.is_user() => (Refused, Retry::Never),
        SdkError::DispatchFailure(_) => unsigned(error).unwrap_or((Unknown, Retry::Soon)),
        SdkError::ServiceError(_) => judged(documented, status, error.code()),
        // A refusal, though not in AWS's form.
        SdkError::ResponseError(answer) if !answer.raw().status().is_success() => {
            judged(documented, status, None)
        }
        // No answer, or none that can be read.
        _ => (Unknown, Retry::Soon),
    };
    let code = error.code().map(str::to_owned);
    CallError { doing, outcome, retry, code, cause: said(error).into() }
}

/// Nothing is sent without credentials. Those that are not there appear by nobody's waiting.
fn unsigned(error: &(dyn Error + 'static)) -> Option<(CallOutcome, Retry)> {
    let mut causes = successors(Some(error), |error| Error::source(*error));
    let cause = causes.find_map(|error| error.downcast_ref::<CredentialsError>())?;
    Some(match cause {
        CredentialsError::CredentialsNotLoaded(_) | CredentialsError::InvalidConfiguration(_) => {
            (Refused, Retry::Never)
        }
        _ => (Refused, Retry::Soon),
    })
}

/// What is known of a code, else what its status says.
fn judged(
    documented: &[Documented],
    status: Option<u16>,
    code: Option<&str>,
) -> (CallOutcome, Retry) {
    let known = documented.iter().chain(COMMON).find(|(known, ..)| code == Some(*known));
    match (known, status) {
        (Some((_, outcome, retry)), _) => (*outcome, *retry),
        (None, Some(402 | 423)) => (Refused, Retry::Later),
        (None, Some(429)) => (Refused, Retry::Soon),
        (None, Some(408) | None) => (Unknown, Retry::Soon),
        (None, Some(status)) if status >= 500 => (Unknown, Retry::Soon),
        (None, Some(_)) => (Refused, Retry::Never),
    }
}

/// AWS's code and text. Of a refusal that has neither, as from something on the way to AWS: its status and how it begins.
fn said<E>(error: &SdkError<E>) -> String
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    if let Some(code) = error.code() {
        return format!("{code}: {}", error.message().unwrap_or("no more is said"));
    }
    let refusal = error.raw_response().filter(|answer| !answer.status().is_success());
    let Some(refusal) = refusal else { return Chain(error).to_string() };
    let status = refusal.status();
    if let Some(message) = error.message() {
        return format!("HTTP status {status}: {message}");
    }
    let body = refusal.body().bytes().and_then(|bytes| str::from_utf8(bytes).ok());
    match body.unwrap_or_default().trim() {
        "" => format!("HTTP status {status}, and no more is said"),
        body => {
            let begins: String = body.chars().take(MAX_SAID).collect();
            format!("HTTP status {status}: {begins}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_error_says_whether_aws_did_it_and_whether_to_ask_again() {
        let (never, later, soon) =
            ((Refused, Retry::Never), (Refused, Retry::Later), (Refused, Retry::Soon));
        let unknown = (Unknown, Retry::Soon);
        let cases = [
            // API, status, code, what it says
            (CATALOG, 403, Some("AccessDeniedException"), never),
            (CATALOG, 500, Some("InternalServiceException"), unknown),
            (CATALOG, 423, Some("ResourceInUseException"), later),
            (CATALOG, 404, Some("ResourceNotFoundException"), never),
            (CATALOG, 415, Some("ResourceNotSupportedException"), never),
            (CATALOG, 402, Some("ServiceQuotaExceededException"), later),
            (CATALOG, 429, Some("ThrottlingException"), soon),
            (CATALOG, 422, Some("ValidationException"), never),
            (ENTITLEMENT, 500, Some("InternalServiceErrorException"), unknown),
            (ENTITLEMENT, 400, Some("InvalidParameterException"), never),
            (ENTITLEMENT, 400, Some("ThrottlingException"), soon),
            (METERING, 400, Some("DisabledApiException"), never),
            (METERING, 400, Some("ExpiredTokenException"), never),
            (METERING, 500, Some("InternalServiceErrorException"), unknown),
            (METERING, 400, Some("InvalidTokenException"), never),
            (METERING, 400, Some("ThrottlingException"), soon),
            // What every API may answer.
            (CATALOG, 403, Some("UnrecognizedClientException"), never),
            (CATALOG, 403, Some("InvalidSignatureException"), never),
            (METERING, 400, Some("RequestAbortedException"), unknown),
            (ENTITLEMENT, 400, Some("Throttling"), soon),
            (CATALOG, 503, Some("ServiceUnavailable"), unknown),
            // Codes that we do not know, and answers without one.
            (CATALOG, 400, Some("SomethingNewException"), never),
            (CATALOG, 402, Some("SomethingNewException"), later),
            (CATALOG, 423, None, later),
            (CATALOG, 429, None, soon),
            (CATALOG, 408, None, unknown),
            (CATALOG, 500, Some("SomethingNewException"), unknown),
            (CATALOG, 502, None, unknown),
            (CATALOG, 404, None, never),
            (CATALOG, 302, None, never),
        ];
        for (api, status, code, expected) in cases {
            assert_eq!(judged(api, Some(status), code), expected, "{status} {code:?}");
        }
        assert_eq!(judged(CATALOG, None, None), unknown);
    }

    #[test]
    fn each_code_has_one_line_in_a_table() {
        for table in [CATALOG, ENTITLEMENT, METERING, COMMON] {
            assert!(table.is_sorted_by(|a, b| a.0 < b.0), "{table:?}");
        }
    }
}
