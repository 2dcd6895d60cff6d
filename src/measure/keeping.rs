//! What is given out to be kept, so that it outlives the process, and what is taken up of it again.

use super::batches::{Counted, REMEMBERED};
use super::outcomes::{LONGEST_WINDOW, Outcomes, Recorded, locked};
use super::series::{ChangedSeries, SHAPES, Series};
use crate::units::{FlagKey, UnixMillis, VariantName};
use std::collections::{BTreeMap, BTreeSet};

/// How many series are kept: those that rollouts look at come first.
const MOST_KEPT: usize = 200;

/// The ring of a part that is no slot but the head of its series.
const HEAD: u8 = u8::MAX;

/// A part of a series. What it holds is known here only, and checked when it is taken up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPart {
    /// Whose flag.
    pub flag: FlagKey,
    /// Whose variant.
    pub variant: VariantName,
    /// Which list it is in.
    pub ring: u8,
    /// Its number there.
    pub slot: i64,
    /// What it holds.
    pub data: Vec<u8>,
}

/// The slots that a ring of a series has: from one number up to another. What else is kept of it is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRing {
    /// Whose flag.
    pub flag: FlagKey,
    /// Whose variant.
    pub variant: VariantName,
    /// Which ring.
    pub ring: u8,
    /// The oldest slot's number.
    pub oldest: i64,
    /// The newest slot's number; under the oldest when there is none.
    pub newest: i64,
}

/// A batch that was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptBatch {
    /// The hash of its name.
    pub id: [u8; 16],
    /// The hash of what it held.
    pub content: [u8; 16],
    /// When it was counted.
    pub at: UnixMillis,
    /// What came of it.
    pub recorded: Recorded,
}

/// What is to be kept from now on.
#[derive(Debug, Default)]
pub struct Kept {
    /// Batches that were counted since the last time. They must be kept before the parts or with them: a batch that is
    /// in the parts and not remembered could be counted once more.
    pub batches: Vec<KeptBatch>,
    /// Batches from before this moment are forgotten.
    pub batches_from: UnixMillis,
    /// New parts, and those that replace others with the same flag, variant, ring and slot.
    pub parts: Vec<KeptPart>,
    /// Which parts of these rings are left.
    pub left: Vec<KeptRing>,
    /// Of these everything is gone.
    pub gone: Vec<(FlagKey, VariantName)>,
}

impl Kept {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self { batches, batches_from: _, parts, left, gone } = self;
        batches.is_empty() && parts.is_empty() && left.is_empty() && gone.is_empty()
    }
}

impl Outcomes {
    /// What has changed since this was last asked for. `known` is what is kept so far, and is brought up to date.
    pub fn changed(&self, known: &mut BTreeSet<(FlagKey, VariantName)>, now: UnixMillis) -> Kept {
        let mut all = self.all_series();
        // Those that nobody looks at come last. Each is asked once: a rollout may begin to look while they are ordered.
        all.sort_by_cached_key(|(_, series)| !locked(series).is_watched(now));
        all.truncate(MOST_KEPT);
        let mut kept = Kept { batches_from: now.minus(REMEMBERED), ..Kept::default() };
        let mut there = BTreeSet::new();
        for (name, series) in all {
            let changed = {
                let mut series = locked(&series);
                if !known.contains(&name) {
                    series.all_changed();
                }
                series.take_changed()
            };
            changed.into_iter().for_each(|changed| kept.take(&name, changed));
            there.insert(name);
        }
        kept.gone = known.difference(&there).cloned().collect();
        *known = there;
        // After the series: what they have of a batch is remembered of it.
        let batch = |(id, counted): (u128, Counted)| {
            let Counted { content, at, recorded } = counted;
            KeptBatch { id: id.to_le_bytes(), content: content.to_le_bytes(), at, recorded }
        };
        kept.batches = self.batches().take_fresh().into_iter().map(batch).collect();
        kept
    }

    /// What was given out was not kept: it is given out once more.
    pub fn not_kept(&self, kept: &Kept) {
        self.batches().put_back(kept.batches.len());
        let names: BTreeSet<_> = kept.parts.iter().map(|part| (&part.flag, &part.variant)).collect();
        for ((flag, variant), series) in self.all_series() {
            if names.contains(&(&flag, &variant)) {
                locked(&series).all_changed();
            }
        }
    }

    /// Takes up what was kept before this process began: parts in the order of their rings and slots, batches in that
    /// of time. What is too old is left. Says whose series are damaged: they begin afresh.
    pub fn restore(
        &self,
        parts: Vec<KeptPart>,
        batches: impl IntoIterator<Item = KeptBatch>,
        now: UnixMillis,
    ) -> Vec<(FlagKey, VariantName)> {
        for KeptBatch { id, content, at, recorded } in batches {
            let counted = Counted { content: u128::from_le_bytes(content), at, recorded };
            self.batches().restore(u128::from_le_bytes(id), counted);
        }
        let mut by_name: BTreeMap<_, Vec<KeptPart>> = BTreeMap::new();
        for part in parts {
            by_name.entry((part.flag.clone(), part.variant.clone())).or_default().push(part);
        }
        let mut damaged = Vec::new();
        for ((flag, variant), parts) in by_name {
            match restored(&parts) {
                Some(series) => {
                    if series.recorded().is_some_and(|at| now.since(at) <= LONGEST_WINDOW) {
                        self.put_back(flag, variant, series);
                    }
                }
                None => damaged.push((flag, variant)),
            }
        }
        damaged
    }
}

fn restored(parts: &[KeptPart]) -> Option<Series> {
    let head = parts.iter().find(|part| part.ring == HEAD)?;
    let mut slots: Vec<_> = parts.iter().filter(|part| part.ring != HEAD).collect();
    slots.sort_by_key(|part| (part.ring, part.slot));
    Series::restored(&head.data, slots.into_iter().map(|part| (usize::from(part.ring), part.slot, &*part.data)))
}

impl Kept {
    fn take(&mut self, (flag, variant): &(FlagKey, VariantName), changed: ChangedSeries) {
        let ChangedSeries { head, slots, ends } = changed;
        let part = |ring, slot, data| KeptPart { flag: flag.clone(), variant: variant.clone(), ring, slot, data };
        self.parts.push(part(HEAD, 0, head));
        self.parts.extend(slots.into_iter().map(|(ring, slot, data)| part(ring, slot, data)));
        debug_assert!(SHAPES.len() < usize::from(HEAD), "no ring is the head");
        for (ring, ends) in (0..).zip(ends) {
            // A ring that was cleared, for the clock was set back, has nothing at all.
            let (oldest, newest) = ends.unwrap_or((i64::MAX, i64::MIN));
            self.left.push(KeptRing { flag: flag.clone(), variant: variant.clone(), ring, oldest, newest });
        }
    }
}
