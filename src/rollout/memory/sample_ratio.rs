//! Whether the users are split as the wave says they are.

use crate::analysis::statistics::{Part, SampleRatio};
use crate::rollout::overlay::held_back;
use crate::rollout::stage::wave_at;
use crate::rollout::{Evidence, Plan, Split, Stage};
use crate::units::Exposure;

/// What is wrong with the split, if that is so. Then something assigns or counts users wrongly, and no
/// comparison of the two groups can be trusted.
pub(in crate::rollout) fn sample_ratio(plan: &Plan, stage: &Stage, evidence: &Evidence) -> Option<String> {
    let ratio = ratio_of(plan, stage, evidence.split?)?;
    ratio.mismatch.then_some(ratio.sentence)
}

/// How users are split, and how they should be.
#[derive(Debug, Clone, PartialEq)]
pub struct Ratio {
    /// The users of the sample with each variant.
    pub split: Split,
    /// The share that should have the candidate, from 0 to 1.
    pub expected: f64,
    /// The split is none that the wave makes.
    pub mismatch: bool,
    /// In words.
    pub sentence: String,
}

/// Judges a split by the wave's share.
pub(in crate::rollout) fn ratio_of(plan: &Plan, stage: &Stage, split: Split) -> Option<Ratio> {
    let share = held_back(plan, wave_at(plan, stage.wave)?);
    // Whoever is outside of a layer's slice has the stable variant, and is counted with it.
    let expected = plan.part_of_all() * f64::from(share.ppm()) / f64::from(Exposure::ALL.ppm());
    let candidate = Part { expected, users: split.candidate };
    let control = Part { expected: 1.0 - expected, users: split.control };
    // The users of the sample are counted, not estimated.
    let found = SampleRatio::of(&[candidate, control], 0.0);
    let seen = 100.0 * split.candidate as f64 / found.users.max(1) as f64;
    let should = match &plan.layer {
        None => share.to_string(),
        Some(layer) => format!("{:.2}% ({share} of {layer})", 100.0 * expected),
    };
    let sentence = match (found.mismatch, found.users) {
        (true, _) => format!(
            "sample ratio mismatch: {seen:.2}% of {} users have the candidate where {should} should; \
             users are assigned or counted wrongly, and the groups cannot be compared",
            found.users
        ),
        (false, 0) => format!("no users were counted yet; {should} of them should have the candidate"),
        (false, 1) => format!("1 user was counted so far; {should} of them should have the candidate"),
        (false, users) => format!("{seen:.2}% of {users} users have the candidate where {should} should: that fits"),
    };
    Some(Ratio { split, expected, mismatch: found.mismatch, sentence })
}
