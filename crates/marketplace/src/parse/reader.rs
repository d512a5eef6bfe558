//! Reading fields of a JSON tree, each failure with the path to its field.
//!
//! For every field: absent, `null` and `""` are the same, and an absent object equals `{}`.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;
use rust_decimal::Decimal;

use crate::ids::{AccountId, InvalidAccount, InvalidId};
use crate::json::{self, Json};
use crate::notification::End;
use crate::parse::malformed::MalformedReason;
use crate::parse::{MAX_ITEMS, MAX_TEXT};

/// 9999-01-01T00:00:00Z in seconds: AWS writes this year for "no end".
const NEVER: i64 = 253_370_764_800;

/// The longest value that an error shows, in bytes.
const MAX_SHOWN: usize = 40;

/// Where a value stands; written out only in errors.
#[derive(Clone, Copy)]
pub(crate) struct Path<'p> {
    parent: Option<&'p Path<'p>>,
    step: Step,
}

#[derive(Clone, Copy)]
enum Step {
    Key(&'static str),
    Index(usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            write!(f, "{parent}")?;
        }
        match self.step {
            Step::Key(key) if self.parent.is_some() => write!(f, ".{key}"),
            Step::Key(key) => f.write_str(key),
            Step::Index(position) => write!(f, "[{position}]"),
        }
    }
}

/// An object; absent equals empty.
#[derive(Clone, Copy)]
pub(crate) struct Object<'j, 'p> {
    fields: &'j [(std::borrow::Cow<'j, str>, Json<'j>)],
    path: Option<Path<'p>>,
}

impl<'j> Object<'j, '_> {
    /// The outermost object.
    pub(crate) const fn top(fields: &'j [(std::borrow::Cow<'j, str>, Json<'j>)]) -> Self {
        Self { fields, path: None }
    }

    /// A field of it.
    pub(crate) fn at<'s>(&'s self, key: &'static str) -> Value<'j, 's> {
        let json = json::field(self.fields, key).filter(|json| !matches!(json, Json::Null));
        Value { json, path: Path { parent: self.path.as_ref(), step: Step::Key(key) } }
    }
}

/// An array; absent equals empty.
pub(crate) struct List<'j, 'p> {
    items: &'j [Json<'j>],
    path: Path<'p>,
}

impl<'j> List<'j, '_> {
    /// Its elements, at most [`MAX_ITEMS`], those that are `null` left out.
    pub(crate) fn items<'s>(&'s self) -> impl Iterator<Item = Value<'j, 's>> {
        let present = |(_, json): &(usize, &Json<'_>)| !matches!(json, Json::Null);
        self.items.iter().enumerate().filter(present).map(|(position, json)| {
            let path = Path { parent: Some(&self.path), step: Step::Index(position) };
            Value { json: Some(json), path }
        })
    }
}

/// A value that may be absent, and where it stands.
#[derive(Clone, Copy)]
pub(crate) struct Value<'j, 'p> {
    json: Option<&'j Json<'j>>,
    path: Path<'p>,
}

/// What a reading gives: a value, or none.
pub(crate) type Maybe<T> = Result<Option<T>, MalformedReason>;

impl<'j, 'p> Value<'j, 'p> {
    /// Whether there is anything but `null`.
    pub(crate) const fn is_present(self) -> bool {
        self.json.is_some()
    }

    /// Whether it is an object, as against a text or nothing.
    pub(crate) const fn is_object(self) -> bool {
        matches!(self.json, Some(Json::Object(_)))
    }

    /// The tree below, if there is anything but `null`.
    pub(crate) const fn json(self) -> Option<&'j Json<'j>> {
        self.json
    }

    /// The entries of an object that is a map: its keys are data.
    pub(crate) fn entries(
        self,
    ) -> Result<impl Iterator<Item = (&'j str, Value<'j, 'p>)>, MalformedReason> {
        let fields = self.object()?.fields;
        Ok(fields.iter().map(move |(key, json)| {
            let json = Some(json).filter(|json| !matches!(json, Json::Null));
            (key.as_ref(), Value { json, path: self.path })
        }))
    }

    /// A text of any length.
    pub(crate) fn raw_text(self) -> Maybe<&'j str> {
        match self.json {
            None => Ok(None),
            Some(Json::Text(text)) => Ok(Some(text)),
            Some(other) => Err(self.wrong_type("a string", other)),
        }
    }

    pub(crate) fn object(self) -> Result<Object<'j, 'p>, MalformedReason> {
        match self.json {
            None => Ok(Object { fields: &[], path: Some(self.path) }),
            Some(Json::Object(fields)) => Ok(Object { fields, path: Some(self.path) }),
            Some(other) => Err(self.wrong_type("an object", other)),
        }
    }

    pub(crate) fn list(self) -> Result<List<'j, 'p>, MalformedReason> {
        match self.json {
            None => Ok(List { items: &[], path: self.path }),
            Some(Json::List(items)) if items.len() <= MAX_ITEMS => {
                Ok(List { items, path: self.path })
            }
            Some(Json::List(items)) => {
                let rule = format!("at most {MAX_ITEMS} elements, has {}", items.len());
                Err(self.invalid(&rule, None))
            }
            Some(other) => Err(self.wrong_type("an array", other)),
        }
    }

    /// At most [`MAX_TEXT`] characters, none of them NUL (which no PostgreSQL text holds).
    pub(crate) fn text(self) -> Maybe<&'j str> {
        match self.json {
            None => Ok(None),
            Some(Json::Text(text)) if text.is_empty() => Ok(None),
            Some(Json::Text(text)) if too_long(text) => {
                Err(self.invalid(&format!("at most {MAX_TEXT} characters"), None))
            }
            Some(Json::Text(text)) if text.contains('\0') => {
                Err(self.invalid("a text without NUL characters", None))
            }
            Some(Json::Text(text)) => Ok(Some(text)),
            Some(other) => Err(self.wrong_type("a string", other)),
        }
    }

    pub(crate) fn owned(self) -> Maybe<String> {
        Ok(self.text()?.map(str::to_owned))
    }

    pub(crate) fn flag(self) -> Maybe<bool> {
        match self.json {
            None => Ok(None),
            Some(Json::Bool(value)) => Ok(Some(*value)),
            Some(other) => Err(self.wrong_type("a boolean", other)),
        }
    }

    /// An id or an account.
    pub(crate) fn id<T: Id>(self) -> Maybe<T> {
        self.text()?.map(|text| self.checked(text)).transpose()
    }

    /// The last segment of an ARN.
    pub(crate) fn arn_tail<T: Id>(self) -> Maybe<T> {
        let Some(arn) = self.text()? else { return Ok(None) };
        self.checked(arn.rsplit(['/', ':']).next().unwrap_or(arn)).map(Some)
    }

    fn checked<T: Id>(self, text: &str) -> Result<T, MalformedReason> {
        T::try_from(text.to_owned()).map_err(|rule| self.invalid(&rule.to_string(), Some(text)))
    }

    /// A moment with its offset, cut to microseconds, from 1970 to 9998.
    pub(crate) fn time(self) -> Maybe<Timestamp> {
        let Some(text) = self.text()? else { return Ok(None) };
        match moment(text) {
            Some(Moment::At(time)) => Ok(Some(time)),
            _ => Err(self.invalid(TIME_RULE, Some(text))),
        }
    }

    /// As [`Self::time`]; from the year 9999 on it says that there is no end.
    pub(crate) fn end(self) -> Maybe<End> {
        let Some(text) = self.text()? else { return Ok(None) };
        match moment(text) {
            Some(Moment::At(time)) => Ok(Some(End::At(time))),
            Some(Moment::Never) => Ok(Some(End::Never)),
            None => Err(self.invalid(TIME_RULE, Some(text))),
        }
    }

    /// A day, or the day in UTC of a moment.
    pub(crate) fn date(self) -> Maybe<Date> {
        let Some(text) = self.text()? else { return Ok(None) };
        day(text).map(Some).ok_or_else(|| self.invalid(DATE_RULE, Some(text)))
    }

    /// A moment, or the first moment (UTC) of a day.
    pub(crate) fn time_or_date(self) -> Maybe<Timestamp> {
        let Some(text) = self.text()? else { return Ok(None) };
        let day = text.parse::<Date>().ok().filter(|_| text.len() == "2026-12-03".len());
        match day.and_then(|day| {
            Offset::UTC.to_timestamp(day.to_datetime(jiff::civil::Time::midnight())).ok()
        }) {
            Some(time) => Ok(Some(time)),
            None => self.time(),
        }
    }

    /// An exact decimal number, written as a string or as a number.
    pub(crate) fn decimal(self) -> Maybe<Decimal> {
        let Some(text) = self.digits("a decimal number")? else { return Ok(None) };
        let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
        match Decimal::from_str_exact(text) {
            Ok(number) if plain => Ok(Some(number)),
            _ => Err(self.invalid("a decimal number of at most 28 digits", Some(text))),
        }
    }

    /// A whole number, written as a number or as a string.
    pub(crate) fn whole<T: std::str::FromStr>(self) -> Maybe<T> {
        let Some(text) = self.digits("a whole number")? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| self.invalid("a whole number in range", Some(text)))
    }

    fn digits(self, expected: &'static str) -> Maybe<&'j str> {
        match self.json {
            Some(Json::Number(text)) => Ok(Some(text)),
            None | Some(Json::Text(_)) => self.text(),
            Some(other) => Err(self.wrong_type(expected, other)),
        }
    }

    /// The value, or the error that it is missing.
    pub(crate) fn required<T>(self, value: Option<T>) -> Result<T, MalformedReason> {
        value.ok_or_else(|| MalformedReason::Missing { path: self.path.to_string().into() })
    }

    fn wrong_type(self, expected: &'static str, found: &Json<'_>) -> MalformedReason {
        let path = self.path.to_string().into();
        MalformedReason::WrongType { path, expected, found: found.kind() }
    }

    /// The error that the value breaks a rule; the value is shown if it is short.
    pub(crate) fn invalid(self, rule: &str, value: Option<&str>) -> MalformedReason {
        MalformedReason::Invalid {
            path: self.path.to_string().into(),
            rule: rule.into(),
            value: value
                .filter(|text| text.len() <= MAX_SHOWN)
                .map(|text| text.escape_debug().to_string().into()),
        }
    }

    /// Fills a slot that several fields may fill, if they agree.
    pub(crate) fn agree<T: PartialEq>(
        self,
        slot: &mut Option<T>,
        read: impl Fn(Self) -> Maybe<T>,
    ) -> Result<(), MalformedReason> {
        match (slot.as_ref(), read(self)?) {
            (Some(known), Some(value)) if *known != value => {
                Err(self.invalid("must not differ from the same field elsewhere", None))
            }
            (None, Some(value)) => {
                *slot = Some(value);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The error that two fields differ.
    pub(crate) fn contradicts(self, other: &Value<'_, '_>) -> MalformedReason {
        MalformedReason::Contradiction {
            path: self.path.to_string().into(),
            other: other.path.to_string().into(),
        }
    }
}

/// One value that has several spellings: the first that is present, if none that is present differs.
pub(crate) fn either<'j, 'p, T: PartialEq>(
    spellings: &[Value<'j, 'p>],
    read: impl Fn(Value<'j, 'p>) -> Maybe<T>,
) -> Maybe<T> {
    let mut found: Option<(Value<'_, '_>, T)> = None;
    for &spelling in spellings {
        match (&found, read(spelling)?) {
            (None, Some(value)) => found = Some((spelling, value)),
            (Some((first, known)), Some(value)) if *known != value => {
                return Err(first.contradicts(&spelling));
            }
            (_, None) | (Some(_), Some(_)) => {}
        }
    }
    Ok(found.map(|(_, value)| value))
}

/// Checked text: every id, and an account.
pub(crate) trait Id: TryFrom<String, Error = Self::Rule> {
    /// What it breaks.
    type Rule: fmt::Display;
}

impl<T: TryFrom<String, Error = E>, E: IdRule> Id for T {
    type Rule = E;
}

/// The errors of the types in [`crate::ids`].
pub(crate) trait IdRule: fmt::Display {}
impl IdRule for InvalidId {}
impl IdRule for InvalidAccount {}

/// Reads accounts, sorted, each once.
pub(crate) fn accounts(list: &List<'_, '_>) -> Result<Vec<AccountId>, MalformedReason> {
    let mut accounts = Vec::new();
    for item in list.items() {
        accounts.extend(item.id()?);
    }
    accounts.sort_unstable();
    accounts.dedup();
    Ok(accounts)
}

const TIME_RULE: &str = "a time in RFC 3339 with its offset, from the year 1970";
const DATE_RULE: &str = "a date as YYYY-MM-DD, or a time in RFC 3339, from the year 1970";

enum Moment {
    At(Timestamp),
    Never,
}

fn moment(text: &str) -> Option<Moment> {
    let Ok(time) = text.parse::<Timestamp>() else {
        // The last day of the year 9999 is past what a `Timestamp` holds.
        let pieces = Pieces::parse(text).ok()?;
        return (pieces.date().year() == 9999 && pieces.offset().is_some())
            .then_some(Moment::Never);
    };
    match time.as_second() {
        ..0 => None,
        NEVER.. => Some(Moment::Never),
        _ => Timestamp::from_microsecond(time.as_microsecond()).ok().map(Moment::At),
    }
}

fn day(text: &str) -> Option<Date> {
    let date = match text.parse::<Timestamp>() {
        Ok(time) => Offset::UTC.to_datetime(time).date(),
        Err(_) => Pieces::parse(text).ok()?.date(),
    };
    (date.year() >= 1970).then_some(date)
}

fn too_long(text: &str) -> bool {
    text.len() > MAX_TEXT && text.chars().nth(MAX_TEXT).is_some()
}
