//! What is known of a variant since a wave began, to be shown.

use super::outcomes::{Claim, Outcomes, locked};
use super::users::{Gathered, Users};
use crate::analysis::Reading;
use crate::rollout::{Measure, Plan};
use crate::units::{UnixMillis, VariantName};

/// Distinct users, of a part of all of them when there are too many to remember.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenUsers {
    /// How many of the part.
    pub users: u64,
    /// For how many of them something failed.
    pub failed: u64,
    /// How many of a million users the part has.
    pub part: u32,
}

/// A variant since a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The variant.
    pub variant: VariantName,
    /// How many outcomes.
    pub outcomes: u64,
    /// How many of them failed.
    pub errors: u64,
    /// How many came with a user.
    pub keyed: u64,
    /// The users they came with.
    pub users: SeenUsers,
    /// Latencies in milliseconds that half, 95 % and 99 % of those with one are under.
    pub latency: Option<[f64; 3]>,
    /// How many had a value, their mean, and the variance of single ones (larger where users' values go together).
    pub values: Option<(u64, f64, f64)>,
    /// How often evaluations gave it, and to whom, where that is counted.
    pub exposed: Option<(u64, SeenUsers)>,
}

impl Outcomes {
    /// Both variants of a plan since a moment, the candidate first. `None` when there is no room to count them.
    #[must_use]
    pub fn seen(&self, plan: &Plan, since: UnixMillis, now: UnixMillis) -> Option<[Seen; 2]> {
        let of = |variant: &VariantName| self.seen_of(plan, variant, since, now);
        Some([of(&plan.candidate)?, of(&plan.stable)?])
    }

    fn seen_of(&self, plan: &Plan, variant: &VariantName, since: UnixMillis, now: UnixMillis) -> Option<Seen> {
        let series = self.series(&plan.flag, variant, Claim::Read, now)?;
        let mut series = locked(&series);
        let exposed = series.exposed(since, now).map(|exposed| (exposed.times(), users(exposed.users())));
        let standing = series.since(since, now)?;
        let tally = standing.tally();
        let quantile = |measure| match tally.read(measure, 1, now) {
            Reading::Value { value, .. } => Some(value),
            Reading::NoData(_) => None,
        };
        let latency = || {
            let [half, most, nearly_all] =
                [Measure::LatencyP50, Measure::LatencyP95, Measure::LatencyP99].map(quantile);
            Some([half?, most?, nearly_all?])
        };
        Some(Seen {
            variant: variant.clone(),
            outcomes: tally.count(),
            errors: tally.errors(),
            keyed: tally.keyed(),
            users: users(Users::all([standing.users()].into_iter())),
            latency: latency(),
            values: tally.sums().ok().map(|sums| (sums.count, sums.mean, sums.variance)),
            exposed,
        })
    }
}

fn users(gathered: Gathered) -> SeenUsers {
    let sample = gathered.each_once();
    SeenUsers { users: sample.count(), failed: sample.failed(), part: sample.part() }
}
