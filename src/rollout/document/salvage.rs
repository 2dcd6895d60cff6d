//! What is left of a plan that cannot be read any more, because a version of the program that knew it
//! wrote it: enough to keep its flag closed.

use crate::flag::{Gate, Overlay, Rank};
use crate::source::Node;
use crate::units::{FlagKey, RolloutName, VariantName};

/// The closing of an attempt, from the three fields it needs. Everything else may be wrong.
#[must_use]
pub fn salvage_closing(document: &Node<'_>, rollout: &RolloutName, attempt: u32) -> Option<(FlagKey, Overlay)> {
    let text = |field| document.get(field).and_then(Node::as_str);
    let overlay = Overlay {
        rollout: rollout.clone(),
        rank: Rank::closed(attempt),
        candidate: VariantName::new(text("candidate")?).ok()?,
        stable: VariantName::new(text("stable")?).ok()?,
        gate: Gate::Closed,
    };
    Some((FlagKey::new(text("flag")?).ok()?, overlay))
}
