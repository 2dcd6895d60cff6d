//! An overlay, compiled: whom a rollout gives its candidate to.

use super::attribute::Attribute;
use super::bucket::bucket;
use super::budget::Exhausted;
use super::evaluate::Evaluation;
use super::rule::Rule;
use super::value::Value;
use super::variants::Variants;
use super::walk::Walk;
use crate::flag::{Gate, Overlay, Part, Share};
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
    pub(super) bucket_by: Attribute,
    pub(super) salt: Box<str>,
    /// By far most have one.
    first: OpenPart,
    others: Box<[OpenPart]>,
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
}

impl OpenShare {
    /// `None` of no parts at all, which nobody is in.
    fn new(share: &Share) -> Option<Self> {
        let (first, others) = share.parts.as_slice().split_first()?;
        Some(Self {
            bucket_by: Attribute::parse(&share.bucket_by),
            salt: (&*share.salt).into(),
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
        let mut hash = None;
        if self.has(&self.first, &mut hash, evaluation, walk)? {
            return Ok(true);
        }
        for part in &self.others {
            // Whoever cannot be told from anybody is in none.
            if hash == Some(None) {
                break;
            }
            if self.has(part, &mut hash, evaluation, walk)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether whoever asks is in a part. The hash is the same for all parts, and is taken when one needs it.
    #[inline]
    fn has<'s: 'v, 'v>(
        &'s self,
        part: &'s OpenPart,
        hash: &mut Option<Option<u32>>,
        evaluation: &Evaluation<'v>,
        walk: &mut impl Walk<'s>,
    ) -> Result<bool, Exhausted> {
        if let Some(audience) = &part.audience {
            // Exactly true: whatever else a rule gives is no word of it.
            let inside = matches!(evaluation.rule(audience)?, Value::Bool(true));
            walk.audience(self, part, audience, inside, evaluation);
            if !inside {
                return Ok(false);
            }
        }
        let hash = *hash.get_or_insert_with(|| self.hash(evaluation));
        walk.shared(self, part, hash, evaluation);
        Ok(hash.is_some_and(|hash| bucket(hash, Exposure::ALL.ppm()) < part.end))
    }

    /// The hash of the salt and the attribute; `None` without the attribute, for then nobody could be
    /// told from anybody.
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
