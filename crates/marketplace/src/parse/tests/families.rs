//! One body per family, written after AWS's page "Amazon EventBridge events" and the real deviations
//! from it.

#![expect(clippy::unnecessary_wraps, reason = "a case reads like the fields that it expects")]

use super::*;
use crate::ids::{AccountId, LicenseId, OfferId, ProductName};
use crate::notification::{
    Adjustment, AgreementTerms, CancellationRequest, ChangeSet, End, OfferReleased,
    OfferSetReleased, Product,
};

fn account(text: &str) -> AccountId {
    AccountId::new(text).unwrap()
}

fn id<T: TryFrom<String, Error: std::fmt::Debug>>(text: &str) -> Option<T> {
    Some(T::try_from(text.to_owned()).unwrap())
}

fn time(text: &str) -> Option<jiff::Timestamp> {
    Some(text.parse().unwrap())
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn product(names: &[&str], title: Option<&str>) -> Product {
    let names = names.iter().map(|name| ProductName::new(*name).unwrap()).collect();
    Product { names, code: None, title: title.map(str::to_owned) }
}

#[test]
fn the_envelope_is_kept() {
    let read = parse(GOOD.as_bytes()).unwrap();
    let expected = Envelope {
        id: text("6b1f0c1e-0000-4000-8000-0000000000aa"),
        source: "aws.agreement-marketplace".to_owned(),
        detail_type: "Purchase Agreement Created - Manufacturer".to_owned(),
        account: id("111122223333"),
        time: "2026-12-03T09:14:05Z".parse().unwrap(),
        replayed: false,
    };
    assert_eq!(read.envelope, expected);
    assert_eq!(read.role, Some(Role::Manufacturer));
}

#[test]
fn offer_released() {
    let detail = r#"{"requestId":"r","catalog":"AWSMarketplace",
        "offer":{"id":"offer-9k2mexample77","arn":"arn:aws:aws-marketplace:us-east-1:222233334444:AWSMarketplace/Offer/offer-9k2mexample77",
            "name":"Initech FY27","expirationDate":"2027-01-31T23:59:59.999Z"},
        "product":{"id":"bbbbaaaa-abcd-1111-abcd-666666666666","title":"Acme Analytics",
            "arn":"arn:aws:aws-marketplace:us-east-1:111122223333:AWSMarketplace/SaaSProduct/prod-k3x9examplesaas"},
        "manufacturer":{"accountId":"111122223333","name":"Acme"},
        "sellerOfRecord":{"accountId":"222233334444","name":"Reseller Ltd"},
        "targetedBuyerAccountIds":["555566667777","444455556666","555566667777"]}"#;
    let expected = Family::OfferReleased(OfferReleased {
        offer: id("offer-9k2mexample77"),
        name: text("Initech FY27"),
        arn: text(
            "arn:aws:aws-marketplace:us-east-1:222233334444:AWSMarketplace/Offer/offer-9k2mexample77",
        ),
        expires: time("2027-01-31T23:59:59.999Z").map(End::At),
        product: product(
            &["bbbbaaaa-abcd-1111-abcd-666666666666", "prod-k3x9examplesaas"],
            Some("Acme Analytics"),
        ),
        manufacturer: id("111122223333"),
        manufacturer_name: text("Acme"),
        seller: id("222233334444"),
        seller_name: text("Reseller Ltd"),
        buyers: vec![account("444455556666"), account("555566667777")],
    });
    assert_eq!(read(CATALOG, "Offer Released", detail).family, expected);
}

#[test]
fn offer_set_released() {
    let detail = r#"{"offerSet":{"id":"offerset-1example0000","name":"Bundle","arn":"arn:x"},
        "associatedOffers":[{"offer":{"id":"offer-b","arn":"arn:b"}},{"offer":{"id":"offer-a","name":"A"}},
            {"offer":{"id":null}},{},null]}"#;
    let expected = Family::OfferSetReleased(OfferSetReleased {
        offer_set: id("offerset-1example0000"),
        name: text("Bundle"),
        offers: vec![
            (OfferId::new("offer-a").unwrap(), text("A")),
            (OfferId::new("offer-b").unwrap(), None),
        ],
    });
    assert_eq!(read(CATALOG, "OfferSet Released", detail).family, expected);
}

#[test]
fn change_sets() {
    let detail = r#"{"requestId":"r","Catalog":"AWSMarketplace","ChangeSetId":"example123456789012abcdef",
        "ChangeSetName":"ra opp_01JZ8K3 v1","StartTime":"2026-12-01T10:00:00Z","EndTime":"2026-12-01T10:04:00Z",
        "FailureCode":"CLIENT_ERROR"}"#;
    for (name, result) in [
        ("Change Set Succeeded", ChangeSetResult::Succeeded),
        ("Change Set Failed", ChangeSetResult::Failed),
        ("Change Set Cancelled", ChangeSetResult::Cancelled),
    ] {
        let expected = Family::ChangeSet(ChangeSet {
            id: id("example123456789012abcdef"),
            name: text("ra opp_01JZ8K3 v1"),
            result,
            failure_code: text("CLIENT_ERROR"),
            started: time("2026-12-01T10:00:00Z"),
            ended: time("2026-12-01T10:04:00Z"),
        });
        assert_eq!(read(CATALOG, name, detail).family, expected, "{name}");
    }
}

#[test]
fn seller_notices() {
    let report = read(CATALOG, "Products Security Report Created", r#"{"numberOfProducts":3}"#);
    assert_eq!(report.family, Family::SecurityReport);
    let body = event(SELLER, "Disbursement Paused", r#"{"requestId":"r"}"#)
        .replace(r#""resources":[]"#, r#""resources":["arn:aws:payment:1",null,""]"#);
    let resources = vec!["arn:aws:payment:1".to_owned()];
    assert_eq!(parse(body.as_bytes()).unwrap().family, Family::DisbursementPaused { resources });
}

#[test]
fn agreement_created_names_whom_and_what() {
    let Family::Agreement(notice) = parse(GOOD.as_bytes()).unwrap().family else { panic!() };
    let expected = AgreementNotice {
        agreement: id("agmt-1example00000000000000000"),
        authorization: id("resaleauthz-7hq2x9abcd1ef"),
        acceptor: id("555566667777"),
        proposer: id("222233334444"),
        proposer_name: None,
        manufacturer: None,
        offer: id("offer-9k2mexample77"),
        product: Product::default(),
        license: None,
        what: AgreementEvent::Created(AgreementTerms {
            intent: text("NEW"),
            status: text("ACTIVE"),
            acceptance: time("2026-12-03T09:13:54.220Z"),
            start: time("2026-12-03T09:13:54.220Z"),
            end: time("2027-12-03T09:13:54.220Z").map(End::At),
            previous: None,
            auto_renew: None,
        }),
    };
    assert_eq!(*notice, expected);
}

#[test]
fn agreement_amended_by_the_proposer() {
    let detail = r#"{"agreement":{"id":"agmt-2","intent":"AMEND","previousAgreementId":"agmt-1","autoRenewalEnabled":true,
            "endTime":"9999-01-01T00:00:00Z"},
        "resaleAuthorization":null,"proposer":{"accountId":"111122223333","name":"Acme"},
        "manufacturer":{"accountId":"111122223333"},"product":{"id":"prod-1","title":"Acme Analytics","code":""}}"#;
    let notice = notice("Purchase Agreement Amended - Proposer", detail);
    assert_eq!(notice.proposer_name, text("Acme"));
    assert_eq!(notice.manufacturer, id("111122223333"));
    assert_eq!(notice.product, product(&["prod-1"], Some("Acme Analytics")));
    let expected = AgreementTerms {
        intent: text("AMEND"),
        end: Some(End::Never),
        previous: id("agmt-1"),
        auto_renew: Some(true),
        ..AgreementTerms::default()
    };
    assert_eq!(notice.what, AgreementEvent::Amended(expected));
}

#[test]
fn agreement_events() {
    use AgreementEvent as E;
    let at = || time("2026-12-03T10:00:00Z");
    let name = |rest: &str| format!("Purchase Agreement {rest}");
    #[rustfmt::skip]
    let cases = [
        ("Ended - Manufacturer", r#"{"agreement":{"id":"a","status":"CANCELLED"}}"#, E::Ended { status: text("CANCELLED") }),
        ("Ended", r#"{"agreement":{"id":"a","status":"Frobbed"}}"#, E::Ended { status: text("FROBBED") }),
        ("Ended - Proposer", "{}", E::Ended { status: None }),
        ("Ending - Proposer", r#"{"daysBeforeEndTime":180,"agreement":{"endTime":"2026-12-03T10:00:00Z"}}"#, E::Ending { days_before_end: Some(180), end: at().map(End::At) }),
        ("Ending - Proposer", r#"{"agreement":{"daysBeforeEndTime":"30"}}"#, E::Ending { days_before_end: Some(30), end: None }),
        ("Renewal Terms Finalized - Proposer", "{}", E::RenewalTermsFinalized),
        ("Renewal Upcoming - Proposer", "{}", E::RenewalUpcoming),
        ("Advisory Issued - Manufacturer", r#"{"advisory":{"issuedAt":"2026-12-03T10:00:00Z"}}"#, E::AdvisoryIssued(at())),
        ("Advisory Resolved - Manufacturer", r#"{"advisory":{"resolvedAt":"2026-12-03T11:00:00+01:00"}}"#, E::AdvisoryResolved(at())),
        ("Advisory Resolved - Manufacturer", r#"{"advisory":null}"#, E::AdvisoryResolved(None)),
    ];
    for (rest, detail, expected) in cases {
        assert_eq!(what(&name(rest), detail), expected, "{rest} {detail}");
    }
}

#[test]
fn billing_adjustments() {
    let detail = r#"{"agreement":{"id":"agmt-1"},"billingAdjustmentRequest":{"id":"ba-1","adjustmentAmount":"-100.00",
        "currencyCode":"USD","adjustmentReasonCode":"INCORRECT_METERING"},"invoice":{"originalInvoiceId":"inv-7"}}"#;
    for (name, completed) in [
        ("Purchase Agreement Billing Adjustment Completed - Manufacturer", true),
        ("Purchase Agreement Billing Adjustment Failed - Proposer", false),
    ] {
        let expected = AgreementEvent::Adjustment(Adjustment {
            id: id("ba-1"),
            completed,
            amount: Some("-100.00".parse().unwrap()),
            currency: text("USD"),
            reason_code: text("INCORRECT_METERING"),
            invoice: text("inv-7"),
        });
        assert_eq!(what(name, detail), expected, "{name}");
    }
}

#[test]
fn cancellation_requests() {
    let detail = r#"{"agreement":{"id":"agmt-1","acceptorId":"555566667777","productId":"prod-1","offerId":"offer-1"},
        "agreementCancellationRequest":{"id":"acr-1","reasonCode":"TEST_AGREEMENT","statusCode":"APPROVED",
            "createdAt":"2026-12-03T09:00:00Z","updatedAt":"2026-12-03T10:00:00.5Z"}}"#;
    for (words, step) in [
        ("Pending Approval - Manufacturer", "pending-approval"),
        ("Approved - Proposer", "approved"),
        ("Rejected", "rejected"),
        ("Cancelled - Manufacturer", "cancelled"),
        ("Validation Failed - Proposer", "validation-failed"),
        ("Put On Hold - Manufacturer", "put-on-hold"),
    ] {
        let notice = notice(&format!("Agreement Cancellation Request {words}"), detail);
        let expected = CancellationRequest {
            id: id("acr-1"),
            step: step.to_owned(),
            reason_code: text("TEST_AGREEMENT"),
            updated: time("2026-12-03T10:00:00.5Z"),
        };
        assert_eq!(notice.what, AgreementEvent::Cancellation(expected), "{words}");
        assert_eq!(notice.acceptor, id("555566667777"));
        assert_eq!(notice.offer, id("offer-1"));
        assert_eq!(notice.product, product(&["prod-1"], None));
    }
}

#[test]
fn licenses() {
    let detail = |arn: &str| {
        format!(
            r#"{{"agreement":{{"id":"agmt-1"}},"product":{{"code":"5y5mf1wp0ltvvbxgwu8lexample","id":"prod-1"}},
            "license":{{"arn":"{arn}"}},"acceptor":{{"accountId":"555566667777"}},"offer":{{"id":"offer-1"}}}}"#
        )
    };
    let hex = "l-0123456789abcdef0123456789abcdef";
    for arn in [
        format!("aws:license-manager:us-east-1:777788889999:{hex}"),
        format!("arn:aws:license-manager::777788889999:license:{hex}"),
        format!("arn:aws:license-manager::777788889999:license/{hex}"),
        hex.to_owned(),
    ] {
        let updated = notice("License Updated - Manufacturer", &detail(&arn));
        assert_eq!(updated.license, Some((LicenseId::from_arn(hex).unwrap(), arn.clone())));
        let code = "5y5mf1wp0ltvvbxgwu8lexample";
        let named = Product { code: id(code), ..product(&[code, "prod-1"], None) };
        assert_eq!(updated.product, named);
        assert_eq!(updated.what, AgreementEvent::LicenseUpdated);
        let gone = what("License Deprovisioned - Manufacturer", &detail(&arn));
        assert_eq!(gone, AgreementEvent::LicenseDeprovisioned);
    }
}

#[test]
fn roles_and_families() {
    use Role::{Acceptor, Manufacturer, Other, Proposer};
    const KNOWN: bool = true;
    #[rustfmt::skip]
    let cases = [
        (AGREEMENTS, "License Updated", None, KNOWN),
        (AGREEMENTS, "License Updated - Manufacturer", Some(Manufacturer), KNOWN),
        (AGREEMENTS, "License Updated - Proposer", Some(Proposer), KNOWN),
        (AGREEMENTS, "License Updated - Acceptor", Some(Acceptor), KNOWN),
        (AGREEMENTS, "License Updated - Distributor", Some(Other("Distributor".to_owned())), KNOWN),
        (AGREEMENTS, "License Updated - Two Words", None, !KNOWN),
        (AGREEMENTS, "License Updated - ", None, !KNOWN),
        (AGREEMENTS, "license updated", None, !KNOWN),
        (AGREEMENTS, "License Revoked - Manufacturer", Some(Manufacturer), !KNOWN),
        (AGREEMENTS, "Agreement Cancellation Request", None, !KNOWN),
        (AGREEMENTS, "Offer Released", None, !KNOWN),
        (CATALOG, "Offer Released", None, KNOWN),
        (CATALOG, "Offer Released - Manufacturer", Some(Manufacturer), KNOWN),
        (CATALOG, "Purchase Agreement Created - Manufacturer", Some(Manufacturer), !KNOWN),
        (SELLER, "Disbursement Paused", None, KNOWN),
        ("custom.source", "Offer Released", None, !KNOWN),
    ];
    for (source, name, role, known) in cases {
        let read = read(source, name, "{}");
        assert_eq!(read.role, role, "{name}");
        assert_eq!(read.family != Family::Unknown, known, "{source} {name}");
    }
}

#[test]
fn an_unknown_family_may_have_any_detail() {
    for detail in ["5", "[]", "null", "\"text\"", r#"{"agreement":5}"#] {
        assert_eq!(read(AGREEMENTS, "Something New", detail).family, Family::Unknown, "{detail}");
    }
}

#[test]
fn a_detail_that_says_nothing() {
    let empty = notice("Purchase Agreement Ended - Manufacturer", "{}");
    for detail in [
        "null",
        r#"{"agreement":null}"#,
        r#"{"agreement":{}}"#,
        r#"{"agreement":{"id":null,"status":null}}"#,
        r#"{"agreement":{"id":""},"acceptor":{"accountId":""},"offer":{"id":""}}"#,
        r#"{"resaleAuthorization":{"id":null},"license":{"arn":null},"product":{"id":null}}"#,
        r#"{"something":[{"new":1.5e3}],"agreement":{"mood":"calm"}}"#,
    ] {
        assert_eq!(notice("Purchase Agreement Ended - Manufacturer", detail), empty, "{detail}");
    }
    let body = event(AGREEMENTS, "Purchase Agreement Ended", "{}").replace(r#","detail":{}"#, "");
    assert!(!body.contains("detail\":"), "{body}");
    let Family::Agreement(absent) = parse(body.as_bytes()).unwrap().family else { panic!() };
    assert_eq!(*absent, empty);
}
