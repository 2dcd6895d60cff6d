//! A plan's queries, asked once to see what comes back.

use super::providers::Readings;
use crate::analysis::{Quantity, Reading};
use crate::rollout::{Arm, Metric, MetricSource, Over, Plan, Query};
use crate::units::{MetricName, UnixMillis, VariantName};
use futures_util::future::join_all;
use std::sync::Arc;
use std::time::Duration;

/// What came of asking one metric for one variant.
#[derive(Debug, Clone, PartialEq)]
pub struct Tried {
    /// The metric.
    pub metric: MetricName,
    /// Of which variant; `None` where it asks for all alike.
    pub variant: Option<VariantName>,
    /// What kind of system it asks.
    pub provider: &'static str,
    /// The connection that was asked, or the address.
    pub connection: Arc<str>,
    /// What was asked: with all names filled in when it was, otherwise as the plan has it.
    pub question: Arc<str>,
    /// How long the answer took; `None` when nothing was asked.
    pub took: Option<Duration>,
    /// What a value is one of.
    pub quantity: Quantity,
    /// What came, in the quantity's base unit.
    pub reading: Reading,
    /// What should be known of that beside it.
    pub remark: Option<&'static str>,
}

/// Asks all queries of a plan now, for its variants or for one of them. What Tidegate counts itself is not asked.
pub async fn try_queries(
    readings: &dyn Readings,
    plan: &Plan,
    variant: Option<&VariantName>,
    now: UnixMillis,
) -> Vec<Tried> {
    let mut asked = Vec::new();
    for (name, metric) in &plan.metrics {
        let MetricSource::Query(query) = &metric.source else { continue };
        let tells = query.ask.tells_variants();
        for (arm, of) in [(Arm::Candidate, &plan.candidate), (Arm::Control, &plan.stable)] {
            let wanted = variant.is_none_or(|wanted| wanted == of);
            if tells && wanted || !tells && arm == Arm::Candidate {
                asked.push(try_one(readings, plan, (name, metric, query), (arm, tells.then(|| of.clone())), now));
            }
        }
    }
    join_all(asked).await
}

async fn try_one(
    readings: &dyn Readings,
    plan: &Plan,
    (name, metric, query): (&MetricName, &Metric, &Query),
    (arm, variant): (Arm, Option<VariantName>),
    now: UnixMillis,
) -> Tried {
    let reading = readings.read(plan, metric, arm, Over::Usual, now).await;
    let last = readings.last(plan, metric, arm);
    let (connection, question, took, remark) = match last {
        Some(last) => (last.connection, last.question, Some(last.took), last.remark),
        None => (Arc::from(query.connection()), Arc::from(query.ask.text()), None, None),
    };
    let (provider, quantity) = (query.ask.kind(), metric.unit.quantity());
    Tried { metric: name.clone(), variant, provider, connection, question, took, quantity, reading, remark }
}
