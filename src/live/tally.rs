//! How often each variant of each flag was answered. Counting is one relaxed addition; the counters
//! outlive the generations, so that a publication loses none.

use crate::eval::{Flag, Snapshot};
use crate::units::FlagKey;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The counters of one flag.
#[derive(Debug)]
pub struct FlagTally {
    key: FlagKey,
    variants: Box<[(Arc<str>, Arc<AtomicU64>)]>,
    /// Answers without a variant: the caller's default, and failures.
    without: Arc<AtomicU64>,
}

impl FlagTally {
    fn new(flag: Flag<'_>) -> Self {
        let variants = flag.variants().map(|name| (Arc::from(name), Arc::default())).collect();
        Self { key: flag.flag_key().clone(), variants, without: Arc::default() }
    }

    /// The counters for `flag`, going on from these where the variant has the same name.
    fn carried_to(&self, flag: Flag<'_>) -> Self {
        let carried = |name: &str| {
            let known = self.variants.iter().find(|(known, _)| **known == *name);
            known.map_or_else(|| (Arc::from(name), Arc::default()), Clone::clone)
        };
        let variants = flag.variants().map(carried).collect();
        Self { key: self.key.clone(), variants, without: Arc::clone(&self.without) }
    }

    fn fits(&self, flag: Flag<'_>) -> bool {
        self.key.as_str() == flag.key() && self.variants.iter().map(|(name, _)| &**name).eq(flag.variants())
    }

    /// The flag's key.
    #[must_use]
    pub fn key(&self) -> &FlagKey {
        &self.key
    }

    /// Each variant with the number of answers that had it, in the order of the definition.
    pub fn variants(&self) -> impl Iterator<Item = (&Arc<str>, u64)> {
        self.variants.iter().map(|(name, count)| (name, count.load(Ordering::Relaxed)))
    }

    /// The number of answers without a variant.
    #[must_use]
    pub fn without_variant(&self) -> u64 {
        self.without.load(Ordering::Relaxed)
    }
}

/// The counters of all flags of a snapshot, in its order.
#[derive(Debug, Clone)]
pub struct Tallies {
    flags: Arc<[Arc<FlagTally>]>,
}

impl Tallies {
    /// Counters at zero for the flags of a snapshot.
    #[must_use]
    pub fn new(snapshot: &Snapshot) -> Self {
        Self { flags: snapshot.flags().map(|flag| Arc::new(FlagTally::new(flag))).collect() }
    }

    /// Counts one answer of the flag at `position` of the snapshot. No variant, or one that the flag
    /// does not have, counts as an answer without a variant.
    pub fn count(&self, position: usize, variant: Option<usize>) {
        let Some(tally) = self.flags.get(position) else { return };
        let counted = variant.and_then(|index| tally.variants.get(index)).map_or(&tally.without, |(_, count)| count);
        counted.fetch_add(1, Ordering::Relaxed);
    }

    /// The counters, flag by flag in the order of the snapshot.
    pub fn iter(&self) -> impl Iterator<Item = &FlagTally> {
        self.flags.iter().map(Arc::as_ref)
    }

    /// The counters for the snapshot `after`, going on from these, which are those of `before`.
    ///
    /// A change of overlays leaves keys and variants as they are. It is by far the most frequent and
    /// the most urgent publication, so it is recognised by comparing addresses and copies nothing.
    #[must_use]
    pub(super) fn carried_to(&self, before: &Snapshot, after: &Snapshot) -> Self {
        let pairs = || self.flags.iter().zip(before.flags().zip(after.flags()));
        let unchanged = before.len() == after.len()
            && pairs().all(|(tally, (before, after))| before.is(after) || tally.fits(after));
        if unchanged { self.clone() } else { self.merged(after) }
    }

    /// Both sides are sorted by key, so one walk over them finds every flag that stayed.
    fn merged(&self, after: &Snapshot) -> Self {
        let mut old = self.flags.iter().peekable();
        let mut carry = |flag: Flag<'_>| {
            while old.next_if(|tally| tally.key.as_str() < flag.key()).is_some() {}
            match old.next_if(|tally| tally.key.as_str() == flag.key()) {
                Some(tally) if tally.fits(flag) => Arc::clone(tally),
                Some(tally) => Arc::new(tally.carried_to(flag)),
                None => Arc::new(FlagTally::new(flag)),
            }
        };
        Self { flags: after.flags().map(&mut carry).collect() }
    }
}
