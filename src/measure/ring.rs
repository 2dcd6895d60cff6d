//! The recent past in slots of equal width.

use super::bytes::{Reader, Writer};
use super::outcome::Noted;
use super::tally::Tally;
use super::users::{USERS_OF_A_SLOT, Users};
use crate::units::UnixMillis;
use std::collections::VecDeque;
use std::time::Duration;

/// How wide a ring's slots are and how many there are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// In milliseconds, at least 1.
    pub(super) width: i64,
    /// How many slots the longest window has.
    pub(super) slots: i64,
    /// How many of the newest closed slots know their users: enough for a look at what came since the last one.
    pub(super) with_users: i64,
}

/// Tallies of the last slots in which something happened, in the order of time. One more is
/// kept than the span needs: a window ends in the middle of a slot, so it also begins in one.
#[derive(Debug)]
pub(super) struct Ring {
    shape: Shape,
    slots: VecDeque<Slot>,
}

/// What happened in one width of time. What comes after a look has counted its time is in two slots: windows have it
/// where it happened, and looks where the look ended that it was too late for. So is what was counted over some time.
#[derive(Debug)]
pub(super) struct Slot {
    /// Time divided by the width.
    number: i64,
    /// What windows and looks have here.
    own: Part,
    /// What only windows have here: too late for the look of this time, or begun earlier.
    behind: Option<Box<Tally<u32>>>,
    /// What only looks have here: it happened earlier, or was counted from now on.
    moved: Option<Box<Part>>,
    /// Whether it has changed since it was last written down.
    changed: bool,
}

/// Outcomes with their users.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) tally: Tally<u32>,
    /// `None` when too old.
    pub(super) users: Option<Users>,
}

impl Part {
    const fn new(knows_users: bool) -> Self {
        let users = if knows_users { Some(Users::new(USERS_OF_A_SLOT)) } else { None };
        Self { tally: Tally::new(), users }
    }

    fn add(&mut self, noted: &Noted) {
        self.tally.add(noted);
        if let Some(users) = &mut self.users {
            users.add(noted);
        }
    }

    fn keep(&self, out: &mut Writer) {
        self.tally.keep(out);
        out.maybe(self.users.as_ref(), |out, users| users.keep(out));
    }

    fn kept(from: &mut Reader<'_>) -> Option<Self> {
        let tally = Tally::kept(from)?;
        Some(Self { tally, users: from.maybe(|from| Users::kept(from, USERS_OF_A_SLOT))? })
    }

    fn close(&mut self) {
        if let Some(users) = &mut self.users {
            users.close();
        }
    }
}

impl Slot {
    const fn new(number: i64, knows_users: bool) -> Self {
        Self { number, own: Part::new(knows_users), behind: None, moved: None, changed: true }
    }

    /// What looks count in it.
    pub(super) fn looked_at(&self) -> impl Iterator<Item = &Part> {
        std::iter::once(&self.own).chain(self.moved.as_deref())
    }

    /// What windows count in it.
    fn windowed(&self) -> impl Iterator<Item = &Tally<u32>> {
        std::iter::once(&self.own.tally).chain(self.behind.as_deref())
    }

    const fn knows_users(&self) -> bool {
        self.own.users.is_some()
    }

    fn keep(&self) -> Vec<u8> {
        let mut out = Writer::new();
        self.own.keep(&mut out);
        out.maybe(self.behind.as_deref(), |out, behind| behind.keep(out));
        out.maybe(self.moved.as_deref(), |out, moved| moved.keep(out));
        out.sealed()
    }

    fn kept(number: i64, bytes: &[u8]) -> Option<Self> {
        let mut from = Reader::open(bytes)?;
        let own = Part::kept(&mut from)?;
        let behind = from.maybe(Tally::kept)?.map(Box::new);
        let moved = from.maybe(Part::kept)?.map(Box::new);
        from.is_done().then_some(Self { number, own, behind, moved, changed: false })
    }

    fn forget_users(&mut self) {
        self.own.users = None;
        if let Some(moved) = &mut self.moved {
            moved.users = None;
        }
    }
}

impl Ring {
    pub(super) const fn new(shape: Shape) -> Self {
        Self { shape, slots: VecDeque::new() }
    }

    /// The longest window that can be read.
    pub(super) fn span(&self) -> Duration {
        self.shape.span()
    }

    /// Adds an outcome to the slot of its time, for windows and for looks.
    pub(super) fn add(&mut self, noted: &Noted, at: UnixMillis) {
        if let Some(slot) = self.slot_of(at) {
            slot.own.add(noted);
        }
    }

    /// Adds an outcome for windows at its own time, and for looks, if it is for any, at another one.
    pub(super) fn add_apart(&mut self, noted: &Noted, at: UnixMillis, looked: Option<UnixMillis>) {
        if let Some(slot) = self.slot_of(at) {
            slot.behind.get_or_insert_with(|| Box::new(Tally::new())).add(noted);
        }
        if let Some(slot) = looked.and_then(|looked| self.slot_of(looked)) {
            let knows_users = slot.knows_users();
            slot.moved.get_or_insert_with(|| Box::new(Part::new(knows_users))).add(noted);
        }
    }

    /// The numbers of the slots that have changed since this was last called, each written down.
    pub(super) fn take_changed(&mut self) -> Vec<(i64, Vec<u8>)> {
        let written = |slot: &mut Slot| std::mem::take(&mut slot.changed).then(|| (slot.number, slot.keep()));
        self.slots.iter_mut().filter_map(written).collect()
    }

    /// Everything is to be written down once more.
    pub(super) fn all_changed(&mut self) {
        self.slots.iter_mut().for_each(|slot| slot.changed = true);
    }

    /// A slot is to be written down once more.
    pub(super) fn changed_still(&mut self, number: i64) {
        if let Ok(position) = self.slots.binary_search_by_key(&number, |slot| slot.number)
            && let Some(slot) = self.slots.get_mut(position)
        {
            slot.changed = true;
        }
    }

    /// The numbers of the oldest and the newest slot.
    pub(super) fn ends(&self) -> Option<(i64, i64)> {
        Some((self.slots.front()?.number, self.slots.back()?.number))
    }

    /// Puts a slot back that was written down. Slots come in the order of time.
    pub(super) fn restore(&mut self, number: i64, bytes: &[u8]) -> Option<()> {
        let follows = self.slots.back().is_none_or(|last| last.number < number);
        let slot = Slot::kept(number, bytes).filter(|_| follows)?;
        self.begin(number);
        *self.slots.back_mut()? = slot;
        Some(())
    }

    /// The slot of a time; `None` when that is already behind the ring.
    fn slot_of(&mut self, at: UnixMillis) -> Option<&mut Slot> {
        let number = self.shape.number(at);
        let newest = self.slots.back().map(|slot| slot.number);
        if newest.is_none_or(|newest| newest < number) {
            self.begin(number);
        }
        let newest = newest.map_or(number, |newest| newest.max(number));
        if number < newest.saturating_sub(self.shape.slots) {
            return None;
        }
        let slot = self.slot(number)?;
        slot.changed = true;
        Some(slot)
    }

    /// Begins the newest slot: the one before it is closed, and what is too old is forgotten.
    fn begin(&mut self, number: i64) {
        if let Some(closed) = self.slots.back_mut() {
            closed.own.close();
            closed.moved.as_mut().into_iter().for_each(|moved| moved.close());
        }
        self.slots.push_back(Slot::new(number, true));
        let oldest = number.saturating_sub(self.shape.slots);
        while self.slots.front().is_some_and(|slot| slot.number < oldest) {
            self.slots.pop_front();
        }
        let oldest = number.saturating_sub(self.shape.with_users);
        // All before the first one without users have none either.
        for slot in self.slots.iter_mut().rev().filter(|slot| slot.number < oldest) {
            if !slot.knows_users() {
                break;
            }
            slot.forget_users();
        }
    }

    fn slot(&mut self, number: i64) -> Option<&mut Slot> {
        let position = match self.slots.back() {
            Some(newest) if newest.number == number => self.slots.len().saturating_sub(1),
            _ => match self.slots.binary_search_by_key(&number, |slot| slot.number) {
                Ok(position) => position,
                Err(position) => {
                    let newest = self.slots.back().map_or(number, |slot| slot.number);
                    let knows_users = number >= newest.saturating_sub(self.shape.with_users);
                    self.slots.insert(position, Slot::new(number, knows_users));
                    position
                }
            },
        };
        self.slots.get_mut(position)
    }

    /// Everything in the window that ends at `now`, and what else is in the slot in which it begins.
    pub(super) fn total(&self, window: Duration, now: UnixMillis) -> Tally<u64> {
        let (first, last) = (self.shape.number(now.minus(window)), self.shape.number(now));
        let mut total = Tally::new();
        for slot in self.slots.iter().filter(|slot| (first..=last).contains(&slot.number)) {
            slot.windowed().for_each(|tally| total.merge(tally));
        }
        total
    }

    /// Everything from a moment on that is so old that its users are forgotten, without the slot in which the moment
    /// lies.
    pub(super) fn without_users(&self, since: UnixMillis, now: UnixMillis) -> Tally<u64> {
        let (first, last) = (self.shape.number(self.shape.ceil(since)), self.shape.number(now));
        let known = last.saturating_sub(self.shape.with_users);
        let mut total = Tally::new();
        for slot in self.slots.iter().filter(|slot| (first..known).contains(&slot.number)) {
            slot.looked_at().for_each(|part| total.merge(&part.tally));
        }
        total
    }

    /// What happened in the slot that begins then; `None` when nothing did.
    pub(super) fn at(&self, begins: UnixMillis) -> Option<&Slot> {
        let number = self.shape.number(begins);
        self.slots.binary_search_by_key(&number, |slot| slot.number).ok().and_then(|position| self.slots.get(position))
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.slots.clear();
    }

    #[cfg(test)]
    pub(super) fn slots(&self) -> usize {
        self.slots.len()
    }
}

impl Shape {
    /// Time in widths.
    fn number(self, at: UnixMillis) -> i64 {
        at.get().checked_div_euclid(self.width).unwrap_or(0)
    }

    /// The longest window.
    pub(super) fn span(self) -> Duration {
        Duration::from_millis(u64::try_from(self.width.saturating_mul(self.slots)).unwrap_or(0))
    }

    /// How far back slots know their users.
    pub(super) fn span_with_users(self) -> Duration {
        Duration::from_millis(u64::try_from(self.width.saturating_mul(self.with_users)).unwrap_or(0))
    }

    /// The last moment up to this one at which a slot begins.
    pub(super) fn floor(self, at: UnixMillis) -> UnixMillis {
        UnixMillis::new(self.number(at).saturating_mul(self.width))
    }

    /// The first moment from this one on at which a slot begins.
    pub(super) fn ceil(self, at: UnixMillis) -> UnixMillis {
        let floor = self.floor(at);
        if floor == at { at } else { UnixMillis::new(floor.get().saturating_add(self.width)) }
    }

    /// When the slot that begins then ends.
    pub(super) fn end(self, begins: UnixMillis) -> UnixMillis {
        UnixMillis::new(begins.get().saturating_add(self.width))
    }

    /// The beginning of the oldest slot that knows its users, as of now.
    pub(super) fn oldest_with_users(self, now: UnixMillis) -> UnixMillis {
        UnixMillis::new(self.number(now).saturating_sub(self.with_users).saturating_mul(self.width))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{NoData, Reading};
    use crate::measure::latencies::Bin;
    use crate::rollout::Measure;
    use crate::units::User;

    fn outcome() -> Noted {
        Noted { user: Some(User::of("u")), ok: true, latency: Some(Bin::of(5.0)), value: None, times: 1 }
    }

    fn ring(width: i64) -> Ring {
        Ring::new(Shape { width, slots: 60, with_users: 30 })
    }

    fn count(ring: &Ring, window_seconds: u64, now: i64) -> u64 {
        match ring.total(Duration::from_secs(window_seconds), UnixMillis::new(now)).read(
            Measure::Count,
            0,
            UnixMillis::new(now),
        ) {
            Reading::Value { samples, .. } => samples.unwrap(),
            Reading::NoData(NoData::Empty) => 0,
            Reading::NoData(other) => panic!("{other}"),
        }
    }

    #[test]
    fn a_window_moves_on_and_leaves_old_outcomes_behind() {
        let mut ring = self::ring(1_000);
        for second in 0..30 {
            ring.add(&outcome(), UnixMillis::new(second * 1_000 + 500));
        }
        assert_eq!(count(&ring, 10, 29_999), 11, "the slot in which the window begins counts whole");
        assert_eq!(count(&ring, 10, 35_000), 5, "half of the window is already silent");
        assert_eq!(count(&ring, 60, 35_000), 30);
        assert_eq!(count(&ring, 10, 41_000), 0);
    }

    #[test]
    fn a_window_is_never_too_short_and_at_most_a_slot_too_long() {
        let mut ring = self::ring(10_000);
        for second in 0..600 {
            ring.add(&outcome(), UnixMillis::new(second * 1_000));
        }
        for now in 590_000..600_000 {
            let counted = count(&ring, 60, now);
            assert!((60..=70).contains(&counted), "{counted} at {now}");
        }
        assert!(count(&ring, 1, 599_500) >= 1, "a window shorter than a slot is still read");
    }

    #[test]
    fn the_full_span_can_be_read_and_no_more_is_kept() {
        let mut ring = self::ring(1_000);
        for second in 0..10_000 {
            ring.add(&outcome(), UnixMillis::new(second * 1_000));
        }
        assert_eq!(ring.slots(), 61);
        assert_eq!(ring.span(), Duration::from_secs(60));
        assert_eq!(count(&ring, 60, 9_999_000), 61);
    }

    #[test]
    fn what_comes_late_goes_to_its_own_time_or_nowhere() {
        let mut ring = self::ring(1_000);
        ring.add(&outcome(), UnixMillis::new(100_000));
        ring.add(&outcome(), UnixMillis::new(95_000));
        assert_eq!(count(&ring, 2, 100_500), 1, "five seconds late is not within the last two");
        assert_eq!(count(&ring, 10, 100_500), 2);
        ring.add(&outcome(), UnixMillis::new(39_000));
        assert_eq!(ring.slots(), 2, "61 seconds late has no slot any more");
        assert_eq!(count(&ring, 2, 95_500), 1, "what lies in the future is not counted yet");
    }

    #[test]
    fn only_the_newest_slots_know_their_users() {
        let mut ring = self::ring(1_000);
        for second in 0..200 {
            ring.add(&outcome(), UnixMillis::new(second * 1_000));
        }
        let known = ring.slots.iter().filter(|slot| slot.knows_users()).map(|slot| slot.number);
        assert_eq!(known.collect::<Vec<_>>(), (169..=199).collect::<Vec<_>>());
        assert_eq!(ring.shape.oldest_with_users(UnixMillis::new(199_500)), UnixMillis::new(169_000));
    }

    #[test]
    fn the_ends_of_time_are_no_trouble() {
        let mut ring = self::ring(1_000);
        ring.add(&outcome(), UnixMillis::new(i64::MIN));
        ring.add(&outcome(), UnixMillis::new(i64::MAX));
        assert_eq!(count(&ring, 60, i64::MAX), 1);
        assert_eq!(ring.slots(), 1);
    }
}
