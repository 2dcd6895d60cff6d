//! A train's plan, valid by construction: built by lowering a document, then trusted.

use crate::units::RolloutName;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Rollouts in the order in which they are opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Train {
    /// The train's name. Trains and rollouts share one space of names.
    pub name: RolloutName,
    /// The environment it and its rollouts belong to.
    pub environment: Arc<str>,
    /// What closes when one of them closes.
    pub rollback: Extent,
    /// Whether its rollouts have the same users or no user in common, where the plan asks for either.
    pub cohorts: Option<Cohorts>,
    /// At least two, each once.
    pub members: Vec<Member>,
}

/// A rollout of a train.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Which.
    pub rollout: RolloutName,
    /// How long it is under observation with all its waves open before the next one begins.
    pub watch: Duration,
    /// Those without which it cannot be open. Each comes before it.
    pub needs: BTreeSet<RolloutName>,
}

/// What closes when a member closes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Extent {
    /// All of them, the last one first.
    #[default]
    All,
    /// Only what needs it.
    Dependents,
}

/// How the users of a train's rollouts relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cohorts {
    /// Who has one has the others, as far as their shares are the same.
    Same,
    /// Nobody has two of them.
    Disjoint,
}

impl Train {
    /// A member by its rollout.
    #[must_use]
    pub fn member(&self, rollout: &RolloutName) -> Option<&Member> {
        self.members.iter().find(|member| member.rollout == *rollout)
    }

    /// Those rollouts and all that cannot be open without them.
    #[must_use]
    pub fn with_dependents(&self, of: &BTreeSet<RolloutName>) -> BTreeSet<RolloutName> {
        let mut found = of.clone();
        // What is needed comes before what needs it, so that one walk finds all.
        for member in &self.members {
            if !member.needs.is_disjoint(&found) {
                found.insert(member.rollout.clone());
            }
        }
        found
    }
}
