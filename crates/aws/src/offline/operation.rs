//! The operations that are answered.

/// A service of AWS Marketplace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// The Catalog API.
    Catalog,
    /// The Entitlement API.
    Entitlement,
    /// The Metering API.
    Metering,
}

impl Service {
    /// What `X-Amz-Target` begins with, of the services that have it.
    pub const fn target(self) -> Option<&'static str> {
        match self {
            Self::Catalog => None,
            Self::Entitlement => Some("AWSMPEntitlementService"),
            Self::Metering => Some("AWSMPMeteringService"),
        }
    }

    /// By which botocore names the service's model.
    pub const fn model(self) -> &'static str {
        match self {
            Self::Catalog => "marketplace-catalog",
            Self::Entitlement => "marketplace-entitlement",
            Self::Metering => "meteringmarketplace",
        }
    }

    /// How a call is refused that comes too early.
    pub const fn busy(self) -> u16 {
        match self {
            Self::Catalog => 429,
            Self::Entitlement | Self::Metering => 400,
        }
    }

    /// The exception of a failure on AWS's side.
    pub const fn failed(self) -> &'static str {
        match self {
            Self::Catalog => "InternalServiceException",
            Self::Entitlement | Self::Metering => "InternalServiceErrorException",
        }
    }
}

/// An operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "AWS's names")]
pub enum Operation {
    StartChangeSet,
    DescribeChangeSet,
    ListChangeSets,
    CancelChangeSet,
    ListEntities,
    DescribeEntity,
    BatchDescribeEntities,
    GetEntitlements,
    BatchMeterUsage,
    ResolveCustomer,
}

/// Each operation, its name, its service, and the calls a second that an account may make. Of some AWS does not say it.
const OPERATIONS: [(Operation, &str, Service, u32); 10] = [
    (Operation::StartChangeSet, "StartChangeSet", Service::Catalog, 5),
    (Operation::DescribeChangeSet, "DescribeChangeSet", Service::Catalog, 10),
    (Operation::ListChangeSets, "ListChangeSets", Service::Catalog, 5),
    (Operation::CancelChangeSet, "CancelChangeSet", Service::Catalog, 5),
    (Operation::ListEntities, "ListEntities", Service::Catalog, 10),
    (Operation::DescribeEntity, "DescribeEntity", Service::Catalog, 20),
    (Operation::BatchDescribeEntities, "BatchDescribeEntities", Service::Catalog, 2),
    (Operation::GetEntitlements, "GetEntitlements", Service::Entitlement, 20),
    (Operation::BatchMeterUsage, "BatchMeterUsage", Service::Metering, 5),
    (Operation::ResolveCustomer, "ResolveCustomer", Service::Metering, 5),
];

impl Operation {
    /// The operation of this name.
    pub fn of(name: &str) -> Option<Self> {
        OPERATIONS.iter().find(|(_, other, ..)| *other == name).map(|(operation, ..)| *operation)
    }

    fn row(self) -> (&'static str, Service, u32) {
        let row = OPERATIONS.iter().find(|(operation, ..)| *operation == self);
        row.map_or(("", Service::Catalog, 0), |(_, name, service, rate)| (name, *service, *rate))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// Whose it is.
    pub fn service(self) -> Service {
        self.row().1
    }

    /// Calls a second.
    pub fn rate(self) -> u32 {
        self.row().2
    }

    /// Every operation.
    pub fn all() -> impl Iterator<Item = Self> {
        OPERATIONS.iter().map(|(operation, ..)| *operation)
    }
}

#[cfg(test)]
mod tests {
    use super::Operation;

    #[test]
    fn every_operation_is_found_by_its_name() {
        for operation in Operation::all() {
            assert_eq!(Operation::of(operation.name()), Some(operation));
        }
        assert_eq!(Operation::of("MeterUsage"), None);
    }
}
