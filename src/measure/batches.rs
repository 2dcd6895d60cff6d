//! Which batches were counted, so that one that is sent again counts nothing.

use super::outcomes::Recorded;
use crate::units::UnixMillis;
use std::collections::{HashMap, HashSet, VecDeque};
use std::convert::Infallible;
use std::fmt;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use xxhash_rust::xxh3::{xxh3_128, xxh3_128_with_seed};

/// How many are remembered, the newest ones. About 10 MB. Batches with a name have a table of this size, and exports of
/// telemetry another one: many small exports push no batch's name out.
pub(super) const MOST: usize = 65_536;

/// How long a batch is remembered.
pub(super) const REMEMBERED: Duration = Duration::from_hours(24);

/// Keeps names that are made of contents apart from those that senders give.
const OF_CONTENT: u64 = 0x0C0D_E0F7_B0D1_E500;

/// The longest name of a batch, in bytes.
const LONGEST: usize = 200;

/// What the sender calls a batch: 1 to 200 visible ASCII characters, such as a UUID. Only its hash is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BatchId(u128);

/// Why something is no name of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BatchIdError {
    /// Not a JSON text.
    #[error("must be a text")]
    NotAText,
    /// There is more than one.
    #[error("is there twice")]
    Twice,
    /// Empty, too long, or with characters that get lost on the way.
    #[error("must be 1 to 200 visible ASCII characters, such as a UUID")]
    Unfit,
}

impl BatchId {
    /// The name of a batch that has none: its content tells it from all others.
    #[must_use]
    pub fn of_content(content: &[u8]) -> Self {
        Self(xxh3_128_with_seed(content, OF_CONTENT))
    }

    /// Takes a text as the name of a batch.
    ///
    /// # Errors
    /// When it is empty, too long, or has other than visible ASCII characters.
    pub fn new(text: &str) -> Result<Self, BatchIdError> {
        match (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            true => Ok(Self(xxh3_128(text.as_bytes()))),
            false => Err(BatchIdError::Unfit),
        }
    }
}

impl fmt::Debug for BatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BatchId(..)")
    }
}

/// What became of a batch that has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Once {
    /// It was counted now.
    Counted(Recorded),
    /// It was counted before; this is what came of it then.
    Repeated(Recorded),
    /// Another batch had that name.
    Different,
}

/// The batches of the last day, as far as there is room.
#[derive(Debug, Default)]
pub struct Batches {
    known: Mutex<Known>,
    /// Wakes those who wait for a batch that is being counted.
    done: Condvar,
}

#[derive(Debug, Default)]
struct Known {
    by_id: HashMap<u128, Counted>,
    /// In the order in which they came.
    order: VecDeque<u128>,
    /// How many of the last ones are not yet kept elsewhere.
    fresh: usize,
    /// Those that are being counted now.
    counting: HashSet<u128>,
}

/// A batch that was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counted {
    /// The hash of what it held.
    pub(super) content: u128,
    pub(super) at: UnixMillis,
    pub(super) recorded: Recorded,
}

impl Batches {
    /// Counts a batch unless it was counted before. `content` is its whole body as it was before it was packed. Two
    /// requests with one batch at the same time wait for each other, so that only one of them counts; those with others
    /// go on.
    pub fn once(&self, id: BatchId, content: &[u8], now: UnixMillis, count: impl FnOnce() -> Recorded) -> Once {
        let counted: Result<Once, Infallible> = self.once_read(id, content, now, || Ok(count()));
        counted.unwrap_or_else(|never| match never {})
    }

    /// The same of a batch that cannot be read apart from being counted, so that reading it twice would lose what it
    /// counts.
    ///
    /// # Errors
    /// What `count` refuses. Then nothing is remembered, and the batch may be sent again.
    pub fn once_read<E>(
        &self,
        id: BatchId,
        content: &[u8],
        now: UnixMillis,
        count: impl FnOnce() -> Result<Recorded, E>,
    ) -> Result<Once, E> {
        let content = xxh3_128(content);
        let mut known = self.lock();
        loop {
            known.forget_old(now);
            if let Some(before) = known.before(id, content) {
                return Ok(before);
            }
            if known.counting.insert(id.0) {
                break;
            }
            known = self.done.wait(known).unwrap_or_else(PoisonError::into_inner);
        }
        drop(known);
        let place = Place { batches: self, id: id.0 };
        let recorded = count()?;
        let mut known = self.lock();
        known.remember(id.0, Counted { content, at: now, recorded });
        known.fresh = known.fresh.saturating_add(1).min(known.order.len());
        drop(known);
        drop(place);
        Ok(Once::Counted(recorded))
    }

    /// What became of a batch that was counted before; `None` when none of that name was.
    #[must_use]
    pub fn before(&self, id: BatchId, content: &[u8], now: UnixMillis) -> Option<Once> {
        let content = xxh3_128(content);
        let mut known = self.lock();
        known.forget_old(now);
        known.before(id, content)
    }

    /// Takes up one that was counted before this process began, in their order.
    pub(super) fn restore(&self, id: u128, counted: Counted) {
        self.lock().remember(id, counted);
    }

    /// Those that came since this was last called, and those that are being counted now: a part of them may be in
    /// what is kept already.
    pub(super) fn take_fresh(&self) -> Vec<(u128, Counted)> {
        let mut known = self.lock();
        let begun = known.counting.clone();
        while !known.counting.is_disjoint(&begun) {
            known = self.done.wait(known).unwrap_or_else(PoisonError::into_inner);
        }
        let begin = known.order.len().saturating_sub(std::mem::take(&mut known.fresh));
        let fresh = known.order.iter().skip(begin);
        fresh.filter_map(|id| known.by_id.get(id).map(|counted| (*id, *counted))).collect()
    }

    /// So many of those that were taken were not kept after all.
    pub(super) fn put_back(&self, count: usize) {
        let mut known = self.lock();
        known.fresh = known.fresh.saturating_add(count).min(known.order.len());
    }

    /// A batch is counted and remembered, or neither, unless counting panicked: then it may be sent again.
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A batch while it is counted; also when counting fails or panics it makes way for who waits.
struct Place<'b> {
    batches: &'b Batches,
    id: u128,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.batches.lock().counting.remove(&self.id);
        self.batches.done.notify_all();
    }
}

impl Known {
    fn before(&self, id: BatchId, content: u128) -> Option<Once> {
        self.by_id.get(&id.0).map(|counted| match counted.content == content {
            true => Once::Repeated(counted.recorded),
            false => Once::Different,
        })
    }

    fn forget_old(&mut self, now: UnixMillis) {
        while let Some(oldest) = self.order.front().copied() {
            let old = |counted: &Counted| now.since(counted.at) > REMEMBERED;
            if !self.by_id.get(&oldest).is_none_or(old) {
                return;
            }
            self.forget_first();
        }
    }

    fn remember(&mut self, id: u128, counted: Counted) {
        if self.by_id.insert(id, counted).is_none() {
            self.order.push_back(id);
        }
        while self.order.len() > MOST {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        if let Some(oldest) = self.order.pop_front() {
            self.by_id.remove(&oldest);
        }
        self.fresh = self.fresh.min(self.order.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(moment: i64) -> UnixMillis {
        UnixMillis::new(moment)
    }

    fn kept(kept: u64) -> Recorded {
        Recorded { kept, ..Recorded::default() }
    }

    fn id(number: usize) -> BatchId {
        BatchId::new(&format!("batch-{number}")).unwrap()
    }

    #[test]
    fn a_repeat_is_answered_as_the_first_and_counts_nothing() {
        let batches = Batches::default();
        assert_eq!(batches.once(id(1), b"a", at(0), || kept(3)), Once::Counted(kept(3)));
        assert_eq!(batches.once(id(1), b"a", at(5), || panic!("counted twice")), Once::Repeated(kept(3)));
        assert_eq!(batches.once(id(1), b"b", at(5), || panic!("counted")), Once::Different);
        assert_eq!(batches.once(id(2), b"a", at(5), || kept(1)), Once::Counted(kept(1)));
    }

    #[test]
    fn they_are_remembered_for_a_day_and_up_to_a_number() {
        let batches = Batches::default();
        let day = i64::try_from(REMEMBERED.as_millis()).unwrap();
        batches.once(id(0), b"a", at(0), || kept(0));
        assert_eq!(batches.once(id(0), b"a", at(day), || kept(9)), Once::Repeated(kept(0)));
        assert_eq!(batches.once(id(0), b"a", at(day + 1), || kept(9)), Once::Counted(kept(9)));
        (1..=MOST)
            .for_each(|number| assert_ne!(batches.once(id(number), b"a", at(day + 2), || kept(1)), Once::Different));
        assert_eq!(batches.once(id(2), b"a", at(day + 2), || kept(9)), Once::Repeated(kept(1)));
        assert_eq!(batches.once(id(0), b"a", at(day + 2), || kept(8)), Once::Counted(kept(8)), "it was the oldest");
        assert_eq!(batches.lock().by_id.len(), MOST);
    }

    #[test]
    fn a_batch_that_is_being_counted_holds_up_its_repeat_and_no_other() {
        let batches = Batches::default();
        std::thread::scope(|scope| {
            let repeat = batches.once(id(1), b"a", at(0), || {
                let repeat = scope.spawn(|| batches.once(id(1), b"a", at(0), || panic!("counted twice")));
                assert_eq!(batches.once(id(2), b"b", at(0), || kept(1)), Once::Counted(kept(1)), "it need not wait");
                assert_eq!(batches.before(id(2), b"b", at(0)), Some(Once::Repeated(kept(1))));
                drop(repeat);
                kept(3)
            });
            assert_eq!(repeat, Once::Counted(kept(3)));
        });
    }

    #[test]
    fn what_could_not_be_read_is_not_remembered_and_its_name_is_free() {
        let batches = Batches::default();
        assert_eq!(batches.once_read(id(1), b"a", at(0), || Err("torn")), Err("torn"));
        assert_eq!(batches.once(id(1), b"a", at(0), || kept(3)), Once::Counted(kept(3)));
        assert_eq!(batches.take_fresh().len(), 1);
    }

    #[test]
    fn each_is_given_out_once_to_be_kept() {
        let batches = Batches::default();
        (0..3).for_each(|number| assert_ne!(batches.once(id(number), b"a", at(0), || kept(1)), Once::Different));
        assert_eq!(batches.take_fresh().len(), 3);
        assert!(batches.take_fresh().is_empty());
        batches.once(id(3), b"a", at(0), || kept(4));
        batches.put_back(3);
        assert_eq!(batches.take_fresh().last().map(|(_, counted)| counted.recorded), Some(kept(4)));
    }

    #[test]
    fn a_name_is_short_and_visible_and_is_not_printed() {
        for unfit in ["", " ", "a b", "ä", "a\n", &"x".repeat(201)] {
            assert_eq!(BatchId::new(unfit), Err(BatchIdError::Unfit), "{unfit}");
        }
        assert_eq!(format!("{:?}", BatchId::new("s3cret").unwrap()), "BatchId(..)");
    }
}
