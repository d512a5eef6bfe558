//! `resold partner playbook`: the page to send to a partner.

use std::io::Write as _;
use std::path::Path;

use deal::item::{Opportunity, Playbook};
use deal::key::{KeyKind, KeyQuery};
use deal::stream::{StreamId, StreamKind};
use marketplace::ids::AccountId;

use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Line;
use crate::private_file;
use crate::reader::{Reader, STEP, Source, reading};

mod escape;
mod markdown;

/// Writes what a partner may be told.
pub async fn run(
    context: &mut Context<'_>,
    id: &AccountId,
    output: Option<&Path>,
) -> Result<Exit, Failure> {
    let mut reader = context.reader().await?;
    let known = reader.state(&StreamId::partner(id)).await?;
    let Some(known) = known else {
        return Err(Failure::new(format!("there is no partner `{id}` in the ledger"))
            .hint("`resold partner list` prints them"));
    };
    let (usable, used_up) = opportunities(&mut reader, id).await?;
    let name = known.state.partner().and_then(|facts| facts.name.get());
    // What AWS calls it where no notification did.
    let described = usable.iter().find_map(|opportunity| opportunity.partner_name.as_ref());
    let playbook = Playbook::new(id, name.or(described), &usable, reader.now);
    let text = if context.output.is_json() {
        serde_json::to_string_pretty(&playbook)
            .map_err(|error| Failure::new("could not write JSON").because(error))?
    } else {
        markdown::page(&playbook)
    };
    match output {
        None if context.output.is_json() => context.output.json(&playbook)?,
        None => context.output.lines(text.lines().map(|line| Line::Text(line.to_owned())))?,
        Some(file) => {
            write(file, text.trim_end())?;
            context.output.note(&format!("Wrote `{}`.", file.display()));
        }
    }
    if used_up > 0 {
        let noun = if used_up == 1 { "opportunity is" } else { "opportunities are" };
        context.output.note(&format!("{used_up} {noun} used up and left out."));
    }
    Ok(Exit::Done)
}

/// A partner's opportunities, and how many that are active are used up by offers: nothing can be made of those.
async fn opportunities(
    reader: &mut Reader,
    id: &AccountId,
) -> Result<(Vec<Opportunity>, usize), Failure> {
    let source =
        Source { kind: StreamKind::Opportunity, key: Some((KeyKind::Partner, id.to_string())) };
    let (mut usable, mut used_up, mut after) = (Vec::new(), 0_usize, None::<StreamId>);
    loop {
        let streams = reader.walk(&source, after.as_ref(), STEP).await?;
        let Some(last) = streams.last() else { return Ok((usable, used_up)) };
        after = Some(last.row.stream.clone());
        let items = reader.opportunities(&streams);
        let most = |item: &Opportunity| item.quantity.unwrap_or(1);
        let queries: Vec<_> = items
            .iter()
            .map(|item| KeyQuery::all(KeyKind::Uses, item.id.as_str(), most(item)))
            .collect();
        let offers = reader.snapshot.find(&queries).await.map_err(reading)?;
        for (item, offers) in items.into_iter().zip(offers) {
            let count = u32::try_from(offers.len()).unwrap_or(u32::MAX);
            if item.status == "active" && item.quantity.is_some_and(|most| count >= most) {
                used_up = used_up.saturating_add(1);
            } else {
                usable.push(item);
            }
        }
    }
}

fn write(file: &Path, text: &str) -> Result<(), Failure> {
    let written = private_file::create_new(file).and_then(|mut file| {
        writeln!(file, "{text}")?;
        file.sync_all()
    });
    written.map_err(|error| {
        let failure = Failure::new(format!("could not write `{}`", file.display())).because(error);
        if failure.way_out().is_some() {
            failure
        } else {
            failure.hint("name a file that is not there yet")
        }
    })
}
