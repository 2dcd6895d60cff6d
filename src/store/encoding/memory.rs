//! What an attempt has seen, as it is stored. Times are Unix milliseconds, spans milliseconds.

use super::count_test::{CountTestRow, DispersionRow};
use crate::analysis::statistics::{ExcessHarm, Trail, TrailPoint};
use crate::planted::{self, Bug};
use crate::rollout::{Arm, Cost, Mean, Memory, Posted, TrailKey};
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
    suspected: BTreeMap<String, CountTestRow>,
    /// In states of versions in which all tests had the same part, of how many.
    #[serde(skip_serializing)]
    alpha_parts: usize,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    alpha_given: BTreeMap<String, f64>,
    #[serde(skip_serializing_if = "is_zero")]
    stages_given: f64,
    #[serde(skip_serializing_if = "is_zero")]
    stage_taken: f64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    trails: Vec<TrailRow>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    looked: BTreeMap<String, i64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    silent: BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    events: BTreeMap<String, PostedRow>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    noticed: BTreeSet<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<CostRow>,
}

/// Of which metric and group, over how long, and when what was seen: the time, the value, of how many.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TrailRow {
    metric: String,
    #[serde(default)]
    control: bool,
    window: u64,
    points: Vec<(i64, f64, u32)>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CostRow {
    difference: f64,
    variance: f64,
    exposed: u64,
    dispersion: DispersionRow,
    exposures: u64,
    seen: u64,
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
    identities: VecDeque<u64>,
}

impl From<&Memory> for MemoryRow {
    fn from(memory: &Memory) -> Self {
        let Memory {
            baseline,
            waves,
            trails,
            tests,
            late,
            suspected,
            alpha_given,
            stages_given,
            stage_taken,
            looked,
            silent,
            events,
            noticed,
            cost,
        } = memory;
        let mean = |(metric, mean): (&MetricName, &Mean)| (metric.to_string(), MeanRow(mean.value, mean.readings));
        Self {
            baseline: baseline.iter().map(|(metric, value)| (metric.to_string(), *value)).collect(),
            waves: waves.iter().map(|(wave, means)| (wave.to_string(), means.iter().map(mean).collect())).collect(),
            tests: tests.iter().map(|(text, test)| (text.clone(), (&**test).into())).collect(),
            late: late.iter().map(|(text, test)| (text.clone(), (&**test).into())).collect(),
            suspected: suspected.iter().map(|(text, test)| (text.clone(), (&**test).into())).collect(),
            alpha_parts: 0,
            alpha_given: alpha_given.clone(),
            stages_given: *stages_given,
            stage_taken: *stage_taken,
            trails: trails.iter().map(TrailRow::from).collect(),
            looked: looked.iter().map(|(metric, at)| (metric.to_string(), at.get())).collect(),
            silent: silent
                .iter()
                .filter(|_| !planted::is(Bug::SilenceIsNotStored))
                .map(|(metric, span)| (metric.to_string(), millis(*span)))
                .collect(),
            events: events.iter().map(|(name, posted)| (name.clone(), posted.into())).collect(),
            noticed: noticed.clone(),
            cost: cost.as_ref().map(CostRow::from),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the derived code passes a reference")]
const fn is_zero(share: &f64) -> bool {
    *share == 0.0
}

pub(super) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

impl TryFrom<MemoryRow> for Memory {
    type Error = NameError;

    fn try_from(row: MemoryRow) -> Result<Self, NameError> {
        let MemoryRow {
            baseline,
            waves,
            trails,
            tests,
            late,
            suspected,
            alpha_parts,
            mut alpha_given,
            stages_given,
            stage_taken,
            looked,
            silent,
            events,
            noticed,
            cost,
        } = row;
        if alpha_parts > 0 {
            alpha_given = late.keys().map(|test| (test.clone(), 1.0 / alpha_parts as f64)).collect();
        }
        Ok(Self {
            baseline: by_metric(baseline, |value| value)?,
            waves: waves
                .into_iter()
                .map(|(wave, means)| Ok((WaveName::new(&wave)?, by_metric(means, Mean::from)?)))
                .collect::<Result<_, NameError>>()?,
            tests: tests.into_iter().map(|(text, row)| (text, Box::new(row.into()))).collect(),
            late: late.into_iter().map(|(text, row)| (text, Box::new(row.into()))).collect(),
            suspected: suspected.into_iter().map(|(text, row)| (text, Box::new(row.into()))).collect(),
            alpha_given,
            stages_given,
            stage_taken,
            trails: trails.into_iter().map(trail).collect::<Result<_, _>>()?,
            looked: by_metric(looked, UnixMillis::new)?,
            silent: by_metric(silent, Duration::from_millis)?,
            events: events.into_iter().map(|(name, row)| (name, row.into())).collect(),
            noticed,
            cost: cost.map(Cost::from),
        })
    }
}

fn by_metric<R, V>(rows: BTreeMap<String, R>, value: fn(R) -> V) -> Result<BTreeMap<MetricName, V>, NameError> {
    rows.into_iter().map(|(metric, row)| Ok((MetricName::new(&metric)?, value(row)))).collect()
}

impl From<(&TrailKey, &Trail)> for TrailRow {
    fn from(((metric, arm), trail): (&TrailKey, &Trail)) -> Self {
        let point = |point: &TrailPoint| (point.at.get(), point.value, point.values);
        Self {
            metric: metric.to_string(),
            control: *arm == Arm::Control,
            window: millis(trail.window),
            points: trail.points.iter().map(point).collect(),
        }
    }
}

fn trail(row: TrailRow) -> Result<(TrailKey, Trail), NameError> {
    let arm = if row.control { Arm::Control } else { Arm::Candidate };
    let point = |(at, value, values)| TrailPoint { at: UnixMillis::new(at), value, values };
    let trail =
        Trail { window: Duration::from_millis(row.window), points: row.points.into_iter().map(point).collect() };
    Ok(((MetricName::new(&row.metric)?, arm), trail))
}

impl From<&Cost> for CostRow {
    fn from(cost: &Cost) -> Self {
        let Cost { harm: ExcessHarm { difference, variance, exposed, dispersion }, exposures, seen } = cost;
        Self {
            difference: *difference,
            variance: *variance,
            exposed: *exposed,
            dispersion: dispersion.into(),
            exposures: *exposures,
            seen: millis(*seen),
        }
    }
}

impl From<CostRow> for Cost {
    fn from(row: CostRow) -> Self {
        let CostRow { difference, variance, exposed, dispersion, exposures, seen } = row;
        let harm = ExcessHarm { difference, variance, exposed, dispersion: dispersion.into() };
        Self { harm, exposures, seen: Duration::from_millis(seen) }
    }
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
