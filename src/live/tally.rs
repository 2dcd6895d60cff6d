//! How often each variant of each flag was answered. Counting is one addition; the counters outlive the
//! generations, so that a publication loses none.

use super::counters::{Block, Lane};
use crate::eval::{Flag, Snapshot};
use crate::units::FlagKey;
use std::sync::Arc;

/// The counters of all flags of a snapshot, in its order.
#[derive(Debug, Clone)]
pub struct Tallies {
    names: Arc<[Arc<Names>]>,
    counters: Arc<Counters>,
}

/// What the counters of one flag are called.
#[derive(Debug)]
struct Names {
    key: FlagKey,
    variants: Box<[Arc<str>]>,
}

/// Where each counter is. A flag has one for each variant, and a last one for answers without a variant:
/// the caller's default, and failures.
#[derive(Debug)]
struct Counters {
    /// By position of the flag: its first counter in `places`; one more marks the end.
    starts: Box<[u32]>,
    places: Box<[Place]>,
    blocks: Box<[Arc<Block>]>,
    /// Whether each place is where its counter's number says, in the one block that there is.
    in_order: bool,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    block: u32,
    at: u32,
}

/// The counters of one flag, to be read.
#[derive(Debug, Clone, Copy)]
pub struct FlagTally<'t> {
    names: &'t Arc<Names>,
    counters: &'t Counters,
    places: &'t [Place],
}

impl<'t> FlagTally<'t> {
    /// The flag's key.
    #[must_use]
    pub fn key(self) -> &'t FlagKey {
        &self.names.key
    }

    /// Each variant with the number of answers that had it, in the order of the definition.
    pub fn variants(self) -> impl Iterator<Item = (&'t Arc<str>, u64)> {
        self.names.variants.iter().zip(self.places).map(move |(name, place)| (name, self.counters.read(*place)))
    }

    /// The number of answers without a variant.
    #[must_use]
    pub fn without_variant(self) -> u64 {
        self.places.last().map_or(0, |place| self.counters.read(*place))
    }

    /// The place of the variant's counter.
    fn place_of(self, variant: &str) -> Option<Place> {
        let at = self.names.variants.iter().position(|name| **name == *variant)?;
        self.places.get(at).copied()
    }
}

impl Tallies {
    /// Counters at zero for the flags of a snapshot.
    #[must_use]
    pub fn new(snapshot: &Snapshot) -> Self {
        let mut building = Building::default();
        snapshot.flags().for_each(|flag| building.add(flag, None));
        building.finish(&[])
    }

    /// Counts one answer of the flag at `position` of the snapshot. No variant, or one that the flag
    /// does not have, counts as an answer without a variant.
    #[inline]
    pub fn count(&self, position: usize, variant: Option<usize>) {
        if let Some((block, at)) = self.counters.find(position, variant) {
            block.count(at);
        }
    }

    /// Counts one answer of each flag, with the variants in the order of the snapshot.
    pub fn count_all(&self, variants: impl Iterator<Item = Option<usize>>) {
        match self.counters.in_order.then(|| self.counters.blocks.first()?.lane()).flatten() {
            Some(mut lane) => self.counters.count_in_order(variants, &mut lane),
            None => self.count_by_place(variants),
        }
    }

    fn count_by_place(&self, variants: impl Iterator<Item = Option<usize>>) {
        let mut held: Option<(&Arc<Block>, Option<Lane<'_>>)> = None;
        for (position, variant) in variants.enumerate() {
            let Some((block, at)) = self.counters.find(position, variant) else { return };
            if !held.as_ref().is_some_and(|(holding, _)| Arc::ptr_eq(holding, block)) {
                held = Some((block, block.lane()));
            }
            match held.as_mut().and_then(|(_, lane)| lane.as_mut()?.get_mut(at)) {
                Some(counter) => *counter = counter.wrapping_add(1),
                None => block.count(at),
            }
        }
    }

    /// The counters, flag by flag in the order of the snapshot.
    pub fn iter(&self) -> impl Iterator<Item = FlagTally<'_>> {
        let counters = &*self.counters;
        self.names.iter().enumerate().map(|(position, names)| {
            let places = counters.range(position).and_then(|range| counters.places.get(range)).unwrap_or_default();
            FlagTally { names, counters, places }
        })
    }

    /// The counters for the snapshot `after`, going on from these, which are those of `before`.
    ///
    /// A change of overlays leaves keys and variants as they are. It is by far the most frequent and
    /// the most urgent publication, so it is recognised by comparing addresses and copies nothing.
    #[must_use]
    pub(super) fn carried_to(&self, before: &Snapshot, after: &Snapshot) -> Self {
        let pairs = || self.names.iter().zip(before.flags().zip(after.flags()));
        let unchanged =
            before.len() == after.len() && pairs().all(|(names, (before, after))| before.is(after) || names.fit(after));
        if unchanged { self.clone() } else { self.merged(after) }
    }

    /// Both sides are sorted by key, so one walk over them finds every flag that stayed.
    fn merged(&self, after: &Snapshot) -> Self {
        let mut building = Building::default();
        let mut old = self.iter().peekable();
        for flag in after.flags() {
            while old.next_if(|tally| tally.key().as_str() < flag.key()).is_some() {}
            building.add(flag, old.next_if(|tally| tally.key().as_str() == flag.key()));
        }
        building.finish(&self.counters.blocks)
    }
}

impl Names {
    fn of(flag: Flag<'_>) -> Self {
        Self { key: flag.flag_key().clone(), variants: flag.variants().map(Arc::from).collect() }
    }

    fn fit(&self, flag: Flag<'_>) -> bool {
        self.key.as_str() == flag.key() && self.variants.iter().map(|name| &**name).eq(flag.variants())
    }
}

impl Counters {
    #[inline]
    fn find(&self, position: usize, variant: Option<usize>) -> Option<(&Arc<Block>, usize)> {
        let range = self.range(position)?;
        let without = range.end.checked_sub(1)?;
        let counter =
            variant.and_then(|variant| range.start.checked_add(variant)).map_or(without, |at| at.min(without));
        let place = self.places.get(counter)?;
        Some((self.blocks.get(place.block as usize)?, place.at as usize))
    }

    #[inline]
    fn range(&self, position: usize) -> Option<std::ops::Range<usize>> {
        let (start, end) = (self.starts.get(position)?, self.starts.get(position.checked_add(1)?)?);
        Some(*start as usize..*end as usize)
    }

    /// As long as no flag was changed since the start, looking up the places is spared.
    fn count_in_order(&self, variants: impl Iterator<Item = Option<usize>>, lane: &mut [u64]) {
        for (variant, bounds) in variants.zip(self.starts.windows(2)) {
            let &[start, end] = bounds else { return };
            let without = (end as usize).saturating_sub(1);
            let at = variant.map_or(without, |variant| (start as usize).saturating_add(variant).min(without));
            if let Some(counter) = lane.get_mut(at) {
                *counter = counter.wrapping_add(1);
            }
        }
    }

    fn read(&self, place: Place) -> u64 {
        self.blocks.get(place.block as usize).map_or(0, |block| block.read(place.at as usize))
    }
}

/// Counters on their way. New ones are made all at once, in a block behind the old ones.
#[derive(Default)]
struct Building {
    names: Vec<Arc<Names>>,
    starts: Vec<u32>,
    places: Vec<Option<Place>>,
}

impl Building {
    /// Adds a flag, going on from what was counted where the variant has the same name.
    fn add(&mut self, flag: Flag<'_>, known: Option<FlagTally<'_>>) {
        self.starts.push(small(self.places.len()));
        self.places.extend(flag.variants().map(|variant| known?.place_of(variant)));
        self.places.push(known.and_then(|known| known.places.last().copied()));
        let names = known.map(|known| known.names).filter(|names| names.fit(flag));
        self.names.push(names.map_or_else(|| Arc::new(Names::of(flag)), Arc::clone));
    }

    fn finish(mut self, old: &[Arc<Block>]) -> Tallies {
        self.starts.push(small(self.places.len()));
        let fresh = self.places.iter().filter(|place| place.is_none()).count();
        // Blocks that no flag counts in any more are left behind.
        let mut kept: Vec<Option<u32>> = vec![None; old.len()];
        let mut blocks = Vec::new();
        for place in self.places.iter_mut().flatten() {
            let from = place.block as usize;
            let Some(to) = kept.get_mut(from) else { continue };
            place.block = *to.get_or_insert_with(|| {
                blocks.extend(old.get(from).map(Arc::clone));
                small(blocks.len().saturating_sub(1))
            });
        }
        let new = small(blocks.len());
        let in_order = blocks.is_empty();
        blocks.push(Arc::new(Block::new(fresh)));
        let mut next = 0_u32..;
        let place = |known: Option<Place>| known.unwrap_or_else(|| Place { block: new, at: next.next().unwrap_or(0) });
        let counters = Counters {
            starts: self.starts.into(),
            places: self.places.into_iter().map(place).collect(),
            blocks: blocks.into(),
            in_order,
        };
        Tallies { names: self.names.into(), counters: Arc::new(counters) }
    }
}

/// More counters than this do not fit into any memory.
fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
