//! The numbers in AWS's rules, as data: they moved more than once in 2026.

use jiff::civil::{Date, date};
use serde::{Serialize, Serializer};

/// Who says a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// "Work with resale authorizations using the AWS Marketplace APIs".
    ResaleAuthorizations,
    /// AWS's published shapes of the Catalog API; older than the page, so only for what the page leaves out.
    Shapes,
    /// "Service quotas for AWS Marketplace Catalog API".
    Quotas,
    /// Ours: AWS's pages leave it open, or contradict each other.
    Caution,
    /// Ours: how a form is written.
    Form,
}

impl Source {
    /// A short name.
    pub const fn key(self) -> &'static str {
        match self {
            Self::ResaleAuthorizations => "RA",
            Self::Shapes => "SH",
            Self::Quotas => "CATQ",
            Self::Caution => "caution",
            Self::Form => "form",
        }
    }

    /// The page, or what it is.
    pub const fn title(self) -> &'static str {
        match self {
            Self::ResaleAuthorizations => {
                "Work with resale authorizations using the AWS Marketplace APIs"
            }
            Self::Shapes => "awslabs/aws-marketplace-catalog-api-shapes-for-python",
            Self::Quotas => "Service quotas for AWS Marketplace Catalog API",
            Self::Caution => "resold's caution, AWS's pages do not settle it",
            Self::Form => "how resold reads it",
        }
    }
}

impl Serialize for Source {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.title())
    }
}

/// A row of the table: a number, and who says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit<T> {
    /// The number.
    pub value: T,
    /// Who says it.
    pub source: Source,
}

/// The table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The day on which the pages were read.
    pub version: Date,
    /// Characters of a name.
    pub name: Limit<usize>,
    /// Characters of a description.
    pub description: Limit<usize>,
    /// Characters of a product's id.
    pub product: Limit<usize>,
    /// Buyers.
    pub buyers: Limit<usize>,
    /// Currencies of prices and schedules.
    pub currencies: Limit<&'static [&'static str]>,
    /// Those of them that have no decimals.
    pub whole_currencies: Limit<&'static [&'static str]>,
    /// The currency that every page allows.
    pub safe_currency: Limit<&'static str>,
    /// Characters of a dimension's key.
    pub dimension: Limit<usize>,
    /// Dimensions with a price or a quantity, of one term.
    pub dimensions: Limit<usize>,
    /// Durations with prices.
    pub durations: Limit<usize>,
    /// Months of a contract.
    pub months: Limit<u32>,
    /// Decimals of a usage price.
    pub usage_decimals: Limit<u32>,
    /// The highest usage price.
    pub usage_price: Limit<u64>,
    /// Decimals of a price per unit and duration.
    pub unit_decimals: Limit<u32>,
    /// The highest price per unit and duration.
    pub unit_price: Limit<u64>,
    /// The greatest quantity that is granted.
    pub quantity: Limit<u64>,
    /// Installments.
    pub installments: Limit<usize>,
    /// Decimals of an installment.
    pub amount_decimals: Limit<u32>,
    /// The highest installment.
    pub amount: Limit<u64>,
    /// Years until the last day for offers.
    pub offers_years: Limit<i16>,
    /// Years until the latest start.
    pub start_years: Limit<i16>,
    /// When an invoice may be due.
    pub net_payments: Limit<&'static [&'static str]>,
    /// Days that a partner and a buyer should have between the last day for offers and the first charge.
    pub days_to_charge: Limit<i32>,
}

/// A number of AWS's page on resale authorizations.
const fn page<T: Copy>(value: T) -> Limit<T> {
    Limit { value, source: Source::ResaleAuthorizations }
}

impl Limits {
    /// The rules as AWS's pages had them on the day of `version`.
    pub const CURRENT: Self = Self {
        version: date(2026, 11, 23),
        name: page(100),
        description: page(255),
        product: page(50),
        buyers: page(25),
        currencies: page(&["USD", "AUD", "CAD", "EUR", "GBP", "INR", "JPY"]),
        whole_currencies: page(&["JPY"]),
        // The prose of the page says USD, its table seven currencies.
        safe_currency: Limit { value: "USD", source: Source::Caution },
        dimension: Limit { value: 100, source: Source::Shapes },
        dimensions: Limit { value: 200, source: Source::Quotas },
        durations: Limit { value: 5, source: Source::Shapes },
        months: page(144),
        usage_decimals: page(8),
        usage_price: page(100_000_000),
        unit_decimals: page(3),
        unit_price: page(100_000_000_000),
        quantity: page(2_147_483_646),
        installments: page(86),
        amount_decimals: page(2),
        amount: page(100_000_000_000),
        offers_years: page(10),
        start_years: page(3),
        net_payments: page(&["P15D", "P30D", "P45D", "P60D", "P90D", "P120D"]),
        days_to_charge: Limit { value: 7, source: Source::Caution },
    };
}
