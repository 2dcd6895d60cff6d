//! The metrics of a rollout document.

use super::askable::askable;
use super::fields::Fields;
use super::query::check_placeholders;
use super::reader::Reader;
use super::shape::{self, Provider};
use crate::analysis::{Known, is_reserved};
use crate::rollout::{Better, Measure, Metric, MetricSource, NoDataPolicy, Role, Unit};
use crate::source::{Entry, Node, Span, Value};
use crate::units::MetricName;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Over how long a metric looks back when nothing is said.
const WINDOW: Duration = Duration::from_secs(5 * 60);

/// The longest window of the built-in provider, which keeps what it counts in memory.
const LONGEST_WINDOW_OF_OUTCOMES: Duration = Duration::from_secs(60 * 60);

/// The longest window of a query.
const LONGEST_WINDOW_OF_QUERY: Duration = Duration::from_secs(30 * 86_400);

/// Fewer outcomes than this say nothing, when nothing else is said.
const MIN_SAMPLES: u64 = 20;

/// The most metrics of one rollout.
const MOST: usize = 100;

/// The metrics that a document defines, each sound or known to be broken.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    named: BTreeMap<String, Option<Metric>>,
}

impl Metrics {
    /// What conditions may ask of a metric; `None` when it is not defined or broken.
    pub(super) fn known(&self, name: &str) -> Option<Known> {
        self.named.get(name)?.as_ref().map(askable)
    }

    pub(super) fn role_of(&self, name: &str) -> Option<Role> {
        self.named.get(name)?.as_ref().map(|metric| metric.role)
    }

    pub(super) fn is_defined(&self, name: &str) -> bool {
        self.named.contains_key(name)
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.named.keys().map(String::as_str).collect()
    }

    /// All of them; `None` when one is broken.
    pub(super) fn sound(self) -> Option<BTreeMap<MetricName, Metric>> {
        self.named.into_iter().map(|(name, metric)| Some((MetricName::new(&name).ok()?, metric?))).collect()
    }
}

/// Reads `metrics`.
pub(super) fn metrics(node: &Node<'_>, reader: &mut Reader<'_>) -> Metrics {
    let Some(entries) = node.as_object() else {
        let message = format!("`metrics` is {} where a mapping from names to metrics is expected", node.kind());
        reader.problems.add(node.span, message);
        return Metrics::default();
    };
    if entries.len() > MOST {
        reader.problems.add(node.span, format!("{} metrics are more than {MOST}", entries.len()));
    }
    let named = entries.iter().map(|entry| {
        check_name(entry, reader);
        (entry.key.clone().into_owned(), metric(&entry.value, reader))
    });
    Metrics { named: named.collect() }
}

fn check_name(entry: &Entry<'_>, reader: &mut Reader<'_>) {
    if let Err(error) = MetricName::new(&entry.key) {
        reader.problems.add(entry.key_span, error.to_string());
    } else if is_reserved(&entry.key) {
        let message = format!("conditions mean something else by `{}`", entry.key);
        reader.complain(entry.key_span, message, "give the metric another name");
    }
}

fn metric(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Metric> {
    let fields = Fields::read(node, &shape::METRIC, reader)?;
    let provider = fields.needed("provider", "write `provider: outcomes` or `provider: prometheus`", reader)?;
    let provider = reader.word(provider, "provider", shape::PROVIDERS, shape::LATER_PROVIDERS)?;
    let role = optional(fields.get("role"), Role::Guardrail, |node| reader.word(node, "role", shape::ROLES, &[]))?;
    if let Some(node) = fields.get("no_data") {
        reader.word(node, "no_data policy", shape::NO_DATA, shape::LATER_NO_DATA);
    }
    let (foreign, owner) = match provider {
        Provider::Outcomes => (shape::ONLY_PROMETHEUS, "prometheus"),
        Provider::Prometheus => (shape::ONLY_OUTCOMES, "outcomes"),
    };
    for name in foreign {
        if let Some(entry) = fields.entry(name) {
            let message = format!("`{name}` belongs to the provider `{owner}`");
            reader.complain(entry.key_span, message, "remove it, or change the provider");
        }
    }
    let (unit, source) = match provider {
        Provider::Outcomes => outcomes(&fields, reader)?,
        Provider::Prometheus => prometheus(&fields, reader)?,
    };
    Some(Metric { unit, role, better: Better::default(), no_data: NoDataPolicy::default(), source })
}

fn outcomes(fields: &Fields<'_>, reader: &mut Reader<'_>) -> Option<(Unit, MetricSource)> {
    let measure = fields.needed("measure", "for instance `measure: error_ratio` or `measure: latency_p95`", reader)?;
    let measure = reader.word(measure, "measure", shape::MEASURES, &[])?;
    let unit = match (fields.entry("unit"), measure) {
        (Some(entry), Measure::ValueMean) => reader.word(&entry.value, "unit", shape::UNITS, &[])?,
        (Some(entry), _) => {
            let message = "the unit of this measure is known; only `value_mean` needs one";
            reader.complain(entry.key_span, message, "remove `unit`");
            unit_of(measure)
        }
        (None, _) => unit_of(measure),
    };
    let window = window(fields, LONGEST_WINDOW_OF_OUTCOMES, reader);
    // Of itself a count rests on as many samples as it says.
    let usual = if measure == Measure::Count { 0 } else { MIN_SAMPLES };
    let min_samples = optional(fields.get("min_samples"), usual, |node| whole_number(node, "min_samples", reader));
    Some((unit, MetricSource::Outcomes { measure, window: window?, min_samples: min_samples? }))
}

const fn unit_of(measure: Measure) -> Unit {
    match measure {
        Measure::ErrorRatio | Measure::SuccessRatio | Measure::SlowRatio(_) => Unit::Ratio,
        Measure::LatencyP50 | Measure::LatencyP95 | Measure::LatencyP99 => Unit::Milliseconds,
        Measure::Count | Measure::Errors => Unit::Count,
        Measure::ValueMean => Unit::Number,
    }
}

fn prometheus(fields: &Fields<'_>, reader: &mut Reader<'_>) -> Option<(Unit, MetricSource)> {
    let unit = optional(fields.get("unit"), Unit::Number, |node| reader.word(node, "unit", shape::UNITS, &[]));
    let window = window(fields, LONGEST_WINDOW_OF_QUERY, reader);
    let address = match fields.get("address") {
        Some(node) => Some(address(node, reader)?),
        None => None,
    };
    let node = fields.needed("query", "write the PromQL that gives one number", reader)?;
    let query = reader.text(node, "query")?;
    check_placeholders(node, query, reader);
    Some((unit?, MetricSource::Prometheus { query: Arc::from(query), window: window?, address }))
}

fn window(fields: &Fields<'_>, longest: Duration, reader: &mut Reader<'_>) -> Option<Duration> {
    let bounds = Duration::from_secs(1)..=longest;
    optional(fields.get("window"), WINDOW, |node| reader.duration(node, "window", bounds))
}

fn address(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Arc<str>> {
    let text = reader.text(node, "address")?;
    if let Some(at) = text.find('@') {
        // Only the sign is pointed at: problems are shown and logged, and this text has a secret.
        let at =
            reader.part_of(node, text, at..at.saturating_add(1)).unwrap_or(Span { end: node.span.start, ..node.span });
        let message = "an address in a plan must not have a user or a password";
        reader.complain(at, message, "plans are read by many: configure credentials at the server");
        return None;
    }
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or("");
    if host.is_empty() || text.contains(char::is_whitespace) {
        let message = format!("`{text}` is no address of a Prometheus server");
        reader.complain(node.span, message, "write it as `http://host:9090`");
        return None;
    }
    Some(Arc::from(text))
}

fn whole_number(node: &Node<'_>, what: &str, reader: &mut Reader<'_>) -> Option<u64> {
    let number = match &node.value {
        Value::Number(number) => number.parse().ok(),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    };
    if number.is_none() {
        reader.complain(node.span, format!("`{what}` must be a whole number, zero or more"), "for instance `20`");
    }
    number
}

/// A field's value, or what it is when it is not there; `None` when it is there and wrong.
fn optional<T>(node: Option<&Node<'_>>, usual: T, read: impl FnOnce(&Node<'_>) -> Option<T>) -> Option<T> {
    node.map_or(Some(usual), read)
}
