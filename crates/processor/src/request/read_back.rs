//! After success: what was made is read back from AWS into the ledger, and what is to follow is wished.

use deal::facts::RequestFacts;
use deal::facts::request::{Wish, WishKind};
use deal::request::RequestId;
use marketplace::ids::OpportunityId;

use super::ask::Learned;
use super::drive::{Driven, Driver};
use super::{Content, DriveError, RequestError};
use crate::delivery::ProcessError;
use crate::opportunity_sync::{SyncFailure, Synced};
use crate::port::{CallError, CallOutcome, Retry};

/// What was attempted.
const READING: &str = "read back what was made";

impl Driver<'_> {
    /// Reads it back, and wishes what follows, before that it was read back is recorded: whoever stops in between does both again,
    /// and neither twice.
    pub(super) async fn read_back(
        &self,
        facts: &RequestFacts,
        made: OpportunityId,
    ) -> Result<Driven, DriveError> {
        let mut done = Synced::default();
        let read = self.processor.read_whole(self.catalog, std::slice::from_ref(&made), &mut done);
        match read.await {
            Ok(()) => {}
            Err(SyncFailure::Call(error)) => return self.learn(Learned::Trouble(error)).await,
            Err(SyncFailure::Read(error)) => {
                return Err(DriveError::Process(ProcessError::Ledger(std::sync::Arc::new(error))));
            }
            Err(SyncFailure::Record(error)) => return Err(DriveError::Process(error)),
        }
        if let Some((_, why)) = done.left_out.pop() {
            // Its lists lag behind its change sets.
            let (outcome, retry) = (CallOutcome::Refused, Retry::Soon);
            let error = CallError { doing: READING, outcome, retry, code: None, cause: why.into() };
            return self.learn(Learned::Trouble(error)).await;
        }
        self.follow(facts).await?;
        self.learn(Learned::ReadBack).await
    }

    /// Wishes that no more offers are made from what was cloned, if that was said.
    async fn follow(&self, facts: &RequestFacts) -> Result<(), DriveError> {
        let cloned = facts.wish().filter(|(_, wish, _)| wish.kind == WishKind::Clone);
        let Some((_, cloned, _)) = cloned else { return Ok(()) };
        if !Content::of(cloned).is_ok_and(|content| content.restrict_original) {
            return Ok(());
        }
        let wish = Wish {
            kind: WishKind::Restrict,
            name: None,
            partner: None,
            product: None,
            draft: None,
            ..cloned.clone()
        };
        let id = RequestId::of(&wish, "");
        match self.processor.request(&id, &wish).await {
            // Somebody wished it before.
            Ok(_) | Err(RequestError::Taken(_)) => Ok(()),
            Err(error) => Err(DriveError::Follow(error)),
        }
    }
}
