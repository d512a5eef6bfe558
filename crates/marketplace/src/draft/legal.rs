//! The legal documents of an opportunity.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The buyer's license agreement. Written as `standard`, `enterprise`, or the address of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Eula {
    /// AWS's standard contract.
    Standard,
    /// AWS's enterprise contract.
    Enterprise,
    /// A document of our own in S3, by its address.
    Custom(String),
}

/// The contract with the partner. Written as `standard`, or the address of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum ResellerContract {
    /// AWS's standard contract for resellers.
    Standard,
    /// A document of our own in S3, by its address.
    Custom(String),
}

impl Eula {
    /// AWS's word for it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Standard => "StandardEula",
            Self::Enterprise => "EnterpriseEula",
            Self::Custom(_) => "CustomEula",
        }
    }

    /// The address, where there is one.
    pub fn url(&self) -> Option<&str> {
        match self {
            Self::Standard | Self::Enterprise => None,
            Self::Custom(url) => Some(url),
        }
    }
}

impl ResellerContract {
    /// AWS's word for it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Standard => "StandardResellerContract",
            Self::Custom(_) => "CustomResellerContract",
        }
    }

    /// The address, where there is one.
    pub fn url(&self) -> Option<&str> {
        match self {
            Self::Standard => None,
            Self::Custom(url) => Some(url),
        }
    }
}

impl From<String> for Eula {
    fn from(text: String) -> Self {
        match text.as_str() {
            "standard" => Self::Standard,
            "enterprise" => Self::Enterprise,
            _ => Self::Custom(text),
        }
    }
}

impl From<String> for ResellerContract {
    fn from(text: String) -> Self {
        match text.as_str() {
            "standard" => Self::Standard,
            _ => Self::Custom(text),
        }
    }
}

impl fmt::Display for Eula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Standard => "standard",
            Self::Enterprise => "enterprise",
            Self::Custom(url) => url,
        })
    }
}

impl fmt::Display for ResellerContract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Standard => "standard",
            Self::Custom(url) => url,
        })
    }
}

impl From<Eula> for String {
    fn from(eula: Eula) -> Self {
        eula.to_string()
    }
}

impl From<ResellerContract> for String {
    fn from(contract: ResellerContract) -> Self {
        contract.to_string()
    }
}
