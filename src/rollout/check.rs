//! One check: every condition of the stage against fresh readings. Guardrails are looked at first,
//! and nothing that makes a rollout wait keeps them from being looked at.

use super::cause::Cause;
use super::decision::{Finding, List};
use super::event::Evidence;
use super::plan::Plan;
use super::stage::Rules;
use super::state::{Stage, Standing};
use super::wait::Wait;
use crate::analysis::{Condition, Facts, Judgement, Reading, Truth};
use crate::units::{MetricName, UnixMillis};

/// What a check saw.
#[derive(Debug)]
pub(super) struct Look {
    /// Each condition that was judged.
    pub findings: Vec<Finding>,
    /// What closes the flag.
    pub cause: Option<Cause>,
    /// What stands against going on, the time apart.
    pub waits: Vec<Wait>,
    /// The check as a whole.
    pub standing: Standing,
}

/// Judges all conditions of a stage and remembers what is true since when.
pub(super) fn look(plan: &Plan, rules: &Rules<'_>, stage: &mut Stage, evidence: &Evidence, now: UnixMillis) -> Look {
    stage.forget_unwatched(rules.every, now);
    let unseen = now.since(stage.accounted());
    let facts = Facts { readings: &evidence.readings, firing: &stage.firing, now, unseen };
    let mut true_since = std::mem::take(&mut stage.true_since);
    let mut judge = |list: List, conditions: &[Condition]| -> Vec<(List, String, Judgement)> {
        let judged = |condition: &Condition| (list, condition.to_string(), facts.judge(condition, &mut true_since));
        conditions.iter().map(judged).collect()
    };
    let mut judged = judge(List::Close, rules.close_when);
    judged.extend(judge(List::Hold, rules.hold_when));
    judged.extend(judge(List::Advance, rules.advance_when));
    stage.true_since = true_since;

    let mut look = Look { findings: Vec::new(), cause: None, waits: Vec::new(), standing: Standing::Clear };
    look.waits.extend(evidence.flag_problems.iter().cloned().map(Wait::Flag));
    for (list, condition, judgement) in judged {
        look.weigh(plan, evidence, list, &condition, &judgement);
        look.findings.push(Finding { list, condition, truth: judgement.truth, seen: judgement.seen });
    }
    look.standing = standing(&look.waits);
    look
}

impl Look {
    fn weigh(&mut self, plan: &Plan, evidence: &Evidence, list: List, condition: &str, judgement: &Judgement) {
        match (list, judgement.truth) {
            (List::Close, Truth::True) if self.cause.is_none() => {
                let readings = readings_of(plan, evidence, &judgement.seen);
                self.cause = Some(Cause::Metric { condition: condition.to_owned(), readings });
            }
            (List::Close, Truth::False) if judgement.pending => self.hold(judgement),
            (List::Hold, Truth::True) => self.hold(judgement),
            (List::Advance, Truth::False) => self.waits.push(Wait::Advance(judgement.seen.clone())),
            (_, Truth::Unknown) => {
                for (metric, why) in &judgement.missing {
                    let wait = Wait::NoData { metric: metric.clone(), why: why.clone() };
                    if !self.waits.contains(&wait) {
                        self.waits.push(wait);
                    }
                }
            }
            (List::Close, Truth::True | Truth::False) | (List::Hold, Truth::False) | (List::Advance, Truth::True) => {}
        }
    }

    fn hold(&mut self, judgement: &Judgement) {
        let wait = Wait::Hold(judgement.seen.clone());
        if !self.waits.contains(&wait) {
            self.waits.push(wait);
        }
    }
}

/// What the waits of a check make of the time around it.
fn standing(waits: &[Wait]) -> Standing {
    let blind = |wait: &Wait| matches!(wait, Wait::NoData { .. } | Wait::Flag(_));
    let held = |wait: &Wait| matches!(wait, Wait::Hold(_));
    match waits {
        waits if waits.iter().any(blind) => Standing::Blind,
        waits if waits.iter().any(held) => Standing::Held,
        _ => Standing::Clear,
    }
}

/// The readings that a closing speaks of, as people read them.
fn readings_of(plan: &Plan, evidence: &Evidence, seen: &str) -> Vec<(MetricName, String)> {
    let spoken = |name: &MetricName| seen.split(' ').any(|word| word == name.as_str());
    let value = |(name, reading): (&MetricName, &Reading)| {
        let Reading::Value { value, .. } = reading else { return None };
        let metric = plan.metrics.get(name)?;
        Some((name.clone(), metric.unit.quantity().format(*value)))
    };
    evidence.readings.iter().filter(|(name, _)| spoken(name)).filter_map(value).collect()
}
