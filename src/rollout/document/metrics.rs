//! The metrics of a rollout document.

use super::askable::askable;
use super::clauses::Placed;
use super::cloudwatch::cloudwatch;
use super::datadog::datadog;
use super::events::events;
use super::exec::exec;
use super::fields::Fields;
use super::graphite::graphite;
use super::influx::influx;
use super::outcomes::outcomes;
use super::prometheus::prometheus;
use super::reader::Reader;
use super::shape::{self, Provider};
use super::sourced::optional;
use super::thresholds::thresholds;
use super::web::web;
use crate::analysis::{Bound, Compare, Condition, Known, Place, Reference, Vocabulary, Waves, is_reserved};
use crate::rollout::{Metric, NoDataPolicy, NoDataThen, Role};
use crate::source::{Entry, Node, suggest};
use crate::units::MetricName;
use std::collections::BTreeMap;
use std::time::Duration;

/// The longest time that a metric without data may be waited for before something comes of it.
const LONGEST_GRACE: Duration = Duration::from_secs(7 * 86_400);

/// The most metrics of one rollout.
const MOST: usize = 100;

/// The metrics that a document defines, each sound or known to be broken.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    named: BTreeMap<String, Option<Metric>>,
    /// What follows from the thresholds that metrics have of themselves; true in every wave.
    thresholds: Vec<Placed>,
    thresholds_broken: bool,
    /// The names of the waves, for conditions that speak of them.
    waves: Vec<String>,
    /// There is a watch after the last wave.
    watched: bool,
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

    pub(super) fn get(&self, name: &str) -> Option<&Metric> {
        self.named.get(name)?.as_ref()
    }

    /// The metric that was perhaps meant, or what to do.
    pub(super) fn instead_of(&self, misspelt: &str) -> String {
        let names = self.named.keys().map(String::as_str);
        suggest(misspelt, names).unwrap_or_else(|| "define it under `metrics`".to_owned())
    }

    /// Whether one of them counts how many outcomes there were.
    pub(super) fn have_outcomes(&self) -> bool {
        let posted = |metric: &Option<Metric>| metric.as_ref().is_none_or(|metric| metric.source.counted().is_some());
        self.named.values().any(posted)
    }

    pub(super) fn thresholds(&self) -> &[Placed] {
        &self.thresholds
    }

    /// All of them; `None` when one is broken.
    pub(super) fn sound(self) -> Option<BTreeMap<MetricName, Metric>> {
        if self.thresholds_broken {
            return None;
        }
        self.named.into_iter().map(|(name, metric)| Some((MetricName::new(&name).ok()?, metric?))).collect()
    }
}

impl Metrics {
    /// None, in a plan with these waves.
    pub(super) fn none(document: &Fields<'_>) -> Self {
        let items = document.get("waves").and_then(Node::as_array).unwrap_or_default();
        let name = |item: &Node<'_>| item.get("name").and_then(Node::as_str).unwrap_or("").to_owned();
        let waves = items.iter().map(name).collect();
        Self { waves, watched: document.get("after").is_some(), ..Self::default() }
    }

    /// What stands in `always` or belongs to a metric is looked at in every wave, and in the watch.
    pub(super) const fn everywhere(&self) -> Place {
        Place::Always { watched: self.watched }
    }

    /// Whether the waves that a condition speaks of are over in the wave of that index. What stands in
    /// `always` counts only from there on.
    pub(super) fn has_waves_before(&self, condition: &Condition, index: usize) -> bool {
        let is_over = |name: &str| self.waves.iter().take(index).any(|wave| wave == name);
        !condition.any_leaf(&|leaf| match leaf {
            Condition::Compare(Compare { bound: Bound::Relative { to, .. }, .. }) => match to {
                Reference::Wave(name) => !is_over(name.as_str()),
                Reference::PreviousWave => index == 0,
                Reference::Baseline | Reference::Control => false,
            },
            Condition::Compare(_)
            | Condition::All(_)
            | Condition::Any(_)
            | Condition::Trend(_)
            | Condition::Burn(_)
            | Condition::Regresses(_)
            | Condition::ProvedSafe(_)
            | Condition::Score(_)
            | Condition::Alert(_) => false,
        })
    }

    /// Calls `read` with what conditions at that place may speak of.
    pub(super) fn with_vocabulary<T>(&self, place: Place, read: impl FnOnce(&Vocabulary<'_>) -> T) -> T {
        let known = |name: &str| self.known(name);
        let names = self.named.keys().map(String::as_str).collect();
        let waves = Waves { names: self.waves.iter().map(String::as_str).collect(), place };
        read(&Vocabulary { metric: &known, names, waves: Some(waves) })
    }
}

/// Reads `metrics`.
pub(super) fn metrics(node: &Node<'_>, none: Metrics, reader: &mut Reader<'_>) -> Metrics {
    let Some(entries) = node.as_object() else {
        let message = format!("`metrics` is {} where a mapping from names to metrics is expected", node.kind());
        reader.problems.add(node.span, message);
        return none;
    };
    if entries.len() > MOST {
        reader.problems.add(node.span, format!("{} metrics are more than {MOST}", entries.len()));
    }
    let named = entries.iter().map(|entry| {
        check_name(entry, reader);
        (entry.key.clone().into_owned(), metric(&entry.key, &entry.value, reader))
    });
    let mut metrics = Metrics { named: named.collect(), ..none };
    for entry in entries {
        match thresholds(entry, &metrics, reader) {
            Some(thresholds) => metrics.thresholds.extend(thresholds),
            None => metrics.thresholds_broken = true,
        }
    }
    metrics
}

fn check_name(entry: &Entry<'_>, reader: &mut Reader<'_>) {
    if let Err(error) = MetricName::new(&entry.key) {
        reader.problems.add(entry.key_span, error.to_string());
    } else if is_reserved(&entry.key) {
        let message = format!("conditions mean something else by `{}`", entry.key);
        reader.complain(entry.key_span, message, "give the metric another name");
    }
}

fn metric(name: &str, node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Metric> {
    let fields = Fields::read(node, &shape::METRIC, reader)?;
    let hint = "write `provider: outcomes`, `provider: prometheus` or `provider: events`";
    let provider = fields.needed("provider", hint, reader)?;
    let provider = reader.word(provider, "provider", shape::PROVIDERS, &[])?;
    let role = optional(fields.get("role"), Role::Guardrail, |node| reader.word(node, "role", shape::ROLES, &[]))?;
    let no_data = optional(fields.get("no_data"), NoDataPolicy::default(), |node| no_data(node, reader))?;
    for (name, owners) in shape::OWNED.iter().copied() {
        if let Some(entry) = fields.entry(name).filter(|_| !owners.contains(&provider)) {
            let words = shape::PROVIDERS.iter().filter(|(_, provider)| owners.contains(provider));
            let owners: Vec<String> = words.map(|(word, _)| format!("`{word}`")).collect();
            let owners = match owners.split_last() {
                Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
                Some(_) | None => owners.concat(),
            };
            let message = format!("`{name}` belongs to the provider {owners}");
            reader.complain(entry.key_span, message, "remove it, or change the provider");
        }
    }
    let (unit, usual, source) = match provider {
        Provider::Outcomes => outcomes(&fields, reader)?,
        Provider::Prometheus => prometheus(&fields, reader)?,
        Provider::Events => events(name, &fields, reader)?,
        Provider::CloudWatch => cloudwatch(&fields, reader)?,
        Provider::Datadog => datadog(&fields, reader)?,
        Provider::Web => web(&fields, reader)?,
        Provider::Graphite => graphite(&fields, reader)?,
        Provider::Influx => influx(&fields, reader)?,
        Provider::Exec => exec(&fields, reader)?,
    };
    let better = optional(fields.get("better"), usual, |node| reader.word(node, "direction", shape::BETTER, &[]))?;
    Some(Metric { unit, role, better, no_data, source })
}

/// A word, or a mapping that says for how long besides.
fn no_data(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<NoDataPolicy> {
    if node.as_object().is_none() {
        let then = reader.word(node, "no_data policy", shape::NO_DATA, &[])?;
        return Some(NoDataPolicy { then, grace: usual_grace(then) });
    }
    let fields = Fields::read(node, &shape::NO_DATA_POLICY, reader)?;
    let then = fields.needed("then", "for instance `{ then: close, after: 10m }`", reader)?;
    let then = reader.word(then, "no_data policy", shape::NO_DATA, &[])?;
    let bounds = Duration::ZERO..=LONGEST_GRACE;
    let grace = optional(fields.get("after"), usual_grace(then), |node| reader.duration(node, "after", bounds))?;
    Some(NoDataPolicy { then, grace })
}

/// A provider that misses a beat is no reason to close.
const fn usual_grace(then: NoDataThen) -> Duration {
    match then {
        NoDataThen::Close => Duration::from_secs(5 * 60),
        NoDataThen::Hold | NoDataThen::Ignore => Duration::ZERO,
    }
}
