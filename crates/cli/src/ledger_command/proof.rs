//! Evidence bundles in files: making one from the ledger, checking one without it.

use std::io::{self, Write as _};
use std::path::Path;

use deal::correlate::Basis;
use ledger::proof::{Anchored, Bundle, Checked, ProofError, check as check_bundle, gather};
use marketplace::ids::AgreementId;

use super::{anchor, fault};
use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::page::{NONE, Page, cell};
use crate::place::Access;
use crate::private_file;

/// Makes a bundle, and says if what the ledger has does not hold.
pub async fn make(
    context: &mut Context<'_>,
    id: &AgreementId,
    checkpoint: Option<&Path>,
    output: Option<&Path>,
) -> Result<Exit, Failure> {
    let mut against = match checkpoint {
        Some(path) => Some(anchor::read(&anchor::latest(path)?)?),
        None => None,
    };
    let store = context.store(Access::Read).await?;
    let mut snapshot = store.snapshot().await.map_err(crate::reader::reading)?;
    let lines = against
        .as_mut()
        .map(|(anchor, lines)| (&*anchor, &mut **lines as ledger::verify::Lines<'_>));
    let bundle = gather(&mut *snapshot, id, lines).await.map_err(|error| {
        let hint = hint(&error);
        let failure = Failure::new(format!("could not prove entitlement `{id}`")).because(error);
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    })?;
    match output {
        Some(file) => write(file, &bundle)?,
        None => context.output.json(&bundle)?,
    }
    let checked = check_bundle(&bundle, None);
    for fault in &checked.report.faults {
        context.output.warn(&fault.to_string());
    }
    context.output.note(&made(&checked));
    Ok(Exit::needs_you_if(!checked.report.is_sound()))
}

const fn hint(error: &ProofError) -> Option<&'static str> {
    match error {
        ProofError::NoSuchAgreement(_) => Some("`resold entitlement list` prints the entitlements"),
        ProofError::NoEntitlement(_) => Some("`resold agreement show` says what is known of it"),
        ProofError::OtherHeads => Some("put the heads file that belongs to the anchor beside it"),
        ProofError::Read(_) | ProofError::Heads(_) => None,
    }
}

fn write(file: &Path, bundle: &Bundle) -> Result<(), Failure> {
    let attempt = || format!("could not write `{}`", file.display());
    let text = serde_json::to_string_pretty(bundle)
        .map_err(|error| Failure::new(attempt()).because(error))?;
    let written = private_file::create_new(file).and_then(|mut file| {
        writeln!(file, "{text}")?;
        file.sync_all()
    });
    written.map_err(|error| {
        let exists = error.kind() == io::ErrorKind::AlreadyExists;
        let failure = Failure::new(attempt()).because(error);
        if exists { failure.hint("name another file: a proof replaces none") } else { failure }
    })
}

/// What a bundle holds, in one line.
fn made(checked: &Checked) -> String {
    let report = &checked.report;
    let what = format!(
        "{} events in {} streams and {} notifications",
        report.events, report.streams, report.notifications
    );
    match &checked.anchored {
        None => format!("Wrote {what}, without a place in an anchor: see --checkpoint."),
        Some(under) if under.later > 0 => format!(
            "Wrote {what}. {} events came after the anchor of {}, which does not prove them: make a new one.",
            under.later, under.anchor.made_at
        ),
        Some(under) => format!("Wrote {what}, all under the anchor of {}.", under.anchor.made_at),
    }
}

/// Checks a bundle from a file.
pub fn check(
    context: &mut Context<'_>,
    file: &Path,
    anchor: Option<&Path>,
) -> Result<Exit, Failure> {
    let attempt = || format!("could not read the bundle `{}`", file.display());
    let text = std::fs::read(file).map_err(|error| Failure::new(attempt()).because(error))?;
    let bundle: Bundle = serde_json::from_slice(&text).map_err(|error| {
        Failure::new(attempt())
            .because(error)
            .hint("name the file that `resold ledger proof --output` wrote")
    })?;
    let anchor = anchor.map(anchor::read_alone).transpose()?;
    let checked = check_bundle(&bundle, anchor.as_ref());
    for fault in &checked.report.faults {
        context.output.warn(&fault.to_string());
    }
    if context.output.is_json() {
        context.output.json(&summary(&bundle, &checked))?;
    } else {
        context.output.lines(page(&bundle, &checked).finish())?;
    }
    Ok(Exit::needs_you_if(!checked.report.is_sound()))
}

/// What was checked and what is wrong, for programs.
fn summary(bundle: &Bundle, checked: &Checked) -> serde_json::Value {
    let report = &checked.report;
    let anchored = checked.anchored.as_ref().map(|under| {
        serde_json::json!({
            "made_at": under.anchor.made_at,
            "given": under.given,
            "streams": under.streams,
            "notifications": under.notifications,
            "later_events": under.later,
        })
    });
    serde_json::json!({
        "id": bundle.entitlement,
        "sound": report.is_sound(),
        "entitlement": checked.entitlement,
        "events": report.events,
        "streams": report.streams,
        "notifications": report.notifications,
        "left_out": report.erased,
        "anchor": anchored,
        "faults": report.faults.iter().map(fault).collect::<Vec<_>>(),
    })
}

fn page(bundle: &Bundle, checked: &Checked) -> Page {
    let mut page = Page::new("Proof of entitlement", bundle.entitlement.as_str());
    if let Some(item) = &checked.entitlement {
        page.field("status", item.status.word())
            .field("type", item.deal_type.word())
            .field("basis", item.basis.map_or(NONE, Basis::word))
            .field("opportunity", cell(item.opportunity.as_ref()))
            .field("offer", cell(item.offer.as_ref()))
            .field("partner", cell(item.partner.as_ref()))
            .field("buyer", cell(item.buyer.as_ref()));
    }
    let report = &checked.report;
    page.heading("Checked");
    page.text(&format!(
        "{} events in {} streams: each hash, and the chain of each stream",
        report.events, report.streams
    ));
    let bodies = report.notifications.saturating_sub(report.erased);
    page.text(&format!("{bodies} raw notifications against their digests"));
    if report.erased > 0 {
        page.text(&format!("{} notifications are there by their digests only", report.erased));
    }
    if let Some(under) = &checked.anchored {
        page.text(&format!(
            "{} streams and {} notifications have their place in the anchor of {}",
            under.streams, under.notifications, under.anchor.made_at
        ));
    }
    page.heading("Proved");
    for line in proved(checked) {
        page.text(&line);
    }
    page
}

/// What follows, and what does not.
fn proved(checked: &Checked) -> Vec<String> {
    let faults = checked.report.faults.len();
    if faults > 0 {
        return vec![format!("nothing: {faults} faults were found")];
    }
    match &checked.anchored {
        Some(Anchored { given: true, anchor, .. }) => vec![
            format!(
                "all of it was in the ledger when the anchor of {} was made, and is unchanged",
                anchor.made_at
            ),
            "not that AWS sent it, nor that AWS sent nothing else".to_owned(),
        ],
        Some(Anchored { given: false, later, .. }) => {
            let mut lines = vec![
                "the bundle is whole in itself and fits the anchor that it brings along".to_owned(),
                "not that anybody kept that anchor: hold yours against it with --anchor".to_owned(),
            ];
            if *later > 0 {
                lines.push(format!("{later} events came after that anchor"));
            }
            lines
        }
        None => vec![
            "the bundle is whole in itself".to_owned(),
            "not that a ledger ever said so: who can write one can make such a bundle".to_owned(),
        ],
    }
}
