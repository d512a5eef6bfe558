//! Values for tests.

mod draw;

use jiff::Timestamp;
use marketplace::digest::Digest;
use marketplace::ids::{AccountId, AgreementId, OpportunityId, ProductName};

pub(crate) use draw::Gen;

use crate::lattice::{Authority, Fixed, Register, Witness};
use crate::moment::Moment;

pub(crate) const ISV: &str = "111122223333";
pub(crate) const PARTNER: &str = "222233334444";
pub(crate) const BUYER: &str = "555566667777";

pub(crate) fn at(text: &str) -> Moment {
    Moment::from(text.parse::<Timestamp>().expect("a time"))
}

pub(crate) fn account(text: &str) -> AccountId {
    AccountId::new(text).expect("an account")
}

pub(crate) fn product(text: &str) -> ProductName {
    ProductName::new(text).expect("a product")
}

pub(crate) fn opportunity_id(text: &str) -> OpportunityId {
    OpportunityId::new(text).expect("an opportunity")
}

pub(crate) fn agreement_id(text: &str) -> AgreementId {
    AgreementId::new(text).expect("an agreement")
}

/// A witness; the text stands for the notification's content.
pub(crate) fn witness(authority: Authority, time: Moment, content: &str) -> Witness {
    Witness::new(authority, time, &Digest::of(content.as_bytes()))
}

/// A fact that cannot change, said at its creation.
pub(crate) fn fixed<T: Ord + Clone>(value: T) -> Fixed<T> {
    Fixed::said(Some(value), &witness(Authority::Created, at("2026-12-01T10:00:00Z"), "fixed"))
}

/// A register, said at a time.
pub(crate) fn register<T>(value: T, time: Moment) -> Register<T> {
    Register::said(Some(value), &witness(Authority::Created, time, "register"))
}

/// Holds a payload against its golden file, and returns what that says. `UPDATE_GOLDEN=1` writes the file.
///
/// One file a shape and schema version; laid out in lines, otherwise byte for byte what is stored.
pub(crate) fn golden(name: &str, json: &str) -> String {
    let folder = format!("{}/golden/{}", env!("CARGO_MANIFEST_DIR"), crate::event::SCHEMA);
    let path = format!("{folder}/{name}.json");
    let text = lines(json);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(&path, &text).expect("a file");
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, golden, "{name}: if this is meant, UPDATE_GOLDEN=1, and think of SCHEMA");
    golden.lines().map(str::trim_start).collect()
}

/// Breaks JSON into lines after brackets and commas that are not in strings.
fn lines(json: &str) -> String {
    let (mut out, mut depth, mut quoted, mut escaped) = (String::new(), 0_usize, false, false);
    for character in json.chars() {
        let is_plain = !quoted;
        quoted ^= character == '"' && !escaped;
        escaped = quoted && character == '\\' && !escaped;
        let (opens, closes) = (matches!(character, '{' | '['), matches!(character, '}' | ']'));
        if is_plain && closes {
            depth -= 1;
            out.push('\n');
            out.push_str(&"  ".repeat(depth));
        }
        out.push(character);
        depth += usize::from(is_plain && opens);
        if is_plain && (opens || character == ',') {
            out.push('\n');
            out.push_str(&"  ".repeat(depth));
        }
    }
    out.push('\n');
    out
}
