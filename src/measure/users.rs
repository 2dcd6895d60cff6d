//! Which users were seen, in memory that does not grow with them.

use super::firsts::Firsts;
use super::latencies::Bin;
use super::outcome::{Noted, User};
use crate::analysis::Group;
use crate::units::UnixMillis;
use std::fmt;

/// How many users a slot of time remembers.
pub(super) const USERS_OF_A_SLOT: usize = 1_024;

/// How far a hash is shortened to make room for what is remembered of its user. Two users who are then one are as
/// rare as 1 in 10^8 for a sample of a thousand out of a million.
const SHORTENED_BY: u32 = 16;

/// No hash is over this.
const ALL: u64 = 1 << (u64::BITS - SHORTENED_BY);

/// Which outcomes count against a variant.
#[derive(Debug, Clone, Copy)]
pub(super) enum Bad {
    /// What failed.
    Failed,
    /// What was slower than this.
    Slower(Bin),
}

/// A user's shortened hash, whether something failed for them, and how slow the slowest was: 48 bits, one bit, and
/// 15 bits, so that what orders it is the hash. Never printed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Seen(u64);

impl Seen {
    const FAILED: u64 = 1 << 15;
    const SLOWEST: u64 = Self::FAILED - 1;

    fn new(user: User, ok: bool, latency: Option<Bin>) -> Self {
        let hash = shortened(user) << SHORTENED_BY;
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

    const fn timed(self) -> bool {
        self.0 & Self::SLOWEST != 0
    }

    fn slower_than(self, under: Bin) -> bool {
        self.0 & Self::SLOWEST > u64::from(under.number()).saturating_add(1)
    }

    fn is(self, bad: Bad) -> bool {
        match bad {
            Bad::Failed => self.failed(),
            Bad::Slower(under) => self.slower_than(under),
        }
    }

    /// What is known of one user from two sources.
    fn and(self, other: Self) -> Self {
        let failed = (self.0 | other.0) & Self::FAILED;
        let slowest = (self.0 & Self::SLOWEST).max(other.0 & Self::SLOWEST);
        Self(self.hash() << SHORTENED_BY | failed | slowest)
    }
}

const fn shortened(user: User) -> u64 {
    user.hash() >> SHORTENED_BY
}

/// Distinct users, by a bottom-k sketch (Beyer and others, SIGMOD 2007; the theta sketches of DataSketches): all
/// whose hash is under a threshold, which falls as there are more of them. Up to `most` users it is exact. Beyond,
/// it is an evenly drawn sample of at least `most` of them, and the same users wherever the threshold is the same.
/// So a share within it is that of a smaller group, known as well as of any group of that size: a share s is off by
/// about sqrt(s (1 - s) / `most`). A number of users scaled up from it would be off by about 1 / sqrt(`most`), 3 % for
/// a slot; nothing here scales.
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

    /// Everybody in any of them, some of them several times: only copied, for others wait meanwhile.
    pub(super) fn all<'u>(of: impl Iterator<Item = &'u Self> + Clone) -> Gathered {
        let below = of.clone().map(|users| users.below).min().unwrap_or(ALL);
        let seen = of.flat_map(|users| &users.seen).filter(|seen| seen.hash() < below);
        Gathered { below, seen: seen.copied().collect() }
    }

    /// A memory of first failures for which all hashes are under the threshold.
    pub(super) const fn firsts() -> Firsts {
        Firsts::new(ALL)
    }

    pub(super) fn tell_failure(firsts: &mut Firsts, user: User, at: UnixMillis) {
        firsts.failed(shortened(user), at);
    }

    /// Tells for whom something failed then. Of whom nothing is remembered may have failed too.
    pub(super) fn tell_failures(&self, firsts: &mut Firsts, at: UnixMillis) {
        firsts.lower(self.below);
        self.seen.iter().filter(|seen| seen.failed()).for_each(|seen| firsts.failed(seen.hash(), at));
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

/// Users for whom it went badly before a look.
pub(super) struct Before {
    /// Who hashes to this or more is not counted in the look.
    below: u64,
    /// In the order of time.
    known: Vec<Known>,
}

/// Users for whom it went badly in a slot.
struct Known {
    begins: UnixMillis,
    /// Of who hashes to this or more nothing is known.
    below: u64,
    seen: Vec<Seen>,
}

impl Before {
    /// Those of a look for whom something failed before it. Of whom that is not known, for too many failed, is not
    /// counted.
    pub(super) fn failed(look: &Gathered, firsts: &Firsts, begins: UnixMillis) -> Self {
        let failed = |seen: &&Seen| seen.failed() && firsts.is_before(seen.hash(), begins);
        let seen = look.seen.iter().filter(failed).copied().collect();
        Self { below: firsts.below(), known: vec![Known { begins, below: ALL, seen }] }
    }

    /// Those in some earlier slots who can be in a look, as far as they are remembered: of a slot with many users it is
    /// a part. The others are counted as bad once more; to count none of whom that is not known would leave next to
    /// nobody of a busy service, for the widest slots remember the smallest part.
    pub(super) fn slow<'u>(
        look: &Gathered,
        earlier: impl Iterator<Item = (UnixMillis, &'u Users)>,
        under: Bin,
    ) -> Self {
        let slow = |seen: &&Seen| seen.hash() < look.below && seen.slower_than(under);
        let known = earlier.map(|(begins, users)| {
            let seen = users.seen.iter().filter(slow).copied().collect();
            Known { begins, below: users.below, seen }
        });
        Self { below: ALL, known: known.collect() }
    }

    /// Leaves both what both can know: of each slot the same part of all users. The larger group knows less of its
    /// users, and would look worse for those of them that count again.
    pub(super) fn alike(one: &mut Self, other: &mut Self) {
        one.no_more_than(other);
        other.no_more_than(one);
    }

    fn no_more_than(&mut self, other: &Self) {
        for known in &mut self.known {
            let same = other.known.binary_search_by_key(&known.begins, |other| other.begins);
            if let Some(same) = same.ok().and_then(|position| other.known.get(position)) {
                known.below = known.below.min(same.below);
                known.seen.retain(|seen| seen.hash() < known.below);
            }
        }
    }

    fn each_once(self) -> Vec<Seen> {
        let mut seen: Vec<_> = self.known.into_iter().flat_map(|known| known.seen).collect();
        each_once(&mut seen);
        seen
    }
}

/// Users as they were remembered.
pub(super) struct Gathered {
    below: u64,
    seen: Vec<Seen>,
}

impl Gathered {
    /// Each of them once.
    pub(super) fn each_once(mut self) -> Sample {
        each_once(&mut self.seen);
        Sample { below: self.below, seen: self.seen }
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

    /// How many of a million users would be among them, at least 1.
    pub(super) fn part(&self) -> u32 {
        let part = u128::from(self.below).saturating_mul(1_000_000).checked_div(u128::from(ALL)).unwrap_or(0);
        u32::try_from(part).unwrap_or(u32::MAX).max(1)
    }

    /// How many.
    pub(super) fn count(&self) -> u64 {
        self.seen.len() as u64
    }

    /// How many of them it could go badly for, and for how many it did for the first time: `before` are those
    /// for whom it went badly before. Who fails once fails again, so that each further time says little; counted
    /// in each look, a handful of users would look like a regression.
    pub(super) fn first_time(mut self, before: Before, bad: Bad) -> (Self, Group) {
        self.below = self.below.min(before.below);
        self.seen.retain(|seen| seen.hash() < self.below);
        let before = before.each_once();
        let known = |seen: &Seen| before.binary_search_by_key(&seen.hash(), |other| other.hash()).is_ok();
        let first = self.seen.iter().filter(|seen| seen.is(bad) && !known(seen)).count() as u64;
        let exposed = match bad {
            Bad::Failed => self.count(),
            Bad::Slower(_) => self.timed(),
        };
        (self, Group { exposed, bad: first })
    }

    /// For how many of them something failed.
    #[cfg(test)]
    pub(super) fn failed(&self) -> u64 {
        self.seen.iter().filter(|seen| seen.failed()).count() as u64
    }

    /// How many of them had an outcome with a latency.
    pub(super) fn timed(&self) -> u64 {
        self.seen.iter().filter(|seen| seen.timed()).count() as u64
    }

    /// For how many of them something took longer than this.
    #[cfg(test)]
    pub(super) fn slower_than(&self, under: Bin) -> u64 {
        self.seen.iter().filter(|seen| seen.slower_than(under)).count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(user: u64, ok: bool, latency_ms: f64) -> Noted {
        Noted {
            user: Some(User::of(&format!("user-{user}"))),
            ok,
            latency: Some(Bin::of(latency_ms)),
            value: None,
            times: 1,
        }
    }

    fn sample(users: &[&Users]) -> Sample {
        Users::all(users.iter().copied()).each_once()
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
        assert_eq!((sample.timed(), sample.count()), (3, 4));
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
        let scaled = sample.count() as f64 * 1e6 / f64::from(sample.part());
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
            for sample in [Users::all(built.iter()), Users::all([&merged].into_iter())].map(Gathered::each_once) {
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
