//! One thing that happened to one user under one variant.

use crate::units::{FlagKey, VariantName};

/// What an application saw happen under a variant. It has no time of its own: it counts as having
/// happened when it arrives.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The flag that was evaluated.
    pub flag: FlagKey,
    /// The variant that was served.
    pub variant: VariantName,
    /// Whether it went well.
    pub ok: bool,
    /// How long it took, in milliseconds: finite, 0 to one day.
    pub latency_ms: Option<f64>,
    /// Any figure the application cares for. Finite.
    pub value: Option<f64>,
}
