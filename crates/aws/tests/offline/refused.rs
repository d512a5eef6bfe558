//! What is refused at once, a line for each rule.

use serde_json::{Value, json};

use crate::bench::{Bench, change};

const NAMES: &str = "/Name: must have 1 to 100 characters";
const EDGES: &str = "must not start with white space or end with a backslash";

#[test]
fn a_new_authorization() {
    let valid = json!({"ProductId": "prod-k3x9examplesaas", "Name": "Acme", "ResellerAccountId": "222233334444"});
    let cases = [
        // what is set to what, refusal
        ("Name", json!("Acme"), None),
        ("Name", json!("é".repeat(100)), None),
        ("Name", json!(""), Some((422, NAMES))),
        ("Name", json!("a".repeat(101)), Some((422, NAMES))),
        ("Name", json!("\tAcme"), Some((422, EDGES))),
        ("Name", json!("Acme\\"), Some((422, EDGES))),
        ("Name", json!(7), Some((422, "/Name: must be a string"))),
        ("Name", Value::Null, Some((422, "the required property 'Name' is missing"))),
        ("Description", json!("d".repeat(255)), None),
        ("Description", json!("d".repeat(256)), Some((422, "must have 1 to 255 characters"))),
        ("ResellerAccountId", json!("22223333444"), Some((422, "an AWS account ID of 12 digits"))),
        ("ResellerAccountId", json!(222_233_334_444_u64), Some((422, "must be a string"))),
        ("ResellerRole", json!("Distributor"), None),
        (
            "ResellerRole",
            json!("Friend"),
            Some((422, "must be one of ChannelPartner, Distributor")),
        ),
        ("BulkRequestId", json!("1"), Some((422, "'BulkRequestId' is not allowed here"))),
        ("ProductId", json!("p".repeat(51)), Some((422, "must have 1 to 50 characters"))),
        ("ProductId", json!("prod-foreign"), Some((403, "no access to the product prod-foreign"))),
        ("ProductId", json!("prod-nothere"), Some((403, "no access to the product prod-nothere"))),
        ("ProductId", json!("prod-k3x9exampledraft"), Some((404, "can't be resold"))),
    ];
    for (key, value, expected) in cases {
        let mut details = valid.clone();
        details[key] = value.clone();
        let changes = json!([change("CreateResaleAuthorization", None, &details)]);
        refused(&mut Bench::new(), &changes, expected, &format!("{key} {value}"));
    }
}

fn refused(bench: &mut Bench, changes: &Value, expected: Option<(u16, &str)>, case: &str) {
    let said = bench.start(changes).err();
    let status = said.as_ref().map(|(status, _)| *status);
    assert_eq!(status, expected.map(|(status, _)| status), "{case}: {said:?}");
    if let Some(((_, text), (_, part))) = said.zip(expected) {
        assert!(text.contains(part), "{case}: {text}");
    }
}

/// Details of a change, as they are refused. None: they are not.
type Case = (&'static str, Value, Option<&'static str>);

fn check(kind: &str, cases: impl IntoIterator<Item = Case>) {
    for (case, details, expected) in cases {
        let mut bench = Bench::new();
        let id = bench.draft("prod-k3x9examplesaas");
        let changes = json!([change(kind, Some(&id), &details)]);
        refused(&mut bench, &changes, expected.map(|text| (422, text)), &format!("{kind} {case}"));
    }
}

#[test]
fn information_and_availability() {
    let before = |channel: &str, model: &str| json!({"PreExistingBuyerAgreement": {"AcquisitionChannel": channel, "PricingModel": model}});
    check(
        "UpdateInformation",
        [
            ("a name", json!({"Name": "Acme"}), None),
            ("nothing", json!({}), Some("provide at least one of")),
            ("a description is taken away", json!({"Description": null}), None),
            ("a renewal is taken away", json!({"PreExistingBuyerAgreement": null}), None),
            ("a name is not", json!({"Name": null}), Some("/Name: must be a string")),
            ("a renewal", before("External", "Byol"), None),
            (
                "written as in prose",
                before("External", "BYOL"),
                Some("must be one of Contract, Usage"),
            ),
            ("as it may be read", before("Unknown", "Free"), Some("must be one of AwsMarketplace")),
        ],
    );
    let end = |day: &str| json!({"AvailabilityEndDate": day});
    check(
        "UpdateAvailability",
        [
            ("tomorrow", end("2026-12-03"), None),
            ("today", end("2026-12-02"), Some("must be in the future")),
            ("in ten years", end("2036-12-02"), None),
            ("later", end("2036-12-03"), Some("within 10 years")),
            ("with a time", end("2026-12-31T23:59:59Z"), Some("the format YYYY-MM-DD")),
            ("no day", end("2026-02-30"), Some("the format YYYY-MM-DD")),
            ("once", json!({"OffersMaxQuantity": 1}), None),
            ("twice", json!({"OffersMaxQuantity": 2}), Some("a whole number from 1 to 1")),
            ("neither", json!({}), Some("provide either OffersMaxQuantity or AvailabilityEndDate")),
        ],
    );
}

#[test]
fn prices() {
    let usage = |price: &str, currency: &str| {
        json!({"PricingModel": "Usage", "Terms": [{"Type": "ResaleUsageBasedPricingTerm", "CurrencyCode": currency,
            "RateCards": [{"RateCard": [{"DimensionKey": "gb_stored", "Price": price}]}]}]})
    };
    let upfront = |price: &str, duration: &str| {
        json!({"PricingModel": "Contract", "Terms": [{"Type": "ResaleConfigurableUpfrontPricingTerm", "CurrencyCode": "USD",
            "RateCards": [{"Selector": {"Type": "Duration", "Value": duration},
                "RateCard": [{"DimensionKey": "seats", "Price": price}]}]}]})
    };
    let fixed = |price: &str, quantity: Value| {
        json!({"PricingModel": "Contract", "Terms": [{"Type": "ResaleFixedUpfrontPricingTerm", "CurrencyCode": "USD",
            "Price": price, "Duration": "P12M", "Grants": [{"DimensionKey": "seats", "MaxQuantity": quantity}]}]})
    };
    let mut twice = upfront("1", "P12M");
    let term = twice["Terms"][0].clone();
    twice["Terms"].as_array_mut().unwrap().push(term);
    check(
        "UpdatePricingTerms",
        [
            ("eight decimals", usage("0.00000001", "USD"), None),
            ("nine", usage("0.000000001", "USD"), Some("with 8 decimals at most")),
            ("none", usage("0", "INR"), None),
            ("less than none", usage("-1", "USD"), Some("a number at least 0")),
            ("most", usage("100000000", "USD"), None),
            ("more", usage("100000000.1", "USD"), Some("at most 100000000,")),
            ("no number", usage("1e3", "USD"), Some("must be a number")),
            ("another currency", usage("1", "CHF"), Some("must be one of USD, AUD, CAD")),
            ("three decimals", upfront("0.125", "P12M"), None),
            ("four", upfront("0.1255", "P12M"), Some("with 3 decimals at most")),
            ("weeks", upfront("1", "P2W"), Some("an ISO 8601 duration")),
            ("a commitment", fixed("100000000000", json!(2_147_483_646_u32)), None),
            ("too large", fixed("100000000001", json!(1)), Some("at most 100000000000")),
            ("nothing granted", fixed("0", json!(0)), Some("a whole number from 1 to 2147483646")),
            ("too much", fixed("0", json!(2_147_483_647_u32)), Some("a whole number from 1")),
            ("unlimited", fixed("0", Value::Null), None),
            ("one type twice", twice, Some("more than one term of the type")),
            ("free", json!({"PricingModel": "Free", "Terms": []}), None),
            (
                "free, with a price",
                {
                    let mut free = usage("1", "USD");
                    free["PricingModel"] = json!("Free");
                    free
                },
                Some("a free product has no pricing terms"),
            ),
            (
                "no price",
                json!({"PricingModel": "Usage", "Terms": []}),
                Some("at least one pricing term"),
            ),
            (
                "another model",
                json!({"PricingModel": "Byol", "Terms": []}),
                Some("must be one of Usage"),
            ),
            (
                "another family",
                json!({"PricingModel": "Usage", "Terms": [{"Type": "BuyerLegalTerm"}]}),
                Some("its Type must be one of"),
            ),
        ],
    );
}

#[test]
fn other_terms() {
    let terms = |term: Value| json!({"Terms": [term]});
    let schedule = |day: &str, amount: &str, count: usize| {
        let part = json!({"ChargeDate": day, "ChargeAmount": amount});
        terms(
            json!({"Type": "ResalePaymentScheduleTerm", "CurrencyCode": "USD", "Schedule": vec![part; count]}),
        )
    };
    check(
        "UpdatePaymentScheduleTerms",
        [
            ("tomorrow", schedule("2026-12-03", "0.01", 1), None),
            (
                "today",
                schedule("2026-12-02", "0.01", 1),
                Some("/ChargeDate: must be in the future"),
            ),
            ("nothing", schedule("2027-01-01", "0", 1), Some("a number more than 0")),
            ("three decimals", schedule("2027-01-01", "0.001", 1), Some("with 2 decimals at most")),
            ("most", schedule("2027-01-01", "100000000000", 86), None),
            ("one more", schedule("2027-01-01", "1", 87), Some("must have 1 to 86 elements")),
            ("none", schedule("2027-01-01", "1", 0), Some("must have 1 to 86 elements")),
            ("taken away", json!({"Terms": []}), None),
        ],
    );
    let period =
        |period: &str| terms(json!({"Type": "ResaleNetPaymentTerm", "PaymentDuePeriod": period}));
    check(
        "UpdateNetPaymentTerms",
        [
            ("15 days", period("P15D"), None),
            ("10 days", period("P10D"), Some("must be one of P15D, P30D, P45D, P60D, P90D, P120D")),
            ("taken away", json!({"Terms": []}), None),
        ],
    );
    let legal = |kind: &str, document: Value| terms(json!({"Type": kind, "Documents": [document]}));
    let url = "https://a.s3.amazonaws.com/eula.pdf";
    check(
        "UpdateLegalTerms",
        [
            ("standard", legal("BuyerLegalTerm", json!({"Type": "StandardEula"})), None),
            ("custom", legal("BuyerLegalTerm", json!({"Type": "CustomEula", "Url": url})), None),
            (
                "custom without",
                legal("BuyerLegalTerm", json!({"Type": "CustomEula"})),
                Some("CustomEula needs a Url"),
            ),
            (
                "standard with",
                legal("BuyerLegalTerm", json!({"Type": "StandardEula", "Url": url})),
                Some("StandardEula has no Url"),
            ),
            (
                "the partner's",
                legal("ResaleLegalTerm", json!({"Type": "StandardResellerContract"})),
                None,
            ),
            (
                "the page's typo",
                legal("ResaleLegalTerm", json!({"Type": "StandardEula"})),
                Some("must be one of StandardResellerContract, CustomResellerContract"),
            ),
        ],
    );
    let buyers = |buyers: Value| {
        terms(json!({"Type": "BuyerTargetingTerm", "PositiveTargeting": {"BuyerAccounts": buyers}}))
    };
    check(
        "UpdateBuyerTargetingTerms",
        [
            ("25", buyers(json!(vec!["555566667777"; 25])), None),
            ("26", buyers(json!(vec!["555566667777"; 26])), Some("must have 1 to 25 elements")),
            (
                "as they are read",
                buyers(json!([{"AwsAccountId": "555566667777"}])),
                Some("must be a string"),
            ),
            ("taken away", json!({"Terms": []}), None),
        ],
    );
    let start =
        |day: &str| terms(json!({"Type": "BuyerValidityTerm", "MaximumAgreementStartDate": day}));
    check(
        "UpdateBuyerValidityTerms",
        [
            ("in three years", start("2029-12-02"), None),
            ("later", start("2029-12-03"), Some("within 3 years")),
        ],
    );
    check(
        "ReleaseResaleAuthorization",
        [("with details", json!({"Name": "x"}), Some("'Name' is not allowed here"))],
    );
}

#[test]
fn a_change_set() {
    let create = |name: &str| {
        let details = json!({"ProductId": "prod-k3x9examplesaas", "Name": "Acme", "ResellerAccountId": "222233334444"});
        let mut change = change("CreateResaleAuthorization", None, &details);
        change["ChangeName"] = json!(name);
        change
    };
    let name = |id: &str| change("UpdateInformation", Some(id), &json!({"Name": "Acme"}));
    let with = |key: &str, value: Value| {
        let mut change = create("RA");
        change[key] = value;
        json!([change])
    };
    let made = "$RA.Entity.Identifier";
    let many: Vec<Value> = (0..21).map(|n| create(&format!("RA{n}"))).collect();
    let cases = [
        ("a reference ahead", json!([name(made), create("RA")]), None),
        ("20 changes", json!(many[..20]), None),
        ("21 changes", json!(many), Some((422, "/ChangeSet: must have 1 to 20 elements"))),
        ("no changes", json!([]), Some((422, "/ChangeSet: must have 1 to 20 elements"))),
        ("a reference to nothing", json!([name(made)]), Some((422, "no change of the name 'RA'"))),
        (
            "another reference",
            json!([create("RA"), name("$RA")]),
            Some((422, "a reference is written")),
        ),
        (
            "one kind twice",
            json!([create("RA"), name(made), name(made)]),
            Some((422, "more than once for this entity")),
        ),
        (
            "one name twice",
            json!([create("RA"), create("RA")]),
            Some((422, "the ChangeName 'RA' is there more than once")),
        ),
        (
            "no entity",
            json!([name("resaleauthz-nothere")]),
            Some((404, "resaleauthz-nothere does not exist")),
        ),
        (
            "an unknown type",
            with("ChangeType", json!("UpdateTargeting")),
            Some((422, "'UpdateTargeting' is not supported")),
        ),
        (
            "another entity",
            with("Entity", json!({"Type": "Offer@1.0"})),
            Some((422, "no entity of the type 'Offer@1.0'")),
        ),
        (
            "an id for a new one",
            with("Entity", json!({"Type": "ResaleAuthorization@1.0", "Identifier": "x"})),
            Some((422, "a new entity has no Identifier")),
        ),
        (
            "both forms",
            with("Details", json!("{}")),
            Some((422, "both Details and DetailsDocument")),
        ),
        (
            "no details",
            with("DetailsDocument", Value::Null),
            Some((422, "neither Details nor DetailsDocument")),
        ),
    ];
    for (case, changes, expected) in cases {
        refused(&mut Bench::new(), &changes, expected, case);
    }
}

#[test]
fn the_request_itself() {
    let details = json!({"ProductId": "prod-k3x9examplesaas", "Name": "Acme", "ResellerAccountId": "222233334444"});
    let create = change("CreateResaleAuthorization", None, &details);
    let cases = [
        ("ChangeSetName", json!("a + b = c.d:e@f-1_"), None),
        ("ChangeSetName", json!("a/b"), Some("must satisfy the pattern")),
        ("ChangeSetName", json!("a".repeat(101)), Some("must have 1 to 100 characters")),
        ("ClientRequestToken", json!("a".repeat(64)), None),
        ("ClientRequestToken", json!("a".repeat(65)), Some("must have 1 to 64 characters")),
        ("ClientRequestToken", json!("a b"), Some("must satisfy the pattern")),
        ("Catalog", json!("AWSMarketplaceTest"), Some("/Catalog: must be one of AWSMarketplace")),
        ("Intent", json!("APPLY"), None),
        ("Intent", json!("VALIDATE"), Some("VALIDATE is not available")),
    ];
    for (key, value, expected) in cases {
        let mut input = json!({"Catalog": "AWSMarketplace", "ChangeSet": [create]});
        input[key] = value.clone();
        let said = Bench::new().call(aws::offline::operation::Operation::StartChangeSet, &input);
        let text = said.err().map(|refusal| refusal.message);
        let fits = match (&text, expected) {
            (Some(text), Some(part)) => text.contains(part),
            (text, part) => text.is_none() && part.is_none(),
        };
        assert!(fits, "{key} {value}: {text:?}");
    }
}
