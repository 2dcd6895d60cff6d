//! The walk that writes down what it sees. It answers as the plain one does.

use super::attribute::Attribute;
use super::brief::{brief, brief_value, cut};
use super::bucket::bucket;
use super::budget::Exhausted;
use super::coerce::truthy;
use super::distribution::{By, Distribution, Shares};
use super::evaluate::Evaluation;
use super::flag::Slot;
use super::leaf::Leaf;
use super::plain::{Plain, attributes};
use super::pool::Pool;
use super::resolution::Outcome;
use super::rule::Rule;
use super::share::{Laid, OpenPart, OpenShare, OpenSlice};
use super::step::{Fact, Part, Step};
use super::value::Value;
use super::walk::{Straight, Walk};
use crate::flag::Gate;
use crate::units::Exposure;

/// So many conditions are listed: a way through a rule that is longer is counted.
const MOST_CONDITIONS: usize = 200;

/// So many parts of a split are listed.
const MOST_PARTS: usize = 64;

/// The walk through one flag.
#[derive(Debug)]
pub(super) struct Explaining<'s> {
    pool: &'s Pool,
    slot: &'s Slot,
    steps: Vec<Step>,
    conditions: usize,
    /// What a closed rollout put in the place of its candidate, if it did.
    replaced: Option<Option<u16>>,
}

impl<'s> Explaining<'s> {
    pub(super) const fn new(pool: &'s Pool, slot: &'s Slot) -> Self {
        Self { pool, slot, steps: Vec::new(), conditions: 0, replaced: None }
    }

    /// Writes down a step that is no condition.
    pub(super) fn note(&mut self, step: Step) {
        self.end_conditions();
        self.steps.push(step);
    }

    /// Says how many conditions were not listed.
    fn end_conditions(&mut self) {
        if let Some(count) = self.conditions.checked_sub(MOST_CONDITIONS).filter(|count| *count > 0) {
            self.steps.push(Step::MoreConditions { count });
        }
        self.conditions = 0;
    }

    fn condition(&mut self, rule: &Rule, held: bool, gave: Option<String>, evaluation: &Evaluation<'_>) {
        self.conditions = self.conditions.saturating_add(1);
        if self.conditions <= MOST_CONDITIONS {
            let (condition, looked_at) = (brief(&Plain(rule)), facts(&attributes(rule), evaluation));
            self.steps.push(Step::Condition { condition, held, gave, looked_at });
        }
    }

    /// The steps up to the outcome, with what a rollout did without being asked.
    pub(super) fn into_steps(mut self, outcome: Outcome) -> Vec<Step> {
        self.end_conditions();
        let Some(laid) = self.slot.laid.as_deref() else { return self.steps };
        let overlay = &laid.overlay;
        let rollout = overlay.rollout.to_string();
        let answered = match outcome {
            Outcome::Variant { .. } => true,
            Outcome::CallerDefault { .. } | Outcome::Failed(_) => false,
        };
        let asked = self.steps.iter().any(|step| matches!(step, Step::Rollout { .. }));
        match overlay.gate {
            Gate::Open(_) if answered && !asked => self.note(Step::Overruled { rollout }),
            Gate::Open(_) => {}
            Gate::Closed => {
                let closed = Step::Closed {
                    rollout,
                    attempt: overlay.rank.attempt(),
                    candidate: overlay.candidate.to_string(),
                    replaced: self.replaced.is_some(),
                    instead: self.replaced.flatten().and_then(|index| self.name(index)),
                };
                self.note(closed);
            }
        }
        self.steps
    }

    fn name(&self, variant: u16) -> Option<String> {
        self.slot.built.variants.name(variant).map(str::to_owned)
    }

    /// The variant that a rule ended with; `None` leaves it to the default.
    fn variant(&self, leaf: Leaf) -> Option<String> {
        match leaf {
            Leaf::Variant(index) => self.name(index),
            Leaf::Leave | Leaf::Wrong => None,
        }
    }

    fn parts(&self, shares: &Shares) -> impl Iterator<Item = Part> {
        let mut first = 0;
        shares.ends.iter().map(move |(end, leaf)| {
            let part = Part { variant: self.variant(*leaf), first, end: *end };
            first = *end;
            part
        })
    }
}

impl<'s> Walk<'s> for Explaining<'s> {
    fn holds<'v>(&mut self, predicate: u32, evaluation: &Evaluation<'v>) -> Result<bool, Exhausted>
    where
        's: 'v,
    {
        let held = Straight(self.pool).holds(predicate, evaluation)?;
        if let Some(predicate) = self.pool.get(predicate) {
            self.condition(&predicate.rule, held, None, evaluation);
        }
        Ok(held)
    }

    fn checked(&mut self, rule: &Rule, value: &Value<'_>, evaluation: &Evaluation<'_>) {
        let gave = (!matches!(value, Value::Bool(_))).then(|| brief_value(value));
        self.condition(rule, truthy(value), gave, evaluation);
    }

    fn computed(&mut self, rule: &Rule, value: &Value<'_>, evaluation: &Evaluation<'_>) {
        let looked_at = facts(&attributes(rule), evaluation);
        self.note(Step::Computed { rule: brief(&Plain(rule)), gave: brief_value(value), looked_at });
    }

    fn split(&mut self, split: &Distribution, hash: Option<u32>, evaluation: &Evaluation<'_>) {
        let (by, attributes) = match &split.by {
            By::Keys => ("the flag's key and the targeting key".to_owned(), vec![&Attribute::TargetingKey]),
            By::Salted(salted) if salted.salt.is_empty() => (salted.attribute.to_string(), vec![&salted.attribute]),
            By::Salted(salted) => (format!("{} and {}", cut(&salted.salt), salted.attribute), vec![&salted.attribute]),
            By::Value(rule) => (brief(&Plain(rule)), attributes(rule)),
        };
        let buckets = split.shares.total;
        let bucket = hash.map(|hash| bucket(hash, buckets));
        let owner = bucket.and_then(|bucket| self.parts(&split.shares).find(|part| bucket < part.end));
        let parts = self.parts(&split.shares).take(MOST_PARTS).collect();
        let looked_at = facts(&attributes, evaluation);
        self.note(Step::Split { by, looked_at, hash, bucket, buckets, owner, parts });
    }

    fn said(&mut self, leaf: Leaf) {
        self.note(Step::Said { variant: self.variant(leaf), wrong: leaf == Leaf::Wrong });
    }

    fn opened(&mut self, laid: &Laid) {
        let overlay = &laid.overlay;
        let (exposure, parts) = match &overlay.gate {
            Gate::Open(share) => (share.parts.newest(), share.parts.as_slice().len()),
            Gate::Closed => (Exposure::NONE, 0),
        };
        self.note(Step::Rollout {
            rollout: overlay.rollout.to_string(),
            attempt: overlay.rank.attempt(),
            wave: overlay.rank.step().saturating_add(1),
            exposure: exposure.to_string(),
            parts,
            candidate: overlay.candidate.to_string(),
            stable: overlay.stable.to_string(),
        });
    }

    fn sliced(&mut self, slice: &OpenSlice, hash: Option<u32>, inside: bool, evaluation: &Evaluation<'_>) {
        let buckets = Exposure::ALL.ppm();
        self.note(Step::Slice {
            layer: slice.layer.name().to_string(),
            from: slice.layer.from().to_string(),
            to: slice.layer.to().to_string(),
            bucket_by: fact(&slice.hashed.bucket_by, evaluation),
            hash,
            bucket: hash.map(|hash| bucket(hash, buckets)),
            buckets,
            inside,
        });
    }

    fn audience(&mut self, share: &OpenShare, part: &OpenPart, rule: &Rule, inside: bool, evaluation: &Evaluation<'_>) {
        let (wave, looked_at) = (wave(share, part), facts(&attributes(rule), evaluation));
        self.note(Step::Audience { wave, audience: brief(&Plain(rule)), inside, looked_at });
    }

    fn shared(&mut self, share: &OpenShare, part: &OpenPart, hash: Option<u32>, evaluation: &Evaluation<'_>) {
        let buckets = Exposure::ALL.ppm();
        let bucket = hash.map(|hash| bucket(hash, buckets));
        self.note(Step::Share {
            wave: wave(share, part),
            bucket_by: fact(&share.hashed.bucket_by, evaluation),
            salt: brief(&share.hashed.salt),
            hash,
            bucket,
            buckets,
            end: part.end,
            exposure: Exposure::from_ppm(part.end).unwrap_or(Exposure::ALL).to_string(),
            inside: bucket.is_some_and(|bucket| bucket < part.end),
        });
    }

    fn replaced(&mut self, instead: Option<u16>) {
        self.replaced = Some(instead);
    }
}

/// The wave that brought a part; nothing where there is one part only, which is the rollout's as a whole.
fn wave(share: &OpenShare, part: &OpenPart) -> Option<u32> {
    share.has_several().then(|| part.step.saturating_add(1))
}

fn facts(attributes: &[&Attribute], evaluation: &Evaluation<'_>) -> Vec<Fact> {
    attributes.iter().map(|attribute| fact(attribute, evaluation)).collect()
}

fn fact(attribute: &Attribute, evaluation: &Evaluation<'_>) -> Fact {
    let value = evaluation.attribute(attribute);
    Fact { attribute: brief(attribute), value: (!value.is_null()).then(|| brief_value(&value)) }
}
