use deal::item::{Playbook, PlaybookEntry};
use marketplace::catalog::{
    DimensionPrice, DurationPrices, FixedUpfront, Installment, LegalDocument, Renewal,
};
use pulldown_cmark::{Event, Options, Parser, Tag};

use super::page;

/// What breaks out of cells, lines and text, in Markdown, its dialects and HTML.
const HOSTILE: [&str; 12] = [
    "a|b",
    "<script>alert(1)</script>",
    "`code` ``more``",
    "[link](javascript:alert(1)) ![image](http://example.com/x.png)",
    "**bold** _em_ ~~gone~~",
    "line\n\n# heading\n\n---\n",
    "\u{1b}[31m\u{202e}\u{2028}\u{85}",
    "&lt;b&gt; &amp; &#60;",
    "http://example.com www.example.com a@example.com <https://example.com>",
    "\\",
    "trailing #",
    "$x$ ^1 [^1]: note",
];

/// A playbook in which everything that AWS or a person may write is this text.
fn playbook(word: &str) -> Playbook {
    let text = || Some(word.to_owned());
    let document = |kind: &str, url: Option<String>| LegalDocument { kind: kind.to_owned(), url };
    let price = || DimensionPrice { dimension: word.to_owned(), price: 1.into() };
    let entry = PlaybookEntry {
        id: "resaleauthz-1".to_owned().try_into().expect("an id"),
        name: text(),
        product: "prod-1".to_owned().try_into().ok(),
        product_title: text(),
        buyers: vec!["555566667777".to_owned().try_into().expect("an account")],
        currency: text(),
        wholesale: Some("10".to_owned()),
        end_date: Some("2026-12-31".to_owned()),
        quantity: Some(1),
        renewal_of: Some(Renewal { channel: text(), pricing_model: text() }),
        latest_start: Some("2027-01-31".to_owned()),
        net_payment: text(),
        eula: vec![document(word, text()), document("CustomEula", text())],
        reseller_contract: vec![document(word, None)],
        fixed: Some(FixedUpfront {
            duration: text(),
            price: None,
            grants: vec![(word.to_owned(), Some(1))],
        }),
        schedule: vec![Installment {
            date: "2027-01-15".parse().expect("a day"),
            amount: 10.into(),
        }],
        unit_prices: vec![DurationPrices { duration: word.to_owned(), prices: vec![price()] }],
        usage_prices: vec![price()],
    };
    Playbook {
        partner: "222233334444".to_owned().try_into().expect("an account"),
        partner_name: text(),
        at: "2026-12-20T00:00:00Z".to_owned(),
        opportunities: vec![entry],
    }
}

/// Every dialect at once, but for the one that only sets other quotation marks and dashes.
const fn dialects() -> Options {
    Options::all().difference(Options::ENABLE_SMART_PUNCTUATION)
}

/// What a reader of Markdown makes of a page: its structure, and its text apart.
fn read(page: &str) -> (Vec<String>, String) {
    let (mut structure, mut text) = (Vec::new(), String::new());
    for event in Parser::new_ext(page, dialects()) {
        match event {
            Event::Text(part) => text.push_str(&part),
            Event::Code(code) => structure.push(format!("code {code}")),
            Event::Start(Tag::Link { dest_url, .. }) => structure.push(format!("link {dest_url}")),
            Event::SoftBreak => text.push('\n'),
            other => structure.push(format!("{other:?}")),
        }
    }
    (structure, text)
}

#[test]
fn no_text_breaks_out_of_its_place() {
    let (structure, _) = read(&page(&playbook("word")));
    assert!(structure.iter().filter(|event| event.contains("Table(")).count() >= 5);
    let all: String = HOSTILE.join(" ");
    for word in HOSTILE.into_iter().chain([all.as_str(), "", " "]) {
        let page = page(&playbook(word));
        let (found, text) = read(&page);
        let found: Vec<_> = found.into_iter().map(|event| without_numbers(&event)).collect();
        let expected: Vec<_> = structure.iter().map(|event| without_numbers(event)).collect();
        assert_eq!(found, expected, "{word:?}:\n{page}");
        let shown = crate::output::plain(word);
        assert!(text.contains(shown.trim()), "{word:?} is shown as it is:\n{text}");
        assert!(page.chars().all(|c| c == '\n' || !c.is_control()), "{word:?}");
    }
}

/// Positions, if events carry any.
fn without_numbers(event: &str) -> String {
    event.chars().filter(|c| !c.is_ascii_digit()).collect()
}

/// GFM makes links of plain text, which the parser of this test does not.
#[test]
fn no_text_becomes_a_link_by_itself() {
    let word = "http://example.com www.example.com a@example.com ftp://x";
    let page = page(&playbook(word));
    for bare in ["://example", "www.example", "a@example"] {
        assert!(!page.contains(bare), "{bare}");
    }
}

#[test]
fn nothing_to_offer_is_said() {
    let empty = Playbook { opportunities: Vec::new(), partner_name: None, ..playbook("word") };
    let page = page(&empty);
    assert!(page.contains("There is no selling authorization at this time."), "{page}");
    assert!(page.contains("For AWS account 222233334444, as of 2026-12-20 (UTC)."), "{page}");
}
