//! `resold partner authorize`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use deal::facts::partner::Authorization;
use deal::wholesale::{AuthorizationForm, Wanted};
use marketplace::draft::{Limits, PricesForm};
use marketplace::ids::AccountId;
use processor::authorize::AuthorizeError;

use crate::args::Person;
use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::form_file::{self, Notation};
use crate::place::Access;
use crate::price_flag::{pair, unit_price};
use crate::problems::{refuse, sentence};

/// What a file may hold.
const EXAMPLE: &str = include_str!("terms.toml");
/// What to do about a file that holds no terms.
const WAY_OUT: &str = "`resold partner authorize --example` prints a file to begin with";

/// What `authorize` takes.
#[derive(Debug, Args)]
pub struct AuthorizeArgs {
    /// The partner's account (12 digits)
    #[arg(value_name = "ACCOUNT", value_parser = crate::listing::account, required_unless_present = "example")]
    id: Option<AccountId>,
    /// Print a file to begin with
    #[arg(
        long,
        value_name = "NOTATION",
        num_args = 0..=1,
        default_missing_value = "toml",
        conflicts_with_all = ["id", "file", "end", "why", "who", "TermFlags"]
    )]
    example: Option<Notation>,
    /// Read the terms from a file in TOML or JSON; `-` is standard input
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// The partner may sell the product no longer; what was granted before stays as it is
    #[arg(
        long,
        conflicts_with_all = ["file", "currency", "discount", "unit_price", "usage_price", "list_unit_price", "list_usage_price"]
    )]
    end: bool,
    /// Why; kept in the ledger
    #[arg(
        long,
        value_name = "TEXT",
        required_unless_present = "example",
        value_parser = NonEmptyStringValueParser::new()
    )]
    why: Option<String>,
    /// Who does it [default: your login name]
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    who: Option<String>,
    #[command(flatten)]
    terms: TermFlags,
}

/// The fields of a file, as flags.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Terms, each in place of what the file says")]
pub struct TermFlags {
    /// What we call the partner; nobody but us sees it
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// The product's entity id (prod-...)
    #[arg(long, value_name = "PRODUCT")]
    product: Option<String>,
    /// Of all prices [default: USD]
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
    /// What is taken off the list prices
    #[arg(long, value_name = "PERCENT")]
    discount: Option<String>,
    /// A list price per unit and duration, for a discount; several: repeat it
    #[arg(long, value_name = "DURATION:DIMENSION=PRICE", value_parser = unit_price)]
    list_unit_price: Vec<(String, String, String)>,
    /// A list price of usage, for a discount; several: repeat it
    #[arg(long, value_name = "DIMENSION=PRICE", value_parser = pair)]
    list_usage_price: Vec<(String, String)>,
    /// What the partner pays per unit and duration; several: repeat it
    #[arg(long, value_name = "DURATION:DIMENSION=PRICE", value_parser = unit_price)]
    unit_price: Vec<(String, String, String)>,
    /// What the partner pays for usage; several: repeat it
    #[arg(long, value_name = "DIMENSION=PRICE", value_parser = pair)]
    usage_price: Vec<(String, String)>,
}

impl TermFlags {
    /// Puts what was said in place of what the form says, prices one dimension at a time.
    fn apply(self, form: &mut AuthorizationForm) {
        let fields = [
            (&mut form.name, self.name),
            (&mut form.product, self.product),
            (&mut form.currency, self.currency),
            (&mut form.discount, self.discount),
        ];
        for (field, said) in fields {
            if let Some(said) = said {
                *field = Some(said.into());
            }
        }
        put(&mut form.list, self.list_unit_price, self.list_usage_price);
        put(&mut form.wholesale, self.unit_price, self.usage_price);
    }
}

fn put(form: &mut PricesForm, unit: Vec<(String, String, String)>, usage: Vec<(String, String)>) {
    for (duration, dimension, price) in unit {
        form.unit_prices.entry(duration).or_default().insert(dimension, price.into());
    }
    form.usage_prices.extend(usage.into_iter().map(|(dimension, price)| (dimension, price.into())));
}

/// Prints an example, or records what a partner may sell.
pub async fn run(context: &mut Context<'_>, args: AuthorizeArgs) -> Result<Exit, Failure> {
    if let Some(notation) = args.example {
        form_file::example::<AuthorizationForm>(context, notation, EXAMPLE)?;
        return Ok(Exit::Done);
    }
    let attempt = if args.end {
        "could not end the authorization"
    } else {
        "could not authorize the partner"
    };
    // The command line demands both.
    let Some((partner, why)) = args.id.zip(args.why) else {
        return Err(Failure::new(attempt).because("nobody says whom and why").hint("see --help"));
    };
    let person = Person::new(args.who, why);
    let mut form = match &args.file {
        Some(path) => form_file::read(path, "the terms of a partner", WAY_OUT)?,
        None => AuthorizationForm::default(),
    };
    args.terms.apply(&mut form);
    let (wanted, warnings) = match form.read(&Limits::CURRENT) {
        Ok(read) => read,
        Err(problems) => {
            let way_out = "change what is listed; `resold partner authorize --example` prints terms that break none";
            return Err(refuse(context.output, attempt, &problems, way_out)?);
        }
    };
    let Wanted { name, product, terms } = wanted;
    let word = Authorization { sells: !args.end, terms, who: person.who()?, why: person.why };
    let processor = context.processor(Access::Write, false).await?;
    let done = processor.authorize(&partner, &product, &word, name.as_deref()).await;
    done.map_err(|error| {
        let hint = hint(&error);
        let failure = Failure::new(attempt).because(error);
        if let Some(hint) = hint { failure.hint(hint) } else { failure }
    })?;
    drop(processor);
    for warning in &warnings {
        context.output.warn(&sentence(warning));
    }
    super::show(context, &partner).await
}

const fn hint(error: &AuthorizeError) -> Option<&'static str> {
    match error {
        AuthorizeError::Own(_) => Some("name the account of the partner; --account names our own"),
        AuthorizeError::NotAuthorized { .. } => {
            Some("`resold partner show ACCOUNT` lists what it may sell")
        }
        AuthorizeError::TooMany => {
            Some("what one partner may sell is kept in one row; authorize fewer products")
        }
        AuthorizeError::TooLong { .. } => Some("leave out what each opportunity states itself"),
        AuthorizeError::Write(_) | AuthorizeError::Process(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use deal::wholesale::AuthorizationForm;
    use marketplace::draft::Limits;

    use super::{EXAMPLE, form_file};

    #[test]
    fn the_example_breaks_no_rule_either_way() {
        let form: AuthorizationForm = form_file::parse(EXAMPLE).expect("TOML");
        let (wanted, warnings) = form.read(&Limits::CURRENT).expect("terms");
        assert!(warnings.is_empty());
        assert!(wanted.terms.is_some_and(|terms| terms.discount().is_some()));
        let (before, rest) = EXAMPLE.split_once("# A discount in percent").expect("a discount");
        let (_, rest) = rest.split_once("# [wholesale").expect("prices");
        let stated = format!("# [wholesale{rest}").replace("# ", "");
        let form: AuthorizationForm = form_file::parse(&format!("{before}{stated}")).expect("TOML");
        let (wanted, _) = form.read(&Limits::CURRENT).expect("terms");
        let prices = wanted.terms.and_then(|terms| terms.prices()).expect("prices");
        assert_eq!(prices.each().count(), 3);
    }
}
