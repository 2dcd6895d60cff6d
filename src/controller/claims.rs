//! What rollouts have to themselves: a flag while it is under way, a slice of a layer for as long as its
//! candidate is served.

use crate::planted::{self, Bug};
use crate::rollout::explain::Claimed;
use crate::rollout::{Layer, Plan};
use crate::units::{FlagKey, LayerName, RolloutName};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Who has what.
#[derive(Debug, Default)]
pub(super) struct Claims {
    /// Which rollout drives a flag: at most one at a time.
    drivers: BTreeMap<FlagKey, RolloutName>,
    /// The slices of each environment's layers.
    layers: BTreeMap<(Arc<str>, LayerName), BTreeMap<RolloutName, Slice>>,
}

/// A slice of a layer and how its users are told apart.
#[derive(Debug)]
struct Slice {
    layer: Layer,
    bucket_by: Arc<str>,
    flag: FlagKey,
}

/// Why a rollout cannot have what it needs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Taken {
    /// Another rollout of the flag is under way.
    #[error("{flag} is driven by the rollout {by}")]
    Flag { flag: FlagKey, by: RolloutName },
    /// Another rollout serves its candidate to users of the slice.
    #[error("{own} overlaps {}, where the rollout {by} serves its candidate", Bounds(.of))]
    Slice { own: Layer, of: Layer, by: RolloutName },
    /// Another rollout of the layer tells users apart by something else, so that no slices of them are disjoint.
    #[error("the layer {layer} is divided by {attribute} in the rollout {by}, and not by {own}")]
    Attribute { layer: LayerName, own: Arc<str>, attribute: Arc<str>, by: RolloutName },
}

impl Taken {
    /// What can be done about it.
    pub(super) const fn hint(&self) -> &'static str {
        match self {
            Self::Flag { .. } => "end that one first",
            Self::Slice { .. } => "roll that one back first, or take another slice",
            Self::Attribute { .. } => "all rollouts of a layer need the same `bucket_by`",
        }
    }
}

impl From<Taken> for Claimed {
    fn from(taken: Taken) -> Self {
        let hint = taken.hint().to_owned();
        let (by, does) = match taken {
            Taken::Flag { flag, by } => (by, format!("drives flag {flag}")),
            Taken::Slice { own, of, by } => {
                let does = format!("serves its candidate to {of}, which overlaps {}", Bounds(&own));
                (by, does)
            }
            Taken::Attribute { layer, own, attribute, by } => {
                (by, format!("divides the layer {layer} by {attribute}, and not by {own}"))
            }
        };
        Self { by, does, hint }
    }
}

impl Claims {
    /// Who has what a plan needs to begin.
    pub(super) fn against(&self, plan: &Plan, served: impl Fn(&FlagKey) -> Option<RolloutName>) -> Vec<Taken> {
        self.may_drive(plan).err().into_iter().chain(self.overlaps(plan, served)).collect()
    }

    /// Claims the flag and the slice that a plan needs: both, or neither. `served` says which rollout's
    /// exposure lies over a flag.
    ///
    /// # Errors
    /// Who has one of them.
    pub(super) fn claim(&mut self, plan: &Plan, served: impl Fn(&FlagKey) -> Option<RolloutName>) -> Result<(), Taken> {
        self.may_drive(plan)?;
        if let Some(taken) = self.overlaps(plan, served).into_iter().next() {
            return Err(taken);
        }
        self.drivers.insert(plan.flag.clone(), plan.name.clone());
        self.keep_slice(plan);
        Ok(())
    }

    /// Claims a flag for a rollout that is under way already.
    ///
    /// # Errors
    /// The rollout that has it.
    pub(super) fn drive(&mut self, plan: &Plan) -> Result<(), Taken> {
        self.may_drive(plan)?;
        self.drivers.insert(plan.flag.clone(), plan.name.clone());
        Ok(())
    }

    fn may_drive(&self, plan: &Plan) -> Result<(), Taken> {
        match self.drivers.get(&plan.flag) {
            Some(by) if *by != plan.name && !planted::is(Bug::FlagHasTwoDrivers) => {
                Err(Taken::Flag { flag: plan.flag.clone(), by: by.clone() })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Notes the slice of a rollout whose candidate is served, whoever else has users of it.
    pub(super) fn keep_slice(&mut self, plan: &Plan) {
        let Some(layer) = plan.layer.clone() else { return };
        let (bucket_by, flag) = (Arc::clone(&plan.bucket_by), plan.flag.clone());
        self.layers.entry(key(plan, &layer)).or_default().insert(plan.name.clone(), Slice { layer, bucket_by, flag });
    }

    /// The other rollouts that serve their candidates to users of a plan's slice, by their names. One of the same
    /// flag is none of them: its exposure ends where the plan's begins.
    pub(super) fn overlaps(&self, plan: &Plan, served: impl Fn(&FlagKey) -> Option<RolloutName>) -> Vec<Taken> {
        let Some(own) = &plan.layer else { return Vec::new() };
        let others = self.layers.get(&key(plan, own)).into_iter().flatten();
        let others = others.filter(|(by, slice)| **by != plan.name && slice.flag != plan.flag);
        let taken = others.filter_map(|(by, slice)| Some((by, slice, slice.taken_from(own, plan, by)?)));
        // One that is over, and whose flag another rollout has since, serves nobody.
        let serves =
            |by: &RolloutName, flag: &FlagKey| self.drivers.get(flag) == Some(by) || served(flag).as_ref() == Some(by);
        taken.filter(|(by, slice, _)| serves(by, &slice.flag)).map(|(_, _, taken)| taken).collect()
    }

    /// Lets go of a flag, if it is this rollout that has it.
    pub(super) fn release_flag(&mut self, plan: &Plan) {
        if self.drivers.get(&plan.flag) == Some(&plan.name) {
            self.drivers.remove(&plan.flag);
        }
    }

    /// Lets go of a slice.
    pub(super) fn release_slice(&mut self, plan: &Plan) {
        let Some(layer) = &plan.layer else { return };
        let key = key(plan, layer);
        if let Some(slices) = self.layers.get_mut(&key) {
            slices.remove(&plan.name);
            if slices.is_empty() {
                self.layers.remove(&key);
            }
        }
    }
}

impl Slice {
    /// What of this one stands against another slice of the layer.
    fn taken_from(&self, own: &Layer, plan: &Plan, by: &RolloutName) -> Option<Taken> {
        if self.bucket_by != plan.bucket_by {
            let (own, attribute) = (Arc::clone(&plan.bucket_by), Arc::clone(&self.bucket_by));
            return Some(Taken::Attribute { layer: self.layer.name().clone(), own, attribute, by: by.clone() });
        }
        let taken = || Taken::Slice { own: own.clone(), of: self.layer.clone(), by: by.clone() };
        self.layer.overlaps(own).then(taken)
    }
}

/// Layers of different environments have nothing to do with each other.
fn key(plan: &Plan, layer: &Layer) -> (Arc<str>, LayerName) {
    (Arc::clone(&plan.environment), layer.name().clone())
}

/// A slice without the name of its layer.
struct Bounds<'l>(&'l Layer);

impl std::fmt::Display for Bounds<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} to {}", self.0.from(), self.0.to())
    }
}
