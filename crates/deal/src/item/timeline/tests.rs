use super::*;
use crate::event::SCHEMA;
use crate::stream::StreamKind;

use StreamKind::{
    Agreement, ChangeSet, EnvelopeId, Notification, NotificationType, OfferSet, Opportunity,
    Partner, Request, Seller,
};

/// Reads an event; `@` stands for a witness, `&` for the time and digest of a register.
fn event(stream: StreamKind, kind: &str, payload: &str) -> Event {
    let payload = payload
        .replace('@', r#"{"a":"created","t":0,"d":"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"}"#)
        .replace('&', r#""t":0,"d":"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU""#);
    Event::read(stream, kind, SCHEMA, &payload).unwrap_or_else(|error| panic!("{kind}: {error:?}"))
}

/// The stream, the event's type, its payload, and what it says.
#[rustfmt::skip]
const WORDS: &[(StreamKind, &str, &str, &str)] = &[
    (Opportunity, "fact/named", r#"{"first_named":[{"v":true,"w":@}]}"#, "opportunity named by an agreement"),
    (Opportunity, "public/Opportunity Released", r#"{"id":"resaleauthz-1","status":"active"}"#, "opportunity released: active"),
    (Opportunity, "fact/named", r#"{"requested_by":["req-1"],"cloned_from":["resaleauthz-0"]}"#, "opportunity named by request req-1: clone of resaleauthz-0"),
    (Opportunity, "fact/named", r#"{"cloned_to":["resaleauthz-2"]}"#, "opportunity cloned to resaleauthz-2"),
    (Request, "fact/requested", r#"{"wishes":{"1":[{"v":{"kind":"restrict","opportunity":"resaleauthz-1","who":"ann","why":"over"},"w":@}]}}"#, "restrict requested: resaleauthz-1"),
    (Request, "fact/requested", r#"{"wishes":{"1":[{"v":{"kind":"create","name":"Example Corp","partner":"222233334444","who":"ann","why":"new"},"w":@}]}}"#, "create requested: Example Corp, for partner 222233334444"),
    (Request, "fact/change-set-sent", r#"{"attempts":{"1":{"called":0}}}"#, "change set sent"),
    (Request, "fact/change-set-taken", r#"{"attempts":{"1":{"change_sets":{"set-1":{"known":0}}}}}"#, "change set taken: set-1"),
    (Request, "fact/change-set-refused", r#"{"attempts":{"1":{"refused":{"v":{"doing":"start a change set","code":"ResourceInUseException","text":"locked","hope":"later","times":1},&}}}}"#, "change set refused: ResourceInUseException"),
    (Request, "fact/question-unanswered", r#"{"trouble":{"v":{"doing":"describe a change set","text":"timed out","hope":"soon","times":1},&}}"#, "question unanswered: timed out"),
    (Request, "fact/change-set-failed", r#"{"attempts":{"1":{"change_sets":{"set-1":{"report":{"v":{"end":"failed","failure_code":"CLIENT_ERROR"},&}}}}}}"#, "change set failed: set-1, CLIENT_ERROR"),
    (Request, "fact/change-set-succeeded", r#"{"attempts":{"1":{"change_sets":{"set-1":{"report":{"v":{"end":"succeeded","opportunity":"resaleauthz-1"},&}}}}}}"#, "change set succeeded: set-1, resaleauthz-1"),
    (Request, "fact/draft-left", r#"{"draft":[{"v":"resaleauthz-1","w":@}]}"#, "draft left: resaleauthz-1"),
    (Request, "fact/named", r#"{"attempts":{"1":{"change_sets":{"set-1":{"noticed":0}}}}}"#, "a notification says that change set set-1 ended"),
    (Request, "public/Opportunity Requested", r#"{"id":"req-1","wish":"clone","status":"requested"}"#, "opportunity requested: clone"),
    (Request, "public/Opportunity Request Failed", r#"{"id":"req-1","wish":"create","status":"failed","codes":["CLIENT_ERROR"]}"#, "opportunity request failed: create, CLIENT_ERROR"),
    (Request, "public/Opportunity Request Failed", r#"{"id":"req-1","wish":"create","status":"cancelled"}"#, "opportunity request failed: create, cancelled"),
    (ChangeSet, "fact/named", r#"{"requests":[["req-1",2]]}"#, "change set of req-1, attempt 2"),
    (StreamKind::Offer, "fact/offer-released", r#"{"released":0,"seller":[{"v":"222233334444","w":@}],"buyers":{"v":["555566667777","666677778888"],&}}"#, "offer released by 222233334444 for 555566667777, 666677778888"),
    (StreamKind::Offer, "fact/offer-released", r#"{"released":0,"expires":{"v":0,&}}"#, "offer released: expires 1970-01-01T00:00:00Z"),
    (StreamKind::Offer, "fact/named", r#"{"confirmed":[{"v":"resaleauthz-1","w":@}]}"#, "offer named by an agreement: confirms resaleauthz-1"),
    (StreamKind::Offer, "fact/license-updated", r#"{"products":["4q8example","prod-1"]}"#, "offer sells: 4q8example, prod-1"),
    (StreamKind::Offer, "fact/offerset-released", r#"{"offer_set":[{"v":"offerset-1","w":@}]}"#, "offerset released: in offerset-1"),
    (StreamKind::Offer, "fact/link-decided", r#"{"decisions":{"resaleauthz-1":{"v":{"linked":true,"who":"ann","why":"told"},&}}}"#, "offer linked to resaleauthz-1 by a person"),
    (StreamKind::Offer, "fact/link-decided", r#"{"decisions":{"resaleauthz-1":{"v":{"linked":false,"who":"ann","why":"told"},&}}}"#, "offer parted from resaleauthz-1 by a person"),
    (StreamKind::Offer, "public/Offer Received", r#"{"id":"offer-1","type":"CPPO","released":true,"link":{"basis":"inferred","opportunity":"resaleauthz-1"}}"#, "offer received: inferred resaleauthz-1"),
    (StreamKind::Offer, "public/Offer Linked", r#"{"id":"offer-1","type":"CPPO","released":true,"link":{"basis":"ambiguous","eligible":2}}"#, "offer linked: ambiguous, 2 fit"),
    (StreamKind::Offer, "public/Offer Linked", r#"{"id":"offer-1","type":"CPPO","released":true,"link":{"basis":"ambiguous","eligible":1,"contested":true}}"#, "offer linked: ambiguous, contested"),
    (StreamKind::Offer, "public/Offer Linked", r#"{"id":"offer-1","type":"CPPO","released":true,"link":{"basis":"unmatched"}}"#, "offer linked: unmatched"),
    (StreamKind::Offer, "public/Offer Received", r#"{"id":"offer-1","type":"PRIVATE","released":true}"#, "offer received"),
    (OfferSet, "fact/offerset-released", r#"{"offers":["offer-1","offer-2"]}"#, "set of 2 offers released"),
    (Agreement, "fact/purchase-agreement-created", r#"{"created":0,"intent":[{"v":"NEW","w":@}],"authorization":[{"v":"resaleauthz-1","w":@}],"offer":[{"v":"offer-1","w":@}],"acceptor":[{"v":"555566667777","w":@}]}"#, "agreement created: confirms resaleauthz-1, from offer-1, accepted by 555566667777"),
    (Agreement, "fact/purchase-agreement-created", r#"{"created":0,"intent":[{"v":"RENEW","w":@}]}"#, "agreement created: RENEW"),
    (Agreement, "fact/purchase-agreement-amended", r#"{"amended":0,"end":{"v":0,&}}"#, "agreement amended: ends 1970-01-01T00:00:00Z"),
    (Agreement, "fact/purchase-agreement-ended", r#"{"ended":[{"v":"cancelled","w":@}]}"#, "agreement ended: cancelled"),
    (Agreement, "fact/purchase-agreement-ending", r#"{"ending_notice":{"v":30,&}}"#, "agreement ends in 30 days, says AWS"),
    (Agreement, "fact/purchase-agreement-renewal-upcoming", r#"{"renewal_upcoming":0}"#, "agreement renewal upcoming"),
    (Agreement, "fact/purchase-agreement-advisory-issued", r#"{"advisory":{"v":true,&}}"#, "advisory issued"),
    (Agreement, "fact/purchase-agreement-advisory-resolved", r#"{"advisory":{"v":false,&}}"#, "advisory resolved"),
    (Agreement, "fact/license-updated", r#"{"licenses":{"l-1":{"updated":0}}}"#, "license l-1 updated"),
    (Agreement, "fact/quantities-read", r#"{"licenses":{"l-1":{"reading":{"quantities":{"v":[{"dimension":"api","value":{"boolean":true}},{"dimension":"seats","value":{"integer":250},"expires":0}],&},"read_for":0,"answered":0}}}}"#, "license l-1 read: api true, seats 250 until 1970-01-01T00:00:00Z"),
    (Agreement, "fact/quantities-read", r#"{"licenses":{"l-1":{"reading":{"quantities":{"v":[],&},"answered":0,"unannounced":{"v":{"before":[],"after":[]},&}}}}}"#, "license l-1 read: nothing, not announced by AWS"),
    (Agreement, "fact/license-read", r#"{"licenses":{"l-1":{"reading":{"read_for":0,"answered":0}}}}"#, "license l-1 read: as before"),
    (Agreement, "fact/license-not-read", r#"{"licenses":{"l-1":{"reading":{"tried_for":0,"unanswered":{"v":{"refusal":{"doing":"read","code":"AccessDeniedException","text":"no","hope":"never","times":1},"since":0},&}}}}}"#, "license l-1 not read: AccessDeniedException"),
    (Agreement, "fact/registration-resolved", r#"{"licenses":{"l-1":{"registered":0,"customer":[{"v":"555566667777","w":@}]}}}"#, "license l-1 registered: by 555566667777"),
    (Agreement, "public/Buyer Registered", r#"{"registration":{"license":"l-1","account":"555566667777","registered_at":"2026-12-01T10:02:00Z"},"entitlement":{"id":"agmt-1","type":"CPPO","status":"active","license_state":"held"}}"#, "buyer registered: 555566667777, license l-1"),
    (Agreement, "fact/license-deprovisioned", r#"{"licenses":{"l-1":{"deprovisioned":0}}}"#, "license l-1 deprovisioned"),
    (Agreement, "fact/agreement-cancellation-request-created", r#"{"cancellations":{"acr-1":{"v":{"step":"pending-approval","reason_code":"OTHER"},&}}}"#, "cancellation request acr-1: pending approval, OTHER"),
    (Agreement, "fact/purchase-agreement-billing-adjustment-completed", r#"{"adjustments":{"ba-1":{"v":{"completed":true,"amount":"-10.50","currency":"USD"},&}}}"#, "billing adjustment ba-1: completed, -10.50 USD"),
    (Agreement, "fact/purchase-agreement-billing-adjustment-failed", r#"{"adjustments":{"ba-1":{"v":{"completed":false},&}}}"#, "billing adjustment ba-1: failed"),
    (Agreement, "fact/purchase-agreement-created", r#"{"successor":[{"v":"agmt-2","w":@}]}"#, "agmt-2 succeeds the agreement"),
    (Agreement, "fact/product-named", r#"{"products":["prod-1"]}"#, "product named: prod-1"),
    (Agreement, "fact/named", "{}", "agreement named by an agreement"),
    (Agreement, "public/Entitlement Granted", r#"{"id":"agmt-1","type":"CPPO","status":"active","license_state":"held","licenses":["l-1"]}"#, "entitlement granted: active, license l-1"),
    (Agreement, "public/Entitlement Ended", r#"{"id":"agmt-1","type":"CPPO","status":"ended","reason":"renewed","license_state":"held","licenses":["l-1"],"successor":"agmt-2"}"#, "entitlement ended: renewed, followed by agmt-2"),
    (Agreement, "public/Renewal Upcoming", r#"{"renewal":{"days":90,"ends_at":"2027-12-01T10:00:00Z"},"entitlement":{"id":"agmt-1","type":"CPPO","status":"active","license_state":"held"}}"#, "renewal upcoming: 90 days, ends 2027-12-01T10:00:00Z"),
    (Agreement, "public/Finding Raised", r#"{"id":"end-time-passed:agreement/agmt-1","kind":"end-time-passed","severity":"warning","subject":"agreement/agmt-1","since":0,"first":0,"last":0,"evidence":{}}"#, "finding raised: end-time-passed (warning)"),
    (Agreement, "fact/finding-acknowledged", r#"{"acknowledged":{"x":{"v":{"who":"ann","why":"known","through":0},&}}}"#, "finding acknowledged"),
    (Partner, "fact/offer-released", r#"{"name":{"v":"Northwind Resale",&},"aliases":[["code1","prod-1"]]}"#, "partner: Northwind Resale, code1 is prod-1"),
    (Partner, "work/pending", r#"{"kind":"judge","value":"x","hi_from":0,"hi_to":1,"after":null,"done":false}"#, "more of its offers are to be judged again"),
    (Partner, "work/pending", r#"{"kind":"judge","value":"x","hi_from":0,"hi_to":1,"after":null,"done":true}"#, "all of its offers are judged again"),
    (ChangeSet, "fact/change-set-failed", r#"{"result":{"v":"failed",&},"failure_code":{"v":"CLIENT_ERROR",&}}"#, "change set failed: CLIENT_ERROR"),
    (Seller, "fact/disbursement-paused", r#"{"disbursement_first":0}"#, "disbursement paused"),
    (Seller, "fact/products-security-report-created", r#"{"security_first":0}"#, "security report created"),
    (Notification, "fact/quarantined", r#"{"reason":{"v":"not JSON",&}}"#, "notification quarantined: not JSON"),
    (NotificationType, "fact/product-spotlighted", "{}", "a notification of an unknown type: product-spotlighted"),
    (EnvelopeId, "fact/id-with-two-contents", "{}", "another content came under the same id"),
];

#[test]
fn what_an_event_says() {
    for (stream, kind, payload, expected) in WORDS {
        assert_eq!(words(&event(*stream, kind, payload)), *expected, "{kind}");
    }
}

#[test]
fn who_decided_and_why() {
    let decided =
        r#"{"decisions":{"resaleauthz-1":{"v":{"linked":true,"who":"ann","why":"told"},&}}}"#;
    let acknowledged = r#"{"acknowledged":{"x":{"v":{"who":"bob","why":"known","through":0},&}}}"#;
    let cases = [
        (StreamKind::Offer, "fact/link-decided", decided, Some("ann: told")),
        (StreamKind::Offer, "fact/finding-acknowledged", acknowledged, Some("bob: known")),
        (Agreement, "fact/finding-acknowledged", acknowledged, Some("bob: known")),
        (Seller, "fact/finding-acknowledged", acknowledged, Some("bob: known")),
        (StreamKind::Offer, "fact/offer-released", "{}", None),
    ];
    for (stream, kind, payload, expected) in cases {
        let person =
            person(&event(stream, kind, payload)).map(|(who, why)| format!("{who}: {why}"));
        assert_eq!(person.as_deref(), expected, "{kind}");
    }
}
