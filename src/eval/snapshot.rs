//! All flags at one moment: complete, immutable, cheap to derive the next from.

use super::bucket::Bucketing;
use super::flag::{Built, Flag};
use crate::flag::{CatalogEntry, Overlay};
use crate::units::{FlagKey, Generation};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Every flag, compiled, with what rollouts lay over it.
#[derive(Debug, Clone)]
pub struct Snapshot {
    generation: Generation,
    bucketing: Bucketing,
    /// Sorted by key.
    flags: Arc<[Arc<Flag>]>,
    positions: Arc<HashMap<FlagKey, usize>>,
}

impl Snapshot {
    /// Compiles the flags and lays the overlays on. What did not change since `previous` is taken over.
    #[must_use]
    pub fn build<'k>(
        generation: Generation,
        flags: impl Iterator<Item = (&'k FlagKey, CatalogEntry)>,
        overlays: &BTreeMap<FlagKey, Overlay>,
        bucketing: Bucketing,
        previous: Option<&Self>,
    ) -> Self {
        let sorted: BTreeMap<_, _> = flags.collect();
        let positions: HashMap<_, _> =
            sorted.keys().enumerate().map(|(position, key)| ((*key).clone(), position)).collect();
        let flags = sorted.into_iter().enumerate().map(|(position, (key, entry))| {
            let known = previous.and_then(|previous| previous.arc(key.as_str())).filter(|old| old.built.is_of(&entry));
            let overlay = overlays.get(key);
            match known {
                Some(old) if old.position == position && old.bucketing == bucketing && old.overlay() == overlay => {
                    Arc::clone(old)
                }
                Some(old) => Arc::new(Flag::new(position, Arc::clone(&old.built), bucketing, overlay.cloned())),
                None => Arc::new(Flag::new(position, Arc::new(Built::new(key, entry)), bucketing, overlay.cloned())),
            }
        });
        Self { generation, bucketing, flags: flags.collect(), positions: Arc::new(positions) }
    }

    /// The same flags with one overlay replaced or taken away. Copies pointers, compiles one rule: this
    /// is the way on which a rollout closes.
    #[must_use]
    pub fn with_overlay(&self, generation: Generation, key: &FlagKey, overlay: Option<Overlay>) -> Self {
        let mut flags = Arc::clone(&self.flags);
        if let Some(position) = self.positions.get(key.as_str())
            && let Some(slot) = Arc::make_mut(&mut flags).get_mut(*position)
        {
            *slot = Arc::new(Flag::new(*position, Arc::clone(&slot.built), self.bucketing, overlay));
        }
        Self { generation, bucketing: self.bucketing, flags, positions: Arc::clone(&self.positions) }
    }

    /// No flags.
    #[must_use]
    pub fn empty(bucketing: Bucketing) -> Self {
        Self::build(Generation::ZERO, std::iter::empty(), &BTreeMap::new(), bucketing, None)
    }

    /// The same under another number.
    #[must_use]
    pub fn with_generation(self, generation: Generation) -> Self {
        Self { generation, ..self }
    }

    /// Its number.
    #[must_use]
    pub const fn generation(&self) -> Generation {
        self.generation
    }

    /// What its users are told apart by.
    #[must_use]
    pub const fn bucketing(&self) -> Bucketing {
        self.bucketing
    }

    /// How many flags it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.flags.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.flags.is_empty()
    }

    /// The flag of that key.
    #[must_use]
    pub fn flag(&self, key: &str) -> Option<&Flag> {
        self.arc(key).map(Arc::as_ref)
    }

    /// All flags, sorted by key.
    #[must_use]
    pub fn flags(&self) -> &[Arc<Flag>] {
        &self.flags
    }

    fn arc(&self, key: &str) -> Option<&Arc<Flag>> {
        self.positions.get(key).and_then(|position| self.flags.get(*position))
    }
}
