//! The end-to-end tests of resold live in `all/`; this library is empty because a package needs one.
