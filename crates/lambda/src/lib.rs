//! The Lambda functions
