//! What a lane says of its rollout. It says so at each check, and a door asks seldom: so saying it only shares
//! what the lane has, and what people read is made when somebody asks.

use super::evidence::{LastReading, found, with_counted};
use super::saving::is_live;
use super::view::View;
use crate::analysis::Alert;
use crate::measure::asked;
use crate::rollout::explain::{Boarded, Claimed, Explanation, Sight, explain};
use crate::rollout::{self, Finding, Plan, Split, State, Wait};
use crate::store::{PlanSource, Record};
use crate::units::UnixMillis;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is around a rollout, and its lane need not know.
#[derive(Debug)]
pub(super) struct Around {
    /// The alerts that fire and may concern it.
    pub firing: Vec<Alert>,
    /// What is wrong with its flag.
    pub flag_problems: Vec<String>,
    /// The other rollouts that have what it needs to begin.
    pub claims: Vec<Claimed>,
}

/// A rollout as its lane knew it at a moment.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub plan: Arc<Plan>,
    pub source: Arc<PlanSource>,
    pub state: Arc<State>,
    pub version: u64,
    pub waits: Arc<[Wait]>,
    pub readings: Arc<[LastReading]>,
    /// What the last check made of each condition.
    pub findings: Arc<[Finding]>,
    /// How the last check found the users split.
    pub split: Option<Split>,
    /// This process has made a check of the stage that it is in.
    pub looked: bool,
    /// The last change.
    pub updated: UnixMillis,
    /// What is wrong around it.
    pub problems: Vec<String>,
    /// When it was so.
    pub at: UnixMillis,
}

impl Told {
    /// A stored rollout before its lane runs.
    pub(super) fn stored(plan: Arc<Plan>, record: Record, at: UnixMillis) -> Self {
        let waits = rollout::standing_waits(&plan, &record.state, at).into();
        Self {
            plan,
            source: Arc::new(record.plan),
            state: Arc::new(record.state),
            version: record.version,
            waits,
            readings: Arc::default(),
            findings: Arc::default(),
            split: None,
            looked: false,
            updated: record.updated,
            problems: Vec::new(),
            at,
        }
    }

    /// The same explained, as it stands at `now`.
    fn explain(&self, boarded: Option<Boarded>, around: &Around, now: UnixMillis) -> Explanation {
        let plan = &self.plan;
        let readings: BTreeMap<_, _> = self.readings.iter().map(LastReading::answer).collect();
        let sight = Sight {
            waits: &self.waits,
            findings: &self.findings,
            looked: self.looked,
            readings: &readings,
            split: self.split,
            next_check: rollout::next_check_in(plan, &self.state, self.at).map(|span| self.at.plus(span)),
            asked: &|metric| Some(asked(plan, metric)),
            firing: &around.firing,
            train: boarded,
            flag_problems: &around.flag_problems,
            claims: &around.claims,
        };
        explain(plan, &self.state, &sight, now)
    }

    /// The same for the doors.
    pub(super) fn view(&self) -> View {
        let next_check = rollout::next_check_in(&self.plan, &self.state, self.at).map(|span| self.at.plus(span));
        let largest_safe_next = match &*self.state {
            State::Running(stage) | State::Paused { stage, .. } => rollout::largest_safe_next(&self.plan, stage),
            State::Pending { .. } | State::Watching(_) | State::Completed { .. } | State::RolledBack { .. } => None,
        };
        View {
            plan: Arc::clone(&self.plan),
            source: Arc::clone(&self.source),
            state: (*self.state).clone(),
            version: self.version,
            reason: reason(&self.state, &self.waits),
            waits: self.waits.to_vec(),
            exposure: rollout::exposure(&self.plan, &self.state),
            reach: rollout::reach(&self.plan, &self.state),
            needs_person: !self.waits.is_empty() && self.waits.iter().all(Wait::needs_person),
            readings: with_counted(&self.plan, &self.state, &self.readings, self.at),
            findings: found(&self.findings),
            largest_safe_next,
            looked: self.looked,
            next_check,
            updated: self.updated,
            problems: self.problems.clone(),
        }
    }
}

/// Why a rollout stands where it stands.
fn reason(state: &State, waits: &[Wait]) -> String {
    match state {
        State::RolledBack { cause, .. } => format!("closed: {cause}"),
        State::Completed { .. } => "completed".to_owned(),
        State::Pending { .. } | State::Running(_) | State::Paused { .. } | State::Watching(_) => {
            rollout::sentence(waits)
        }
    }
}

/// What was told last, for whoever asks.
#[derive(Debug)]
pub(super) struct Last {
    told: Mutex<Told>,
    /// When the last attempt began, by its number, as far as this process knows.
    begun: Mutex<Option<(u32, UnixMillis)>>,
}

impl Last {
    pub(super) fn new(told: Told) -> Self {
        let begun = begun(&told.state, None);
        Self { told: Mutex::new(told), begun: Mutex::new(begun) }
    }

    pub(super) fn tell(&self, told: Told) {
        {
            let mut known = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
            *known = begun(&told.state, *known);
        }
        let before = std::mem::replace(&mut *self.told(), told);
        // The lock is free again, so that nobody waits for this.
        drop(before);
    }

    /// Whether the attempt that is under way, or was closed, had begun by that moment, or may have: of one that this
    /// process found in a later wave nobody knows when it began.
    pub(super) fn had_begun_by(&self, moment: UnixMillis) -> bool {
        let known = *self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let state = self.state();
        let known = known.filter(|(attempt, _)| *attempt == state.attempt());
        let concerned = is_live(&state) || matches!(*state, State::RolledBack { .. });
        concerned && known.is_none_or(|(_, began)| began <= moment)
    }

    /// Made of a copy, so that the lane need not wait until it is made.
    pub(super) fn view(&self) -> View {
        let told = self.told().clone();
        told.view()
    }

    /// The view and the explanation of one moment. `around` gives what is around a plan.
    pub(super) fn explain(
        &self,
        boarded: Option<Boarded>,
        around: &dyn Fn(&Plan) -> Around,
        now: UnixMillis,
    ) -> (View, Explanation) {
        let told = self.told().clone();
        (told.view(), told.explain(boarded, &around(&told.plan), now))
    }

    pub(super) fn plan(&self) -> Arc<Plan> {
        Arc::clone(&self.told().plan)
    }

    /// The plan, and whether somebody has the candidate and the rollout is watched.
    pub(super) fn plan_and_life(&self) -> (Arc<Plan>, bool) {
        let told = self.told();
        (Arc::clone(&told.plan), is_live(&told.state))
    }

    /// Where it stands.
    pub(super) fn state(&self) -> Arc<State> {
        Arc::clone(&self.told().state)
    }

    /// Whether it remembers that this alert fires.
    pub(super) fn remembers_alert(&self, fingerprint: &str) -> bool {
        match &*self.told().state {
            State::Running(stage) | State::Watching(stage) | State::Paused { stage, .. } => {
                stage.firing.contains_key(fingerprint)
            }
            State::Pending { .. } | State::Completed { .. } | State::RolledBack { .. } => false,
        }
    }

    /// The plan, and how much it has to say of its flag before others: whether it is under way, and when it changed.
    pub(super) fn plan_and_rank(&self) -> (Arc<Plan>, (bool, UnixMillis)) {
        let told = self.told();
        (Arc::clone(&told.plan), (is_live(&told.state), told.updated))
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When the attempt under way began: when its first exposure was entered, which this is or a state before it was.
fn begun(state: &State, before: Option<(u32, UnixMillis)>) -> Option<(u32, UnixMillis)> {
    let (State::Running(stage) | State::Paused { stage, .. } | State::Watching(stage)) = state else { return before };
    match before {
        Some((attempt, _)) if attempt == stage.attempt => before,
        _ => (stage.step == 0).then_some((stage.attempt, stage.entered)),
    }
}
