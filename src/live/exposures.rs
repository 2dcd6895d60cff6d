//! Who was served what, of the flags whose rollouts count it. An evaluation pushes sixteen bytes into a queue that is
//! emptied beside the serving; while that is full, exposures are lost and counted as lost.

use crate::units::{FlagKey, UnixMillis, User, VariantName};
use crossbeam_queue::ArrayQueue;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// How many exposures wait to be counted: those of some 100 ms at 600,000 a second.
const MOST_WAITING: usize = 65_536;

/// What is counted of a flag: exposures to two variants since the exposure of a rollout's stage was laid over it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedStage {
    /// The flag.
    pub flag: FlagKey,
    /// The variant being rolled out.
    pub candidate: VariantName,
    /// The variant that everybody else gets.
    pub stable: VariantName,
    /// Tells this stage from every other, also in another process.
    pub stage: u64,
    /// Since when.
    pub since: UnixMillis,
}

/// Which group of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// The candidate.
    Candidate,
    /// The stable variant.
    Stable,
}

/// Somebody was served one of the variants of a stage.
#[derive(Debug, Clone, Copy)]
struct Exposed {
    number: u32,
    shown: Shown,
    user: User,
}

/// A flag that is counted, in a snapshot.
#[derive(Debug, Clone, Copy)]
pub(super) struct CountedFlag {
    pub(super) position: usize,
    pub(super) number: u32,
    pub(super) candidate: Option<usize>,
    pub(super) stable: Option<usize>,
}

/// The flags of a snapshot that are counted: few.
#[derive(Debug)]
pub struct Counting {
    pub(super) flags: Box<[CountedFlag]>,
    pub(super) queue: Arc<Queue>,
}

impl Counting {
    /// Notes what the flag at a position gave to somebody. Without a key nobody is counted.
    pub fn note(&self, position: usize, variant: Option<usize>, targeting_key: Option<&str>) {
        if let Some(flag) = self.flags.iter().find(|flag| flag.position == position) {
            self.push(flag, variant, targeting_key);
        }
    }

    /// The same for all flags at once, by what each position gave.
    pub fn note_all(&self, variant: impl Fn(usize) -> Option<usize>, targeting_key: Option<&str>) {
        for flag in &self.flags {
            self.push(flag, variant(flag.position), targeting_key);
        }
    }

    fn push(&self, flag: &CountedFlag, variant: Option<usize>, targeting_key: Option<&str>) {
        let Some(key) = targeting_key.filter(|key| !key.is_empty()) else { return };
        let shown = match variant {
            None => return,
            variant if variant == flag.candidate => Shown::Candidate,
            variant if variant == flag.stable => Shown::Stable,
            Some(_) => return,
        };
        self.queue.push(Exposed { number: flag.number, shown, user: User::of(key) });
    }
}

/// Exposures that wait to be counted.
#[derive(Debug)]
pub(super) struct Queue {
    waiting: ArrayQueue<Exposed>,
    lost: AtomicU64,
}

impl Queue {
    fn push(&self, exposed: Exposed) {
        if self.waiting.push(exposed).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The stages that are counted, and the exposures that wait.
#[derive(Debug, Default)]
pub struct Exposures {
    /// Made when the first rollout counts.
    queue: OnceLock<Arc<Queue>>,
    stages: Mutex<BTreeMap<u32, Arc<CountedStage>>>,
}

/// Exposures of one stage that were waiting.
#[derive(Debug)]
pub struct Waiting {
    /// Which stage.
    pub stage: Arc<CountedStage>,
    /// Who was served what.
    pub users: Vec<(Shown, User)>,
}

impl Exposures {
    pub(super) fn queue(&self) -> Arc<Queue> {
        let make = || Arc::new(Queue { waiting: ArrayQueue::new(MOST_WAITING), lost: AtomicU64::new(0) });
        Arc::clone(self.queue.get_or_init(make))
    }

    /// Counts a stage from now on, under a number of its own.
    pub fn begin(&self, number: u32, stage: CountedStage) {
        let mut stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner);
        // What was counted of the flag before may still wait; of what was before that nothing does.
        let mut older: Vec<u32> =
            stages.iter().filter(|(_, old)| old.flag == stage.flag).map(|(old, _)| *old).collect();
        older.pop();
        older.iter().for_each(|old| drop(stages.remove(old)));
        stages.insert(number, Arc::new(stage));
    }

    /// Takes what waits, by stage, and how many were lost since this was last called.
    pub fn take(&self) -> (Vec<Waiting>, u64) {
        let Some(queue) = self.queue.get() else { return (Vec::new(), 0) };
        let mut by_number: BTreeMap<u32, Vec<(Shown, User)>> = BTreeMap::new();
        // No more than were there: whoever pushes meanwhile must not keep this busy for ever.
        for _ in 0..queue.waiting.len() {
            let Some(Exposed { number, shown, user }) = queue.waiting.pop() else { break };
            by_number.entry(number).or_default().push((shown, user));
        }
        let stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |(number, users)| Some(Waiting { stage: Arc::clone(stages.get(&number)?), users });
        (by_number.into_iter().filter_map(of).collect(), queue.lost.swap(0, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counting(exposures: &Exposures) -> Counting {
        let flags = Box::new([CountedFlag { position: 3, number: 1, candidate: Some(0), stable: Some(1) }]);
        Counting { flags, queue: exposures.queue() }
    }

    fn stage(number: u64) -> CountedStage {
        let name = |text: &str| VariantName::new(text).unwrap();
        let since = UnixMillis::new(0);
        CountedStage {
            flag: FlagKey::new("f").unwrap(),
            candidate: name("on"),
            stable: name("off"),
            stage: number,
            since,
        }
    }

    #[test]
    fn what_both_variants_were_given_to_is_taken_once() {
        let exposures = Exposures::default();
        assert!(exposures.take().0.is_empty());
        exposures.begin(1, stage(7));
        let counting = counting(&exposures);
        for (position, variant, key) in [
            (3, Some(0), Some("ann")),
            (3, Some(1), Some("bob")),
            (3, Some(2), Some("cid")),
            (3, None, Some("dan")),
            (2, Some(0), Some("eve")),
            (3, Some(0), None),
            (3, Some(0), Some("")),
        ] {
            counting.note(position, variant, key);
        }
        counting.note_all(|position| (position == 3).then_some(0), Some("fay"));
        let (waiting, lost) = exposures.take();
        let seen = [(Shown::Candidate, "ann"), (Shown::Stable, "bob"), (Shown::Candidate, "fay")];
        assert_eq!((waiting.len(), waiting[0].stage.stage, lost), (1, 7, 0));
        assert_eq!(waiting[0].users, seen.map(|(shown, key)| (shown, User::of(key))));
        assert!(exposures.take().0.is_empty());
    }

    #[test]
    fn what_finds_no_room_is_lost_and_told() {
        let exposures = Exposures::default();
        exposures.begin(1, stage(1));
        let counting = counting(&exposures);
        (0..MOST_WAITING + 5).for_each(|number| counting.note(3, Some(0), Some(&format!("user-{number}"))));
        let (waiting, lost) = exposures.take();
        assert_eq!((waiting[0].users.len(), lost), (MOST_WAITING, 5));
        assert_eq!(exposures.take().1, 0);
    }

    #[test]
    fn of_a_flag_the_stage_and_the_one_before_are_known() {
        let exposures = Exposures::default();
        (1..=5).for_each(|number| exposures.begin(number, stage(u64::from(number))));
        let stages = exposures.stages.lock().unwrap();
        assert_eq!(stages.keys().copied().collect::<Vec<_>>(), [4, 5]);
    }
}
