//! An Entitlement API that does what a test tells it: it cuts pages so that the first one is empty, throttles and refuses.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Mutex;

use async_trait::async_trait;
use marketplace::changeset::{LicensedQuantity, LicensedValue};
use marketplace::ids::LicenseId;
use processor::port::{CallError, CallOutcome, Entitlements, Page, Retry};

pub(super) const CODE: &str = "4q8examplecode0000000000x";

pub(super) fn arn(license: &str) -> String {
    format!("arn:aws:license-manager::888899990000:license:{license}")
}

#[derive(Default)]
struct State {
    /// Seats by license.
    seats: BTreeMap<String, i64>,
    /// What becomes of the next calls.
    moods: VecDeque<Retry>,
    /// Licenses that are refused each time.
    refused: BTreeSet<String>,
    /// Licenses that were asked about, in order.
    asked: Vec<String>,
}

/// What licenses grant, as a script.
#[derive(Default)]
pub(super) struct Licenses(Mutex<State>);

impl Licenses {
    pub(super) fn with(seats: &[(&str, i64)]) -> Self {
        let licenses = Self::default();
        for (license, seats) in seats {
            licenses.set(license, *seats);
        }
        licenses
    }

    pub(super) fn set(&self, license: &str, seats: i64) {
        self.state().seats.insert(license.to_owned(), seats);
    }

    /// The next calls fail so.
    pub(super) fn fails(&self, moods: &[Retry]) {
        self.state().moods.extend(moods);
    }

    pub(super) fn refuses(&self, license: &str, refuses: bool) {
        let mut state = self.state();
        if refuses {
            state.refused.insert(license.to_owned());
        } else {
            state.refused.remove(license);
        }
    }

    /// The licenses that were asked about since the last time, in order.
    pub(super) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.state().asked)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().expect("no test panicked with it")
    }
}

fn failed(retry: Retry) -> CallError {
    let (code, outcome) = match retry {
        Retry::Never => ("AccessDeniedException", CallOutcome::Refused),
        Retry::Soon | Retry::Later => ("ThrottlingException", CallOutcome::Refused),
    };
    let (doing, cause) = ("read what a license grants", "AWS says no".into());
    CallError { doing, outcome, retry, code: Some(code.to_owned()), cause }
}

#[async_trait]
impl Entitlements for Licenses {
    async fn by_license(
        &self,
        product_code: &str,
        license_arn: &str,
        page: Option<&str>,
    ) -> Result<Page<LicensedQuantity>, CallError> {
        assert_eq!(product_code, CODE, "a product is named by its code");
        tokio::task::yield_now().await;
        let license = LicenseId::from_arn(license_arn).expect("a license");
        assert_eq!(license_arn, arn(license.as_str()), "a license is named by its ARN");
        let mut state = self.state();
        if page.is_none() {
            state.asked.push(license.to_string());
        }
        if let Some(mood) = state.moods.pop_front() {
            return Err(failed(mood));
        }
        if state.refused.contains(license.as_str()) {
            return Err(failed(Retry::Never));
        }
        if page.is_none() {
            return Ok(Page { items: Vec::new(), next: Some("2".to_owned()) });
        }
        let seats = state.seats.get(license.as_str());
        let grant = |seats: &i64| LicensedQuantity {
            license: license.clone(),
            license_arn: Some(license_arn.to_owned()),
            product_code: product_code.to_owned(),
            dimension: "seats".to_owned(),
            customer: None,
            value: LicensedValue::Integer(*seats),
            expires: None,
        };
        Ok(Page { items: seats.map(grant).into_iter().collect(), next: None })
    }
}
