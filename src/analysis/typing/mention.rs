//! What a condition speaks of, so that whoever knows more can complain at the place.

use crate::analysis::bound::Reference;
use crate::units::MetricName;
use std::ops::Range;
use std::time::Duration;

/// Something that a condition speaks of or needs, and where in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// What.
    pub of: Subject,
    /// The bytes of the text that say so. Of a threshold's metric, which stands elsewhere, the whole text.
    pub at: Range<usize>,
}

/// What a part of a condition speaks of or needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A metric.
    Metric(MetricName),
    /// The alerts that fire.
    Alert,
    /// What metrics are at another time or in another group: of `baseline`, `control`, `wave(...)` and
    /// `previous wave`; the control also of `regresses`, `proved safe` and `score`.
    Reference(Reference),
    /// How long a comparison must have been true: after `for`.
    Lasting(Duration),
    /// How far a trend or a burn rate looks back: each after `over`.
    Window(Duration),
}
