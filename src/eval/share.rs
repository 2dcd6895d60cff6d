//! An overlay, compiled: whom a rollout gives its candidate to.

use super::attribute::Attribute;
use super::bucket::bucket;
use super::budget::Exhausted;
use super::evaluate::Evaluation;
use super::rule::Rule;
use super::value::Value;
use super::variants::Variants;
use super::walk::Walk;
use crate::flag::{Gate, Overlay, Share};
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

/// An open share with its rule compiled.
#[derive(Debug)]
pub(super) struct OpenShare {
    pub(super) parts: u32,
    pub(super) bucket_by: Attribute,
    pub(super) salt: Box<str>,
    audience: Option<Rule>,
}

impl Laid {
    pub(super) fn new(overlay: Overlay, variants: &Variants) -> Self {
        let (candidate, stable) = (variants.index(overlay.candidate.as_str()), variants.index(overlay.stable.as_str()));
        let open = match &overlay.gate {
            Gate::Open(share) => Some(OpenShare::new(share)),
            Gate::Closed => None,
        };
        Self { overlay, candidate, stable, open }
    }
}

impl OpenShare {
    fn new(share: &Share) -> Self {
        Self {
            parts: share.exposure.ppm(),
            bucket_by: Attribute::parse(&share.bucket_by),
            salt: (&*share.salt).into(),
            audience: share.audience.as_deref().map(Rule::from),
        }
    }

    /// Whether whoever asks is in the share. Smaller shares lie inside larger ones: the candidate owns
    /// the buckets from 0 upward.
    pub(super) fn contains<'s: 'v, 'v>(
        &'s self,
        evaluation: &Evaluation<'v>,
        walk: &mut impl Walk<'s>,
    ) -> Result<bool, Exhausted> {
        if let Some(audience) = &self.audience {
            // Exactly true: whatever else a rule gives is no word of it.
            let inside = matches!(evaluation.rule(audience)?, Value::Bool(true));
            walk.audience(audience, inside, evaluation);
            if !inside {
                return Ok(false);
            }
        }
        let hash = self.hash(evaluation);
        walk.shared(self, hash, evaluation);
        Ok(hash.is_some_and(|hash| bucket(hash, Exposure::ALL.ppm()) < self.parts))
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
