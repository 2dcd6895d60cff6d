//! What applications post, kept per flag and variant in sliding windows of bounded memory.

use super::batches::Batches;
use super::outcome::{Noted, Outcome};
use super::series::Series;
use crate::analysis::{NoData, Reading};
use crate::rollout::Measure;
use crate::units::{FlagKey, UnixMillis, User, VariantName, format_duration};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

pub use super::series::LONGEST_WINDOW;

/// How many flag-and-variant pairs are kept at once. By `cargo bench --bench outcomes`, one takes 0.5 MB at 5 outcomes
/// a second, 1.1 MB at 50, and 4.3 MB at most, when every slot has more users than it remembers, latencies from a
/// microsecond to a day, and values, and all of them fail.
pub const MOST_SERIES: usize = 1_000;

/// How old an outcome may be when it arrives.
pub const OLDEST: Duration = Duration::from_hours(24);

/// How far ahead of this process's clock the time of an outcome may be: clocks differ. It then counts as having
/// happened when it arrives.
pub const FARTHEST_AHEAD: Duration = Duration::from_secs(60);

/// How long a search for room that found none stands, so that a flood of new names costs little.
const ROOM_SOUGHT_EVERY: Duration = Duration::from_secs(1);

/// The outcomes of the last three days. Time is what the caller says it is; the clock is never read.
#[derive(Debug, Default)]
pub struct Outcomes {
    table: RwLock<Table>,
    batches: Batches,
    exports: Batches,
}

/// What became of posted outcomes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Counted.
    pub kept: u64,
    /// Not counted: they happened longer ago than [`OLDEST`].
    pub late: u64,
    /// Not counted: by their time they happen in more than [`FARTHEST_AHEAD`].
    pub future: u64,
    /// Not counted: [`MOST_SERIES`] others are in use.
    pub dropped: u64,
    /// Not counted: they came without a variant, and what their key was served at that time is not known. Whoever
    /// reads the batch finds that; here it is always 0.
    pub unattributed: u64,
}

impl Recorded {
    /// How many outcomes there were.
    #[must_use]
    pub fn all(self) -> u64 {
        let Self { kept, late, future, dropped, unattributed } = self;
        [late, future, dropped, unattributed].into_iter().fold(kept, u64::saturating_add)
    }
}

#[derive(Debug, Default)]
struct Table {
    series: BTreeMap<(FlagKey, VariantName), Arc<Mutex<Series>>>,
    room_sought: Option<UnixMillis>,
}

/// How many series a request may be about before they are found by order.
const FEW: usize = 16;

type Name<'o> = (&'o FlagKey, &'o VariantName);

/// Outcomes with when they began and when they happened.
type Timed = (Noted, UnixMillis, UnixMillis);

/// What a request brings, by series. It mostly is about one flag: to look through a few names is quicker than to order
/// them.
#[derive(Default)]
struct Sorted<'o> {
    first: Vec<(Name<'o>, Vec<Timed>)>,
    others: BTreeMap<Name<'o>, Vec<Timed>>,
}

impl<'o> Sorted<'o> {
    fn of(&mut self, flag: &'o FlagKey, variant: &'o VariantName) -> &mut Vec<Timed> {
        let known = self.first.iter().position(|((of, what), _)| *what == variant && *of == flag);
        let place = match known {
            Some(place) => place,
            None if self.first.len() >= FEW => return self.others.entry((flag, variant)).or_default(),
            None => {
                self.first.push(((flag, variant), Vec::new()));
                self.first.len().saturating_sub(1)
            }
        };
        match self.first.get_mut(place) {
            Some((_, noted)) => noted,
            None => self.others.entry((flag, variant)).or_default(),
        }
    }
}

/// A series with its name.
pub(super) type Named = ((FlagKey, VariantName), Arc<Mutex<Series>>);

/// Who wants a place in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claim {
    /// A rollout that reads; goes before series that nobody reads.
    Read,
    /// An outcome that was posted.
    Record,
}

impl Outcomes {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts outcomes, each at its own time or, where it has none, at `now`. Each series is taken once for all of its
    /// outcomes, so that many requests at a time do not wait for each other with every outcome.
    pub fn record(&self, outcomes: &[Outcome], now: UnixMillis) -> Recorded {
        self.record_each(outcomes.iter().map(|outcome| (outcome, 1, None)), now)
    }

    /// The same of outcomes of which there are many alike, and those that were counted over a time that began then.
    pub(super) fn record_each<'o>(
        &self,
        outcomes: impl Iterator<Item = (&'o Outcome, u32, Option<UnixMillis>)>,
        now: UnixMillis,
    ) -> Recorded {
        let mut recorded = Recorded::default();
        let mut sorted = Sorted::default();
        for (outcome, times, began) in outcomes {
            let at = match outcome.at.unwrap_or(now) {
                at if at <= now && now.since(at) > OLDEST => {
                    recorded.late = recorded.late.saturating_add(u64::from(times));
                    continue;
                }
                at if at.since(now) > FARTHEST_AHEAD => {
                    recorded.future = recorded.future.saturating_add(u64::from(times));
                    continue;
                }
                at => at.min(now),
            };
            let began = began.map_or(at, |began| began.min(at));
            sorted.of(&outcome.flag, &outcome.variant).push((Noted { times, ..Noted::from(outcome) }, began, at));
        }
        for ((flag, variant), noted) in sorted.first.into_iter().chain(sorted.others) {
            let count = noted.iter().map(|(noted, ..)| u64::from(noted.times)).sum();
            let Some(series) = self.series(flag, variant, Claim::Record, now) else {
                recorded.dropped = recorded.dropped.saturating_add(count);
                continue;
            };
            let mut series = locked(&series);
            noted.iter().for_each(|(noted, began, at)| series.add(noted, *began, *at, now));
            recorded.kept = recorded.kept.saturating_add(count);
        }
        recorded
    }

    /// A figure over the window that ends at `now`: ratios as shares of 1, latencies in milliseconds,
    /// values as they were posted. The window may be read longer than asked for by one slot: a second up to a
    /// minute, ten seconds up to ten minutes, a minute up to 90 minutes, 72 minutes up to [`LONGEST_WINDOW`], over
    /// which nothing is kept. What is slower than a bound is told within 1 % of the bound.
    ///
    /// Reading reserves a place: what a rollout looks at is kept before what nobody reads.
    #[must_use]
    pub fn read(
        &self,
        flag: &FlagKey,
        variant: &VariantName,
        measure: Measure,
        window: Duration,
        min_samples: u64,
        now: UnixMillis,
    ) -> Reading {
        let Some(series) = self.series(flag, variant, Claim::Read, now) else {
            return Reading::NoData(no_room());
        };
        let total = locked(&series).total(window, now);
        match total {
            Some(tally) => tally.read(measure, min_samples, now),
            None => Reading::NoData(NoData::Refused(format!(
                "the window of {} is longer than the {} that outcomes are kept",
                format_duration(window),
                format_duration(LONGEST_WINDOW)
            ))),
        }
    }

    /// A figure over all that came from a moment on, and nothing from before it. Of what came before it was first
    /// asked for, the slot in which the moment lies is left out.
    #[must_use]
    pub fn since(
        &self,
        flag: &FlagKey,
        variant: &VariantName,
        measure: Measure,
        since: UnixMillis,
        min_samples: u64,
        now: UnixMillis,
    ) -> Reading {
        match self.series(flag, variant, Claim::Read, now) {
            Some(series) => locked(&series).all_since(since, now).read(measure, min_samples, now),
            None => Reading::NoData(no_room()),
        }
    }

    /// Notes who was served a variant in a stage of a rollout, which `stage` tells from all others and which began
    /// `since` then.
    pub fn expose(
        &self,
        flag: &FlagKey,
        variant: &VariantName,
        stage: u64,
        since: UnixMillis,
        users: impl Iterator<Item = User>,
        now: UnixMillis,
    ) {
        if let Some(series) = self.series(flag, variant, Claim::Read, now) {
            locked(&series).expose(stage, since, users, now);
        }
    }

    /// Which batches were counted, of those that have a name.
    #[must_use]
    pub const fn batches(&self) -> &Batches {
        &self.batches
    }

    /// Which exports of telemetry were counted. A sender repeats one within minutes, and there may be hundreds a second,
    /// so that they have no places among the batches, which may be sent again for a day.
    #[must_use]
    pub const fn exports(&self) -> &Batches {
        &self.exports
    }

    /// How many flag-and-variant pairs are kept now.
    #[must_use]
    pub fn series_count(&self) -> usize {
        self.table.read().unwrap_or_else(PoisonError::into_inner).series.len()
    }

    /// The flags of which something is counted.
    #[must_use]
    pub fn flags(&self) -> Vec<FlagKey> {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        let mut flags: Vec<FlagKey> = table.series.keys().map(|(flag, _)| flag.clone()).collect();
        flags.dedup();
        flags
    }

    /// Every series with its name.
    pub(super) fn all_series(&self) -> Vec<Named> {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        table.series.iter().map(|(name, series)| (name.clone(), Arc::clone(series))).collect()
    }

    /// Puts a series back in its place, unless there is one already or no room.
    pub(super) fn put_back(&self, flag: FlagKey, variant: VariantName, series: Series) {
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        if table.series.len() < MOST_SERIES {
            table.series.entry((flag, variant)).or_insert_with(|| Arc::new(Mutex::new(series)));
        }
    }

    pub(super) fn series(
        &self,
        flag: &FlagKey,
        variant: &VariantName,
        claim: Claim,
        now: UnixMillis,
    ) -> Option<Arc<Mutex<Series>>> {
        let key = (flag.clone(), variant.clone());
        if let Some(series) = self.table.read().unwrap_or_else(PoisonError::into_inner).series.get(&key) {
            return Some(Arc::clone(series));
        }
        self.table.write().unwrap_or_else(PoisonError::into_inner).place(key, claim, now)
    }
}

impl Table {
    fn place(&mut self, key: (FlagKey, VariantName), claim: Claim, now: UnixMillis) -> Option<Arc<Mutex<Series>>> {
        if !self.series.contains_key(&key) && !self.has_room(claim, now) {
            return None;
        }
        Some(Arc::clone(self.series.entry(key).or_insert_with(|| Arc::new(Mutex::new(Series::new())))))
    }

    fn has_room(&mut self, claim: Claim, now: UnixMillis) -> bool {
        if self.series.len() < MOST_SERIES {
            return true;
        }
        let sought = self.room_sought.filter(|sought| *sought <= now);
        if claim == Claim::Record && sought.is_some_and(|sought| now.since(sought) < ROOM_SOUGHT_EVERY) {
            return false;
        }
        self.room_sought = Some(now);
        self.series.retain(|_, series| !locked(series).is_idle(now));
        if self.series.len() >= MOST_SERIES && claim == Claim::Read {
            self.forget_one_that_nobody_reads(now);
        }
        self.series.len() < MOST_SERIES
    }

    fn forget_one_that_nobody_reads(&mut self, now: UnixMillis) {
        let unread = self.series.iter().filter_map(|(key, series)| {
            let series = locked(series);
            (!series.is_watched(now)).then(|| (series.recorded(), key.clone()))
        });
        if let Some((_, key)) = unread.min() {
            self.series.remove(&key);
        }
    }
}

pub(super) fn no_room() -> NoData {
    NoData::Refused(format!("{MOST_SERIES} other series of outcomes are being read"))
}

/// A tally is whole after each step, so one that a panicking thread held is still right.
pub(super) fn locked(series: &Mutex<Series>) -> MutexGuard<'_, Series> {
    series.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::User;

    const MINUTE: Duration = Duration::from_secs(60);

    fn flag(name: &str) -> FlagKey {
        FlagKey::new(name).unwrap()
    }

    fn on() -> VariantName {
        VariantName::new("on").unwrap()
    }

    fn outcome(name: &str, ok: bool) -> Outcome {
        Outcome {
            flag: flag(name),
            variant: on(),
            user: Some(User::of("u")),
            at: None,
            ok,
            latency_ms: Some(20.0),
            value: None,
        }
    }

    fn read(outcomes: &Outcomes, name: &str, measure: Measure, now: i64) -> Reading {
        outcomes.read(&flag(name), &on(), measure, MINUTE, 1, UnixMillis::new(now))
    }

    fn fill_up(outcomes: &Outcomes, now: i64) {
        for i in 0..MOST_SERIES {
            outcomes.record(&[outcome(&format!("flood-{i}"), true)], UnixMillis::new(now));
        }
        assert_eq!(outcomes.series_count(), MOST_SERIES);
    }

    #[test]
    fn variants_and_flags_do_not_mix() {
        let outcomes = Outcomes::new();
        let now = UnixMillis::new(1_000_000);
        let off = Outcome { variant: VariantName::new("off").unwrap(), ..outcome("a", true) };
        outcomes.record(&[outcome("a", false), outcome("a", true), off, outcome("b", true)], now);
        let ratio = Reading::Value { value: 0.5, samples: Some(2), at: now };
        assert_eq!(read(&outcomes, "a", Measure::ErrorRatio, 1_000_000), ratio);
        let sound = Reading::Value { value: 0.0, samples: Some(1), at: now };
        assert_eq!(read(&outcomes, "b", Measure::ErrorRatio, 1_000_000), sound);
        assert_eq!(read(&outcomes, "nobody", Measure::Count, 1_000_000), Reading::NoData(NoData::Empty));
    }

    #[test]
    fn what_is_kept_of_users_is_not_printed() {
        let outcomes = Outcomes::new();
        outcomes.record(&[outcome("a", true)], UnixMillis::new(0));
        let printed = format!("{outcomes:?}");
        assert!(printed.contains("Users(1)"), "{printed}");
        let shortened = (User::of("u").hash() >> 16).to_string();
        assert!(!printed.contains(&shortened[..8]), "{printed}");
    }

    #[test]
    fn a_flood_of_names_is_dropped_and_counted_but_what_a_rollout_reads_is_kept() {
        let outcomes = Outcomes::new();
        fill_up(&outcomes, 0);
        let now = UnixMillis::new(10_000);
        assert_eq!(outcomes.record(&[outcome("one-more", true)], now), Recorded { dropped: 1, ..Recorded::default() });

        assert_eq!(read(&outcomes, "one-more", Measure::Count, 10_000), Reading::NoData(NoData::Empty));
        assert_eq!(outcomes.record(&[outcome("one-more", true)], now).kept, 1, "reading it reserved a place");
        assert!(matches!(read(&outcomes, "one-more", Measure::Count, 10_000), Reading::Value { .. }));
        assert_eq!(outcomes.series_count(), MOST_SERIES);
    }

    #[test]
    fn silent_series_make_room_after_an_hour() {
        let outcomes = Outcomes::new();
        fill_up(&outcomes, 0);
        let in_use = outcome("flood-7", true);
        outcomes.record(std::slice::from_ref(&in_use), UnixMillis::new(3_000_000));
        assert_eq!(outcomes.record(&[outcome("new", true)], UnixMillis::new(3_600_001)).kept, 1);
        assert_eq!(outcomes.series_count(), 2, "the one in use and the new one");
    }

    #[test]
    fn a_window_longer_than_what_is_kept_is_refused() {
        let outcomes = Outcomes::new();
        let week = Duration::from_hours(7 * 24);
        let reading = outcomes.read(&flag("a"), &on(), Measure::Count, week, 1, UnixMillis::new(0));
        let why = "the window of 7d is longer than the 3d that outcomes are kept".to_owned();
        assert_eq!(reading, Reading::NoData(NoData::Refused(why)));
    }

    #[test]
    fn many_threads_may_post_at_once() {
        let outcomes = Outcomes::new();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let outcomes = &outcomes;
                scope.spawn(move || {
                    for i in 0..2_000 {
                        outcomes.record(&[outcome("a", i % 10 != 0)], UnixMillis::new(thread * 10 + i));
                    }
                });
            }
        });
        let expected = Reading::Value { value: 0.1, samples: Some(8_000), at: UnixMillis::new(2_100) };
        assert_eq!(read(&outcomes, "a", Measure::ErrorRatio, 2_100), expected);
    }

    #[test]
    fn a_busy_series_stays_within_its_slots_for_a_day() {
        let mut series = Series::new();
        for second in 0..86_400 {
            let at = UnixMillis::new(second * 1_000);
            series.add(&Noted::from(&outcome("a", true)), at, at, at);
        }
        assert!(series.slots() <= 61 + 61 + 91 + 21, "{}", series.slots());
    }
}
