//! Signed posts that were taken, so that none is taken twice. A signature covers the time and the body, so it is what
//! tells one post from another; a number beside it could be changed by whoever sends it again.

use super::proof::TOLERANCE;
use super::signature::Digest;
use crate::units::UnixMillis;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most posts of one source that are remembered: more than come in the five minutes for which a signature is
/// believed, at the usual rate and half as much again.
pub(super) const MOST_REMEMBERED: usize = 262_144;

/// What a post is found to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Replayed {
    /// It was taken before.
    Taken,
    /// The same is being taken at this moment: whether that succeeds nobody knows yet.
    BeingTaken,
    /// It is older than what is remembered: whether it was taken nobody knows any more.
    Forgotten,
}

/// The memory of one source.
#[derive(Debug, Default)]
pub(super) struct Replays(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    /// Whether what is here was taken, or is only being taken.
    known: HashMap<Digest, (UnixMillis, bool)>,
    by_time: BTreeMap<(UnixMillis, Digest), ()>,
    /// Of posts signed up to here not all are remembered.
    forgotten_to: Option<UnixMillis>,
}

/// A post that is being taken. Dropped without a word it was not, and may be sent again.
#[derive(Debug)]
pub(super) struct Taking {
    replays: Arc<Replays>,
    signature: Digest,
    taken: bool,
}

impl Replays {
    /// Begins to take a post that was signed at that time.
    ///
    /// # Errors
    /// When it was taken before, or may have been.
    pub(super) fn begin(
        self: &Arc<Self>,
        signature: Digest,
        at: UnixMillis,
        now: UnixMillis,
    ) -> Result<Taking, Replayed> {
        let mut memory = self.memory();
        memory.forget_before(now.minus(TOLERANCE));
        match memory.known.get(&signature) {
            Some((_, true)) => return Err(Replayed::Taken),
            Some((_, false)) => return Err(Replayed::BeingTaken),
            None => {}
        }
        if memory.forgotten_to.is_some_and(|to| at <= to) {
            return Err(Replayed::Forgotten);
        }
        memory.known.insert(signature, (at, false));
        memory.by_time.insert((at, signature), ());
        while memory.known.len() > MOST_REMEMBERED {
            let Some(((at, oldest), ())) = memory.by_time.pop_first() else { break };
            memory.known.remove(&oldest);
            memory.forgotten_to = memory.forgotten_to.max(Some(at));
        }
        Ok(Taking { replays: Arc::clone(self), signature, taken: false })
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    /// What is too old to be believed needs no memory.
    fn forget_before(&mut self, time: UnixMillis) {
        while self.by_time.first_key_value().is_some_and(|((at, _), ())| *at < time) {
            let Some(((_, old), ())) = self.by_time.pop_first() else { return };
            self.known.remove(&old);
        }
    }
}

impl Taking {
    /// It was taken: what it brought is durable.
    pub(super) fn done(mut self) {
        self.taken = true;
        if let Some((_, taken)) = self.replays.memory().known.get_mut(&self.signature) {
            *taken = true;
        }
    }
}

impl Drop for Taking {
    fn drop(&mut self) {
        if self.taken {
            return;
        }
        let mut memory = self.replays.memory();
        if let Some((at, _)) = memory.known.remove(&self.signature) {
            memory.by_time.remove(&(at, self.signature));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> UnixMillis {
        UnixMillis::new(1_700_000_000_000 + seconds * 1_000)
    }

    fn signature(number: u32) -> Digest {
        let mut digest = [0; 32];
        digest[..4].copy_from_slice(&number.to_be_bytes());
        digest
    }

    #[test]
    fn a_post_is_taken_once_and_may_be_sent_again_until_it_was() {
        let replays = Arc::new(Replays::default());
        let first = replays.begin(signature(1), at(0), at(0)).unwrap();
        assert_eq!(replays.begin(signature(1), at(0), at(0)).unwrap_err(), Replayed::BeingTaken);
        drop(first);
        replays.begin(signature(1), at(0), at(1)).unwrap().done();
        for later in [1, 299, 300] {
            assert_eq!(replays.begin(signature(1), at(0), at(later)).unwrap_err(), Replayed::Taken, "{later}");
        }
        assert_eq!(replays.memory().known.len(), 1);
        replays.begin(signature(2), at(301), at(301)).unwrap().done();
        assert_eq!(replays.memory().known.len(), 1, "what cannot be believed any more needs no memory");
    }

    #[test]
    fn a_flood_makes_old_posts_unbelievable_and_none_come_twice() {
        let replays = Arc::new(Replays::default());
        replays.begin(signature(0), at(0), at(0)).unwrap().done();
        for number in 1..=u32::try_from(MOST_REMEMBERED).unwrap() {
            replays.begin(signature(number), at(1), at(1)).unwrap().done();
        }
        assert_eq!(replays.memory().known.len(), MOST_REMEMBERED);
        assert_eq!(replays.begin(signature(0), at(0), at(2)).unwrap_err(), Replayed::Forgotten);
        replays.begin(signature(u32::MAX), at(2), at(2)).unwrap().done();
    }
}
