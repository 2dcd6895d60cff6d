//! Layers: a division of the users of which rollouts take slices, so that they never share a user.
//!
//! Diane Tang and others, "Overlapping Experiment Infrastructure: More, Better, Faster Experimentation" (KDD 2010),
//! call it so too.

use crate::units::{Exposure, LayerName};
use std::fmt;

/// A slice of a layer, never empty: the users whose bucket by the layer's name lies in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    name: LayerName,
    from: Exposure,
    to: Exposure,
}

impl Layer {
    /// The slice from `from` up to, but without, `to`. `None` when nobody is in it.
    #[must_use]
    pub fn new(name: LayerName, from: Exposure, to: Exposure) -> Option<Self> {
        (from < to).then_some(Self { name, from, to })
    }

    /// Which layer it is a slice of.
    #[must_use]
    pub const fn name(&self) -> &LayerName {
        &self.name
    }

    /// Where it begins: its first bucket of a million.
    #[must_use]
    pub const fn from(&self) -> Exposure {
        self.from
    }

    /// Where it ends: the first bucket behind it.
    #[must_use]
    pub const fn to(&self) -> Exposure {
        self.to
    }

    /// The share of all users that is in it.
    #[must_use]
    pub fn width(&self) -> Exposure {
        Exposure::from_ppm(self.to.ppm().saturating_sub(self.from.ppm())).unwrap_or(Exposure::ALL)
    }

    /// Whether the users of that bucket of a million are in it.
    #[must_use]
    pub const fn has_bucket(&self, bucket: u32) -> bool {
        self.from.ppm() <= bucket && bucket < self.to.ppm()
    }

    /// Whether some user may be in both. Slices of different layers are drawn independently, so any two of
    /// them share users.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.name != other.name || (self.from < other.to && other.from < self.to)
    }

    /// What is hashed before the attribute. A rollout's name, which is its usual salt, can never be the same:
    /// then its shares would be drawn by the same buckets as the slice, and lie at one end of it or outside.
    #[must_use]
    pub fn salt(&self) -> String {
        format!("layer:{}:", self.name)
    }
}

/// As people are told of it: `0% to 50% of the layer checkout`.
impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {} of the layer {}", self.from, self.to, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(name: &str, from: &str, to: &str) -> Option<Layer> {
        let share = |text| Exposure::parse(text).unwrap();
        Layer::new(LayerName::new(name).unwrap(), share(from), share(to))
    }

    #[test]
    fn slices_overlap_when_some_bucket_is_in_both() {
        let overlap = |one: (&str, &str), other: (&str, &str)| {
            let (one, other) = (slice("a", one.0, one.1).unwrap(), slice("a", other.0, other.1).unwrap());
            assert_eq!(one.overlaps(&other), other.overlaps(&one));
            one.overlaps(&other)
        };
        assert!(!overlap(("0%", "50%"), ("50%", "100%")), "the end is outside");
        assert!(overlap(("0%", "50.0001%"), ("50%", "100%")), "one bucket");
        assert!(overlap(("0%", "100%"), ("30%", "40%")));
        assert!(overlap(("30%", "40%"), ("30%", "40%")));
        let other_layer = slice("b", "50%", "100%").unwrap();
        assert!(slice("a", "0%", "50%").unwrap().overlaps(&other_layer), "two layers know nothing of each other");
    }

    #[test]
    fn a_slice_is_never_empty() {
        assert_eq!(slice("a", "50%", "50%"), None);
        assert_eq!(slice("a", "60%", "50%"), None);
        let slice = slice("a", "12.5%", "20%").unwrap();
        assert_eq!((slice.width().ppm(), slice.to_string().as_str()), (75_000, "12.5% to 20% of the layer a"));
    }
}
