//! What is to be asked: stretches of the past, each a request.

use crate::rollout::{Arm, MetricSource, Plan};
use crate::units::{MetricName, UnixMillis, format_duration};
use std::time::Duration;

/// So many values at most come with one answer. Prometheus gives up to 11,000 of one series; far fewer are no burden
/// for either side.
const VALUES_A_REQUEST: u32 = 2_000;

/// The past that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// From when on.
    pub from: UnixMillis,
    /// Until when.
    pub until: UnixMillis,
    /// From one value to the next.
    pub step: Duration,
    /// More requests than this are not made.
    pub most_requests: usize,
    /// From one request to the next.
    pub pause: Duration,
    /// What was answered of the time until then stays as it is, and may be kept.
    pub settled: UnixMillis,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The metric.
    pub metric: MetricName,
    /// Whose: that of the stable variant, where a query tells the variants apart, for a candidate has no past.
    pub arm: Arm,
    /// The first moment.
    pub from: UnixMillis,
    /// The last moment.
    pub until: UnixMillis,
}

/// Why nothing is asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// It would be too many requests.
    #[error(
        "{requests} requests would be made for {metrics} metrics over {}, and {most} are allowed",
        format_duration(*.span)
    )]
    TooMany {
        /// How many.
        requests: usize,
        /// For how many metrics.
        metrics: usize,
        /// Over how long.
        span: Duration,
        /// How many are allowed.
        most: usize,
    },
    /// The step is none, or longer than the whole.
    #[error("a step of {} does not fit into {}", format_duration(*.step), format_duration(*.span))]
    Step {
        /// The step.
        step: Duration,
        /// The whole.
        span: Duration,
    },
}

impl Order {
    /// All requests, in their order. Pieces begin at moments that are the same whenever they are asked for, so that
    /// what was kept of one rehearsal serves the next one.
    ///
    /// # Errors
    /// When there are too many, or the step is none.
    pub fn pieces(&self, plan: &Plan) -> Result<Vec<Piece>, OrderError> {
        let span = self.until.since(self.from);
        if self.step.is_zero() || self.step > span {
            return Err(OrderError::Step { step: self.step, span });
        }
        let asked: Vec<(&MetricName, Arm)> = plan
            .metrics
            .iter()
            .filter(|(_, metric)| matches!(metric.source, MetricSource::Query(_)))
            .map(|(name, metric)| (name, if metric.tells_variants() { Arm::Control } else { Arm::Candidate }))
            .collect();
        let stretches = self.stretches();
        let requests = asked.len().saturating_mul(stretches.len());
        if requests > self.most_requests {
            return Err(OrderError::TooMany { requests, metrics: asked.len(), span, most: self.most_requests });
        }
        let pieces = asked.into_iter().flat_map(|(metric, arm)| {
            let piece = move |(from, until): &(UnixMillis, UnixMillis)| Piece {
                metric: metric.clone(),
                arm,
                from: *from,
                until: *until,
            };
            stretches.iter().map(piece).collect::<Vec<_>>()
        });
        Ok(pieces.collect())
    }

    /// Stretches of a whole number of steps, counted from the beginning of time; the last may be shorter.
    fn stretches(&self) -> Vec<(UnixMillis, UnixMillis)> {
        let step = i64::try_from(self.step.as_millis()).unwrap_or(i64::MAX).max(1);
        let length = step.saturating_mul(i64::from(VALUES_A_REQUEST));
        let mut stretches = Vec::new();
        let mut begins = self.from.get().div_euclid(length).saturating_mul(length);
        while begins <= self.until.get() && stretches.len() <= self.most_requests {
            let ends = begins.saturating_add(length).saturating_sub(step).min(self.until.get());
            stretches.push((UnixMillis::new(begins), UnixMillis::new(ends)));
            begins = begins.saturating_add(length);
        }
        stretches
    }
}
