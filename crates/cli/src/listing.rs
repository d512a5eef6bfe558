//! Lists: filter, page, sort by id.

use clap::{Args, ValueEnum};
use deal::correlate::Basis;
use deal::entitlement::DealType;
use deal::key::KeyKind;
use deal::stream::{StreamId, StreamKind};
use marketplace::ids::{AccountId, OpportunityId, ProductName};
use serde::Serialize;

use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::page::table;
use crate::reader::{Known, Reader, STEP, Source};

/// What a list is asked for.
#[derive(Debug, Clone, Args)]
pub struct ListArgs {
    /// Only this type of sale
    #[arg(long = "type", value_name = "TYPE", ignore_case = true)]
    pub deal_type: Option<TypeWord>,
    /// Only this status; several: repeat it, or separate them by commas
    #[arg(long, value_name = "STATUS", value_delimiter = ',')]
    pub status: Vec<String>,
    /// Only items whose link to the opportunity is known in this way; several: repeat it, or separate them by commas
    #[arg(long, value_name = "BASIS", value_delimiter = ',')]
    pub basis: Vec<BasisWord>,
    /// Only this partner's (12 digits)
    #[arg(long, value_name = "ACCOUNT", alias = "reseller", value_parser = account)]
    pub partner: Option<AccountId>,
    /// Only this product, by any of its names
    #[arg(long, value_name = "PRODUCT", value_parser = product)]
    pub product: Option<ProductName>,
    /// Only this buyer's (12 digits)
    #[arg(long, value_name = "ACCOUNT", value_parser = account)]
    pub buyer: Option<AccountId>,
    /// Only those of this opportunity (resale authorization)
    #[arg(long, value_name = "ID", aliases = ["authorization", "resale-authorization"], value_parser = opportunity)]
    pub opportunity: Option<OpportunityId>,
    #[command(flatten)]
    pub page: PageArgs,
}

/// Which part of a list is asked for.
#[derive(Debug, Clone, Args)]
pub struct PageArgs {
    /// At most so many items
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub limit: u32,
    /// Go on after this: the `next` of the page before
    #[arg(long, value_name = "CURSOR")]
    pub cursor: Option<String>,
}

/// A type of sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TypeWord {
    /// A partner sells our product
    #[value(name = "CPPO")]
    Cppo,
    /// We resell another's product
    #[value(name = "CPPO_IN")]
    CppoIn,
    /// We sell our own product
    #[value(name = "PRIVATE")]
    Private,
}

impl From<TypeWord> for DealType {
    fn from(word: TypeWord) -> Self {
        match word {
            TypeWord::Cppo => Self::Cppo,
            TypeWord::CppoIn => Self::CppoIn,
            TypeWord::Private => Self::Private,
        }
    }
}

/// How a link is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BasisWord {
    /// An agreement named both
    Confirmed,
    /// A person set it
    Manual,
    /// Exactly one opportunity fits
    Inferred,
    /// Several fit, or several offers contest the only one
    Ambiguous,
    /// None fits
    Unmatched,
}

impl From<BasisWord> for Basis {
    fn from(word: BasisWord) -> Self {
        match word {
            BasisWord::Confirmed => Self::Confirmed,
            BasisWord::Manual => Self::Manual,
            BasisWord::Inferred => Self::Inferred,
            BasisWord::Ambiguous => Self::Ambiguous,
            BasisWord::Unmatched => Self::Unmatched,
        }
    }
}

/// Twelve digits.
pub fn account(text: &str) -> Result<AccountId, String> {
    AccountId::new(text).map_err(|error| error.to_string())
}

/// An opportunity's id.
pub fn opportunity(text: &str) -> Result<OpportunityId, String> {
    OpportunityId::new(text).map_err(|error| error.to_string())
}

fn product(text: &str) -> Result<ProductName, String> {
    ProductName::new(text).map_err(|error| error.to_string())
}

/// What an item can be filtered by.
pub struct Facets<'a> {
    /// Whose sale it is.
    pub deal_type: DealType,
    /// The shown word.
    pub status: &'a str,
    /// How its link is known.
    pub basis: Option<Basis>,
    /// Its opportunity.
    pub opportunity: Option<&'a OpportunityId>,
    /// The reseller.
    pub partner: Option<&'a AccountId>,
    /// Names of the product.
    pub products: &'a [ProductName],
    /// The buyers.
    pub buyers: &'a [AccountId],
}

/// An item of a deal.
pub trait Faceted {
    /// What it can be filtered by.
    fn facets(&self) -> Facets<'_>;
}

/// How an item stands in a list.
pub trait Listed: Serialize {
    /// Its id: the order of the list.
    fn id(&self) -> String;
    /// The names of the table's columns.
    const COLUMNS: &'static [&'static str];
    /// The cells of its row.
    fn cells(&self) -> Vec<String>;
}

impl ListArgs {
    /// Whether an item is asked for.
    pub fn keeps<T: Faceted>(&self, item: &T) -> bool {
        let item = item.facets();
        let basis = |word: &BasisWord| item.basis == Some(Basis::from(*word));
        self.deal_type.is_none_or(|word| DealType::from(word) == item.deal_type)
            && (self.status.is_empty() || self.status.iter().any(|word| word == item.status))
            && (self.basis.is_empty() || self.basis.iter().any(basis))
            && self.partner.as_ref().is_none_or(|partner| item.partner == Some(partner))
            && self.product.as_ref().is_none_or(|product| item.products.contains(product))
            && self.buyer.as_ref().is_none_or(|buyer| item.buyers.contains(buyer))
            && self.opportunity.as_ref().is_none_or(|id| item.opportunity == Some(id))
    }

    /// The streams of one kind to walk over: by an index, where one is asked for.
    pub fn source(&self, kind: StreamKind) -> Source {
        let key = |kind: KeyKind, value: Option<String>| value.map(|value| (kind, value));
        let opportunity = self.opportunity.as_ref().filter(|_| kind != StreamKind::Opportunity);
        let key = key(KeyKind::Opportunity, opportunity.map(ToString::to_string))
            .or_else(|| key(KeyKind::Buyer, self.buyer.as_ref().map(ToString::to_string)))
            .or_else(|| key(KeyKind::Partner, self.partner.as_ref().map(ToString::to_string)));
        Source { kind, key }
    }
}

/// Refuses a status that no item can have.
pub fn check_status(statuses: &[String], words: &[&str]) -> Result<(), Failure> {
    match statuses.iter().find(|status| !words.contains(&status.as_str())) {
        None => Ok(()),
        Some(status) => Err(Failure::new(format!("`{status}` is no status of these items"))
            .hint(format!("--status takes {}", words.join(", ")))),
    }
}

impl PageArgs {
    /// The stream after which a list of one kind goes on.
    pub fn after(&self, kind: StreamKind) -> Result<Option<StreamId>, Failure> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let stream = StreamId::try_from(format!("{}/{cursor}", kind.word()));
        stream.map(Some).map_err(|error| {
            Failure::new(format!("`{cursor}` is no cursor"))
                .because(error)
                .hint("take the `next` of the page before")
        })
    }
}

/// A page of a list.
#[derive(Debug, Serialize)]
pub struct Listing<T> {
    /// The items, in the order of their ids.
    pub items: Vec<T>,
    /// Where the next page begins; null: this is the last one.
    pub next: Option<String>,
}

/// One step of a walk: items in order, and the id up to which it went (none: the end).
pub struct Step<T> {
    /// What was found.
    pub items: Vec<T>,
    /// Where to go on.
    pub last: Option<StreamId>,
}

impl<T> Step<T> {
    /// A step over these streams.
    pub fn over(streams: &[Known], items: Vec<T>) -> Self {
        Self { items, last: streams.last().map(|known| known.row.stream.clone()) }
    }
}

/// Walks until a page is full of items to keep, and looks for one more, which tells whether there is a next page.
pub async fn collect<T: Listed>(
    args: &PageArgs,
    mut after: Option<StreamId>,
    keeps: impl Fn(&T) -> bool,
    mut step: impl AsyncFnMut(Option<&StreamId>, u32) -> Result<Step<T>, Failure>,
) -> Result<Listing<T>, Failure> {
    let limit = args.limit as usize;
    let mut items: Vec<T> = Vec::new();
    loop {
        let Step { items: found, last } = step(after.as_ref(), STEP).await?;
        for item in found.into_iter().filter(&keeps) {
            if items.len() == limit {
                let next = items.last().map(Listed::id);
                return Ok(Listing { items, next });
            }
            items.push(item);
        }
        match last {
            Some(last) => after = Some(last),
            None => return Ok(Listing { items, next: None }),
        }
    }
}

/// Lists the items of one kind of stream. `statuses`: those that an item can have; `items`: from streams.
pub async fn list<T: Listed + Faceted>(
    context: &mut Context<'_>,
    args: &ListArgs,
    kind: StreamKind,
    statuses: &[&str],
    mut items: impl AsyncFnMut(&mut Reader, &[Known]) -> Result<Vec<T>, Failure>,
) -> Result<Exit, Failure> {
    check_status(&args.status, statuses)?;
    let source = args.source(kind);
    let after = args.page.after(kind)?;
    let mut reader = context.reader().await?;
    let keeps = |item: &T| args.keeps(item);
    let listing = collect(&args.page, after, keeps, async |after, limit| {
        let streams = reader.walk(&source, after, limit).await?;
        let items = items(&mut reader, &streams).await?;
        Ok(Step::over(&streams, items))
    })
    .await?;
    print(context.output, &listing)?;
    Ok(Exit::Done)
}

/// Prints a page of a list.
pub fn print<T: Listed>(output: &mut Output, listing: &Listing<T>) -> Result<(), Failure> {
    if output.is_json() {
        return output.json(listing);
    }
    if listing.items.is_empty() {
        output.note("Nothing to list.");
        return Ok(());
    }
    let rows = listing.items.iter().map(Listed::cells).collect::<Vec<_>>();
    output.lines(table(T::COLUMNS.iter().copied(), rows))?;
    more(output, listing.next.as_deref());
    Ok(())
}

/// Says how to see what a table left out.
pub fn more(output: &mut Output, next: Option<&str>) {
    if let Some(next) = next {
        output.note(&format!("There is more: go on with --cursor '{next}'"));
    }
}
