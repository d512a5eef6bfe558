//! The limits of AWS Marketplace, in one table. AWS moves them, so they have a version.
//!
//! From "Work with resale authorizations using the AWS Marketplace APIs" as of October 2026, "Service quotas for AWS
//! Marketplace Catalog API", the models of the services, and the page on metering for usage.

/// What is refused beyond it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Of which month the pages are.
    pub version: &'static str,
    /// Changes of a change set.
    pub changes: usize,
    /// Characters of `Details`, a document written as text.
    pub details: usize,
    /// Characters of a change set's name.
    pub change_set_name: usize,
    /// Characters of a client request token.
    pub token: usize,
    /// Change sets that are under way at once.
    pub open_change_sets: usize,
    /// Days for which a change set is listed and described. AWS's pages say 60 and 90.
    pub history_days: i64,
    /// Rows of a page of `ListChangeSets`.
    pub change_set_page: usize,
    /// Rows of a page of `ListEntities`.
    pub entity_page: usize,
    /// Rows of a page of `ListEntities` that asks for no number.
    pub default_page: usize,
    /// Filters of a request of `ListEntities`.
    pub filters: usize,
    /// Values of a filter.
    pub filter_values: usize,
    /// Entities of a request of `BatchDescribeEntities`.
    pub described: usize,
    /// Characters of a product's id.
    pub product_id: usize,
    /// Characters of an authorization's name.
    pub name: usize,
    /// Characters of an authorization's description.
    pub description: usize,
    /// Years ahead for the last day on which a partner may make an offer.
    pub availability_years: i16,
    /// Offers that may be made from one authorization, if they are counted.
    pub offers: u32,
    /// Years ahead for the latest start of an agreement.
    pub start_years: i16,
    /// Buyers that are targeted.
    pub buyers: usize,
    /// Currencies of prices and of payments.
    pub currencies: &'static [&'static str],
    /// Currencies whose amounts have no decimals.
    pub whole_currencies: &'static [&'static str],
    /// Rate cards of a term.
    pub rate_cards: usize,
    /// Dimensions of a rate card.
    pub rate_card: usize,
    /// Granted dimensions of a term.
    pub grants: usize,
    /// Characters of a dimension's key.
    pub dimension: usize,
    /// Decimals of a price of usage, and the highest.
    pub usage_price: (u32, i64),
    /// Decimals of a price paid in advance, and the highest.
    pub upfront_price: (u32, i64),
    /// Decimals of the price of a commitment, and the highest.
    pub fixed_price: (u32, i64),
    /// Decimals of an installment, and the highest.
    pub installment: (u32, i64),
    /// The highest quantity that is granted.
    pub quantity: i64,
    /// Installments of a schedule.
    pub installments: usize,
    /// Months of an agreement.
    pub months: i64,
    /// When an invoice is due.
    pub payment_periods: &'static [&'static str],
    /// Rows of a page of `GetEntitlements`.
    pub entitlement_page: usize,
    /// Records of a request of `BatchMeterUsage`.
    pub usage_records: usize,
    /// Hours for which a record of usage is taken.
    pub usage_hours: i64,
    /// Hours of a month's first day in which records of the month before are taken.
    pub month_end_hours: i64,
    /// Hours for which records are taken after a license has ended.
    pub final_hours: i64,
    /// Allocations of a record, and tags of an allocation.
    pub allocations: (usize, usize),
    /// Bytes of a request.
    pub request: usize,
}

/// The rules that hold.
pub const RULES: Rules = Rules {
    version: "2026-10",
    changes: 20,
    details: 16_384,
    change_set_name: 100,
    token: 64,
    open_change_sets: 250,
    history_days: 60,
    change_set_page: 20,
    entity_page: 50,
    default_page: 20,
    filters: 8,
    filter_values: 10,
    described: 20,
    product_id: 50,
    name: 100,
    description: 255,
    availability_years: 10,
    offers: 1,
    start_years: 3,
    buyers: 25,
    currencies: &["USD", "AUD", "CAD", "EUR", "GBP", "INR", "JPY"],
    whole_currencies: &["JPY"],
    rate_cards: 5,
    rate_card: 800,
    grants: 200,
    dimension: 100,
    usage_price: (8, 100_000_000),
    upfront_price: (3, 100_000_000),
    fixed_price: (3, 100_000_000_000),
    installment: (2, 100_000_000_000),
    quantity: 2_147_483_646,
    installments: 86,
    months: 144,
    payment_periods: &["P15D", "P30D", "P45D", "P60D", "P90D", "P120D"],
    entitlement_page: 25,
    usage_records: 25,
    usage_hours: 24,
    month_end_hours: 6,
    final_hours: 1,
    allocations: (2_500, 5),
    request: 1_048_576,
};
