//! Collected at scrape from what is live: evaluations by flag and variant, the generation, the flags.

use crate::live::Live;
use crate::units::FlagKey;
use prometheus::core::{Collector, Desc};
use prometheus::proto::{Counter, Gauge, LabelPair, Metric, MetricFamily, MetricType};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// The most flag and variant pairs with a series of their own. A metrics store suffers from more,
/// and nobody reads them one by one.
const MOST_SERIES: usize = 2_000;

/// The flag under which all others are summed.
const OTHER: &str = "_other";

/// The variant of an answer that has none: the caller's default, or a failure.
const NO_VARIANT: &str = "_none";

type Series = (FlagKey, Arc<str>);

/// Reads the live cell at each scrape, so that the hot path only ever adds to its own counters.
#[derive(Debug)]
pub(super) struct LiveCollector {
    live: Arc<Live>,
    /// A pair keeps its own series once it has one: if the choice moved between scrapes, counters
    /// would jump. A flag that is gone gives its series back.
    own: Mutex<BTreeSet<Series>>,
    evaluations: Desc,
    generation: Desc,
    flags: Desc,
}

impl LiveCollector {
    pub(super) fn new(live: Arc<Live>) -> Result<Self, prometheus::Error> {
        let plain = |name: &str, help: &str| Desc::new(name.to_owned(), help.to_owned(), Vec::new(), HashMap::new());
        let evaluations = Desc::new(
            "tidegate_evaluations_total".to_owned(),
            format!(
                "Evaluations answered, by flag and variant; `{NO_VARIANT}` is an answer without a variant. Beyond \
                 {MOST_SERIES} series the rest is summed under the flag `{OTHER}`."
            ),
            vec!["flag".to_owned(), "variant".to_owned()],
            HashMap::new(),
        )?;
        let generation = plain("tidegate_snapshot_generation", "The generation of the snapshot in service.")?;
        let flags = plain("tidegate_flags", "Flags in the snapshot in service.")?;
        Ok(Self { live, own: Mutex::default(), evaluations, generation, flags })
    }

    /// What was counted, each pair in its own series as long as there is room, the rest in one.
    fn counted(&self) -> Vec<Metric> {
        let published = self.live.load_full();
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        let mut kept = BTreeSet::new();
        let mut waiting = Vec::new();
        let mut counted = Vec::new();
        let no_variant: Arc<str> = Arc::from(NO_VARIANT);
        for tally in published.tallies().iter() {
            let without = std::iter::once((&no_variant, tally.without_variant()));
            for (variant, count) in tally.variants().chain(without).filter(|(_, count)| *count > 0) {
                let series = (tally.key().clone(), Arc::clone(variant));
                if own.contains(&series) {
                    counted.push(counter(series.0.as_str(), &series.1, count));
                    kept.insert(series);
                } else {
                    waiting.push((series, count));
                }
            }
        }
        let mut other: u64 = 0;
        for (series, count) in waiting {
            if kept.len() < MOST_SERIES {
                counted.push(counter(series.0.as_str(), &series.1, count));
                kept.insert(series);
            } else {
                other = other.saturating_add(count);
            }
        }
        if other > 0 {
            counted.push(counter(OTHER, "", other));
        }
        *own = kept;
        counted
    }
}

impl Collector for LiveCollector {
    fn desc(&self) -> Vec<&Desc> {
        vec![&self.evaluations, &self.generation, &self.flags]
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let published = self.live.load_full();
        let generation = count_as_f64(published.snapshot().generation().get());
        let flags = count_as_f64(u64::try_from(published.snapshot().len()).unwrap_or(u64::MAX));
        vec![
            family(&self.evaluations, MetricType::COUNTER, self.counted()),
            family(&self.generation, MetricType::GAUGE, vec![gauge(generation)]),
            family(&self.flags, MetricType::GAUGE, vec![gauge(flags)]),
        ]
    }
}

/// A Prometheus sample is a double, whole up to 2^53: a count loses its last digit after that.
#[expect(clippy::cast_precision_loss, reason = "the exposition format has only doubles")]
fn count_as_f64(count: u64) -> f64 {
    count as f64
}

fn counter(flag: &str, variant: &str, count: u64) -> Metric {
    let mut value = Counter::default();
    value.set_value(count_as_f64(count));
    let mut metric = Metric::from_label(vec![label("flag", flag), label("variant", variant)]);
    metric.set_counter(value);
    metric
}

pub(super) fn gauge(value: f64) -> Metric {
    let mut gauge = Gauge::default();
    gauge.set_value(value);
    Metric::from_gauge(gauge)
}

pub(super) fn label(name: &str, value: &str) -> LabelPair {
    let mut pair = LabelPair::default();
    pair.set_name(name.to_owned());
    pair.set_value(value.to_owned());
    pair
}

pub(super) fn family(desc: &Desc, kind: MetricType, metrics: Vec<Metric>) -> MetricFamily {
    let mut family = MetricFamily::default();
    family.set_name(desc.fq_name.clone());
    family.set_help(desc.help.clone());
    family.set_field_type(kind);
    family.set_metric(metrics);
    family
}
