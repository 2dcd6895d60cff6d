//! Each condition of a plan looked at all through the past, whether or not a rollout would have come so far.

use super::detection::unchanged;
use super::replay::Setting;
use super::suggestion::suggest;
use super::weather::Fault;
use crate::analysis::{Comparison, Condition, Quantity, Truth};
use crate::rollout::explain::Distance;
use crate::rollout::{Clause, Event, Finding, List, Mean, MetricSource, Plan, Stage, State, decide, next_check_in};
use crate::units::{MetricName, UnixMillis, format_duration};
use std::sync::Arc;
use std::time::Duration;

/// A tenfold must make a threshold true, or it never will.
const TENFOLD: f64 = 10.0;

/// A hold that is looked at more often than this in a week is one that nobody looks at any more.
const MOST_HOLDS_A_WEEK: f64 = 1.0;

/// What must be true to go on and was false for more than this part of the past is in the way.
const MOST_IN_THE_WAY: f64 = 0.1;

/// A bake that no past is as long as.
const FOR_EVER: Duration = Duration::from_secs(100 * 366 * 86_400);

/// A condition and how it was in the past.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// Which of the plan's lists it stands in.
    pub list: List,
    /// Nothing comes of it.
    pub observe: bool,
    /// The condition in canonical form.
    pub condition: Arc<str>,
    /// The waves whose checks look at it, and `after` for the watch.
    pub stages: Vec<String>,
    /// How often it became true.
    pub fired: u64,
    /// The same per week.
    pub per_week: f64,
    /// The part of the checks with data at which it was true, from 0 to 1.
    pub true_part: f64,
    /// The part of all checks at which nothing could be said, from 0 to 1.
    pub blind_part: f64,
    /// How near it came to its bound.
    pub nearest: Option<Nearest>,
    /// Whether it would have become true with a candidate ten times as bad.
    pub fires_at_ten: bool,
    /// What that says of it.
    pub rating: Rating,
    /// What to do about it, in a sentence without a full stop.
    pub suggestion: Option<String>,
}

/// The moment at which a value was nearest to its bound, or farthest beyond it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Nearest {
    /// When.
    pub at: UnixMillis,
    /// What is measured.
    pub quantity: Quantity,
    /// The value.
    pub value: f64,
    /// The bound at that time.
    pub bound: f64,
}

/// What the past says of a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rating {
    /// It was quiet, and a tenfold would have made it true.
    Sound,
    /// It was never true, and would not have been with a candidate ten times as bad.
    Idle,
    /// It was true without a fault, too often.
    TriggerHappy,
    /// It must be true to go on, and often was not.
    InTheWay,
    /// Nothing can be said of it: it had no data, or speaks of alerts and posted events.
    Unknown,
}

impl Rating {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sound => "sound",
            Self::Idle => "idle",
            Self::TriggerHappy => "trigger-happy",
            Self::InTheWay => "in-the-way",
            Self::Unknown => "unknown",
        }
    }
}

/// How one condition was, check by check.
struct Tally {
    clause: Arc<Clause>,
    stage: String,
    checks: u64,
    known: u64,
    trues: u64,
    fired: u64,
    was_true: bool,
    nearest: Option<(f64, Nearest)>,
}

/// All conditions of a plan. The same condition in several waves is one, counted where it fired most.
pub(super) fn thresholds(setting: &Setting<'_>) -> Vec<Threshold> {
    let mut all: Vec<(Threshold, Arc<Clause>)> = Vec::new();
    let mut seen: Vec<(Vec<Arc<Clause>>, String)> = Vec::new();
    for (stage, clauses, state) in stages(setting) {
        // The steps of a ramp look at the same: once is enough, as long as they refer to nothing that differs.
        let of_before = seen.iter().find(|(known, _)| *known == clauses).map(|(_, first)| first.clone());
        if let Some(first) = of_before {
            let named = all.iter_mut().filter(|(threshold, _)| threshold.stages.contains(&first));
            named.for_each(|(threshold, _)| threshold.stages.push(stage.clone()));
            continue;
        }
        let quiet = watch(setting, Fault::None, (&stage, &clauses), &state);
        let at_ten = watch(setting, Fault::Everywhere(TENFOLD), (&stage, &clauses), &state);
        seen.push((clauses, stage));
        for (quiet, at_ten) in quiet.into_iter().zip(at_ten) {
            add(&mut all, rated(setting, &quiet, at_ten.trues > 0), quiet.clause);
        }
    }
    all.into_iter().map(|(threshold, _)| threshold).collect()
}

fn add(all: &mut Vec<(Threshold, Arc<Clause>)>, new: Threshold, clause: Arc<Clause>) {
    let same = |(known, _): &&mut (Threshold, Arc<Clause>)| {
        known.list == new.list && known.observe == new.observe && known.condition == new.condition
    };
    match all.iter_mut().find(same) {
        Some((known, _)) => {
            let stages = known.stages.iter().chain(&new.stages).cloned().collect();
            let worse = if new.fired > known.fired { new } else { known.clone() };
            *known = Threshold { stages, ..worse };
        }
        None => all.push((new, clause)),
    }
}

/// The waves and the watch, each with its conditions and a state to look at them in.
fn stages<'p>(setting: &Setting<'p>) -> Vec<(String, Vec<Arc<Clause>>, State)> {
    let plan = setting.plan;
    let from = setting.past.from();
    let wave = |(index, wave): (usize, &crate::rollout::Wave)| {
        let stage = remembering(setting, Stage::enter(1, index, from), index);
        (wave.name.to_string(), wave.clauses.clone(), State::Running(stage))
    };
    let mut stages: Vec<_> = plan.waves.iter().enumerate().map(wave).collect();
    if let Some(after) = &plan.after {
        let last = plan.waves.len().saturating_sub(1);
        let stage = remembering(setting, Stage::enter(1, last, from), plan.waves.len());
        stages.push(("after".to_owned(), after.clauses.clone(), State::Watching(stage)));
    }
    stages
}

/// A stage with what it is compared with: the mean of the past stands for the time before and for the waves before.
fn remembering(setting: &Setting<'_>, mut stage: Stage, waves: usize) -> Stage {
    for metric in setting.plan.metrics.keys() {
        let Some(mean) = setting.past.mean(metric) else { continue };
        stage.memory.baseline.insert(metric.clone(), mean);
        for wave in setting.plan.waves.iter().take(waves) {
            let means = stage.memory.waves.entry(wave.name.clone()).or_default();
            means.insert(metric.clone(), Mean { value: mean, readings: 1 });
        }
    }
    stage
}

/// Looks at the conditions of a stage all through the past. Each is only observed, so that nothing comes of it and
/// the stage stays; what they see is what they would have seen.
fn watch(
    setting: &Setting<'_>,
    fault: Fault<'_>,
    (name, clauses): (&str, &[Arc<Clause>]),
    state: &State,
) -> Vec<Tally> {
    let plan = observing(setting.plan, state);
    let (from, until) = (setting.past.from(), setting.past.until());
    let setting = Setting { plan: &plan, fault, ..*setting };
    let mut world = setting.world(from);
    let mut tallies: Vec<Tally> = clauses.iter().map(|clause| Tally::new(clause, name)).collect();
    let (mut state, mut now) = (state.clone(), from);
    while let Some(due) = next_check_in(&plan, &state, now) {
        now = now.plus(due.max(Duration::from_millis(1)));
        if now > until {
            break;
        }
        let evidence = world.evidence(&state, now);
        // Checks are never refused.
        let Ok(decision) = decide(&plan, &state, &Event::Checked(evidence), now) else { break };
        for (tally, finding) in tallies.iter_mut().zip(&decision.findings) {
            tally.take(finding, now);
        }
        state = decision.next;
    }
    tallies
}

/// The plan with a stage that nothing ends.
fn observing(plan: &Plan, state: &State) -> Plan {
    let mut plan = plan.clone();
    let observed = |clauses: &mut Vec<Arc<Clause>>| {
        for clause in clauses {
            *clause = Arc::new(Clause { observe: true, ..(**clause).clone() });
        }
    };
    match (state, &mut plan.after) {
        (State::Running(stage), _) => {
            if let Some(wave) = plan.waves.get_mut(stage.wave) {
                observed(&mut wave.clauses);
                wave.bake = FOR_EVER;
            }
        }
        (State::Watching(_), Some(after)) => {
            observed(&mut after.clauses);
            after.watch = FOR_EVER;
        }
        (
            State::Watching(_)
            | State::Pending { .. }
            | State::Paused { .. }
            | State::Completed { .. }
            | State::RolledBack { .. },
            _,
        ) => {}
    }
    plan.metrics.values_mut().for_each(|metric| metric.no_data = crate::rollout::NoDataPolicy::default());
    plan
}

impl Tally {
    fn new(clause: &Arc<Clause>, stage: &str) -> Self {
        Self {
            clause: Arc::clone(clause),
            stage: stage.to_owned(),
            checks: 0,
            known: 0,
            trues: 0,
            fired: 0,
            was_true: false,
            nearest: None,
        }
    }

    fn take(&mut self, finding: &Finding, now: UnixMillis) {
        self.checks = self.checks.saturating_add(1);
        let truth = finding.judgement.truth;
        if truth == Truth::Unknown {
            return;
        }
        self.known = self.known.saturating_add(1);
        let is_true = truth == Truth::True;
        self.trues = self.trues.saturating_add(u64::from(is_true));
        self.fired = self.fired.saturating_add(u64::from(is_true && !self.was_true));
        self.was_true = is_true;
        let Condition::Compare(compare) = &self.clause.when else { return };
        let Some(measured) = finding.judgement.measured.first() else { return };
        let Some(bound) = measured.bound else { return };
        let far = beyond(compare.comparison, measured.value, bound);
        if self.nearest.is_none_or(|(nearest, _)| far > nearest) {
            let nearest = Nearest { at: now, quantity: measured.quantity, value: measured.value, bound };
            self.nearest = Some((far, nearest));
        }
    }
}

/// How far a value lies beyond its bound; under 0 while the comparison is not true.
fn beyond(comparison: Comparison, value: f64, bound: f64) -> f64 {
    match (Distance::of(comparison, value, bound), (value - bound).abs()) {
        (Distance::There, far) => far,
        (Distance::Away { .. } | Distance::Unknown, far) => -far,
    }
}

/// Whether a part of a condition speaks of what alerting systems and people report: nobody does in a rehearsal.
fn is_reported(plan: &Plan, leaf: &Condition) -> bool {
    match leaf {
        Condition::Alert(_) => true,
        Condition::Compare(compare) => {
            let of = plan.metrics.get(&compare.metric);
            of.is_some_and(|of| matches!(of.source, MetricSource::Events { .. }))
        }
        Condition::Trend(_)
        | Condition::Burn(_)
        | Condition::Regresses(_)
        | Condition::ProvedSafe(_)
        | Condition::Score(_)
        | Condition::All(_)
        | Condition::Any(_) => false,
    }
}

/// Whether nothing of what a condition speaks of can be made worse: a past of zeros stays one however often it is taken.
fn is_nothing(setting: &Setting<'_>, condition: &Condition) -> bool {
    let (mut metrics, mut all) = (false, true);
    let mut see = |metric: &MetricName| {
        metrics = true;
        all &= unchanged(setting, metric, TENFOLD) >= 1.0;
    };
    condition.each_leaf(&mut |leaf| match leaf {
        Condition::Compare(one) => see(&one.metric),
        Condition::Trend(one) => see(&one.metric),
        Condition::Burn(one) => see(&one.metric),
        Condition::Regresses(one) => see(&one.metric),
        Condition::ProvedSafe(one) => see(&one.metric),
        Condition::Score(one) => one.parts.iter().for_each(|part| see(&part.metric)),
        Condition::Alert(_) | Condition::All(_) | Condition::Any(_) => {}
    });
    metrics && all
}

fn rated(setting: &Setting<'_>, tally: &Tally, fires_at_ten: bool) -> Threshold {
    let part = |of: u64, all: u64| if all == 0 { 0.0 } else { of as f64 / all as f64 };
    let weeks = setting.past.weeks();
    // Where there was no data it could not become true: that time must not make it look quiet.
    let weeks = weeks * part(tally.known, tally.checks);
    let per_week = if weeks > 0.0 { tally.fired as f64 / weeks } else { 0.0 };
    let true_part = part(tally.trues, tally.known);
    let list = tally.clause.list;
    let nothing_to_worsen = !fires_at_ten && is_nothing(setting, &tally.clause.when);
    let speaks_of_metrics = !tally.clause.when.any_leaf(&|leaf| is_reported(setting.plan, leaf));
    let rating = match list {
        _ if tally.known == 0 || (!speaks_of_metrics && tally.fired == 0) => Rating::Unknown,
        List::Close | List::StepBack if tally.fired > 0 => Rating::TriggerHappy,
        List::Hold | List::Notify if per_week > MOST_HOLDS_A_WEEK => Rating::TriggerHappy,
        List::Close | List::StepBack | List::Hold | List::Notify if tally.fired == 0 && nothing_to_worsen => {
            Rating::Unknown
        }
        List::Close | List::StepBack | List::Hold | List::Notify if tally.fired == 0 && !fires_at_ten => Rating::Idle,
        List::Advance if 1.0 - true_part > MOST_IN_THE_WAY => Rating::InTheWay,
        List::Close | List::StepBack | List::Hold | List::Notify | List::Early | List::Advance => Rating::Sound,
    };
    let nearest = tally.nearest.map(|(_, nearest)| nearest);
    let suggestion = match rating {
        Rating::Sound => None,
        Rating::Idle | Rating::TriggerHappy | Rating::InTheWay => {
            suggest(setting.plan, setting.past, &tally.clause, rating)
        }
        Rating::Unknown if nothing_to_worsen && tally.known > 0 && speaks_of_metrics => Some(
            "its past is nothing all through, and ten times that is nothing: no fault can be made of it".to_owned(),
        ),
        Rating::Unknown if speaks_of_metrics => {
            let over = format_duration(setting.past.until().since(setting.past.from()));
            Some(format!("it had no data in {over}: nothing can be said of it"))
        }
        Rating::Unknown => None,
    };
    Threshold {
        list,
        observe: tally.clause.observe,
        condition: Arc::clone(&tally.clause.text),
        stages: vec![tally.stage.clone()],
        fired: tally.fired,
        per_week,
        true_part,
        blind_part: 1.0 - part(tally.known, tally.checks),
        nearest,
        fires_at_ten,
        rating,
        suggestion,
    }
}
