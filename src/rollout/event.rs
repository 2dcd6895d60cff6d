//! Everything that can happen to a rollout.

use super::memory::PostedEvent;
use super::question::{Question, Split};
use crate::analysis::{Alert, Compared, NoData, Reading};
use crate::units::{MetricName, RolloutName};
use std::collections::BTreeMap;

/// One thing that happened. What closes comes first, here and wherever events are taken up.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// An alert began to fire, or still does.
    Firing(Alert),
    /// A person wants it closed.
    Rollback {
        /// Who, as far as the door knew.
        by: String,
        /// What they said.
        reason: Option<String>,
    },
    /// Its train closes it.
    Recalled {
        /// Which train.
        train: RolloutName,
        /// Which attempt: another one is not meant.
        attempt: u32,
        /// Why.
        because: String,
        /// Of the train only what needs it closes with it.
        alone: bool,
    },
    /// An alert stopped firing. It never opens anything.
    Resolved {
        /// The alert's identity.
        fingerprint: String,
    },
    /// Something happened that conditions may count.
    Posted(PostedEvent),
    /// The metrics were asked.
    Checked(Evidence),
    /// The time came at which the plan begins by itself.
    Due(Beginning),
    /// A person begins the first wave.
    Start(Beginning),
    /// A person stops the clock.
    Pause {
        /// Who.
        by: String,
    },
    /// A person lets the clock go on.
    Resume {
        /// Who.
        by: String,
    },
    /// A person goes on to the next wave: that stands for the approval and ends the bake. It does not
    /// stand for the evidence, so it comes with a check made for it.
    Promote {
        /// Who.
        by: String,
        /// The check.
        evidence: Evidence,
    },
    /// A person begins anew after a closing.
    Retry(Beginning),
    /// The program took up a rollout that it had not watched for a while.
    Recovered,
}

/// A person's wish to begin, and what is known at that moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Beginning {
    /// Who.
    pub by: String,
    /// What is wrong with the flag.
    pub flag_problems: Vec<String>,
    /// The alerts that fire, whatever they concern.
    pub firing: Vec<Alert>,
    /// What the metrics are before anybody has the candidate, where the plan compares with that.
    pub baseline: BTreeMap<MetricName, Reading>,
}

/// What a check found out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evidence {
    /// The metrics' answers for the candidate.
    pub readings: BTreeMap<MetricName, Reading>,
    /// Those of other groups and other times, as far as they were asked for.
    pub others: BTreeMap<Question, Reading>,
    /// Both groups against each other, as far as that was asked for.
    pub compared: BTreeMap<MetricName, Result<Compared, NoData>>,
    /// The candidate's outcomes since the wave began, as far as that was asked for.
    pub seen: Option<Reading>,
    /// How the users are split, as far as that was asked for and a rule has no part in it.
    pub split: Option<Split>,
    /// What is wrong with the flag itself: missing, or without one of the variants.
    pub flag_problems: Vec<String>,
}
