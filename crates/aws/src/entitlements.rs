//! What a license grants, by the Entitlement API.

use async_trait::async_trait;
use aws_sdk_marketplaceentitlement::Client;
use aws_sdk_marketplaceentitlement::primitives::DateTime;
use aws_sdk_marketplaceentitlement::types::{
    Entitlement, EntitlementValue, GetEntitlementFilterName,
};
use jiff::Timestamp;
use marketplace::changeset::{LicensedQuantity, LicensedValue};
use marketplace::ids::{AccountId, InvalidAccount, InvalidId, LicenseId};
use processor::port::{CallError, Entitlements, Page};

use crate::api::{Access, Api};
use crate::failure;
use crate::operation::Operation;

/// Grants of one page (`GetEntitlements`).
const MAX_GRANTS: i32 = 25;

/// The variable that says where the API is, if not at AWS.
pub const ENDPOINT: &str = "AWS_ENDPOINT_URL_MARKETPLACE_ENTITLEMENT_SERVICE";

/// The Entitlement API of one account.
#[derive(Clone)]
pub struct EntitlementApi(Api<Client>);

/// A grant that we cannot use.
#[derive(Debug, thiserror::Error)]
enum GrantError {
    #[error("AWS names no dimension")]
    Dimension,
    #[error("AWS names a license that is none")]
    License(#[source] InvalidId),
    #[error("AWS names a customer that is none")]
    Customer(#[source] InvalidAccount),
}

impl EntitlementApi {
    /// The Entitlement API as it is reached so.
    pub fn new(access: Access) -> Self {
        let make = |settings: &_| Client::new(settings);
        Self(Api::new(access, make, failure::ENTITLEMENT))
    }
}

#[async_trait]
impl Entitlements for EntitlementApi {
    async fn by_license(
        &self,
        product_code: &str,
        license_arn: &str,
        page: Option<&str>,
    ) -> Result<Page<LicensedQuantity>, CallError> {
        let answer = self.0.ask(Operation::GetEntitlements, |client| {
            let request = client.get_entitlements().product_code(product_code);
            let licenses = vec![license_arn.to_owned()];
            let request = request.filter(GetEntitlementFilterName::LicenseArn, licenses);
            let request = request.max_results(MAX_GRANTS);
            request.set_next_token(page.map(str::to_owned)).send()
        });
        let answer = answer.await?;
        let grants = answer.entitlements.unwrap_or_default().into_iter();
        let items = grants.map(|grant| quantity(product_code, license_arn, grant));
        let items = items
            .collect::<Result<_, _>>()
            .map_err(|error| CallError::unreadable(Operation::GetEntitlements.doing(), error))?;
        Ok(Page { items, next: answer.next_token })
    }
}

/// One grant; what it does not name of what was asked for is that.
fn quantity(
    product_code: &str,
    license_arn: &str,
    grant: Entitlement,
) -> Result<LicensedQuantity, GrantError> {
    let license = grant.license_arn.as_deref().unwrap_or(license_arn);
    let customer = grant.customer_aws_account_id.map(AccountId::new).transpose();
    Ok(LicensedQuantity {
        license: LicenseId::from_arn(license).map_err(GrantError::License)?,
        license_arn: Some(license.to_owned()),
        product_code: grant.product_code.unwrap_or_else(|| product_code.to_owned()),
        dimension: grant.dimension.ok_or(GrantError::Dimension)?,
        customer: customer.map_err(GrantError::Customer)?,
        value: value(grant.value),
        expires: grant.expiration_date.as_ref().and_then(moment),
    })
}

fn value(value: Option<EntitlementValue>) -> LicensedValue {
    let Some(value) = value else { return LicensedValue::Unknown };
    let integer = value.integer_value.map(|number| LicensedValue::Integer(number.into()));
    let double = value.double_value.map(|number| LicensedValue::Double(number.to_string()));
    let boolean = value.boolean_value.map(LicensedValue::Boolean);
    let text = value.string_value.map(LicensedValue::Text);
    integer.or(double).or(boolean).or(text).unwrap_or(LicensedValue::Unknown)
}

/// A moment; none beyond the years that we know, as of AWS's word for no end.
fn moment(time: &DateTime) -> Option<Timestamp> {
    Timestamp::new(time.secs(), time.subsec_nanos().try_into().ok()?).ok()
}

#[cfg(test)]
mod tests;
