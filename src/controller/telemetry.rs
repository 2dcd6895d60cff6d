//! What rollouts count of the telemetry of their flags.

use super::handle::Controller;
use crate::rollout::Telemetry;
use crate::units::FlagKey;
use std::collections::BTreeMap;
use std::sync::Arc;

impl Controller {
    /// By flag, what its rollout counts: of every flag that has one. Of several rollouts of a flag the one that is under
    /// way speaks, and otherwise the one that changed last; also one whose plan says nothing of it.
    #[must_use]
    pub fn telemetry(&self) -> BTreeMap<FlagKey, Arc<Telemetry>> {
        let mut chosen = BTreeMap::new();
        for lane in self.lanes().values() {
            let (plan, rank) = lane.last.plan_and_rank();
            let stronger = chosen.get(&plan.flag).is_none_or(|(known, _)| rank > *known);
            if stronger {
                chosen.insert(plan.flag.clone(), (rank, plan.telemetry.clone().unwrap_or_default()));
            }
        }
        chosen.into_iter().map(|(flag, (_, telemetry))| (flag, telemetry)).collect()
    }
}
