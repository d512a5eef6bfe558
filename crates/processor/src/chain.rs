//! An error and its causes in one line: the only way in which errors reach a log or the ledger.

use std::error::Error;
use std::fmt;

/// Shows an error, then its causes, each after a colon.
pub struct Chain<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut next = self.0.source();
        while let Some(cause) = next {
            write!(f, ": {cause}")?;
            next = cause.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ledger::store::StoreError;

    use super::Chain;
    use crate::delivery::ProcessError;

    #[test]
    fn causes_follow_the_attempt() {
        let error = StoreError::Missing { place: "there".to_owned() };
        let error = ProcessError::Ledger(Arc::new(error));
        let shown = Chain(&error).to_string();
        assert_eq!(shown, "could not record the delivery: there is no ledger at there");
    }
}
