//! What we ask of AWS Marketplace, and how fast one account may ask it.

use processor::port::patience::Repeat;

/// An operation of one of its APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Operation {
    StartChangeSet,
    DescribeChangeSet,
    ListChangeSets,
    ListEntities,
    BatchDescribeEntities,
    GetEntitlements,
    ResolveCustomer,
}

impl Operation {
    /// Calls a second.
    #[expect(clippy::match_same_arms, reason = "each number has its source")]
    pub(crate) const fn per_second(self) -> u32 {
        match self {
            // "Service quotas for AWS Marketplace Catalog API"
            Self::StartChangeSet => 5,
            Self::DescribeChangeSet => 10,
            Self::ListChangeSets => 5,
            Self::ListEntities => 10,
            // Documented nowhere: assumed. (DescribeEntity, for one at a time, has 20.)
            Self::BatchDescribeEntities => 2,
            // "Service quotas for AWS Marketplace Entitlement API"
            Self::GetEntitlements => 20,
            // Documented nowhere: assumed.
            Self::ResolveCustomer => 5,
        }
    }

    /// What it means to ask twice. AWS takes a start with the same token for the same start, but does not say for how long.
    pub(crate) const fn repeat(self) -> Repeat {
        match self {
            // A token may be exchanged once only: AWS does not say.
            Self::StartChangeSet | Self::ResolveCustomer => Repeat::IfRefused,
            Self::DescribeChangeSet
            | Self::ListChangeSets
            | Self::ListEntities
            | Self::BatchDescribeEntities
            | Self::GetEntitlements => Repeat::Harmless,
        }
    }

    /// What we are doing with it, after "cannot".
    pub(crate) const fn doing(self) -> &'static str {
        match self {
            Self::StartChangeSet => "start a change set at AWS Marketplace",
            Self::DescribeChangeSet => "read a change set from AWS Marketplace",
            Self::ListChangeSets => "list the change sets at AWS Marketplace",
            Self::ListEntities => "list the resale authorizations at AWS Marketplace",
            Self::BatchDescribeEntities => "read resale authorizations from AWS Marketplace",
            Self::GetEntitlements => "read what a license grants from AWS Marketplace",
            Self::ResolveCustomer => "ask AWS Marketplace who registers",
        }
    }
}
