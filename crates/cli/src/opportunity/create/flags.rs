//! What an opportunity is to be, on the command line.

use clap::Args;
use marketplace::draft::{CommitmentForm, Form, InstallmentForm, RenewalForm, Text};

use crate::price_flag::{pair, unit_price};

/// The fields of a file, as flags. They are read where the file is read, so that every mistake is told at once.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Terms, each in place of what the file says")]
pub struct Flags {
    /// Shown to the partner
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// Shown to the partner in its seller reports: no internal notes
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// The product's entity id (prod-...)
    #[arg(long, value_name = "PRODUCT")]
    product: Option<String>,
    /// The partner's account (12 digits)
    #[arg(long, value_name = "ACCOUNT", alias = "reseller")]
    partner: Option<String>,
    /// A buyer that may be offered to; several: repeat it, or separate them by commas
    #[arg(long, value_name = "ACCOUNT", value_delimiter = ',')]
    buyer: Vec<String>,
    /// Of all prices [default: USD]
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
    /// The last day on which the partner may make an offer
    #[arg(long, value_name = "DAY")]
    offers_until: Option<String>,
    /// Whether one offer uses it up
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    single_use: Option<bool>,
    /// The latest day on which an agreement may start
    #[arg(long, value_name = "DAY")]
    latest_start: Option<String>,
    /// When the buyer's invoice is due, for example P60D
    #[arg(long, value_name = "DURATION")]
    net_payment: Option<String>,
    /// standard, enterprise, or the https address of a document in S3
    #[arg(long, value_name = "EULA")]
    eula: Option<String>,
    /// The contract with the partner: standard, or the https address of a document in S3
    #[arg(long, value_name = "CONTRACT")]
    reseller_contract: Option<String>,
    /// How long a commitment runs, for example P12M
    #[arg(long, value_name = "DURATION")]
    duration: Option<String>,
    /// How much of a dimension a commitment grants; several: repeat it
    #[arg(long, value_name = "DIMENSION=N", value_parser = pair)]
    grant: Vec<(String, String)>,
    /// What of a commitment is charged when; once for one that is paid at once. Any takes the place of all in the file
    #[arg(long, value_name = "DAY=AMOUNT", value_parser = pair)]
    installment: Vec<(String, String)>,
    /// A price per unit and duration, the buyer picks the quantity; several: repeat it
    #[arg(long, value_name = "DURATION:DIMENSION=PRICE", value_parser = unit_price)]
    unit_price: Vec<(String, String, String)>,
    /// What usage of a metered dimension costs per unit; several: repeat it
    #[arg(long, value_name = "DIMENSION=PRICE", value_parser = pair)]
    usage_price: Vec<(String, String)>,
    /// A renewal: where the buyer bought before, `AwsMarketplace` or `External`
    #[arg(long, value_name = "CHANNEL")]
    renewal_channel: Option<String>,
    /// A renewal: how the buyer bought before, `Contract`, `Usage`, `Byol` or `Free`
    #[arg(long, value_name = "MODEL")]
    renewal_pricing_model: Option<String>,
}

impl Flags {
    /// Puts what was said in place of what the form says. Prices and quantities are put in place one dimension at a time,
    /// buyers and installments all together.
    pub fn apply(self, form: &mut Form) {
        let fields = [
            (&mut form.name, self.name),
            (&mut form.description, self.description),
            (&mut form.product, self.product),
            (&mut form.partner, self.partner),
            (&mut form.currency, self.currency),
            (&mut form.offers_until, self.offers_until),
            (&mut form.latest_start, self.latest_start),
            (&mut form.net_payment, self.net_payment),
            (&mut form.eula, self.eula),
            (&mut form.reseller_contract, self.reseller_contract),
        ];
        for (field, said) in fields {
            replace(field, said);
        }
        form.single_use = self.single_use.or(form.single_use);
        if !self.buyer.is_empty() {
            form.buyers = self.buyer.into_iter().map(Text::from).collect();
        }
        let usage =
            self.usage_price.into_iter().map(|(dimension, price)| (dimension, price.into()));
        form.usage_prices.extend(usage);
        for (duration, dimension, price) in self.unit_price {
            form.unit_prices.entry(duration).or_default().insert(dimension, price.into());
        }
        if self.duration.is_some() || !self.grant.is_empty() || !self.installment.is_empty() {
            let commitment = form.commitment.get_or_insert_default();
            commit(commitment, self.duration, self.grant, self.installment);
        }
        if self.renewal_channel.is_some() || self.renewal_pricing_model.is_some() {
            let renewal: &mut RenewalForm = form.renewal.get_or_insert_default();
            replace(&mut renewal.channel, self.renewal_channel);
            replace(&mut renewal.pricing_model, self.renewal_pricing_model);
        }
    }
}

fn replace(field: &mut Option<Text>, said: Option<String>) {
    if let Some(said) = said {
        *field = Some(said.into());
    }
}

fn commit(
    commitment: &mut CommitmentForm,
    duration: Option<String>,
    granted: Vec<(String, String)>,
    installments: Vec<(String, String)>,
) {
    replace(&mut commitment.duration, duration);
    commitment.granted.extend(granted.into_iter().map(|(dimension, n)| (dimension, n.into())));
    if !installments.is_empty() {
        let part = |(date, amount): (String, String)| InstallmentForm {
            date: Some(date.into()),
            amount: Some(amount.into()),
        };
        commitment.installments = installments.into_iter().map(part).collect();
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Words {
        #[command(flatten)]
        flags: Flags,
    }

    /// A file with these flags, as JSON.
    fn applied(file: &str, words: &[&str]) -> serde_json::Value {
        let mut form: Form = serde_json::from_str(file).expect("a form");
        let words = Words::try_parse_from([&[""], words].concat()).expect("flags");
        words.flags.apply(&mut form);
        serde_json::to_value(&form).expect("JSON")
    }

    #[test]
    fn flags_take_the_place_of_what_the_file_says() {
        let cases: [(&str, &[&str], &str); 11] = [
            // file, flags, form
            (r#"{"name": "A"}"#, &["--name", "B"], r#"{"name": "B"}"#),
            (r#"{"name": "A"}"#, &["--eula", "standard"], r#"{"name": "A", "eula": "standard"}"#),
            ("{}", &["--single-use"], r#"{"single_use": true}"#),
            (r#"{"single_use": true}"#, &["--single-use=false"], r#"{"single_use": false}"#),
            (
                r#"{"buyers": ["1"]}"#,
                &["--buyer", "2,3", "--buyer", "4"],
                r#"{"buyers": ["2", "3", "4"]}"#,
            ),
            (
                r#"{"usage_prices": {"a": "1", "b": "2"}}"#,
                &["--usage-price", "b=3", "--usage-price", "c=d=4"],
                r#"{"usage_prices": {"a": "1", "b": "3", "c=d": "4"}}"#,
            ),
            (
                r#"{"unit_prices": {"P12M": {"a": "1"}}}"#,
                &["--unit-price", "P12M:a=2", "--unit-price", "P24M:a=3"],
                r#"{"unit_prices": {"P12M": {"a": "2"}, "P24M": {"a": "3"}}}"#,
            ),
            ("{}", &["--duration", "P1Y"], r#"{"commitment": {"duration": "P1Y"}}"#),
            (
                r#"{"commitment": {"granted": {"a": "1"}, "duration": "P1Y"}}"#,
                &["--grant", "b=2"],
                r#"{"commitment": {"granted": {"a": "1", "b": "2"}, "duration": "P1Y"}}"#,
            ),
            (
                r#"{"commitment": {"installments": [{"date": "1", "amount": "1"}, {"date": "2"}]}}"#,
                &["--installment", "2027-01-15=5"],
                r#"{"commitment": {"installments": [{"date": "2027-01-15", "amount": "5"}]}}"#,
            ),
            (
                r#"{"renewal": {"channel": "External", "pricing_model": "Free"}}"#,
                &["--renewal-pricing-model", "Usage"],
                r#"{"renewal": {"channel": "External", "pricing_model": "Usage"}}"#,
            ),
        ];
        for (file, words, expected) in cases {
            let expected: serde_json::Value = serde_json::from_str(expected).expect("JSON");
            assert_eq!(applied(file, words), expected, "{file} {words:?}");
        }
    }
}
