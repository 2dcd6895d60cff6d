//! A flag as it is evaluated: its definition compiled, its answers prebuilt, its overlay laid on.

use super::answer;
use super::bucket::Bucketing;
use super::context::Context;
use super::distribution::{Distribution, Draw};
use super::explanation::Explanation;
use super::leaf::Leaf;
use super::pool::Pool;
use super::program::{Named, Program};
use super::reason::Reason;
use super::resolution::{Outcome, Resolution};
use super::resolve;
use super::share::Laid;
use super::snapshot::Snapshot;
use super::value::Value;
use super::variants::Variants;
use super::walk::Straight;
use crate::flag::{CatalogEntry, Definition, Expression, FlagState, Overlay};
use crate::units::FlagKey;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// One flag of a snapshot.
#[derive(Debug, Clone, Copy)]
pub struct Flag<'s> {
    pub(super) snapshot: &'s Snapshot,
    pub(super) slot: &'s Slot,
    pub(super) position: usize,
}

/// A flag's place in a snapshot.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    pub(super) built: Arc<Built>,
    pub(super) laid: Option<Arc<Laid>>,
    /// Where the rule is nothing but a draw by the flag's key and the targeting key: all that it takes, next
    /// to that of the neighbours, for whoever draws for many flags.
    pub(super) draw: Option<Draw>,
}

/// The part that depends on the definition alone, and is kept as long as that stays the same.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) key: FlagKey,
    pub(super) body: Body,
    pub(super) variants: Arc<Variants>,
    pub(super) default: Option<u16>,
    /// The end of each answer.
    pub(super) end: Box<str>,
    /// Of everything that answers are made of: two flags of one key with the same give the same bytes
    /// for the same outcome.
    pub(super) digest: u64,
    /// What it was built from, where somebody may want to know.
    definition: Option<Arc<Definition>>,
}

#[derive(Debug)]
pub(super) enum Body {
    /// Never right since the start; why.
    Broken(Arc<str>),
    Disabled,
    /// Everybody gets the default.
    Untargeted,
    /// One distribution for everybody.
    Distributed(Distribution),
    Targeted(Box<Program>),
}

impl Built {
    pub(super) fn new(key: &FlagKey, entry: CatalogEntry, bucketing: Bucketing, pool: &mut Arc<Pool>) -> Self {
        match entry {
            CatalogEntry::Broken(why) => {
                let variants = Pool::variants(pool, &[]);
                Self::of(key.clone(), Body::Broken(why), variants, None)
            }
            CatalogEntry::Serving(definition) => {
                let variants = Pool::variants(pool, &definition.variants);
                let body = Body::of(&definition, bucketing, pool);
                Self::of(key.clone(), body, variants, Some(definition))
            }
        }
    }

    fn of(key: FlagKey, body: Body, variants: Arc<Variants>, definition: Option<Arc<Definition>>) -> Self {
        let default = definition.as_deref().and_then(|definition| u16::try_from(definition.default_variant?).ok());
        let end = answer::end(&key, definition.as_deref());
        let mut digest = xxh3_64_with_seed(end.as_bytes(), variants.digest());
        if let Body::Broken(why) = &body {
            digest = xxh3_64_with_seed(why.as_bytes(), digest);
        }
        Self { key, body, variants, default, end, digest, definition }
    }

    /// Whether it was built from just this.
    pub(super) fn is_of(&self, entry: &CatalogEntry) -> bool {
        match (&self.body, &self.definition, entry) {
            (Body::Broken(old), _, CatalogEntry::Broken(new)) => old == new,
            (_, Some(old), CatalogEntry::Serving(new)) => Arc::ptr_eq(old, new),
            (_, None, CatalogEntry::Serving(_)) | (_, _, CatalogEntry::Broken(_)) => false,
        }
    }

    pub(super) fn broken(&self) -> Option<&str> {
        match &self.body {
            Body::Broken(why) => Some(why),
            Body::Disabled | Body::Untargeted | Body::Distributed(_) | Body::Targeted(_) => None,
        }
    }

    /// Forgets what it was built from.
    pub(super) fn forget_definition(&mut self) {
        self.definition = None;
    }
}

impl Body {
    fn of(definition: &Definition, bucketing: Bucketing, pool: &mut Arc<Pool>) -> Self {
        let rule = match (definition.state, &definition.targeting) {
            (FlagState::Disabled, _) => return Self::Disabled,
            (FlagState::Enabled, None) => return Self::Untargeted,
            (FlagState::Enabled, Some(rule)) => rule,
        };
        Pool::note(pool, rule);
        if let Expression::Fractional(fractional) = rule
            && let Some(distribution) = Distribution::of(fractional, definition, bucketing, pool)
        {
            return Self::Distributed(distribution);
        }
        Self::Targeted(Box::new(Program::of(rule, definition, bucketing, pool)))
    }
}

impl Named for Built {
    fn leaf(&self, value: &Value<'_>) -> Leaf {
        let name = match value {
            Value::Null => return Leaf::Leave,
            Value::Text(name) => name,
            Value::Bool(true) => "true",
            Value::Bool(false) => "false",
            Value::Number(_) | Value::List(_) | Value::Built(_) | Value::Object(_) => return Leaf::Wrong,
        };
        self.variants.index(name).map_or(Leaf::Wrong, Leaf::Variant)
    }
}

impl Slot {
    pub(super) fn new(built: Arc<Built>, overlay: Option<Overlay>) -> Self {
        let laid = overlay.map(|overlay| Arc::new(Laid::new(overlay, &built.variants)));
        let draw = match &built.body {
            Body::Distributed(distribution) => distribution.draw(),
            Body::Broken(_) | Body::Disabled | Body::Untargeted | Body::Targeted(_) => None,
        };
        Self { built, laid, draw }
    }

    pub(super) fn overlay(&self) -> Option<&Overlay> {
        self.laid.as_ref().map(|laid| &laid.overlay)
    }

    /// Whether the two are one and the same.
    pub(super) fn is(&self, other: &Self) -> bool {
        let same_overlay = match (&self.laid, &other.laid) {
            (None, None) => true,
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (Some(_), None) | (None, Some(_)) => false,
        };
        same_overlay && Arc::ptr_eq(&self.built, &other.built)
    }
}

impl<'s> Flag<'s> {
    /// Evaluates it for a context and says how the answer came about.
    #[must_use]
    pub fn explain(self, context: &Context<'_>) -> Explanation<'s> {
        Explanation::of(self, context)
    }

    /// Evaluates it for a context.
    #[must_use]
    pub fn resolve(self, context: &Context<'_>) -> Resolution<'s> {
        let Snapshot { bucketing, pool, .. } = self.snapshot;
        let outcome = resolve::outcome(self.slot, context, *bucketing, &mut Straight(pool));
        // A straight walk postpones nothing.
        Resolution::of(self, outcome.unwrap_or(Outcome::CallerDefault { reason: Reason::Unknown }))
    }

    /// Its key.
    #[must_use]
    pub fn key(self) -> &'s str {
        self.slot.built.key.as_str()
    }

    /// Its key, typed.
    #[must_use]
    pub fn flag_key(self) -> &'s FlagKey {
        &self.slot.built.key
    }

    /// Its position among the snapshot's flags.
    #[must_use]
    pub const fn position(self) -> usize {
        self.position
    }

    /// What it is served from; `None` when it is broken, and in a snapshot that keeps no definitions.
    #[must_use]
    pub fn definition(self) -> Option<&'s Arc<Definition>> {
        self.slot.built.definition.as_ref()
    }

    /// The names of its variants, in the order of the document; none when it is broken.
    pub fn variants(self) -> impl ExactSizeIterator<Item = &'s str> {
        self.slot.built.variants.names()
    }

    /// What a rollout lays over it.
    #[must_use]
    pub fn overlay(self) -> Option<&'s Overlay> {
        self.slot.overlay()
    }

    /// In one line why it is broken; `None` when it serves.
    #[must_use]
    pub fn broken(self) -> Option<&'s str> {
        self.slot.built.broken()
    }

    /// Whether the two are the same flag, unchanged, with the same overlay.
    #[must_use]
    pub fn is(self, other: Flag<'_>) -> bool {
        self.slot.is(other.slot)
    }
}
