//! Which licenses AWS is to be asked about, and what its answer changes.
//!
//! `License Updated` is a signal: what a license grants is told by the Entitlement API alone. A license is due from that
//! signal on until a question is answered that was asked when the signal was known. That compares AWS's times with each other
//! and never with our clock, so it does not matter which of the two is ahead.

use std::collections::{BTreeMap, BTreeSet};

use marketplace::digest::Digest;
use marketplace::ids::{LicenseId, ProductName};

use crate::entitlement::{LicensedQuantity, end};
use crate::facts::AgreementFacts;
use crate::facts::agreement::LicenseFacts;
use crate::facts::reading::{Change, Quantity, QuantityValue, Reading, Unanswered};
use crate::facts::request::{Hope, Refusal};
use crate::lattice::{Authority, Last, Register, Witness};
use crate::moment::Moment;

/// Parts of all licenses, one for each hour of a day.
pub const SLICES: u8 = 24;
/// Quantities that are listed in words; of more it is said how many.
const QUANTITIES_LISTED: usize = 10;
/// Seconds until a question is asked again that AWS did not answer, by how often in a row.
const SOON: [i64; 7] = [30, 60, 120, 300, 600, 1_800, 3_600];
/// The same for what is used up or locked.
const LATER: [i64; 5] = [120, 300, 600, 1_800, 3_600];
/// The same for a question without hope: somebody may mend a permission.
const NEVER: [i64; 3] = [3_600, 14_400, 86_400];

/// What AWS is asked about one license.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The license.
    pub license: LicenseId,
    /// The code of its product.
    pub code: ProductName,
    /// Its ARN as AWS last wrote it.
    pub arn: String,
    /// The last signal that is known as it is asked.
    pub signal: Option<Moment>,
    /// Whether that signal was waiting for this question.
    pub announced: bool,
    /// When it is asked: later than every question before it of which anything is known.
    pub asked: Moment,
}

/// Why AWS is not asked about a license.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAsked {
    /// Nothing names it.
    #[error("the ledger has no such license under the agreement")]
    NoSuchLicense,
    /// Its agreement ended.
    #[error("its agreement ended")]
    Ended,
    /// It is deprovisioned.
    #[error("it is deprovisioned")]
    Deprovisioned,
    /// No notification gave its product's code, which the question needs.
    #[error("no notification gave the code of its product")]
    NoCode,
    /// No notification gave its ARN, which the question needs.
    #[error("no notification gave its ARN")]
    NoArn,
}

/// What is recorded of an answer: under which word, and which facts.
pub type Record = (&'static str, AgreementFacts);

/// The last word of AWS that the license's quantities may be others: `License Updated`, else the first that names the license.
fn signal(license: &LicenseFacts) -> Option<Moment> {
    license.updated.get().or(license.seen.get())
}

/// Whether a signal waits for an answer.
fn waits(license: &LicenseFacts) -> bool {
    signal(license) > license.reading.read_for.get()
}

/// Whether every license that is not deprovisioned was read, and there is one.
pub fn is_read(facts: &AgreementFacts) -> bool {
    let mut held = facts.licenses.values().filter(|it| it.deprovisioned.is_empty()).peekable();
    held.peek().is_some() && held.all(|license| !license.reading.quantities.is_empty())
}

/// What the licenses that are not deprovisioned grant, in the order of license and dimension.
pub fn quantities(facts: &AgreementFacts) -> Vec<LicensedQuantity> {
    let held = facts.licenses.iter().filter(|(_, license)| license.deprovisioned.is_empty());
    held.filter_map(|(id, license)| quantities_of(id, &license.reading)).flatten().collect()
}

/// What one license grants; `None`: it was not read.
pub fn quantities_of(id: &LicenseId, reading: &Reading) -> Option<Vec<LicensedQuantity>> {
    let (all, at) = reading.quantities.get().zip(reading.quantities.at())?;
    let quantity = |quantity: &Quantity| LicensedQuantity {
        license: id.clone(),
        dimension: quantity.dimension.clone(),
        kind: quantity.value.kind().to_owned(),
        value: quantity.value.text(),
        expires_at: quantity.expires.map(|time| time.to_string()),
        read_at: at.to_string(),
    };
    Some(all.iter().map(quantity).collect())
}

/// Quantities in words; of many it says how many more there are.
pub fn listed<'a>(quantities: impl Iterator<Item = &'a Quantity>) -> String {
    let all: Vec<&Quantity> = quantities.collect();
    let word = |quantity: &&Quantity| {
        let value = quantity.value.text().unwrap_or_else(|| quantity.value.kind().to_owned());
        let until = quantity.expires.map(|time| format!(" until {time}")).unwrap_or_default();
        format!("{} {value}{until}", quantity.dimension)
    };
    let mut words: Vec<String> = all.iter().take(QUANTITIES_LISTED).map(word).collect();
    let more = all.len().saturating_sub(QUANTITIES_LISTED);
    if more > 0 {
        words.push(format!("{more} more"));
    }
    if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
}

/// Why AWS did not answer: its code and its words.
pub fn words(refusal: &Refusal) -> String {
    let code = refusal.code.as_ref().map(|code| format!("{code}: ")).unwrap_or_default();
    format!("{code}{}", refusal.text)
}

impl QuantityValue {
    /// The word for its type.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Integer(_) => "integer",
            Self::Double(_) => "double",
            Self::Boolean(_) => "boolean",
            Self::Text(_) => "text",
            Self::Unknown => "unknown",
        }
    }

    /// The value as text; of an unknown type there is none.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Integer(number) => Some(number.to_string()),
            Self::Boolean(granted) => Some(granted.to_string()),
            Self::Double(text) | Self::Text(text) => Some(text.clone()),
            Self::Unknown => None,
        }
    }
}

/// Licenses that AWS can be asked about: not deprovisioned, under an agreement that has not ended.
pub fn live(facts: &AgreementFacts) -> impl Iterator<Item = (&LicenseId, &LicenseFacts)> {
    let has_ended = end(facts).is_some();
    let licenses = facts.licenses.iter().filter(move |_| !has_ended);
    licenses.filter(|(_, license)| license.deprovisioned.is_empty())
}

/// From when on AWS is to be asked about a license; `None`: nothing waits for an answer, or it cannot be asked.
pub fn due(license: &LicenseFacts) -> Option<Moment> {
    if license.code.is_empty() || license.arn.is_empty() {
        return None;
    }
    let signal = signal(license).filter(|_| waits(license));
    match license.reading.trouble() {
        // A signal that came after the last question is worth another one at once.
        Some(_) if signal > license.reading.tried_for.get() => signal,
        Some((at, unanswered)) => Some(at.plus_seconds(patience(&unanswered.refusal))),
        None => signal,
    }
}

fn patience(refusal: &Refusal) -> i64 {
    let waits: &[i64] = match refusal.hope {
        Hope::Soon => &SOON,
        Hope::Later => &LATER,
        Hope::Never => &NEVER,
    };
    let place = usize::try_from(refusal.times.saturating_sub(1)).unwrap_or(usize::MAX);
    waits.get(place).or(waits.last()).copied().unwrap_or(0)
}

/// In which part of all licenses this one is, for ever: below [`SLICES`].
pub fn slice(license: &LicenseId) -> u8 {
    let digest = Digest::of(license.as_str().as_bytes()).to_string();
    let number = digest.get(..8).and_then(|hex| u32::from_str_radix(hex, 16).ok());
    u8::try_from(number.unwrap_or(0).checked_rem(u32::from(SLICES)).unwrap_or(0)).unwrap_or(0)
}

/// The word under which the licenses of a slice are found.
pub fn slice_word(slice: u8) -> String {
    format!("{slice:02}")
}

/// What AWS is asked about a license.
pub fn question(facts: &AgreementFacts, id: &LicenseId, now: Moment) -> Result<Question, NotAsked> {
    let license = facts.licenses.get(id).ok_or(NotAsked::NoSuchLicense)?;
    if !license.deprovisioned.is_empty() {
        return Err(NotAsked::Deprovisioned);
    }
    if end(facts).is_some() {
        return Err(NotAsked::Ended);
    }
    let code = license.code.get().cloned().ok_or(NotAsked::NoCode)?;
    let arn = license.arn.get().cloned().ok_or(NotAsked::NoArn)?;
    let reading = &license.reading;
    let recorded = [reading.quantities.at(), reading.answered.get(), reading.unanswered.at()];
    let last = recorded.into_iter().flatten().max();
    let next = last.map(|last| Moment::from_micros(last.micros().saturating_add(1)));
    Ok(Question {
        license: id.clone(),
        code,
        arn,
        signal: signal(license),
        announced: waits(license),
        asked: next.map_or(now, |next| next.max(now)),
    })
}

fn said(at: Moment, content: &str) -> Witness {
    Witness::new(Authority::Other, at, &Digest::of(content.as_bytes()))
}

fn of(id: &LicenseId, license: LicenseFacts) -> AgreementFacts {
    let licenses = BTreeMap::from([(id.clone(), license)]);
    AgreementFacts { licenses, ..AgreementFacts::default() }
}

/// What AWS's answer changes of what is known now; `None`: nothing.
///
/// `arn`: the license's ARN as the answer has it.
pub fn answered(
    facts: &AgreementFacts,
    question: &Question,
    quantities: &BTreeSet<Quantity>,
    arn: Option<&str>,
) -> Option<Record> {
    let unknown = LicenseFacts::default();
    let license = facts.licenses.get(&question.license).unwrap_or(&unknown);
    let known = &license.reading;
    let witness = said(question.asked, &format!("{quantities:?}"));
    let read = Register::said(Some(quantities.clone()), &witness);
    // The answer to an earlier question that comes late changes nothing.
    let differs =
        known.quantities.get() != Some(quantities) && known.quantities.order() < read.order();
    let answers = question.signal > known.read_for.get();
    let mends = known.trouble().is_some_and(|(at, _)| at <= question.asked);
    let written = license.arn.get().map(String::as_str);
    let arn = arn.filter(|arn| written != Some(*arn) && license.arn.at() < Some(question.asked));
    if !(differs || answers || mends || arn.is_some()) {
        return None;
    }
    let announced = question.announced || signal(license) > question.signal;
    let before = known.quantities.get().filter(|_| differs && !announced);
    let change = before.map(|before| Change { before: before.clone(), after: quantities.clone() });
    let slug = if differs { "quantities-read" } else { "license-read" };
    let reading = Reading {
        quantities: if differs { read } else { Register::default() },
        read_for: question.signal.filter(|_| answers).map_or_else(Last::default, Last::at),
        answered: Last::at(question.asked),
        unannounced: Register::said(change, &witness),
        ..Reading::default()
    };
    let arn = Register::said(arn.map(str::to_owned), &witness);
    Some((slug, of(&question.license, LicenseFacts { arn, reading, ..LicenseFacts::default() })))
}

/// AWS did not answer. Of the answer to another question that came meanwhile nothing is taken back.
pub fn unanswered(facts: &AgreementFacts, question: &Question, refusal: Refusal) -> Record {
    let before = facts.licenses.get(&question.license).and_then(|it| it.reading.trouble());
    let times = before.map_or(1, |(_, before)| before.refusal.times.saturating_add(1));
    let in_row = before.filter(|(_, before)| before.refusal.hope == refusal.hope);
    let since = in_row.map_or(question.asked, |(_, before)| before.since);
    let refusal = Refusal { times, ..refusal };
    let witness = said(question.asked, &format!("{refusal:?}"));
    let reading = Reading {
        tried_for: question.signal.map_or_else(Last::default, Last::at),
        unanswered: Register::said(Some(Unanswered { refusal, since }), &witness),
        ..Reading::default()
    };
    ("license-not-read", of(&question.license, LicenseFacts { reading, ..LicenseFacts::default() }))
}

#[cfg(test)]
mod tests;
