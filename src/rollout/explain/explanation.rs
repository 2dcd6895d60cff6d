//! A rollout explained, typed, and as sentences that somebody can send to others.

use super::budget::BudgetLeft;
use super::check::Check;
use super::closer::Closer;
use super::metric::MetricFacts;
use super::next::Next;
use super::sight::{Scene, Sight};
use super::silence::Silence;
use super::standing::Standing;
use crate::rollout::memory::{ratio_of, with_counts};
use crate::rollout::{Plan, Ratio, State, Wait};
use crate::units::UnixMillis;

/// Where a rollout stands, and what can become of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// Where it stands.
    pub standing: Standing,
    /// What it waits for.
    pub waits: Vec<Wait>,
    /// When it can go on.
    pub next: Next,
    /// Each condition of the stage that it is in, in the order in which they are looked at.
    pub checks: Vec<Check>,
    /// When the conditions were last looked at in this stage.
    pub checked: Option<UnixMillis>,
    /// When they are looked at next.
    pub next_check: Option<UnixMillis>,
    /// What would close it or take it back, what is nearest first.
    pub closers: Vec<Closer>,
    /// The metrics of the plan.
    pub metrics: Vec<MetricFacts>,
    /// The metrics without data.
    pub silences: Vec<Silence>,
    /// Whether the users are split as they should be, where two groups are compared by counting users.
    pub ratio: Option<Ratio>,
    /// What is left of the plan's budget, where it has one and something was counted.
    pub budget: Option<BudgetLeft>,
    /// The names of the alerts that fire and concern it.
    pub alerts: Vec<String>,
}

/// Explains a rollout as it stands at `now`.
#[must_use]
pub fn explain(plan: &Plan, state: &State, sight: &Sight<'_>, now: UnixMillis) -> Explanation {
    let resting = Explanation {
        standing: Standing::of(plan, state, sight, now),
        waits: sight.waits.to_vec(),
        next: Next::resting(plan, state, sight, now),
        checks: Vec::new(),
        checked: None,
        next_check: sight.next_check,
        closers: Vec::new(),
        metrics: MetricFacts::all(plan, sight, sight.readings),
        silences: Vec::new(),
        ratio: None,
        budget: None,
        alerts: Vec::new(),
    };
    let Some(scene) = Scene::of(plan, state, sight, now) else { return resting };
    let clauses = scene.rules.clauses.iter().enumerate();
    let checks: Vec<Check> = clauses.map(|(position, clause)| Check::of(&scene, position, clause)).collect();
    let silences = Silence::all(&scene);
    let alerts = scene.stage.firing.values().map(|heard| &heard.alert);
    let name = |alert: &crate::analysis::Alert| alert.labels.get("alertname").unwrap_or(&alert.fingerprint).clone();
    Explanation {
        next: Next::of(&scene, state, &checks),
        checked: scene.stage.checked.as_ref().map(|check| check.at).filter(|_| sight.looked),
        closers: Closer::all(&scene, &checks, &silences),
        ratio: sight.split.filter(|_| sight.looked).and_then(|split| ratio_of(plan, scene.stage, split)),
        budget: BudgetLeft::of(&scene),
        alerts: alerts.map(name).collect(),
        metrics: MetricFacts::all(plan, sight, &with_counts(plan, scene.stage, sight.readings, now)),
        checks,
        silences,
        ..resting
    }
}

impl Explanation {
    /// The gist in sentences: where it stands, when it goes on, what that needs, what is nearest to closing it.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        let mut said = vec![self.standing.sentence.clone(), capital(&self.next.sentence)];
        let needs = self.next.needs.iter().filter(|need| !need.said);
        let needs: Vec<&str> = needs.map(|need| need.sentence.as_str()).collect();
        if !needs.is_empty() {
            said.push(format!("In its way: {}", needs.join("; ")));
        }
        let nearest = self
            .closers
            .first()
            .filter(|closer| closer.factor.is_some() || closer.in_time.is_some() || closer.expected.is_some());
        said.extend(nearest.map(|closer| {
            let what = if closer.goes_back { "a step back" } else { "closing" };
            format!("Nearest to {what}: {}", closer.sentence)
        }));
        if self.checked.is_none() && !self.checks.is_empty() {
            said.push(format!("Its metrics were not looked at in this {} yet", self.standing.stage));
        }
        let told = nearest.map(|closer| closer.sentence.as_str());
        let silent = self.silences.iter().filter(|silence| Some(silence.sentence.as_str()) != told);
        said.extend(silent.map(|silence| silence.sentence.clone()));
        said.extend(self.budget.map(|budget| capital(&budget.sentence())));
        if !self.alerts.is_empty() {
            said.push(format!("Alerts that fire: {}", self.alerts.join(", ")));
        }
        said.iter().map(|sentence| format!("{sentence}.")).collect()
    }
}

fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
