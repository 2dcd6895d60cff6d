//! What an attempt has seen, as it is stored. Times are Unix milliseconds, spans milliseconds.

use super::count_test::CountTestRow;
use crate::rollout::{Mean, Memory, Posted};
use crate::units::{MetricName, NameError, UnixMillis, WaveName};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// What is empty is left out: most rollouts have little of it, and the row is written at each check.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct MemoryRow {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    baseline: BTreeMap<String, f64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    waves: BTreeMap<String, BTreeMap<String, MeanRow>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tests: BTreeMap<String, CountTestRow>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    late: BTreeMap<String, CountTestRow>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    looked: BTreeMap<String, i64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    silent: BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    events: BTreeMap<String, PostedRow>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    noticed: BTreeSet<String>,
}

/// The mean and of how many readings.
#[derive(Debug, Serialize, Deserialize)]
struct MeanRow(f64, u64);

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PostedRow {
    total: u64,
    before_wave: u64,
    recent: VecDeque<(i64, u64)>,
    identities: VecDeque<String>,
}

impl From<&Memory> for MemoryRow {
    fn from(memory: &Memory) -> Self {
        let Memory { baseline, waves, tests, late, looked, silent, events, noticed } = memory;
        let mean = |(metric, mean): (&MetricName, &Mean)| (metric.to_string(), MeanRow(mean.value, mean.readings));
        Self {
            baseline: baseline.iter().map(|(metric, value)| (metric.to_string(), *value)).collect(),
            waves: waves.iter().map(|(wave, means)| (wave.to_string(), means.iter().map(mean).collect())).collect(),
            tests: tests.iter().map(|(text, test)| (text.clone(), test.into())).collect(),
            late: late.iter().map(|(text, test)| (text.clone(), test.into())).collect(),
            looked: looked.iter().map(|(metric, at)| (metric.to_string(), at.get())).collect(),
            silent: silent.iter().map(|(metric, span)| (metric.to_string(), millis(*span))).collect(),
            events: events.iter().map(|(name, posted)| (name.clone(), posted.into())).collect(),
            noticed: noticed.clone(),
        }
    }
}

pub(super) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

impl TryFrom<MemoryRow> for Memory {
    type Error = NameError;

    fn try_from(row: MemoryRow) -> Result<Self, NameError> {
        let MemoryRow { baseline, waves, tests, late, looked, silent, events, noticed } = row;
        Ok(Self {
            baseline: by_metric(baseline, |value| value)?,
            waves: waves
                .into_iter()
                .map(|(wave, means)| Ok((WaveName::new(&wave)?, by_metric(means, Mean::from)?)))
                .collect::<Result<_, NameError>>()?,
            tests: tests.into_iter().map(|(text, row)| (text, row.into())).collect(),
            late: late.into_iter().map(|(text, row)| (text, row.into())).collect(),
            looked: by_metric(looked, UnixMillis::new)?,
            silent: by_metric(silent, Duration::from_millis)?,
            events: events.into_iter().map(|(name, row)| (name, row.into())).collect(),
            noticed,
        })
    }
}

fn by_metric<R, V>(rows: BTreeMap<String, R>, value: fn(R) -> V) -> Result<BTreeMap<MetricName, V>, NameError> {
    rows.into_iter().map(|(metric, row)| Ok((MetricName::new(&metric)?, value(row)))).collect()
}

impl From<MeanRow> for Mean {
    fn from(MeanRow(value, readings): MeanRow) -> Self {
        Self { value, readings }
    }
}

impl From<&Posted> for PostedRow {
    fn from(posted: &Posted) -> Self {
        let Posted { total, before_wave, recent, identities } = posted;
        Self {
            total: *total,
            before_wave: *before_wave,
            recent: recent.iter().map(|(at, count)| (at.get(), *count)).collect(),
            identities: identities.clone(),
        }
    }
}

impl From<PostedRow> for Posted {
    fn from(row: PostedRow) -> Self {
        let PostedRow { total, before_wave, recent, identities } = row;
        let recent = recent.into_iter().map(|(at, count)| (UnixMillis::new(at), count)).collect();
        Self { total, before_wave, recent, identities }
    }
}
