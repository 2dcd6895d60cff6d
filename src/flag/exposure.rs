//! What a rollout lays over a flag: whom the candidate is served to where the definition leaves it
//! to the default, or that it is served to nobody.

use super::{Expression, Layer};
use crate::units::{Exposure, RolloutName, VariantName};
use std::sync::Arc;

/// The order of a rollout's exposures: a later one never loses against an earlier one that was
/// delayed, and within an attempt nothing comes after the closing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    attempt: u32,
    step: u32,
}

impl Rank {
    /// The rank of the `step`-th exposure (from 0) of an attempt (from 1).
    #[must_use]
    pub const fn open(attempt: u32, step: u32) -> Self {
        // The last step is kept for the closing.
        Self { attempt, step: if step == u32::MAX { u32::MAX.saturating_sub(1) } else { step } }
    }

    /// The attempt, from 1.
    #[must_use]
    pub const fn attempt(self) -> u32 {
        self.attempt
    }

    /// Which exposure of the attempt, from 0; the closing is behind all of them.
    #[must_use]
    pub const fn step(self) -> u32 {
        self.step
    }

    /// The rank of an attempt's closing: over each of its openings.
    #[must_use]
    pub const fn closed(attempt: u32) -> Self {
        Self { attempt, step: u32::MAX }
    }
}

/// What one rollout lays over its flag.
#[derive(Debug, Clone, PartialEq)]
pub struct Overlay {
    /// Whose it is.
    pub rollout: RolloutName,
    /// Newer ranks replace older ones, never the other way round.
    pub rank: Rank,
    /// The variant being rolled out.
    pub candidate: VariantName,
    /// The variant that everybody else gets.
    pub stable: VariantName,
    /// Open to a share, or closed.
    pub gate: Gate,
}

/// Whether the candidate is served.
#[derive(Debug, Clone, PartialEq)]
pub enum Gate {
    /// To a share of the audience, where the definition leaves it to the default.
    Open(Share),
    /// To nobody, whatever the definition's rules say: whoever would get it gets the stable variant.
    Closed,
}

/// The users that get the candidate: whoever is in at least one of the parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    /// Who they are.
    pub parts: Parts,
    /// The context attribute whose text is hashed; without it a request gets the stable variant.
    pub bucket_by: Arc<str>,
    /// Hashed before the attribute, so that rollouts do not share their first users.
    pub salt: Arc<str>,
    /// Who may be in any part at all, by another hash of the same attribute; `None` is everybody.
    pub layer: Option<Layer>,
}

/// Parts of the users, of which one is there at least. None lies within another as far as their rules tell.
///
/// The part of everybody comes first, for it asks no rule, and the others in the order in which their
/// audiences came in. A part that grows stays at its place: whoever was told inside before a costly rule
/// was asked is told so again.
#[derive(Debug, Clone, PartialEq)]
pub struct Parts(Vec<Part>);

/// Some of the users: a share of an audience. It owns the buckets from 0 upward, so that a smaller share
/// lies inside a larger one.
#[derive(Debug, Clone)]
pub struct Part {
    /// Which exposure of the attempt brought it, from 0.
    pub step: u32,
    /// How many of the audience.
    pub exposure: Exposure,
    /// Who may be in the share at all; `None` is everybody. A result that is not true is outside.
    pub audience: Option<Arc<Expression>>,
}

impl Parts {
    /// One part alone.
    #[must_use]
    pub fn of(part: Part) -> Self {
        Self(vec![part])
    }

    /// These and one more. Nobody who was in loses by it.
    #[must_use]
    pub fn with(mut self, part: Part) -> Self {
        if self.covers(&part) {
            return self;
        }
        self.0.retain(|one| one.has_the_audience_of(&part) || !part.covers(one));
        match self.0.iter_mut().find(|one| one.has_the_audience_of(&part)) {
            Some(grown) => *grown = part,
            None if part.audience.is_none() => self.0.insert(0, part),
            None => self.0.push(part),
        }
        self
    }

    /// Whether a part is in already: all of its audience that it has are in one of these.
    #[must_use]
    pub fn covers(&self, part: &Part) -> bool {
        self.0.iter().any(|one| one.covers(part))
    }

    /// The share of the same audience, if it has one of its own.
    #[must_use]
    pub fn of_the_audience_of(&self, part: &Part) -> Option<Exposure> {
        self.0.iter().find(|one| one.has_the_audience_of(part)).map(|one| one.exposure)
    }

    /// In the order in which they are asked; at least one.
    #[must_use]
    pub fn as_slice(&self) -> &[Part] {
        &self.0
    }

    /// The share that came in last.
    #[must_use]
    pub fn newest(&self) -> Exposure {
        self.0.iter().max_by_key(|part| part.step).map_or(Exposure::NONE, |part| part.exposure)
    }

    /// Whether everybody may be in, as far as the share goes.
    #[must_use]
    pub fn are_for_everybody(&self) -> bool {
        self.0.iter().any(|part| part.audience.is_none())
    }
}

impl Part {
    /// Whether the other lies within this one, as far as their rules tell.
    fn covers(&self, other: &Self) -> bool {
        other.exposure <= self.exposure && (self.audience.is_none() || self.has_the_audience_of(other))
    }

    fn has_the_audience_of(&self, other: &Self) -> bool {
        match (&self.audience, &other.audience) {
            (None, None) => true,
            // A list of users is long, and most often it is one and the same.
            (Some(one), Some(other)) => Arc::ptr_eq(one, other) || one == other,
            (Some(_), None) | (None, Some(_)) => false,
        }
    }
}

impl PartialEq for Part {
    fn eq(&self, other: &Self) -> bool {
        self.step == other.step && self.exposure == other.exposure && self.has_the_audience_of(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flag::Literal;

    fn part(step: u32, percent: u32, audience: Option<&str>) -> Part {
        let audience = audience.map(|name| Arc::new(Expression::Constant(Literal::Text(name.into()))));
        Part { step, exposure: Exposure::from_ppm(percent * 10_000).unwrap(), audience }
    }

    /// Of parts that came in one after the other, what is left: the step, the share in percent.
    fn left(parts: &[(u32, Option<&str>)]) -> Vec<(u32, u32)> {
        let mut parts = (0..).zip(parts).map(|(step, (percent, audience))| part(step, *percent, *audience));
        let first = Parts::of(parts.next().unwrap());
        let all = parts.fold(first, Parts::with);
        all.as_slice().iter().map(|part| (part.step, part.exposure.ppm() / 10_000)).collect()
    }

    #[test]
    fn what_lies_within_another_is_left_out() {
        let (staff, beta) = (Some("staff"), Some("beta"));
        assert_eq!(left(&[(10, None), (25, None), (100, None)]), [(2, 100)]);
        assert_eq!(left(&[(100, staff), (100, beta), (100, None)]), [(2, 100)]);
        assert_eq!(left(&[(25, None), (10, staff), (25, beta)]), [(0, 25)]);
        assert_eq!(left(&[(25, None), (25, None)]), [(0, 25)], "the same once more changes nothing");
        assert_eq!(left(&[(10, staff), (50, beta), (25, None)]), [(2, 25), (1, 50)]);
    }

    #[test]
    fn everybody_is_asked_first_and_a_part_that_grows_stays_at_its_place() {
        let (staff, beta) = (Some("staff"), Some("beta"));
        assert_eq!(left(&[(100, staff), (100, beta), (25, None)]), [(2, 25), (0, 100), (1, 100)]);
        assert_eq!(left(&[(50, staff), (100, beta), (100, staff)]), [(2, 100), (1, 100)]);
    }
}
