//! What a metric is compared with: a number, or what the same metric was elsewhere.

use crate::units::WaveName;

/// The right side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum Bound {
    /// A number in the base unit of the metric's quantity. Finite.
    Fixed(f64),
    /// The same metric elsewhere: `baseline + 50%`.
    Relative {
        /// Where.
        to: Reference,
        /// How far from there.
        by: Offset,
    },
}

/// Where else the same metric was measured.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reference {
    /// Before the first wave.
    Baseline,
    /// The stable variant, now.
    Control,
    /// The mean over a wave that is done.
    Wave(WaveName),
    /// The mean over the wave before this one.
    PreviousWave,
}

impl Reference {
    /// Where that is: `in the control group`.
    pub(super) fn in_words(&self) -> String {
        match self {
            Self::Baseline => "in the baseline".to_owned(),
            Self::Control => "in the control group".to_owned(),
            Self::Wave(name) => format!("in wave {name}"),
            Self::PreviousWave => "in the wave before".to_owned(),
        }
    }
}

/// How far from a reference a bound lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Offset {
    /// Not at all.
    None,
    /// That much further, in the base unit: `+ 5pp`, `+ 100ms`, `- 3`. Finite, not zero.
    By(f64),
    /// That share of the reference further, 0.5 being `+ 50%`. Finite, over -1, not zero.
    Percent(f64),
    /// That many times the reference: `* 1.5`. Finite, over 0.
    Times(f64),
}

impl Offset {
    /// The bound for a reference's value.
    #[must_use]
    pub fn from(self, reference: f64) -> f64 {
        match self {
            Self::None => reference,
            Self::By(distance) => reference + distance,
            Self::Percent(share) => reference * (1.0 + share),
            Self::Times(factor) => reference * factor,
        }
    }
}
