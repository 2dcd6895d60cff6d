//! Which users were seen, in memory that does not grow with them.

use super::latencies::Bin;
use super::outcome::{Noted, User};
use std::fmt;

/// How many users a slot of time remembers.
pub(super) const USERS_OF_A_SLOT: usize = 1_024;

/// How far a hash is shortened to make room for what is remembered of its user. Two users who are then one are as
/// rare as 1 in 10^8 for a sample of a thousand out of a million.
const SHORTENED_BY: u32 = 16;

/// No hash is over this.
const ALL: u64 = 1 << (u64::BITS - SHORTENED_BY);

/// A user's shortened hash, whether something failed for them, and how slow the slowest was: 48 bits, one bit, and
/// 15 bits, so that what orders it is the hash. Never printed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Seen(u64);

impl Seen {
    const FAILED: u64 = 1 << 15;
    const SLOWEST: u64 = Self::FAILED - 1;

    fn new(user: User, ok: bool, latency: Option<Bin>) -> Self {
        let hash = user.hash() >> SHORTENED_BY << SHORTENED_BY;
        let failed = if ok { 0 } else { Self::FAILED };
        // One more than the bin's number: 0 is for users without a latency.
        let slowest = latency.map_or(0, |bin| u64::from(bin.number()).saturating_add(1));
        Self(hash | failed | slowest)
    }

    const fn hash(self) -> u64 {
        self.0 >> SHORTENED_BY
    }

    const fn failed(self) -> bool {
        self.0 & Self::FAILED != 0
    }

    fn slower_than(self, under: Bin) -> bool {
        self.0 & Self::SLOWEST > u64::from(under.number()).saturating_add(1)
    }

    /// What is known of one user from two sources.
    fn and(self, other: Self) -> Self {
        let failed = (self.0 | other.0) & Self::FAILED;
        let slowest = (self.0 & Self::SLOWEST).max(other.0 & Self::SLOWEST);
        Self(self.hash() << SHORTENED_BY | failed | slowest)
    }
}

/// Distinct users, by a bottom-k sketch (Beyer and others, SIGMOD 2007; the theta sketches of DataSketches): all
/// whose hash is under a threshold, which falls as there are more of them. Up to `most` users it is exact. Beyond,
/// it is an evenly drawn sample of at least `most` of them, the same users wherever the threshold is the same, so
/// that shares within it are those of a smaller group and not estimates of a count. A number of users that were
/// scaled up from it would be off by about 1 / sqrt(`most`): 3 % for a slot.
#[derive(Clone)]
pub(super) struct Users {
    most: usize,
    /// Who hashes to this or more is not remembered.
    below: u64,
    /// In any order, and some of them several times.
    seen: Vec<Seen>,
}

impl Users {
    pub(super) const fn new(most: usize) -> Self {
        Self { most, below: ALL, seen: Vec::new() }
    }

    pub(super) fn add(&mut self, noted: &Noted) {
        if let Some(user) = noted.user {
            self.insert(Seen::new(user, noted.ok, noted.latency));
        }
    }

    fn insert(&mut self, seen: Seen) {
        if seen.hash() >= self.below {
            return;
        }
        self.seen.push(seen);
        if self.seen.len() >= self.most.saturating_mul(2) {
            self.tidy();
        }
    }

    /// Takes everybody in another one up.
    pub(super) fn merge(&mut self, other: &Self) {
        self.below = self.below.min(other.below);
        let below = self.below;
        self.seen.retain(|seen| seen.hash() < below);
        other.seen.iter().for_each(|seen| self.insert(*seen));
    }

    /// Gives back the memory that was only needed to take more users up.
    pub(super) fn close(&mut self) {
        self.tidy();
        self.seen.shrink_to_fit();
    }

    fn tidy(&mut self) {
        each_once(&mut self.seen);
        if let Some(first_left_out) = self.seen.get(self.most) {
            self.below = first_left_out.hash();
            self.seen.truncate(self.most);
        }
    }

    /// Everybody in any of them.
    pub(super) fn all<'u>(of: impl Iterator<Item = &'u Self> + Clone) -> Sample {
        let below = of.clone().map(|users| users.below).min().unwrap_or(ALL);
        let seen = of.flat_map(|users| &users.seen).filter(|seen| seen.hash() < below).copied();
        let mut seen: Vec<Seen> = seen.collect();
        each_once(&mut seen);
        Sample { below, seen }
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.seen.capacity() * size_of::<Seen>()
    }
}

fn each_once(seen: &mut Vec<Seen>) {
    seen.sort_unstable();
    seen.dedup_by(|later, earlier| {
        let same = later.hash() == earlier.hash();
        if same {
            *earlier = earlier.and(*later);
        }
        same
    });
}

impl fmt::Debug for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Users({})", self.seen.len())
    }
}

/// Distinct users, each once, in the order of their hashes.
#[derive(Clone)]
pub(super) struct Sample {
    below: u64,
    seen: Vec<Seen>,
}

impl Sample {
    /// Both reduced to the same part of all users.
    pub(super) fn in_common(mut one: Self, mut other: Self) -> (Self, Self) {
        let below = one.below.min(other.below);
        for sample in [&mut one, &mut other] {
            sample.below = below;
            sample.seen.retain(|seen| seen.hash() < below);
        }
        (one, other)
    }

    /// How many.
    pub(super) fn count(&self) -> u64 {
        self.seen.len() as u64
    }

    /// For how many of them something failed.
    pub(super) fn failed(&self) -> u64 {
        self.seen.iter().filter(|seen| seen.failed()).count() as u64
    }

    /// For how many of them something took longer than this.
    pub(super) fn slower_than(&self, under: Bin) -> u64 {
        self.seen.iter().filter(|seen| seen.slower_than(under)).count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(user: u64, ok: bool, latency_ms: f64) -> Noted {
        Noted { user: Some(User::of(&format!("user-{user}"))), ok, latency: Some(Bin::of(latency_ms)), value: None }
    }

    fn sample(users: &[&Users]) -> Sample {
        Users::all(users.iter().copied())
    }

    #[test]
    fn up_to_a_thousand_users_are_counted_exactly_however_often_they_come() {
        let mut users = Users::new(1_024);
        for round in 0..20 {
            (0..1_024).for_each(|user| users.add(&noted(user, user % 8 != 0 || round != 13, 10.0)));
        }
        let sample = sample(&[&users]);
        assert_eq!((sample.count(), sample.failed()), (1_024, 128));
    }

    #[test]
    fn what_comes_without_a_user_is_nobody() {
        let mut users = Users::new(8);
        users.add(&Noted { user: None, ..noted(0, false, 1.0) });
        assert_eq!(sample(&[&users]).count(), 0);
    }

    #[test]
    fn a_user_is_as_slow_as_their_slowest_outcome() {
        let mut users = Users::new(8);
        for (user, latency) in [(1, 10.0), (1, 900.0), (1, 20.0), (2, 30.0), (3, 490.0), (3, 510.0)] {
            users.add(&noted(user, true, latency));
        }
        users.add(&Noted { latency: None, ..noted(4, true, 0.0) });
        let sample = sample(&[&users]);
        let slower = [5.0, 100.0, 500.0, 1_000.0].map(|bound| sample.slower_than(Bin::under(bound)));
        assert_eq!((slower, sample.failed()), ([3, 2, 2, 0], 0));
    }

    #[test]
    fn of_many_users_a_sample_remains_whose_shares_are_those_of_all() {
        let mut users = Users::new(1_024);
        (0..200_000).for_each(|user| users.add(&noted(user, user % 10 != 0, 10.0)));
        users.close();
        assert!(users.bytes() <= 1_024 * 8, "{}", users.bytes());
        let sample = sample(&[&users]);
        let share = sample.failed() as f64 / sample.count() as f64;
        assert!((0.07..0.13).contains(&share), "{share}");
        let scaled = sample.count() as f64 / (sample.below as f64 / ALL as f64);
        assert!((scaled / 200_000.0 - 1.0).abs() < 0.1, "{scaled}");
    }

    #[test]
    fn two_groups_are_compared_among_the_same_part_of_all_users() {
        let (mut few, mut many) = (Users::new(1_024), Users::new(1_024));
        (0..10_000).for_each(|user| few.add(&noted(user, true, 1.0)));
        (10_000..100_000).for_each(|user| many.add(&noted(user, true, 1.0)));
        let (few, many) = Sample::in_common(sample(&[&few]), sample(&[&many]));
        let share = few.count() as f64 / (few.count() + many.count()) as f64;
        assert!((0.07..0.13).contains(&share), "{share}");
        assert_eq!(few.below, many.below);
    }

    proptest::proptest! {
        #[test]
        fn any_slots_together_know_exactly_who_is_under_their_threshold(
            slots in proptest::collection::vec(proptest::collection::vec((0..90_u64, proptest::bool::ANY, 1.0..9_000.0), 0..120), 1..6),
            most in 1..64_usize,
            close in proptest::bool::ANY,
        ) {
            let bound = Bin::under(300.0);
            let mut built = Vec::new();
            let mut model = std::collections::BTreeMap::<u64, (bool, bool)>::new();
            for slot in &slots {
                let mut users = Users::new(most);
                for (user, ok, latency) in slot {
                    let one = noted(*user, *ok, *latency);
                    users.add(&one);
                    let known = model.entry(one.user.unwrap().hash() >> SHORTENED_BY).or_default();
                    known.0 |= !ok;
                    known.1 |= one.latency > Some(bound);
                }
                if close {
                    users.close();
                }
                built.push(users);
            }
            let mut merged = Users::new(most);
            built.iter().for_each(|users| merged.merge(users));
            for sample in [Users::all(built.iter()), Users::all([&merged].into_iter())] {
                let expected: Vec<_> = model.iter().filter(|(hash, _)| **hash < sample.below).map(|(_, known)| *known).collect();
                proptest::prop_assert_eq!(sample.count(), expected.len() as u64);
                proptest::prop_assert_eq!(sample.failed(), expected.iter().filter(|(failed, _)| *failed).count() as u64);
                proptest::prop_assert_eq!(sample.slower_than(bound), expected.iter().filter(|(_, slow)| *slow).count() as u64);
                let exact = slots.iter().all(|slot| slot.len() <= most) && model.len() <= most;
                proptest::prop_assert!(!exact || sample.below == ALL);
            }
        }
    }
}
