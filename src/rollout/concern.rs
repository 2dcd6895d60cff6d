//! Which alerts are a rollout's business.

use super::plan::{Clause, List, Plan};
use crate::analysis::{Alert, AlertMatch, Condition};

/// How an alert relates to a rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concern {
    /// Not at all: its labels name another rollout, flag or environment.
    No,
    /// It names nothing, so it is the business of every rollout whose conditions it matches.
    General,
    /// Its label `rollout` or `flag` names this one.
    Named,
}

/// Reads an alert's labels `rollout`, `flag` and `environment`. An environment is compared only where
/// the plan names one, for a plan without one must not miss an alert that has one.
#[must_use]
pub fn concern(plan: &Plan, alert: &Alert) -> Concern {
    let label = |name: &str| alert.labels.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let other = |name: &str, own: &str| label(name).is_some_and(|value| value != own);
    let environment_differs = &*plan.environment != "default" && other("environment", &plan.environment);
    if environment_differs || other("rollout", plan.name.as_str()) || other("flag", plan.flag.as_str()) {
        return Concern::No;
    }
    match label("rollout").or(label("flag")) {
        Some(_) => Concern::Named,
        None => Concern::General,
    }
}

/// Whether the plan says what comes of alerts, in any wave. That it wants to know of them says nothing of that.
pub(super) fn speaks_of_alerts(plan: &Plan) -> bool {
    conditions(plan, &[List::Close, List::StepBack, List::Hold]).any(|condition| has_alert(condition, &|_| true))
}

/// What an alert can do to a rollout under some wave of its plan, from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bearing {
    /// Nothing.
    None,
    /// Hold it, take it back to the wave before, or be told of it.
    Holds,
    /// Close it, by itself or together with something else.
    Closes,
}

/// What an alert can do to a rollout, whatever wave that is in.
#[must_use]
pub fn bearing(plan: &Plan, alert: &Alert) -> Bearing {
    let concerned = concern(plan, alert);
    let matches = |condition: &Condition| has_alert(condition, &|test: &AlertMatch| test.matches(alert));
    match concerned {
        Concern::No => Bearing::None,
        Concern::Named if !speaks_of_alerts(plan) => Bearing::Closes,
        Concern::Named | Concern::General if closing_conditions(plan).any(matches) => Bearing::Closes,
        Concern::Named | Concern::General if milder_conditions(plan).any(matches) => Bearing::Holds,
        Concern::Named | Concern::General => Bearing::None,
    }
}

fn closing_conditions(plan: &Plan) -> impl Iterator<Item = &Condition> {
    conditions(plan, &[List::Close])
}

/// Those that do not close, and those that are only looked at.
fn milder_conditions(plan: &Plan) -> impl Iterator<Item = &Condition> {
    clauses(plan).filter(|clause| clause.observe || clause.list != List::Close).map(|clause| &clause.when)
}

fn conditions<'p>(plan: &'p Plan, lists: &'static [List]) -> impl Iterator<Item = &'p Condition> {
    clauses(plan).filter(|clause| !clause.observe && lists.contains(&clause.list)).map(|clause| &clause.when)
}

fn clauses(plan: &Plan) -> impl Iterator<Item = &Clause> {
    let waves = plan.waves.iter().flat_map(|wave| &wave.clauses);
    waves.chain(plan.after.iter().flat_map(|after| &after.clauses)).map(|clause| &**clause)
}

fn has_alert(condition: &Condition, wanted: &dyn Fn(&AlertMatch) -> bool) -> bool {
    condition.any_leaf(&|leaf| matches!(leaf, Condition::Alert(test) if wanted(test)))
}
