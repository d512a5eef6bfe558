//! Who registers, by the Metering API.

use async_trait::async_trait;
use aws_sdk_marketplacemetering::Client;
use marketplace::changeset::Registration;
use marketplace::ids::{AccountId, InvalidAccount, InvalidId, LicenseId};
use processor::port::{CallError, Registrations};

use crate::api::{Access, Api};
use crate::failure;
use crate::operation::Operation;

/// Bytes of a token that an error may repeat: too few to be of any use.
const HARMLESS: usize = 11;

/// The variable that says where the API is, if not at AWS.
pub const ENDPOINT: &str = "AWS_ENDPOINT_URL_MARKETPLACE_METERING";

/// The Metering API of one account.
#[derive(Clone)]
pub struct MeteringApi(Api<Client>);

/// An answer that says of nobody who they are.
#[derive(Debug, thiserror::Error)]
enum AnswerError {
    #[error("AWS names no product")]
    Product,
    #[error("AWS names no customer account")]
    NoCustomer,
    #[error("AWS names a customer that is none")]
    Customer(#[source] InvalidAccount),
    #[error("AWS names a license that is none")]
    License(#[source] InvalidId),
}

impl MeteringApi {
    /// The Metering API as it is reached so.
    pub fn new(access: Access) -> Self {
        let make = |settings: &_| Client::new(settings);
        Self(Api::new(access, make, failure::METERING))
    }
}

#[async_trait]
impl Registrations for MeteringApi {
    async fn resolve(&self, token: &str) -> Result<Registration, CallError> {
        let doing = Operation::ResolveCustomer.doing();
        if token.is_empty() {
            return Err(CallError::refused(doing, "there is no registration token"));
        }
        let answer = self.0.ask(Operation::ResolveCustomer, |client| {
            client.resolve_customer().registration_token(token).send()
        });
        let answer = answer.await.map_err(|error| without(token, error))?;
        let code = answer.product_code;
        registration(code, answer.customer_aws_account_id, answer.license_arn)
            .map_err(|error| CallError::unreadable(doing, error))
    }
}

fn registration(
    product_code: Option<String>,
    customer: Option<String>,
    license_arn: Option<String>,
) -> Result<Registration, AnswerError> {
    let license = license_arn.as_deref().map(LicenseId::from_arn).transpose();
    let customer = customer.ok_or(AnswerError::NoCustomer)?;
    Ok(Registration {
        product_code: product_code.ok_or(AnswerError::Product)?,
        customer: AccountId::new(customer).map_err(AnswerError::Customer)?,
        license: license.map_err(AnswerError::License)?,
        license_arn,
    })
}

/// The error without AWS's text where that repeats the token, as its validation does.
fn without(token: &str, error: CallError) -> CallError {
    let text = error.cause.to_string();
    let piece = token.len().min(HARMLESS + 1);
    let repeats = token.as_bytes().windows(piece).any(|it| holds(text.as_bytes(), it));
    if !repeats {
        return error;
    }
    let code = error.code.as_deref().unwrap_or("an answer without a code");
    let cause = format!("{code}: AWS's text is left out, as it repeats the registration token");
    CallError { cause: cause.into(), ..error }
}

fn holds(text: &[u8], piece: &[u8]) -> bool {
    text.windows(piece.len()).any(|part| part == piece)
}

#[cfg(test)]
mod tests;
