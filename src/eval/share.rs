//! An overlay, compiled: whom a rollout gives its candidate to.

use super::attribute::Attribute;
use super::bucket::bucket;
use super::budget::Exhausted;
use super::evaluate::Evaluation;
use super::rule::Rule;
use super::value::Value;
use super::variants::Variants;
use super::walk::Walk;
use crate::flag::{Gate, Layer, Overlay, Part, Share};
use crate::units::Exposure;

/// What lies over a flag.
#[derive(Debug)]
pub(super) struct Laid {
    /// As it was given.
    pub(super) overlay: Overlay,
    /// The candidate's position among the variants, if the definition has it.
    pub(super) candidate: Option<u16>,
    /// The same for the variant that everybody else gets.
    pub(super) stable: Option<u16>,
    /// `None` is closed.
    pub(super) open: Option<OpenShare>,
}

/// An open share with its rules compiled.
#[derive(Debug)]
pub(super) struct OpenShare {
    pub(super) hashed: Hashed,
    /// Of one part, and of everybody's buckets.
    plain: bool,
    slice: Option<Box<OpenSlice>>,
    /// By far most have one.
    first: OpenPart,
    others: Box<[OpenPart]>,
}

/// The slice of a layer that it keeps to.
#[derive(Debug)]
pub(super) struct OpenSlice {
    pub(super) layer: Layer,
    pub(super) hashed: Hashed,
}

/// What is hashed.
#[derive(Debug)]
pub(super) struct Hashed {
    pub(super) bucket_by: Attribute,
    /// Before the attribute.
    pub(super) salt: Box<str>,
}

/// A part of it.
#[derive(Debug)]
pub(super) struct OpenPart {
    /// Which exposure of the attempt brought it, from 0.
    pub(super) step: u32,
    /// The first bucket outside.
    pub(super) end: u32,
    audience: Option<Rule>,
}

impl Laid {
    pub(super) fn new(overlay: Overlay, variants: &Variants) -> Self {
        let (candidate, stable) = (variants.index(overlay.candidate.as_str()), variants.index(overlay.stable.as_str()));
        let open = match &overlay.gate {
            Gate::Open(share) => OpenShare::new(share),
            Gate::Closed => None,
        };
        Self { overlay, candidate, stable, open }
    }
}

impl OpenPart {
    fn new(part: &Part) -> Self {
        let audience = part.audience.as_deref().map(Rule::from);
        Self { step: part.step, end: part.exposure.ppm(), audience }
    }

    /// Whether whoever asks belongs to the audience.
    #[inline]
    fn admits<'s: 'v, 'v>(
        &'s self,
        share: &'s OpenShare,
        evaluation: &Evaluation<'v>,
        walk: &mut impl Walk<'s>,
    ) -> Result<bool, Exhausted> {
        let Some(audience) = &self.audience else { return Ok(true) };
        // Exactly true: whatever else a rule gives is no word of it.
        let inside = matches!(evaluation.rule(audience)?, Value::Bool(true));
        walk.audience(share, self, audience, inside, evaluation);
        Ok(inside)
    }

    /// Whether somebody of the audience is in.
    #[inline]
    fn contains<'s>(
        &self,
        share: &OpenShare,
        hash: Option<u32>,
        evaluation: &Evaluation<'_>,
        walk: &mut impl Walk<'s>,
    ) -> bool {
        walk.shared(share, self, hash, evaluation);
        hash.is_some_and(|hash| bucket(hash, Exposure::ALL.ppm()) < self.end)
    }
}

impl OpenSlice {
    fn new(layer: &Layer, bucket_by: &str) -> Self {
        Self { layer: layer.clone(), hashed: Hashed::new(bucket_by, &layer.salt()) }
    }

    /// Whether whoever asks is in the slice; never who cannot be told from anybody.
    fn contains<'s>(&self, evaluation: &Evaluation<'_>, walk: &mut impl Walk<'s>) -> bool {
        let hash = self.hashed.hash(evaluation);
        let bucket = hash.map(|hash| bucket(hash, Exposure::ALL.ppm()));
        let inside = bucket.is_some_and(|bucket| self.layer.has_bucket(bucket));
        walk.sliced(self, hash, inside, evaluation);
        inside
    }
}

impl OpenShare {
    /// `None` of no parts at all, which nobody is in.
    fn new(share: &Share) -> Option<Self> {
        let (first, others) = share.parts.as_slice().split_first()?;
        Some(Self {
            hashed: Hashed::new(&share.bucket_by, &share.salt),
            plain: others.is_empty() && share.layer.is_none(),
            slice: share.layer.as_ref().map(|layer| Box::new(OpenSlice::new(layer, &share.bucket_by))),
            first: OpenPart::new(first),
            others: others.iter().map(OpenPart::new).collect(),
        })
    }

    /// Whether it has more than one part.
    pub(super) const fn has_several(&self) -> bool {
        !self.others.is_empty()
    }

    /// Whether whoever asks is in the share. Smaller shares lie inside larger ones: the candidate owns
    /// the buckets from 0 upward.
    pub(super) fn contains<'s: 'v, 'v>(
        &'s self,
        evaluation: &Evaluation<'v>,
        walk: &mut impl Walk<'s>,
    ) -> Result<bool, Exhausted> {
        if !self.plain {
            return self.some_part_contains(evaluation, walk);
        }
        Ok(self.first.admits(self, evaluation, walk)?
            && self.first.contains(self, self.hashed.hash(evaluation), evaluation, walk))
    }

    /// The same of several parts, or of a slice. It stands apart because those with one part of everybody's
    /// buckets, nearly all, would pay for it.
    #[inline(never)]
    fn some_part_contains<'s: 'v, 'v>(
        &'s self,
        evaluation: &Evaluation<'v>,
        walk: &mut impl Walk<'s>,
    ) -> Result<bool, Exhausted> {
        if let Some(slice) = &self.slice
            && !slice.contains(evaluation, walk)
        {
            return Ok(false);
        }
        // The same for all parts; taken when one needs it.
        let mut known = None;
        for part in std::iter::once(&self.first).chain(&self.others) {
            if !part.admits(self, evaluation, walk)? {
                continue;
            }
            let hash = *known.get_or_insert_with(|| self.hashed.hash(evaluation));
            let inside = part.contains(self, hash, evaluation, walk);
            // Whoever cannot be told from anybody is in none.
            if inside || hash.is_none() {
                return Ok(inside);
            }
        }
        Ok(false)
    }
}

impl Hashed {
    fn new(bucket_by: &str, salt: &str) -> Self {
        Self { bucket_by: Attribute::parse(bucket_by), salt: salt.into() }
    }

    /// The hash of the salt and the attribute; `None` without the attribute, for then nobody could be
    /// told from anybody.
    #[inline]
    fn hash(&self, evaluation: &Evaluation<'_>) -> Option<u32> {
        let hash = |text: &str| Some(evaluation.bucketing().hash_text(&self.salt, text));
        match evaluation.attribute(&self.bucket_by) {
            Value::Text(value) if !value.is_empty() => hash(&value),
            Value::Number(number) => hash(&number.text()),
            Value::Bool(true) => hash("true"),
            Value::Bool(false) => hash("false"),
            Value::Text(_) | Value::Null | Value::List(_) | Value::Built(_) | Value::Object(_) => None,
        }
    }
}
