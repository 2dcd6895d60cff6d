//! Asking for the past, piece by piece.

use super::keep::Folder;
use super::order::{Order, Piece};
use crate::analysis::NoData;
use crate::measure::{Readings, Stretch, asked};
use crate::rollout::{Over, Plan};
use crate::units::{MetricName, UnixMillis};
use std::collections::{BTreeMap, BTreeSet};
use tokio::time::sleep;

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// How many pieces are there.
    pub done: usize,
    /// Of how many.
    pub all: usize,
    /// How many of them were kept from before.
    pub kept: usize,
}

/// The past of a plan's metrics.
#[derive(Debug, Clone, PartialEq)]
pub struct Fetched {
    /// The values of each metric whose provider keeps a past, in base units and the order of time.
    pub series: BTreeMap<MetricName, Vec<(UnixMillis, f64)>>,
    /// The metrics that a provider was to be asked for and that it keeps no past of.
    pub without: BTreeSet<MetricName>,
    /// How many requests were made.
    pub requests: usize,
    /// How many answers were there from before.
    pub kept: usize,
}

/// Why it ended before all was there. What came until then is kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("asking for {metric} failed: {why}")]
pub struct Interrupted {
    /// The metric that was asked for.
    pub metric: MetricName,
    /// What came instead of an answer.
    pub why: NoData,
    /// How far it was.
    pub progress: Progress,
}

/// Asks for what is not kept yet, one request after the other. `world` tells servers apart that answer the same
/// question differently.
///
/// # Errors
/// When a provider does not answer. Asked again, it goes on where it was.
pub async fn fetch(
    plan: &Plan,
    order: &Order,
    pieces: &[Piece],
    readings: &dyn Readings,
    (folder, world): (Option<&Folder>, &str),
    told: &mut (dyn FnMut(Progress) + Send),
) -> Result<Fetched, Interrupted> {
    let mut fetched = Fetched { series: BTreeMap::new(), without: BTreeSet::new(), requests: 0, kept: 0 };
    for (done, piece) in pieces.iter().enumerate() {
        let progress = Progress { done, all: pieces.len(), kept: fetched.kept };
        told(progress);
        if fetched.without.contains(&piece.metric) {
            continue;
        }
        let question = question(plan, order, piece, world);
        if let Some(values) = folder.and_then(|folder| folder.get(&question)) {
            fetched.kept = fetched.kept.saturating_add(1);
            fetched.take(piece, values);
            continue;
        }
        if fetched.requests > 0 {
            sleep(order.pause).await;
        }
        fetched.requests = fetched.requests.saturating_add(1);
        match ask(plan, order, piece, readings).await {
            Ok(values) => {
                // Where there was nothing something may be filled in later, and what is new may not all be there yet.
                let lasts = !values.is_empty() && piece.until <= order.settled;
                if let Some(folder) = folder.filter(|_| lasts) {
                    // What cannot be kept is asked for again next time.
                    let _ = folder.put(&question, &values);
                }
                fetched.take(piece, values);
            }
            Err(why) if has_no_past(&why) => {
                // That is known without asking anybody.
                fetched.requests = fetched.requests.saturating_sub(1);
                fetched.without.insert(piece.metric.clone());
            }
            Err(why) => return Err(Interrupted { metric: piece.metric.clone(), why, progress }),
        }
    }
    told(Progress { done: pieces.len(), all: pieces.len(), kept: fetched.kept });
    fetched.series.retain(|metric, _| !fetched.without.contains(metric));
    Ok(fetched)
}

impl Fetched {
    /// What lies outside of the piece, or not after what is there, is left out.
    fn take(&mut self, piece: &Piece, values: Vec<(UnixMillis, f64)>) {
        let series = self.series.entry(piece.metric.clone()).or_default();
        for (at, value) in values {
            let inside = piece.from <= at && at <= piece.until && value.is_finite();
            if inside && series.last().is_none_or(|(last, _)| *last < at) {
                series.push((at, value));
            }
        }
    }
}

async fn ask(
    plan: &Plan,
    order: &Order,
    piece: &Piece,
    readings: &dyn Readings,
) -> Result<Vec<(UnixMillis, f64)>, NoData> {
    let Some(metric) = plan.metrics.get(&piece.metric) else { return Ok(Vec::new()) };
    let stretch = Stretch { from: piece.from, until: piece.until, step: order.step };
    match readings.past(plan, metric, piece.arm, Over::Usual, stretch).await {
        // A time from which nothing is kept any more is no fault.
        Err(NoData::Empty) => Ok(Vec::new()),
        answer => answer,
    }
}

/// A provider that keeps no past says so, whatever it is asked for.
fn has_no_past(why: &NoData) -> bool {
    matches!(why, NoData::Refused(why) if why.ends_with("has no past"))
}

/// What tells this answer from all others.
fn question(plan: &Plan, order: &Order, piece: &Piece, world: &str) -> String {
    let metric = plan.metrics.get(&piece.metric);
    let asked = metric.map(|metric| asked(plan, metric)).unwrap_or_default();
    let source = metric.map(|metric| format!("{:?} {:?}", metric.source, metric.unit)).unwrap_or_default();
    let (from, until, step) = (piece.from.get(), piece.until.get(), order.step.as_millis());
    [
        world,
        plan.flag.as_str(),
        plan.stable.as_str(),
        &asked,
        &source,
        &format!("{:?} {from} {until} {step}", piece.arm),
    ]
    .join("\n")
}
