//! Where a flag of a snapshot is found by its key.

use super::flag::Slot;
use super::positions::Positions;
use super::same::same;
use std::sync::Arc;

/// So many flags are replaced together when one of them changes: few enough that copying them is
/// nothing, many enough that the list of the groups is short.
pub(super) const GROUP: usize = 64;

/// The flags, sorted by key, in groups that snapshots share.
#[derive(Debug, Clone)]
pub(super) struct Slots {
    groups: Arc<[Arc<[Slot]>]>,
    positions: Arc<Positions>,
}

impl Slots {
    /// Takes flags sorted by key; what is as it was in `previous` is shared with it.
    pub(super) fn new(slots: Vec<Slot>, previous: Option<&Self>) -> Self {
        let same_keys = |previous: &&Self| {
            previous.len() == slots.len() && previous.iter().zip(&slots).all(|(a, b)| a.built.key == b.built.key)
        };
        let positions = match previous.filter(same_keys) {
            Some(previous) => Arc::clone(&previous.positions),
            None => Arc::new(Positions::of(slots.iter().map(|slot| slot.built.key.as_str()))),
        };
        let groups = slots.chunks(GROUP).enumerate().map(|(index, group)| {
            let known = previous.and_then(|previous| previous.groups.get(index));
            let same =
                |known: &&Arc<[Slot]>| known.len() == group.len() && known.iter().zip(group).all(|(a, b)| a.is(b));
            known.filter(same).map_or_else(|| Arc::from(group), Arc::clone)
        });
        Self { groups: groups.collect(), positions }
    }

    pub(super) fn len(&self) -> usize {
        let last = self.groups.last().map_or(0, |group| group.len());
        self.groups.len().saturating_sub(1).saturating_mul(GROUP).saturating_add(last)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Slot> + Clone {
        self.groups.iter().flat_map(|group| group.iter())
    }

    pub(super) fn groups(&self) -> impl Iterator<Item = &[Slot]> {
        self.groups.iter().map(|group| &**group)
    }

    #[inline]
    pub(super) fn get(&self, position: usize) -> Option<&Slot> {
        self.groups.get(position / GROUP)?.get(position % GROUP)
    }

    /// The flag of that key, and its position.
    #[inline]
    pub(super) fn find(&self, key: &str) -> Option<(usize, &Slot)> {
        self.positions.find(key, |position| {
            let slot = self.get(position).filter(|slot| same(slot.built.key.as_str(), key))?;
            Some((position, slot))
        })
    }

    /// The same with one flag replaced.
    pub(super) fn with(&self, position: usize, slot: Slot) -> Self {
        let mut groups = Arc::clone(&self.groups);
        if let Some(group) = Arc::make_mut(&mut groups).get_mut(position / GROUP)
            && let Some(place) = Arc::make_mut(group).get_mut(position % GROUP)
        {
            *place = slot;
        }
        Self { groups, positions: Arc::clone(&self.positions) }
    }
}
