//! JSON as it is written: the SDK's own documents are hash maps with binary numbers in them.
//!
//! Sent from those, the same change set would have its fields in another order at each try, though its token promises that it is
//! the same request; read into those, AWS's numbers would lose their text. So our JSON takes the place of the SDK's body before it
//! is signed, and the answer is read from its own text.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_marketplacecatalog::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
};
use aws_sdk_marketplacecatalog::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_marketplacecatalog::error::BoxError;

/// One call's bodies, as they are on the wire.
#[derive(Clone, Default)]
pub(crate) struct Verbatim {
    sent: Option<Arc<[u8]>>,
    received: Arc<Mutex<Option<Vec<u8>>>>,
}

impl Verbatim {
    /// Sends this JSON.
    pub(crate) fn sending(json: Vec<u8>) -> Self {
        Self { sent: Some(json.into()), ..Self::default() }
    }

    /// What came as an answer, if one did.
    pub(crate) fn received(&self) -> Option<Vec<u8>> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Bodies are not to be shown.
impl fmt::Debug for Verbatim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verbatim")
    }
}

impl Intercept for Verbatim {
    fn name(&self) -> &'static str {
        "Verbatim"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(json) = &self.sent {
            let request = context.request_mut();
            request.headers_mut().insert("content-length", json.len().to_string());
            *request.body_mut() = json.to_vec().into();
        }
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response().body().bytes().map(<[u8]>::to_vec);
        *self.received.lock().unwrap_or_else(PoisonError::into_inner) = body;
        Ok(())
    }
}
