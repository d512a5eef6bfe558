//! Carries a request out while somebody waits for it.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws::catalog::CatalogApi;
use clap::Args;
use deal::facts::request::Hope;
use deal::item::Request;
use deal::request::{RequestId, trouble};
use deal::stream::StreamId;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use ledger::store::Store;
use processor::Processor;
use processor::clock::Clock as _;
use processor::request::{DriveError, Driven, changes};

use super::passing::Passing;
use crate::aws_place::catalog;
use crate::command::Context;
use crate::failure::{Failure, one_line};
use crate::output::Talk;
use crate::page::cell;
use crate::place::Access;
use crate::reader::{Known, Reader};

/// Requests of which a step is taken before it is asked again which are due.
const DUE: u32 = 100;

/// How long to wait.
#[derive(Debug, Clone, Copy, Args)]
pub struct WaitArgs {
    /// Wait so long for AWS; 0: record it, and leave it to a worker or to `opportunity request resume`
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u32).range(0..=86_400))]
    pub wait: u32,
}

/// How far it was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried {
    /// To its end.
    Through,
    /// It is not done, and the time is up, or only a person can help.
    So,
}

/// Records requests, and carries them out.
pub struct Driver {
    /// What records.
    pub processor: Processor,
    store: Arc<dyn Store>,
    time: Passing,
    catalog: Option<CatalogApi>,
    talk: Talk,
}

impl Driver {
    /// On the ledger that the command names.
    pub async fn open(context: &Context<'_>) -> Result<Self, Failure> {
        let store = context.store(Access::Write).await?;
        let time = Passing::begin(context.global.effective);
        let clock = Arc::new(time.clone());
        let processor = context.processor_by(Arc::clone(&store), clock, false);
        let talk = context.output.talk();
        Ok(Self { processor, store, time, catalog: None, talk })
    }

    /// Reads the ledger as it is now.
    pub async fn reader(&self, context: &Context<'_>) -> Result<Reader, Failure> {
        Reader::open(&*self.store, self.time.now(), context.global.accounts()).await
    }

    /// A request as it is now.
    pub async fn known(
        &self,
        context: &Context<'_>,
        id: &RequestId,
    ) -> Result<Option<Known>, Failure> {
        self.reader(context).await?.state(&StreamId::request(id)).await
    }

    /// Takes steps until it is done, or so many seconds are over.
    pub async fn carry_out(
        &mut self,
        context: &Context<'_>,
        id: &RequestId,
        wait: WaitArgs,
    ) -> Result<Carried, Failure> {
        if wait.wait == 0 {
            return Ok(Carried::So);
        }
        let catalog = self.catalog().await?;
        let until = self.time.now().plus_seconds(i64::from(wait.wait));
        let mut last = String::new();
        loop {
            let driven = self.step(id, &catalog).await.map_err(|error| undriven(id, error))?;
            let known = self.known(context, id).await?;
            let facts = known.as_ref().and_then(|known| known.state.request());
            if let Some(facts) = facts {
                self.say(&Request::new(id.clone(), facts), &mut last);
            }
            let is_stuck =
                facts.and_then(trouble).is_some_and(|(_, trouble)| trouble.hope == Hope::Never);
            match driven {
                Driven::Done(_) => return Ok(Carried::Through),
                Driven::Waits { .. } if is_stuck || self.time.now() >= until => {
                    return Ok(Carried::So);
                }
                Driven::Waits { until: next } => self.time.wait(next.min(until)).await,
                Driven::Moved | Driven::Refused(_) => {}
            }
        }
    }

    async fn step(&self, id: &RequestId, catalog: &CatalogApi) -> Result<Driven, DriveError> {
        self.processor.drive(id, catalog, &changes(self.today())).await
    }

    /// Takes steps of the requests that are due until none is, or none of them moves. Tells which they were.
    pub async fn carry_on_all(&mut self) -> Result<BTreeSet<RequestId>, Failure> {
        let catalog = self.catalog().await?;
        let mut touched = BTreeSet::new();
        loop {
            let driven = self.processor.drive_due(DUE, &catalog, &changes(self.today())).await;
            let driven = driven.map_err(|error| {
                Failure::new("could not tell which requests are due").because(error)
            })?;
            let mut moved = false;
            for (id, result) in driven {
                match result {
                    Ok(driven) => moved |= matches!(driven, Driven::Moved),
                    Err(error) => self.talk.note(&one_line(&undriven(&id, error))),
                }
                touched.insert(id);
            }
            if !moved {
                return Ok(touched);
            }
        }
    }

    /// The way to AWS, looked for once.
    pub async fn catalog(&mut self) -> Result<CatalogApi, Failure> {
        let catalog = match self.catalog.take() {
            Some(catalog) => catalog,
            None => catalog().await?,
        };
        Ok(self.catalog.insert(catalog).clone())
    }

    /// Today, UTC.
    pub fn today(&self) -> Date {
        TimeZone::UTC.to_datetime(self.time.now().timestamp()).date()
    }

    /// Says how far it is, if that is new.
    fn say(&self, item: &Request, last: &mut String) {
        let now = progress(item);
        if *last != now {
            self.talk.note(&now);
            *last = now;
        }
    }
}

/// How far a request is, in a line, with AWS's words.
fn progress(item: &Request) -> String {
    let said = item.reason.as_ref().map(|reason| match &item.code {
        // Some of AWS's texts begin with their code.
        Some(code) if !reason.starts_with(code.as_str()) => format!(" ({code}: {reason})"),
        _ => format!(" ({reason})"),
    });
    let what = match item.status {
        "wished" if said.is_none() => "recorded, not sent yet".to_owned(),
        "wished" => "recorded, and cannot be sent as it is".to_owned(),
        "sending" => "sent, and not taken by AWS yet".to_owned(),
        "waiting" => "AWS is busy with something else of yours, so it waits".to_owned(),
        "applying" => format!("AWS applies {}", cell(item.change_sets.last())),
        "succeeded" if item.next_at.is_some() => "done, and is read back".to_owned(),
        "succeeded" => "done".to_owned(),
        status => status.to_owned(),
    };
    let next = item.next_at.as_ref().filter(|_| item.status != "succeeded" || said.is_some());
    let next = next.map(|next| format!("; looked at again at {next}"));
    format!("{}: {what}{}{}", item.id, said.unwrap_or_default(), next.unwrap_or_default())
}

/// A request that was not carried on.
pub fn undriven(id: &RequestId, error: DriveError) -> Failure {
    let hint = match error {
        DriveError::NoSuchRequest(_) => "`resold opportunity request list` prints them".to_owned(),
        DriveError::Unreadable { .. } | DriveError::Id(_) => {
            "a newer resold may have recorded it: use that version".to_owned()
        }
        DriveError::Follow(_) | DriveError::Process(_) => {
            format!("`resold opportunity request resume {id}` goes on, and does nothing twice")
        }
    };
    Failure::new(format!("could not carry request `{id}` on")).because(error).hint(hint)
}
