//! One check: every condition of the stage against fresh readings. What closes is looked at first, and
//! nothing that makes a rollout wait keeps it from being looked at.

use super::cause::Cause;
use super::decision::Finding;
use super::event::Evidence;
use super::memory::{Seen, absorb, elsewhere, judge_statistics, sample_ratio, with_counts};
use super::plan::{Clause, List, NoDataThen, Plan};
use super::reach::looks_back;
use super::stage::Rules;
use super::state::{Stage, Standing};
use super::wait::Wait;
use crate::analysis::{Alert, Facts, Judgement, NoData, Truth};
use crate::planted::{self, Bug};
use crate::units::{MetricName, UnixMillis};
use std::sync::Arc;
use std::time::Duration;

/// What a check saw.
#[derive(Debug)]
pub(super) struct Look {
    /// Each condition that was judged.
    pub findings: Vec<Finding>,
    /// What closes the flag.
    pub cause: Option<Cause>,
    /// What takes the rollout back to the wave before.
    pub step_back: Option<SteppingBack>,
    /// What stands against going on, the time apart.
    pub waits: Vec<Wait>,
    /// The check as a whole.
    pub standing: Standing,
    /// All that the plan asks for to end a bake early is true.
    pub early: bool,
    /// What is true now that somebody wants to know of, and was not at the last check.
    pub noticed: Vec<Notice>,
}

/// A condition that takes the rollout back.
#[derive(Debug)]
pub(super) struct SteppingBack {
    /// What was seen.
    pub seen: String,
    /// Why it closes where there is no wave to go back to.
    pub cause: Cause,
}

/// A condition that became true and that somebody wants to know of.
#[derive(Debug)]
pub(super) struct Notice {
    /// The condition in canonical form.
    pub condition: Arc<str>,
    /// What was seen.
    pub seen: String,
}

/// Takes a check into what the stage remembers, and judges all conditions by it.
pub(super) fn look(plan: &Plan, rules: &Rules<'_>, stage: &mut Stage, evidence: &Evidence, now: UnixMillis) -> Look {
    stage.forget_unwatched(rules.every, now);
    stage.forget_silent_alerts(rules, now);
    let unseen = now.since(stage.accounted());
    let watched = if rules.is_watched(unseen) { unseen } else { Duration::ZERO };
    absorb(plan, rules, stage, evidence, watched, now);
    judge(plan, rules, stage, evidence, now)
}

/// Judges all conditions of a stage by what is known, and remembers what is true since when.
pub(super) fn judge(plan: &Plan, rules: &Rules<'_>, stage: &mut Stage, evidence: &Evidence, now: UnixMillis) -> Look {
    let mut true_since = std::mem::take(&mut stage.true_since);
    let judged = judge_all(plan, rules, stage, evidence, &mut true_since, now);
    stage.true_since = true_since;
    let known = !planted::is(Bug::FlagProblemsDoNotHold);
    let problems: &[String] = if known { &evidence.flag_problems } else { &[] };
    let mut look = Look {
        findings: Vec::with_capacity(judged.len()),
        cause: None,
        step_back: None,
        waits: problems.iter().cloned().map(Wait::Flag).collect(),
        standing: Standing::Clear,
        early: early(rules.clauses, &judged),
        noticed: Vec::new(),
    };
    for (clause, judgement) in rules.clauses.iter().zip(judged) {
        look.weigh(plan, stage, clause, &judgement, now);
        look.findings.push(Finding {
            list: clause.list,
            observe: clause.observe,
            condition: clause.text.clone(),
            judgement,
        });
    }
    look.waits.extend(
        sample_ratio(plan, stage, evidence).filter(|_| !planted::is(Bug::SkewedUsersDoNotHold)).map(Wait::Hold),
    );
    look.standing = standing(&look.waits);
    look
}

fn judge_all(
    plan: &Plan,
    rules: &Rules<'_>,
    stage: &Stage,
    evidence: &Evidence,
    true_since: &mut std::collections::BTreeMap<String, UnixMillis>,
    now: UnixMillis,
) -> Vec<Judgement> {
    let readings = with_counts(plan, stage, &evidence.readings, now);
    let seen = Seen { evidence, readings: &readings, watching: rules.watching };
    let firing: Vec<&Alert> = stage.firing.values().map(|heard| &heard.alert).collect();
    let facts = Facts {
        readings: &readings,
        elsewhere: &|metric, place| elsewhere(plan, (stage, rules.watching), evidence, metric, place),
        statistics: &|leaf| judge_statistics(plan, stage, seen, leaf, now),
        firing: &firing,
        now,
        unseen: now.since(stage.accounted()),
    };
    rules.clauses.iter().map(|clause| facts.judge(&clause.when, Some(&clause.text), true_since)).collect()
}

fn early(clauses: &[Arc<Clause>], judged: &[Judgement]) -> bool {
    let mut early = clauses.iter().zip(judged).filter(|(clause, _)| clause.list == List::Early).peekable();
    if planted::is(Bug::OneReasonEndsTheBake) {
        return early.any(|(_, judgement)| judgement.truth == Truth::True);
    }
    early.peek().is_some() && early.all(|(_, judgement)| judgement.truth == Truth::True)
}

impl Look {
    fn weigh(&mut self, plan: &Plan, stage: &mut Stage, clause: &Clause, judgement: &Judgement, now: UnixMillis) {
        if clause.list == List::Notify || (clause.observe && !planted::is(Bug::ObservedConditionsAct)) {
            return self.notice(stage, clause, judgement);
        }
        match (clause.list, judgement.truth) {
            (List::Close, Truth::True) if !self.closes_for_what_was_seen() => {
                self.cause = Some(metric_cause(clause, judgement));
            }
            // What it sees may still be of the wave that it came back from.
            (List::StepBack, Truth::True) if stage.returned && now.since(stage.entered) < looks_back(plan, clause) => {
                self.wait(hold(judgement));
            }
            (List::StepBack, Truth::True) if self.step_back.is_none() => {
                self.step_back =
                    Some(SteppingBack { seen: judgement.seen.clone(), cause: metric_cause(clause, judgement) });
            }
            (List::Close | List::StepBack, Truth::False) if judgement.pending => self.wait(hold(judgement)),
            (List::Hold, Truth::True) if planted::is(Bug::HoldDoesNotHold) => {}
            (List::Advance, Truth::False) if planted::is(Bug::AdvanceNeedsNothing) => {}
            (_, Truth::Unknown) if planted::is(Bug::NoDataCountsAsPass) => {}
            (List::Hold, Truth::True) => self.wait(hold(judgement)),
            (List::Advance, Truth::False) => self.wait(Wait::Advance(judgement.seen.clone())),
            (list, Truth::Unknown) if list != List::Early => self.blind(plan, stage, list, judgement),
            (
                List::Close | List::StepBack | List::Hold | List::Notify | List::Early | List::Advance,
                Truth::True | Truth::False | Truth::Unknown,
            ) => {}
        }
    }

    /// That something was seen to be so says more than that nothing was seen.
    const fn closes_for_what_was_seen(&self) -> bool {
        matches!(self.cause, Some(Cause::Person { .. } | Cause::Alert { .. } | Cause::Metric { .. }))
    }

    /// Something is told once when it becomes true, and again only after it was not.
    fn notice(&mut self, stage: &mut Stage, clause: &Clause, judgement: &Judgement) {
        let known = stage.memory.noticed.contains(&*clause.text);
        match judgement.truth {
            Truth::True if !known => {
                stage.memory.noticed.insert(clause.text.to_string());
                self.noticed.push(Notice { condition: Arc::clone(&clause.text), seen: judgement.seen.clone() });
            }
            Truth::False => drop(stage.memory.noticed.remove(&*clause.text)),
            Truth::True | Truth::Unknown => {}
        }
    }

    /// What the metrics without data come to, each by its own policy.
    fn blind(&mut self, plan: &Plan, stage: &Stage, list: List, judgement: &Judgement) {
        for (metric, why) in &judgement.missing {
            let policy = plan.metrics.get(metric).map(|metric| metric.no_data).unwrap_or_default();
            let silent = stage.memory.silent.get(metric).copied().unwrap_or_default();
            // The metric itself may have its data, and what it is compared with none: that closes nothing.
            let itself = stage.memory.silent.contains_key(metric);
            let due = silent >= policy.grace;
            match policy.then {
                NoDataThen::Close if due && itself && self.cause.is_none() && !planted::is(Bug::SilenceNeverCloses) => {
                    self.cause = Some(Cause::NoData { metric: metric.clone(), why: why.to_string() });
                }
                // Nothing holds for it, but what must be true to go on is not true by it.
                NoDataThen::Ignore
                    if (due || !itself) && list == List::Advance && !planted::is(Bug::IgnoredSilencePasses) =>
                {
                    self.wait(Wait::Advance(judgement.seen.clone()));
                }
                NoDataThen::Ignore if due || !itself => {}
                NoDataThen::Hold | NoDataThen::Close | NoDataThen::Ignore => self.wait(no_data(metric, why)),
            }
        }
    }

    fn wait(&mut self, wait: Wait) {
        if !self.waits.contains(&wait) {
            self.waits.push(wait);
        }
    }
}

fn hold(judgement: &Judgement) -> Wait {
    Wait::Hold(judgement.seen.clone())
}

fn no_data(metric: &MetricName, why: &NoData) -> Wait {
    Wait::NoData { metric: metric.clone(), why: why.clone() }
}

/// A condition that was true, with the readings that made it so, as people read them.
pub(super) fn metric_cause(clause: &Clause, judgement: &Judgement) -> Cause {
    let mut readings = Vec::new();
    for measured in &judgement.measured {
        let among = measured.proof.as_deref().map_or("", crate::analysis::statistics::Finding::among);
        let reading = (measured.metric.clone(), measured.quantity.format(measured.value) + among);
        if !readings.contains(&reading) {
            readings.push(reading);
        }
    }
    Cause::Metric { condition: clause.text.to_string(), readings }
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
