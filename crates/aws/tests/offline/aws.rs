//! A server of one test's own, its clock, and clients that call it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;

use async_trait::async_trait;
use aws::offline::seed::Seed;
use aws::offline::serve::{Records, Server};
use aws::offline::world::{Settings, World};
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_marketplacecatalog as catalog;
use aws_sdk_marketplacecatalog::config::SharedCredentialsProvider;
use aws_sdk_marketplacecatalog::operation::describe_change_set::DescribeChangeSetOutput;
use aws_smithy_http_client::Builder;
use deal::moment::Moment;
use jiff::{SignedDuration, Timestamp};
use processor::clock::Clock;
use serde_json::Value;

/// When every test begins.
pub(crate) const NOW: &str = "2026-12-02T10:00:00Z";

/// A clock that a test moves.
pub(crate) struct Stepped(Mutex<Timestamp>);

#[async_trait]
impl Clock for Stepped {
    fn now(&self) -> Moment {
        (*self.0.lock().unwrap()).into()
    }

    async fn back_off(&self, _: u32) {}
}

/// A server, and its clock.
pub(crate) struct Offline {
    pub(crate) server: Server,
    clock: Arc<Stepped>,
}

impl Offline {
    /// With the world of the example, in which change sets take so many seconds.
    pub(crate) async fn start(change_set_seconds: i64) -> Self {
        Self::start_with(
            Seed::example(),
            Settings {
                change_set_time: SignedDuration::from_secs(change_set_seconds),
                is_throttled: false,
            },
        )
        .await
    }

    pub(crate) async fn start_with(seed: Seed, settings: Settings) -> Self {
        Self::start_recording(seed, settings, Records::default()).await
    }

    pub(crate) async fn start_recording(seed: Seed, settings: Settings, records: Records) -> Self {
        let clock = Arc::new(Stepped(Mutex::new(NOW.parse().unwrap())));
        let shared: Arc<dyn Clock> = Arc::clone(&clock) as _;
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let world = World::new(seed, settings).unwrap();
        let server = Server::start(address, world, shared, records).await.unwrap();
        Self { server, clock }
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, seconds: i64) {
        let mut now = self.clock.0.lock().unwrap();
        *now += SignedDuration::from_secs(seconds);
    }

    /// Something is to go wrong.
    pub(crate) fn expect(&self, fault: &str) {
        self.server.with_world(|world, _| world.expect(fault.parse().unwrap()));
    }

    pub(crate) fn catalog(&self) -> catalog::Client {
        catalog::Client::new(&self.settings())
    }

    pub(crate) fn entitlements(&self) -> aws_sdk_marketplaceentitlement::Client {
        aws_sdk_marketplaceentitlement::Client::new(&self.settings())
    }

    pub(crate) fn metering(&self) -> aws_sdk_marketplacemetering::Client {
        aws_sdk_marketplacemetering::Client::new(&self.settings())
    }

    fn settings(&self) -> SdkConfig {
        let nobody = Credentials::new("AKIDEXAMPLE", "example", None, None, "test");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .endpoint_url(self.server.url())
            .credentials_provider(SharedCredentialsProvider::new(nobody))
            .http_client(Builder::new().build_http())
            .retry_config(RetryConfig::disabled())
            .build()
    }
}

/// What the Catalog API says.
impl Offline {
    pub(crate) async fn describe(&self, change_set: &str) -> DescribeChangeSetOutput {
        let request = self.catalog().describe_change_set().catalog("AWSMarketplace");
        request.change_set_id(change_set).send().await.unwrap()
    }

    /// The ids and names of all change sets.
    pub(crate) async fn change_sets(&self) -> Vec<(String, String)> {
        let said = self.catalog().list_change_sets().catalog("AWSMarketplace").send().await;
        let rows = said.unwrap().change_set_summary_list.unwrap().into_iter();
        rows.map(|row| (row.change_set_id.unwrap(), row.change_set_name.unwrap())).collect()
    }

    /// The ids and statuses of all authorizations.
    pub(crate) async fn authorizations(&self) -> Vec<(String, String)> {
        let request = self.catalog().list_entities().catalog("AWSMarketplace");
        let said = request.entity_type("ResaleAuthorization").send().await.unwrap();
        let rows = said.entity_summary_list.unwrap().into_iter();
        let status = |row: &catalog::types::EntitySummary| {
            row.resale_authorization_summary().unwrap().status().unwrap().to_string()
        };
        rows.map(|row| (row.entity_id().unwrap().to_owned(), status(&row))).collect()
    }

    /// The events that nobody took yet.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.server.with_world(|world, _| world.take_events())
    }
}
