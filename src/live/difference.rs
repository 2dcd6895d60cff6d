//! Whether two snapshots can answer differently. Whoever is told of a change asks for everything anew,
//! so nobody is told of a file that was saved as it was.

use crate::eval::{Flag, Snapshot};
use crate::flag::Overlay;
use std::sync::Arc;

/// Whether a context may exist that gets another answer from `after` than from `before`. Flags that were
/// taken over are told by their address, so a publication that changes one flag looks at one flag.
pub(super) fn may_differ(before: &Snapshot, after: &Snapshot) -> bool {
    before.bucketing() != after.bucketing()
        || before.len() != after.len()
        || before.flags().zip(after.flags()).any(|(old, new)| !old.is(new) && flag_differs(old, new))
}

/// Whether a context may exist that gets another answer of the flag.
pub(super) fn flag_differs(old: Flag<'_>, new: Flag<'_>) -> bool {
    old.key() != new.key()
        || old.broken() != new.broken()
        || overlay_differs(old.overlay(), new.overlay())
        || match (old.definition(), new.definition()) {
            (Some(old), Some(new)) => !Arc::ptr_eq(old, new) && old != new,
            (None, None) => false,
            (Some(_), None) | (None, Some(_)) => true,
        }
}

/// Everything but the rank: an attempt that goes on with the same share answers the same.
fn overlay_differs(old: Option<&Overlay>, new: Option<&Overlay>) -> bool {
    match (old, new) {
        (None, None) => false,
        (Some(_), None) | (None, Some(_)) => true,
        (Some(old), Some(new)) => {
            let Overlay { rollout: _, rank: _, candidate, stable, gate } = old;
            (candidate, stable, gate) != (&new.candidate, &new.stable, &new.gate)
        }
    }
}
