//! Whether a train and the plans of its rollouts agree.

use super::plan::{Cohorts, Member, Train};
use crate::rollout::plan::{Plan, RetrySalt};
use crate::units::{RolloutName, format_duration};

/// Why a train cannot have a rollout as it is planned, as a sentence without a full stop.
#[must_use]
pub fn has_no_part(train: &Train, member: &Member, plan: &Plan) -> Option<String> {
    let name = &member.rollout;
    if plan.environment != train.environment {
        let (theirs, ours) = (&plan.environment, &train.environment);
        return Some(format!("{name} belongs to the environment {theirs}, and the train to {ours}"));
    }
    if plan.start.is_some() {
        return Some(format!("{name} has a `start` of its own: its train begins it, so remove that"));
    }
    let watched = plan.after.as_ref().map(|after| after.watch);
    let needed = format_duration(member.watch);
    match watched {
        None => Some(format!(
            "nobody would watch {name} once it is open: give it `after: {{ watch: {needed} }}`, for the train watches it \
             that long"
        )),
        Some(watch) if watch < member.watch => Some(format!(
            "the train watches {name} for {needed}, and its own `after.watch` ends after {}",
            format_duration(watch)
        )),
        Some(_) => None,
    }
}

/// Why rollouts cannot ride in one train: two of one flag, or not the cohorts that it asks for. The plans of those
/// that are not known are left out.
#[must_use]
pub fn disagreement(train: &Train, plans: &[&Plan]) -> Option<String> {
    let pairs = || {
        plans
            .iter()
            .enumerate()
            .flat_map(|(index, one)| plans.iter().skip(index.saturating_add(1)).map(move |other| (*one, *other)))
    };
    if let Some((one, other)) = pairs().find(|(one, other)| one.flag == other.flag) {
        return Some(format!("{} and {} drive the same flag {}", one.name, other.name, one.flag));
    }
    match train.cohorts {
        None => None,
        Some(Cohorts::Same) => pairs().find_map(|(one, other)| not_the_same(one, other)),
        Some(Cohorts::Disjoint) => pairs().find_map(|(one, other)| not_disjoint(one, other)),
    }
}

fn not_the_same(one: &Plan, other: &Plan) -> Option<String> {
    let told = |what: &str| Some(format!("{} and {} do not have the same cohorts: {what}", one.name, other.name));
    if one.bucket_by != other.bucket_by {
        return told(&format!("they bucket by {} and {}", one.bucket_by, other.bucket_by));
    }
    if one.salt != other.salt {
        return told(&format!("their salts are `{}` and `{}`; give both the same `salt`", one.salt, other.salt));
    }
    if one.layer != other.layer {
        return told("they keep to different slices of a layer; give both the same `layer`, or none");
    }
    if one.retry == RetrySalt::Fresh || other.retry == RetrySalt::Fresh {
        return told("a retry with a fresh salt would part them");
    }
    None
}

fn not_disjoint(one: &Plan, other: &Plan) -> Option<String> {
    let (one_name, other_name): (&RolloutName, &RolloutName) = (&one.name, &other.name);
    let apart = match (&one.layer, &other.layer) {
        (Some(ours), Some(theirs)) => {
            ours.name() == theirs.name() && one.bucket_by == other.bucket_by && !ours.overlaps(theirs)
        }
        (Some(_) | None, None) | (None, Some(_)) => false,
    };
    let hint = "give each a slice of one `layer` that the other does not overlap";
    (!apart).then(|| format!("{one_name} and {other_name} can have users in common: {hint}"))
}
