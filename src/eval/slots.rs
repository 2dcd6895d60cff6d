//! Where a flag of a snapshot is found by its key.

use super::flag::{Placed, Slot};
use super::layout::Layout;
use super::positions::Positions;
use super::same::same;
use std::sync::Arc;

/// So many flags are replaced together when one of them changes: few enough that copying them is
/// nothing, many enough that the list of the groups is short and that many hashes advance side by side.
pub(super) const GROUP: usize = 256;

/// The flags, sorted by key, in groups that snapshots share.
#[derive(Debug, Clone)]
pub(super) struct Slots {
    groups: Arc<[Group]>,
    positions: Arc<Positions>,
}

/// Neighbouring flags.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) slots: Arc<[Slot]>,
    /// It stays as it is when only an overlay changes.
    pub(super) layout: Arc<Layout>,
}

impl Slots {
    /// Takes flags sorted by key, with the fresh ends; what is as it was in `previous` is shared with it.
    pub(super) fn new(flags: &[Placed<'_>], ends: &str, previous: Option<&Self>) -> Self {
        let same_keys = |previous: &&Self| {
            let known = previous.iter().map(|slot| &slot.built.key);
            previous.len() == flags.len() && known.eq(flags.iter().map(|flag| &flag.slot.built.key))
        };
        let positions = match previous.filter(same_keys) {
            Some(previous) => Arc::clone(&previous.positions),
            None => Arc::new(Positions::of(flags.iter().map(|flag| flag.slot.built.key.as_str()))),
        };
        let groups = flags.chunks(GROUP).enumerate().map(|(index, flags)| {
            let known = previous.and_then(|previous| previous.groups.get(index));
            Group::of(flags, ends, known)
        });
        Self { groups: groups.collect(), positions }
    }

    pub(super) fn len(&self) -> usize {
        let last = self.groups.last().map_or(0, |group| group.slots.len());
        self.groups.len().saturating_sub(1).saturating_mul(GROUP).saturating_add(last)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Slot> + Clone {
        self.groups.iter().flat_map(|group| group.slots.iter())
    }

    /// With the end of each flag's answers.
    pub(super) fn placed(&self) -> impl Iterator<Item = (&Slot, &str)> {
        self.groups.iter().flat_map(|group| group.placed())
    }

    pub(super) fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter()
    }

    #[inline]
    pub(super) fn get(&self, position: usize) -> Option<&Slot> {
        self.groups.get(position / GROUP)?.slots.get(position % GROUP)
    }

    /// The layout of the group in which a flag is, and its place there.
    pub(super) fn layout(&self, position: usize) -> Option<(&Layout, usize)> {
        Some((&self.groups.get(position / GROUP)?.layout, position % GROUP))
    }

    /// The flag of that key, and its position.
    #[inline]
    pub(super) fn find(&self, key: &str) -> Option<(usize, &Slot)> {
        self.positions.find(key, |position| {
            let slot = self.get(position).filter(|slot| same(slot.built.key.as_str(), key))?;
            Some((position, slot))
        })
    }

    /// The same with one flag's overlay replaced.
    pub(super) fn with(&self, position: usize, slot: Slot) -> Self {
        let mut groups = Arc::clone(&self.groups);
        if let Some(group) = Arc::make_mut(&mut groups).get_mut(position / GROUP)
            && let Some(place) = Arc::make_mut(&mut group.slots).get_mut(position % GROUP)
        {
            *place = slot;
        }
        Self { groups, positions: Arc::clone(&self.positions) }
    }
}

impl Group {
    fn of(flags: &[Placed<'_>], ends: &str, known: Option<&Self>) -> Self {
        let flags_with = |same: fn(&Slot, &Slot) -> bool| {
            let same = |(slot, flag): (&Slot, &Placed<'_>)| same(slot, &flag.slot);
            known.filter(|known| known.slots.len() == flags.len() && known.slots.iter().zip(flags).all(same))
        };
        if let Some(unchanged) = flags_with(Slot::is) {
            return unchanged.clone();
        }
        let layout = match flags_with(|a, b| Arc::ptr_eq(&a.built, &b.built)) {
            Some(known) => Arc::clone(&known.layout),
            None => Arc::new(Layout::of(flags.iter().map(|flag| (&flag.slot, flag.end.text(ends))))),
        };
        Self { slots: flags.iter().map(|flag| flag.slot.clone()).collect(), layout }
    }

    fn placed(&self) -> impl Iterator<Item = (&Slot, &str)> {
        self.slots.iter().enumerate().map(|(place, slot)| (slot, self.layout.end(place)))
    }
}
