//! The resold command line
