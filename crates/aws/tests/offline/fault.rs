//! What goes wrong on request, as a caller meets it.

use aws_sdk_marketplacecatalog::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_marketplacecatalog::types::ChangeStatus;

use crate::aws::Offline;
use crate::change::{start, worked};

#[tokio::test]
async fn a_refused_call_does_nothing() {
    let cases = [
        ("402", 402, "ServiceQuotaExceededException"),
        ("403", 403, "AccessDeniedException"),
        ("423", 423, "ResourceInUseException"),
        ("429", 429, "ThrottlingException"),
        ("500", 500, "InternalServiceException"),
        ("503", 503, "ServiceUnavailableException"),
    ];
    let offline = Offline::start(0).await;
    for (what, status, code) in cases {
        offline.expect(&format!("StartChangeSet={what}"));
        let error = start(&offline.catalog(), what, worked()).await.unwrap_err();
        let said = error.raw_response().unwrap().status().as_u16();
        assert_eq!((said, error.code()), (status, Some(code)), "{what}");
    }
    assert!(offline.change_sets().await.is_empty());
}

#[tokio::test]
async fn a_lost_answer_is_found_again_by_name_and_by_token() {
    let offline = Offline::start(0).await;
    offline.expect("StartChangeSet=drop");
    offline.expect("StartChangeSet@resold 7=cut");
    let client = offline.catalog();
    let lost = start(&client, "resold 7 1", worked()).await.unwrap_err();
    assert!(matches!(lost, SdkError::DispatchFailure(_)), "{lost:?}");
    assert!(offline.change_sets().await.is_empty(), "the first was lost before it was taken");
    let lost = start(&client, "resold 7 1", worked()).await.unwrap_err();
    assert!(matches!(lost, SdkError::DispatchFailure(_)), "{lost:?}");
    let [found] = offline.change_sets().await.try_into().unwrap();
    assert_eq!(found.1, "resold 7 1");
    let again = start(&client, "resold 7 1", worked()).await.unwrap();
    assert_eq!(again, found.0, "the same token is the same change set");
    assert_eq!(offline.authorizations().await.len(), 1);
}

#[tokio::test]
async fn a_failed_change_set_may_leave_a_draft_behind() {
    let cases = [
        // fault, names the draft, drafts
        ("fail:INVALID_X", false, 0),
        ("draft:INVALID_X", true, 1),
        ("hidden-draft:INVALID_X", false, 1),
        ("server-fault", false, 0),
    ];
    for (fault, names_it, drafts) in cases {
        let offline = Offline::start(0).await;
        offline.expect(&format!("StartChangeSet={fault}"));
        let id = start(&offline.catalog(), "x", worked()).await.unwrap();
        let said = offline.describe(&id).await;
        assert_eq!(said.status(), Some(&ChangeStatus::Failed), "{fault}");
        let entity = said.change_set()[0].entity().unwrap();
        assert_eq!(entity.identifier().is_some(), names_it, "{fault}");
        let found = offline.authorizations().await;
        assert_eq!(found.len(), drafts, "{fault}");
        assert!(found.iter().all(|(_, status)| status == "Draft"), "{fault}");
    }
}
