//! Resale authorizations and change sets, by the Catalog API.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_marketplacecatalog::Client;
use aws_sdk_marketplacecatalog::types::{
    EntityRequest, EntitySummary, EntityTypeFilters, EntityTypeSort, Filter, OwnershipType,
    ResaleAuthorizationFilters, ResaleAuthorizationLastModifiedDateFilter,
    ResaleAuthorizationLastModifiedDateFilterDateRange, ResaleAuthorizationNameFilter,
    ResaleAuthorizationSort, ResaleAuthorizationSortBy, SortOrder,
};
use jiff::Timestamp;
use marketplace::changeset::{
    AuthorizationSummary, CATALOG, Change, ChangeSet, ChangeSetReport, ChangeSetSummary,
};
use marketplace::ids::{AccountId, ChangeSetId, InvalidId, OpportunityId, ProductName};
use processor::port::{AuthorizationFilter, CallError, Catalog, MAX_DESCRIBED, Page, Refused};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::api::{Access, Api};
use crate::failure;
use crate::operation::Operation;
use crate::verbatim::Verbatim;

/// Change sets of one page (`ListChangeSets`).
const MAX_CHANGE_SETS: i32 = 20;

/// Pages of change sets of one name. A name of ours has a handful.
const MAX_PAGES: usize = 10;

/// Resale authorizations of one page (`ListEntities`).
const MAX_ENTITIES: i32 = 50;

/// The kind of entity that we ask for, without its version.
const KIND: &str = "ResaleAuthorization";

/// The variable that says where the API is, if not at AWS.
pub const ENDPOINT: &str = "AWS_ENDPOINT_URL_MARKETPLACE_CATALOG";

/// The Catalog API of one account.
#[derive(Clone)]
pub struct CatalogApi(Api<Client>);

/// The request of `StartChangeSet`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Start<'a> {
    catalog: &'static str,
    change_set: &'a [Change],
    change_set_name: &'a str,
    client_request_token: &'a str,
    intent: &'static str,
}

/// The answer of `BatchDescribeEntities`, with each entity as it is written.
#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Described {
    entity_details: Option<BTreeMap<String, Box<RawValue>>>,
    errors: Option<BTreeMap<String, DescribeError>>,
}

/// Why an entity is not described.
#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct DescribeError {
    error_code: Option<String>,
    error_message: Option<String>,
}

impl CatalogApi {
    /// The Catalog API as it is reached so.
    pub fn new(access: Access) -> Self {
        let make = |settings: &_| Client::new(settings);
        Self(Api::new(access, make, failure::CATALOG))
    }

    /// One page of change sets of a name, and the token of the next.
    async fn change_sets(
        &self,
        filters: [Filter; 2],
        page: Option<String>,
    ) -> Result<(Vec<ChangeSetSummary>, Option<String>), CallError> {
        let operation = Operation::ListChangeSets;
        let wire = Verbatim::default();
        let answer = self.0.ask(operation, |client| {
            let request = client.list_change_sets().catalog(CATALOG).max_results(MAX_CHANGE_SETS);
            let request = request.set_filter_list(Some(filters.to_vec()));
            let request = request.set_next_token(page.clone());
            request.customize().interceptor(wire.clone()).send()
        });
        let next = answer.await?.next_token;
        let rows = ChangeSetSummary::read_list(&wire.received().unwrap_or_default());
        Ok((rows.map_err(|error| CallError::unreadable(operation.doing(), error))?, next))
    }
}

#[async_trait]
impl Catalog for CatalogApi {
    async fn start_change_set(&self, set: &ChangeSet) -> Result<ChangeSetId, CallError> {
        let doing = Operation::StartChangeSet.doing();
        let request = Start {
            catalog: CATALOG,
            change_set: &set.changes,
            change_set_name: &set.name,
            client_request_token: &set.token,
            intent: "APPLY",
        };
        let json =
            serde_json::to_vec(&request).map_err(|error| CallError::refused(doing, error))?;
        let wire = Verbatim::sending(json);
        let answer = self.0.ask(Operation::StartChangeSet, |client| {
            // The body is ours. A token that the SDK knows keeps it from drawing one.
            let request = client.start_change_set().client_request_token(&set.token);
            request.customize().interceptor(wire.clone()).send()
        });
        let id = answer.await?.change_set_id.unwrap_or_default();
        ChangeSetId::new(id).map_err(|error| CallError::unreadable(doing, error))
    }

    async fn describe_change_set(&self, id: &ChangeSetId) -> Result<ChangeSetReport, CallError> {
        let wire = Verbatim::default();
        let answer = self.0.ask(Operation::DescribeChangeSet, |client| {
            let request = client.describe_change_set().catalog(CATALOG).change_set_id(id.as_str());
            request.customize().interceptor(wire.clone()).send()
        });
        answer.await?;
        let report = ChangeSetReport::read(&wire.received().unwrap_or_default());
        let doing = Operation::DescribeChangeSet.doing();
        report.map_err(|error| CallError::unreadable(doing, error))
    }

    async fn change_sets_named(
        &self,
        name: &str,
        after: Timestamp,
    ) -> Result<Vec<ChangeSetSummary>, CallError> {
        let filter = |what, value| Filter::builder().name(what).value_list(value).build();
        let (named, after) =
            (filter("ChangeSetName", name.to_owned()), filter("AfterStartTime", seconds(after)));
        let (mut found, mut page) = (Vec::new(), None);
        for _ in 0..MAX_PAGES {
            let (rows, next) =
                self.change_sets([named.clone(), after.clone()], page.take()).await?;
            found.extend(rows);
            match next {
                Some(next) => page = Some(next),
                None => return Ok(found),
            }
        }
        let cause = format!("there are more than {MAX_PAGES} pages of change sets of one name");
        Err(CallError::refused(Operation::ListChangeSets.doing(), cause))
    }

    async fn authorizations(
        &self,
        filter: &AuthorizationFilter,
        page: Option<&str>,
    ) -> Result<Page<AuthorizationSummary>, CallError> {
        // By a date that never changes: what is changed while we read does not move to another page.
        let sort = ResaleAuthorizationSort::builder()
            .sort_by(ResaleAuthorizationSortBy::CreatedDate)
            .sort_order(SortOrder::Ascending);
        let sort = EntityTypeSort::ResaleAuthorizationSort(sort.build());
        let answer = self.0.ask(Operation::ListEntities, |client| {
            let request = client.list_entities().catalog(CATALOG).entity_type(KIND);
            let request = request.ownership_type(OwnershipType::SelfValue);
            let request = request.set_entity_type_filters(filters(filter));
            let request = request.entity_type_sort(sort.clone()).max_results(MAX_ENTITIES);
            request.set_next_token(page.map(str::to_owned)).send()
        });
        let answer = answer.await?;
        let rows = answer.entity_summary_list.unwrap_or_default().into_iter().map(summary);
        let doing = Operation::ListEntities.doing();
        let items = rows.collect::<Result<_, _>>();
        let items = items.map_err(|error| CallError::unreadable(doing, error))?;
        Ok(Page { items, next: answer.next_token })
    }

    async fn describe(
        &self,
        ids: &[OpportunityId],
    ) -> Result<BTreeMap<OpportunityId, Result<Box<str>, Refused>>, CallError> {
        let doing = Operation::BatchDescribeEntities.doing();
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        if ids.len() > MAX_DESCRIBED {
            let cause = format!("{} are asked for, AWS reads {MAX_DESCRIBED}", ids.len());
            return Err(CallError::refused(doing, cause));
        }
        let entity =
            |id: &OpportunityId| EntityRequest::builder().catalog(CATALOG).entity_id(id.as_str());
        let entities = ids.iter().map(|id| entity(id).build()).collect::<Result<Vec<_>, _>>();
        let entities = entities.map_err(|error| CallError::refused(doing, error))?;
        let wire = Verbatim::default();
        let answer = self.0.ask(Operation::BatchDescribeEntities, |client| {
            let request =
                client.batch_describe_entities().set_entity_request_list(Some(entities.clone()));
            request.customize().interceptor(wire.clone()).send()
        });
        answer.await?;
        let described = serde_json::from_slice(&wire.received().unwrap_or_default());
        let described: Described =
            described.map_err(|error| CallError::unreadable(doing, error))?;
        Ok(each(ids, &described))
    }
}

/// What is asked of the list; `None` for nothing.
fn filters(filter: &AuthorizationFilter) -> Option<EntityTypeFilters> {
    let named = filter.name.as_deref();
    let named = named.map(|name| ResaleAuthorizationNameFilter::builder().value_list(name).build());
    let modified = filter.modified_after.map(|after| {
        let range = ResaleAuthorizationLastModifiedDateFilterDateRange::builder();
        let range = range.after_value(seconds(after)).build();
        ResaleAuthorizationLastModifiedDateFilter::builder().date_range(range).build()
    });
    if named.is_none() && modified.is_none() {
        return None;
    }
    let filters = ResaleAuthorizationFilters::builder();
    let filters = filters.set_name(named).set_last_modified_date(modified);
    Some(EntityTypeFilters::ResaleAuthorizationFilters(filters.build()))
}

/// A row of the list. What is only a hint and cannot be read is taken for absent: then the entity is read whole.
fn summary(row: EntitySummary) -> Result<AuthorizationSummary, InvalidId> {
    let id = row.entity_id.unwrap_or_default();
    let own = row.resale_authorization_summary;
    let own = own.as_ref();
    let time = row.last_modified_date.as_deref().and_then(|text| text.parse().ok());
    let reseller = own.and_then(|own| own.reseller_account_id());
    let product = own.and_then(|own| own.product_id());
    Ok(AuthorizationSummary {
        id: OpportunityId::new(without_revision(&id))?,
        name: row.name.or_else(|| own?.name.clone()),
        status: own.and_then(|own| own.status()).map(|status| status.as_str().to_owned()),
        last_modified: time,
        reseller: reseller.and_then(|text| AccountId::new(text).ok()),
        product: product.and_then(|text| ProductName::new(text).ok()),
    })
}

/// What the answer says of each id that was asked for.
fn each(
    ids: &[OpportunityId],
    described: &Described,
) -> BTreeMap<OpportunityId, Result<Box<str>, Refused>> {
    let one = |id: &OpportunityId| {
        let is_it = |key: &str| without_revision(key) == id.as_str();
        let entity = described.entity_details.iter().flatten().find(|(key, _)| is_it(key));
        if let Some((_, entity)) = entity {
            return Ok(document(id, entity));
        }
        let error = described.errors.iter().flatten().find(|(key, _)| is_it(key));
        let Some((_, error)) = error else {
            let message = "the answer says nothing of it".to_owned();
            return Err(Refused { code: "NotMentioned".to_owned(), message });
        };
        let code = error.error_code.clone().unwrap_or_else(|| "Unnamed".to_owned());
        Err(Refused { code, message: error.error_message.clone().unwrap_or_default() })
    };
    ids.iter().map(|id| (id.clone(), one(id))).collect()
}

/// An answer with one entity alone.
fn document(id: &OpportunityId, entity: &RawValue) -> Box<str> {
    let key = Value::from(id.as_str());
    format!(r#"{{"EntityDetails":{{{key}:{entity}}}}}"#).into()
}

fn without_revision(id: &str) -> &str {
    id.split('@').next().unwrap_or(id)
}

/// A moment as AWS's filters take it, in whole seconds before it.
fn seconds(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests;
