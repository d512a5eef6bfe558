//! Why a call was refused, as AWS would answer it.

/// A call that did nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Refusal {
    /// HTTP's status.
    pub status: u16,
    /// The name of the exception in the service's model.
    pub code: &'static str,
    /// AWS's text, or what we put in its place.
    pub message: String,
}

impl Refusal {
    /// Of the Catalog API: the request is wrong.
    pub fn validation(message: impl Into<String>) -> Self {
        Self { status: 422, code: "ValidationException", message: message.into() }
    }

    /// Of the Catalog API: there is no such thing.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self { status: 404, code: "ResourceNotFoundException", message: message.into() }
    }

    /// Of the Catalog API: it is somebody else's.
    pub fn denied(message: impl Into<String>) -> Self {
        Self { status: 403, code: "AccessDeniedException", message: message.into() }
    }

    /// Of the Catalog API: a change set works on it.
    pub fn in_use(message: impl Into<String>) -> Self {
        Self { status: 423, code: "ResourceInUseException", message: message.into() }
    }

    /// Of the services that answer every refusal with 400.
    pub fn bad(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: 400, code, message: message.into() }
    }
}
