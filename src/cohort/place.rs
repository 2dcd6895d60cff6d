//! The first wave that includes a user, found by the evaluator itself.

use crate::eval::{Bucketing, Context, Snapshot, Step};
use crate::flag::{CatalogEntry, Definition, Overlay};
use crate::rollout::{Plan, Stage, State, overlay};
use crate::units::{Generation, UnixMillis};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A user's place in an attempt of a rollout.
#[derive(Debug, Clone, PartialEq)]
pub struct Cohort {
    /// Of which attempt, from 1: with `retry: fresh` another one has other users first.
    pub attempt: u32,
    /// Where they stand.
    pub place: Place,
    /// Their bucket in the rollout's share, from 0; `None` where none was taken.
    pub bucket: Option<u32>,
    /// Whether they are of the audience of a wave that has one, as far as one was asked.
    pub audience: Option<bool>,
}

/// Which part of a rollout has a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// This wave, counted from 0, is the first that includes them.
    Wave(usize),
    /// None does, but the completion: they are held back until the watch is over.
    HeldBack,
    /// None does: their bucket lies behind the last share, or they are of no audience.
    Never,
    /// They are not in the slice of the layer that the rollout keeps to.
    OutsideSlice,
    /// The context has nothing under the attribute by which users are told apart.
    Nameless,
    /// A rule of the flag's own decides for them, and the rollout has no say.
    Ruled,
    /// The flag cannot be evaluated, or is disabled.
    NotServed,
}

/// Finds the place of whoever the context is of. It walks the code that serves, so it is what will be served.
///
/// Nobody loses the candidate from one wave to the next, so the first wave that includes them is found by halving.
#[must_use]
pub fn locate(
    plan: &Plan,
    state: &State,
    definition: &Arc<Definition>,
    bucketing: Bucketing,
    context: &Context<'_>,
) -> Cohort {
    let attempt = attempt(state);
    let entry = CatalogEntry::Serving(Arc::clone(definition));
    let flags = std::iter::once((&plan.flag, entry));
    let bare = Snapshot::build(Generation::new(1), flags, &BTreeMap::new(), bucketing, None);
    let walk = |overlay: Option<Overlay>| {
        let laid = bare.with_overlay(Generation::new(2), &plan.flag, overlay);
        Walk::of(laid.evaluate_explained(plan.flag.as_str(), context).steps())
    };
    let at = UnixMillis::new(0);
    let wave = |index: usize| walk(overlay(plan, &State::Running(Stage::enter(attempt, index, at))));
    let waves: Vec<usize> = (0..plan.waves.len()).collect();
    let first = waves.partition_point(|index| !wave(*index).inside);
    let known = wave(first.min(plan.waves.len().saturating_sub(1)));
    let place = match () {
        () if known.overruled => Place::Ruled,
        () if !known.asked => Place::NotServed,
        () if known.nameless => Place::Nameless,
        () if known.outside_slice => Place::OutsideSlice,
        () if first < plan.waves.len() => Place::Wave(first),
        () if walk(overlay(plan, &State::Completed { attempt, at, step: 0 })).inside => Place::HeldBack,
        () => Place::Never,
    };
    Cohort { attempt, place, bucket: known.bucket, audience: known.audience }
}

/// The attempt that a user is looked for in: the one under way, or the one that would begin next.
const fn attempt(state: &State) -> u32 {
    match state {
        State::Pending { attempts } => attempts.saturating_add(1),
        State::RolledBack { attempt, .. } => attempt.saturating_add(1),
        State::Running(stage) | State::Paused { stage, .. } | State::Watching(stage) => stage.attempt,
        State::Completed { attempt, .. } => *attempt,
    }
}

/// What the steps of one evaluation say of the rollout.
#[derive(Debug, Default)]
struct Walk {
    /// The rollout was asked.
    asked: bool,
    inside: bool,
    overruled: bool,
    outside_slice: bool,
    nameless: bool,
    bucket: Option<u32>,
    audience: Option<bool>,
}

impl Walk {
    fn of(steps: &[Step]) -> Self {
        let mut walk = Self::default();
        for step in steps {
            match step {
                Step::Rollout { .. } => walk.asked = true,
                Step::Overruled { .. } => walk.overruled = true,
                Step::Slice { hash, inside, .. } => {
                    walk.nameless |= hash.is_none();
                    walk.outside_slice |= !inside;
                }
                Step::Audience { inside, .. } => walk.audience = Some(walk.audience.unwrap_or(false) || *inside),
                Step::Share { hash, bucket, inside, .. } => {
                    walk.nameless |= hash.is_none();
                    walk.bucket = *bucket;
                    walk.inside |= inside;
                }
                Step::Unknown
                | Step::Broken { .. }
                | Step::Disabled
                | Step::Untargeted
                | Step::Condition { .. }
                | Step::MoreConditions { .. }
                | Step::Computed { .. }
                | Step::Split { .. }
                | Step::Said { .. }
                | Step::Closed { .. }
                | Step::Answer { .. }
                | Step::Failed { .. } => {}
            }
        }
        walk
    }
}
