//! A flag as it is evaluated: its definition compiled, its answers prebuilt, its overlay laid on.

use super::answer;
use super::bucket::Bucketing;
use super::context::Context;
use super::distribution::Shares;
use super::explanation::Explanation;
use super::leaf::Leaf;
use super::murmur3::Murmur3;
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
use crate::flag::{CatalogEntry, Definition, FlagState, Overlay};
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
}

/// A slot to be put at its place, and the end of its flag's answers.
#[derive(Debug)]
pub(super) struct Placed<'p> {
    pub(super) slot: Slot,
    pub(super) end: End<'p>,
}

/// The end of a flag's answers.
#[derive(Debug)]
pub(super) enum End<'p> {
    /// That of a snapshot before.
    Known(&'p str),
    /// In the text of those that were written since, from here to there.
    Fresh(u32, u32),
}

impl End<'_> {
    pub(super) fn text<'t>(&'t self, fresh: &'t str) -> &'t str {
        match self {
            Self::Known(text) => text,
            Self::Fresh(begin, end) => {
                let place = |at: &u32| usize::try_from(*at).unwrap_or(usize::MAX);
                fresh.get(place(begin)..place(end)).unwrap_or_default()
            }
        }
    }
}

/// The part that depends on the definition alone, and is kept as long as that stays the same.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) key: FlagKey,
    /// The hash of the key, to which that of whoever asks is added.
    pub(super) begun: Murmur3,
    pub(super) body: Body,
    /// Where the rule is nothing but a split by the keys: the split.
    draw: Option<Arc<Shares>>,
    pub(super) variants: Arc<Variants>,
    pub(super) default: Option<u16>,
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
    Targeted(Arc<Program>),
}

impl Built {
    /// Appends the end of each of its answers to those of others.
    pub(super) fn new(
        key: &FlagKey,
        entry: CatalogEntry,
        bucketing: Bucketing,
        pool: &mut Arc<Pool>,
        ends: &mut String,
    ) -> (Self, End<'static>) {
        let (body, variants, definition) = match entry {
            CatalogEntry::Broken(why) => (Body::Broken(why), Pool::variants(pool, &[]), None),
            CatalogEntry::Serving(definition) => {
                let variants = Pool::variants(pool, &definition.variants);
                (Body::of(&definition, pool), variants, Some(definition))
            }
        };
        let default = definition.as_deref().and_then(|definition| u16::try_from(definition.default_variant?).ok());
        let place = |ends: &String| u32::try_from(ends.len()).unwrap_or(u32::MAX);
        let begin = place(ends);
        answer::write_end(key, definition.as_deref(), ends);
        let end = End::Fresh(begin, place(ends));
        let mut digest = xxh3_64_with_seed(end.text(ends).as_bytes(), variants.digest());
        if let Body::Broken(why) = &body {
            digest = xxh3_64_with_seed(why.as_bytes(), digest);
        }
        let draw = match &body {
            Body::Targeted(program) => program.draw(),
            Body::Broken(_) | Body::Disabled | Body::Untargeted => None,
        };
        let (key, begun) = (key.clone(), bucketing.begin_keys(key.as_str()));
        (Self { key, begun, body, draw, variants, default, digest, definition }, end)
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
            Body::Disabled | Body::Untargeted | Body::Targeted(_) => None,
        }
    }

    /// Forgets what it was built from.
    pub(super) fn forget_definition(&mut self) {
        self.definition = None;
    }
}

impl Body {
    fn of(definition: &Definition, pool: &mut Arc<Pool>) -> Self {
        let rule = match (definition.state, &definition.targeting) {
            (FlagState::Disabled, _) => return Self::Disabled,
            (FlagState::Enabled, None) => return Self::Untargeted,
            (FlagState::Enabled, Some(rule)) => rule,
        };
        Pool::note(pool, rule);
        Self::Targeted(Program::of(rule, definition, pool))
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
        Self { built, laid }
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
        // What is asked most often, without the detour of a walk.
        if let (Some(shares), None, Some(key)) = (&self.slot.built.draw, &self.slot.laid, context.targeting_key())
            && let Leaf::Variant(index) = shares.owner(bucketing.end_keys(self.slot.built.begun, key))
        {
            return Resolution::of(self, Outcome::Variant { index, reason: Reason::TargetingMatch });
        }
        Resolution::of(self, resolve::outcome(self.slot, context, *bucketing, &mut Straight(pool)))
    }

    /// Appends the OFREP object of an outcome.
    pub(super) fn write(self, outcome: Outcome, out: &mut Vec<u8>) {
        if let Some((layout, place)) = self.snapshot.slots.layout(self.position) {
            layout.write(place, self.slot, outcome, out);
        }
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
