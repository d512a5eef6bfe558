//! Metrics in CloudWatch's embedded metric format: a line of JSON on standard output, which CloudWatch Logs turns into metrics.

use std::io::Write as _;

use deal::finding::Severity;
use deal::moment::Moment;
use serde_json::{Map, Value, json};

/// Under which CloudWatch keeps them.
const NAMESPACE: &str = "resold";

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Messages of a batch.
    Received,
    /// Messages whose notification is applied.
    Applied,
    /// Messages whose content was known.
    Duplicates,
    /// Messages that wait for a fact.
    Parked,
    /// Messages kept for a person.
    Quarantined,
    /// Messages of a type that this version does not know.
    Unknown,
    /// Messages that must come again.
    Failed,
    /// From the invocation to the commit of its batch.
    BatchLatency,
    /// 1 for the first invocation of a process.
    ColdStart,
    /// Events that the bus took.
    Published,
    /// Events that stay in the outbox for the next relay.
    PublishFailed,
    /// Events that can never be published.
    SetAside,
    /// How long the oldest event has waited to be published; 0: none waits.
    OldestUnpublishedAge,
    /// Buyers who were sent on to the sign-up page.
    Registered,
    /// Requests without a token that is worth anything.
    RegistrationsRefused,
    /// Buyers who could not be sent on, for a reason that is not theirs.
    RegistrationsFailed,
    /// Open findings, with the dimension `severity`.
    OpenFindings,
}

impl Metric {
    /// CloudWatch's name and unit.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Received => ("Received", "Count"),
            Self::Applied => ("Applied", "Count"),
            Self::Duplicates => ("Duplicates", "Count"),
            Self::Parked => ("Parked", "Count"),
            Self::Quarantined => ("Quarantined", "Count"),
            Self::Unknown => ("Unknown", "Count"),
            Self::Failed => ("Failed", "Count"),
            Self::BatchLatency => ("BatchLatency", "Milliseconds"),
            Self::ColdStart => ("ColdStart", "Count"),
            Self::Published => ("Published", "Count"),
            Self::PublishFailed => ("PublishFailed", "Count"),
            Self::SetAside => ("SetAside", "Count"),
            Self::OldestUnpublishedAge => ("OldestUnpublishedAge", "Seconds"),
            Self::Registered => ("Registered", "Count"),
            Self::RegistrationsRefused => ("RegistrationsRefused", "Count"),
            Self::RegistrationsFailed => ("RegistrationsFailed", "Count"),
            Self::OpenFindings => ("OpenFindings", "Count"),
        }
    }
}

/// Metrics of one function, and of one severity where they count findings.
#[derive(Debug, Clone)]
pub struct Metrics {
    function: &'static str,
    severity: Option<Severity>,
    values: Vec<(Metric, u64)>,
}

impl Metrics {
    /// None yet.
    pub const fn new(function: &'static str, severity: Option<Severity>) -> Self {
        Self { function, severity, values: Vec::new() }
    }

    /// Adds one.
    pub fn add(&mut self, metric: Metric, value: u64) {
        self.values.push((metric, value));
    }

    /// The line, without its end ("Specification: Embedded metric format").
    pub fn line(&self, now: Moment) -> String {
        let mut dimensions = vec!["function"];
        let mut line = Map::new();
        line.insert("function".to_owned(), self.function.into());
        if let Some(severity) = self.severity {
            dimensions.push("severity");
            line.insert("severity".to_owned(), severity.word().into());
        }
        let mut described = Vec::with_capacity(self.values.len());
        for (metric, value) in &self.values {
            let (name, unit) = metric.words();
            described.push(json!({"Name": name, "Unit": unit}));
            line.insert(name.to_owned(), (*value).into());
        }
        let directive = json!({
            "Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": described,
        });
        let timestamp = now.micros().div_euclid(1_000);
        let head = json!({"Timestamp": timestamp, "CloudWatchMetrics": [directive]});
        line.insert("_aws".to_owned(), head);
        Value::Object(line).to_string()
    }

    /// Writes the line. A metric that cannot be written fails nothing.
    pub fn print(&self, now: Moment) {
        let line = format!("{}\n", self.line(now));
        let _ = std::io::stdout().lock().write_all(line.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_what_cloudwatch_reads() {
        let mut metrics = Metrics::new("ingest", None);
        metrics.add(Metric::Received, 3);
        metrics.add(Metric::BatchLatency, 12);
        let line = metrics.line(Moment::from_micros(1_796_119_200_000_999));
        assert!(!line.contains('\n'));
        let expected = json!({
            "_aws": {
                "Timestamp": 1_796_119_200_000_i64,
                "CloudWatchMetrics": [{
                    "Namespace": "resold",
                    "Dimensions": [["function"]],
                    "Metrics": [
                        {"Name": "Received", "Unit": "Count"},
                        {"Name": "BatchLatency", "Unit": "Milliseconds"},
                    ],
                }],
            },
            "function": "ingest", "Received": 3, "BatchLatency": 12,
        });
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), expected);
    }

    #[test]
    fn findings_have_their_severity_as_a_dimension() {
        let mut metrics = Metrics::new("sweep", Some(Severity::Critical));
        metrics.add(Metric::OpenFindings, 2);
        let line: Value = serde_json::from_str(&metrics.line(Moment::from_micros(0))).unwrap();
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Dimensions"], json!([["function", "severity"]]));
        assert_eq!((&line["severity"], &line["OpenFindings"]), (&json!("critical"), &json!(2)));
    }
}
