//! Asking for what a check needs, all at once.

use super::evidence::{flag_problems, is_targeted};
use super::shared::World;
use crate::analysis::{Compared, NoData, Reading};
use crate::rollout::{self, Arm, Asked, Evidence, Metric, MetricSource, Over, Plan, Question, Split, State, Versus};
use crate::units::MetricName;
use crate::units::UnixMillis;
use futures_util::future::{FutureExt as _, join_all};
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::time::timeout;

/// No provider is waited for longer than this, whatever it promises: the others' answers may close the flag.
const LONGEST_READING: Duration = Duration::from_secs(15);

/// What a check in this state asks for. It has one time, so that both groups are counted up to the same moment.
pub(super) async fn gather(world: World, plan: Arc<Plan>, state: Arc<State>) -> Evidence {
    let now = world.clock.now();
    let asked = rollout::questions(&plan, &state);
    let split = asked.split.filter(|_| !is_targeted(&world, &plan));
    let (readings, others, compared, seen, split) = tokio::join!(
        own(&world, &plan, now),
        others(&world, &plan, &asked.others, now),
        compared(&world, &plan, &asked, now),
        seen(&world, &plan, &asked, now),
        split_since(&world, &plan, split, now),
    );
    Evidence { readings, others, compared, seen, split, flag_problems: flag_problems(&world, &plan) }
}

/// What the metrics are before anybody has the candidate.
pub(super) async fn baseline(world: &World, plan: &Plan) -> BTreeMap<MetricName, Reading> {
    let questions = rollout::questions_at_start(plan);
    let read = others(world, plan, &questions, world.clock.now()).await;
    read.into_iter().map(|(question, reading)| (question.metric, reading)).collect()
}

/// Every metric of the plan for the candidate. Posted events are counted by the rollout and not asked for.
async fn own(world: &World, plan: &Plan, now: UnixMillis) -> BTreeMap<MetricName, Reading> {
    let asked = |metric: &Metric| !matches!(metric.source, MetricSource::Events { .. });
    let asked = plan.metrics.iter().filter(|(_, metric)| asked(metric)).map(|(name, metric)| async move {
        (name.clone(), read(world, plan, metric, Arm::Candidate, Over::Usual, now).await)
    });
    join_all(asked).await.into_iter().collect()
}

async fn others(world: &World, plan: &Plan, questions: &[Question], now: UnixMillis) -> BTreeMap<Question, Reading> {
    let asked = questions.iter().filter_map(|question| Some((question, plan.metrics.get(&question.metric)?)));
    let asked = asked.map(|(question, metric)| async move {
        (question.clone(), read(world, plan, metric, question.arm, question.over, now).await)
    });
    join_all(asked).await.into_iter().collect()
}

async fn compared(
    world: &World,
    plan: &Plan,
    asked: &Asked,
    now: UnixMillis,
) -> BTreeMap<MetricName, Result<Compared, NoData>> {
    let asked = asked.versus.iter().filter_map(|versus| Some((versus, plan.metrics.get(&versus.metric)?)));
    let asked = asked.map(|(versus, metric): (&Versus, &Metric)| async move {
        let compared = bounded(world.readings.compare(plan, metric, versus, now)).await;
        (versus.metric.clone(), compared.unwrap_or_else(Err))
    });
    join_all(asked).await.into_iter().collect()
}

/// The candidate's outcomes since the wave began.
async fn seen(world: &World, plan: &Plan, asked: &Asked, now: UnixMillis) -> Option<Reading> {
    let (metric, since) = asked.seen.as_ref()?;
    let metric = plan.metrics.get(metric)?;
    Some(read(world, plan, metric, Arm::Candidate, Over::Since(*since), now).await)
}

async fn split_since(world: &World, plan: &Plan, since: Option<UnixMillis>, now: UnixMillis) -> Option<Split> {
    bounded(world.readings.split(plan, since?, now)).await.ok()?.ok()
}

async fn read(world: &World, plan: &Plan, metric: &Metric, arm: Arm, over: Over, now: UnixMillis) -> Reading {
    bounded(world.readings.read(plan, metric, arm, over, now)).await.unwrap_or_else(Reading::NoData)
}

/// A provider that hangs or has a fault must not take the lane with it.
async fn bounded<T>(asking: impl Future<Output = T>) -> Result<T, NoData> {
    let mut asking = pin!(AssertUnwindSafe(asking).catch_unwind());
    // What is counted here answers at once and needs no timer.
    let answer = match poll_fn(|context| Poll::Ready(asking.as_mut().poll(context))).await {
        Poll::Ready(answer) => Ok(answer),
        Poll::Pending => timeout(LONGEST_READING, asking).await,
    };
    match answer {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(_panic)) => Err(NoData::Refused("the provider broke down; see the log".to_owned())),
        Err(_elapsed) => Err(NoData::TimedOut(LONGEST_READING)),
    }
}
