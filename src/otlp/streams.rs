//! What was counted last of streams that count from their beginning.

use super::point::{Counts, Producer, StreamId};
use crate::units::UnixMillis;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How many streams are remembered. Each holds one histogram's buckets.
const MOST: usize = 20_000;

/// How many numbers all streams hold together: 16 bytes each, and as many histograms as there are streams with 200.
const MOST_WEIGHT: usize = 4_000_000;

/// How long a stream is remembered that nothing is heard of.
const IDLE_AFTER: Duration = Duration::from_secs(3_600);

/// How long ago a stream that nobody knows yet may have begun so that all of it counts as new.
const BEGAN_LATELY: Duration = Duration::from_secs(120);

/// How long a stream that counted less than before adds nothing.
const DOUBTED_FOR: Duration = Duration::from_secs(600);

/// The last points of cumulative streams. A point counts as what came since the one before it.
#[derive(Debug, Default)]
pub struct Streams(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    streams: BTreeMap<StreamId, Last>,
    families: BTreeMap<StreamId, Family>,
    producers: BTreeMap<Producer, Heard>,
    /// What all streams hold together, in numbers.
    weight: usize,
}

#[derive(Debug)]
struct Last {
    time: u64,
    counts: Counts,
    heard: UnixMillis,
    producer: Producer,
    family: StreamId,
    /// When it last counted less than before.
    doubted: Option<UnixMillis>,
}

/// What is known of the streams that began together.
#[derive(Debug)]
struct Family {
    heard: UnixMillis,
    /// The times of the first two exports of it.
    first: u64,
    second: Option<u64>,
    /// The times of the last two.
    newest: u64,
    before: u64,
    /// All of its streams that were heard are remembered.
    whole: bool,
}

impl Family {
    fn hear(&mut self, time: u64, now: UnixMillis) {
        if self.second.is_none() && time > self.first {
            self.second = Some(time);
        }
        if time > self.newest {
            self.before = std::mem::replace(&mut self.newest, time);
        }
        self.heard = now;
    }

    /// Whether a stream that appears at that time was not there before. One export may come in several requests, and
    /// one of them may get lost: two exports before it must have been without it.
    fn would_know(&self, time: u64) -> bool {
        self.whole && self.second.is_some_and(|second| time > second)
    }

    /// When it was heard last before a point of that time.
    fn last_before(&self, time: u64) -> u64 {
        if self.newest < time { self.newest } else { self.before }
    }
}

#[derive(Debug)]
struct Heard {
    first: UnixMillis,
    last: UnixMillis,
}

/// A point of a cumulative stream.
#[derive(Debug)]
pub struct Arrived {
    /// Who exports it. Replicas of an application may say the same of themselves.
    pub producer: Producer,
    /// The streams of one metric that began at one moment: those of one process.
    pub family: StreamId,
    /// Which stream.
    pub stream: StreamId,
    /// From when on it counts, in nanoseconds since 1970.
    pub start: u64,
    /// Until when.
    pub time: u64,
    /// What it counted.
    pub counts: Counts,
}

/// What a point adds.
#[derive(Debug, Clone, PartialEq)]
pub enum Added {
    /// This.
    Counts {
        /// What.
        counts: Counts,
        /// From when on it was counted, in nanoseconds since 1970.
        since: u64,
    },
    /// Nothing: it is the one that was there, or an older one.
    Repeated,
    /// Nothing yet: it is the first of a stream that counted before anybody listened.
    First,
    /// Nothing: too many streams are remembered.
    NoRoom,
}

impl Streams {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes up points of one request, in their order, and says of each what it adds.
    pub fn take(&self, points: Vec<Arrived>, now: UnixMillis) -> Vec<Added> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // What one request tells of at once says nothing of what was before it.
        let new: Vec<Option<u64>> = points.iter().map(|point| known.new_since(point, now)).collect();
        let added = points.into_iter().zip(new).map(|(point, new)| known.take(point, new, now)).collect();
        known.forget_silent(now);
        added
    }
}

impl Known {
    /// Since when, in nanoseconds, a stream has counted if nobody knows it yet and all that it counted is new. Otherwise
    /// it may have counted for days before anybody listened. It is new when it began lately, or since its producer was
    /// first heard; and when others that began at the same moment were heard before: it would have been among them.
    fn new_since(&self, point: &Arrived, now: UnixMillis) -> Option<u64> {
        let heard = self.producers.get(&point.producer).filter(|heard| !is_silent(heard.last, now));
        let lately = now.minus(BEGAN_LATELY);
        let listened_since = heard.map_or(lately, |heard| heard.first.min(lately));
        let began = super::span::moment(point.start);
        let family = self.families.get(&point.family).filter(|family| !is_silent(family.heard, now));
        let known = family.filter(|family| family.would_know(point.time));
        match known.map(|family| family.last_before(point.time)) {
            Some(last) => Some(last.max(point.start)),
            None => began.filter(|began| *began >= listened_since).map(|_| point.start),
        }
    }

    fn take(&mut self, point: Arrived, new_since: Option<u64>, now: UnixMillis) -> Added {
        self.hear(&point, now);
        let Arrived { producer, family, stream, start, time, counts } = point;
        let heard = Last { time, counts, heard: now, producer, family, doubted: None };
        let Some(last) = self.streams.get(&stream) else { return self.begin(stream, heard, new_since) };
        if time <= last.time {
            return Added::Repeated;
        }
        let since = heard.counts.since(&last.counts);
        // No stream counts less than it did while it is of one beginning: several processes say the same of themselves,
        // and the difference of one and another is nothing that happened.
        let doubted = if since.is_none() { Some(now) } else { last.doubted.filter(|at| now.since(*at) <= DOUBTED_FOR) };
        let (stale, last) = (is_silent(last.heard, now), last.time.max(start));
        if !self.hold(stream, Last { doubted, ..heard }) {
            return Added::NoRoom;
        }
        match since {
            Some(counts) if !stale && doubted.is_none() => Added::Counts { counts, since: last },
            Some(_) | None => Added::First,
        }
    }

    fn begin(&mut self, stream: StreamId, heard: Last, new_since: Option<u64>) -> Added {
        let added = new_since.map_or(Added::First, |since| Added::Counts { counts: heard.counts.clone(), since });
        if self.hold(stream, heard) { added } else { Added::NoRoom }
    }

    /// Remembers a stream as it is now, where there is room for it.
    fn hold(&mut self, stream: StreamId, heard: Last) -> bool {
        let before = self.streams.remove(&stream).map_or(0, |last| last.counts.weight());
        let without = self.weight.saturating_sub(before);
        let with = without.saturating_add(heard.counts.weight());
        if self.streams.len() >= MOST || with > MOST_WEIGHT {
            self.weight = without;
            self.is_in_part(heard.producer, heard.family);
            return false;
        }
        self.weight = with;
        self.streams.insert(stream, heard);
        true
    }

    /// From now on a stream that appears may be one that was there before.
    fn is_in_part(&mut self, producer: Producer, family: StreamId) {
        self.producers.remove(&producer);
        if let Some(family) = self.families.get_mut(&family) {
            family.whole = false;
        }
    }

    fn hear(&mut self, point: &Arrived, now: UnixMillis) {
        let family = Family { heard: now, first: point.time, second: None, newest: point.time, before: 0, whole: true };
        match self.families.get_mut(&point.family).filter(|known| !is_silent(known.heard, now)) {
            Some(known) => known.hear(point.time, now),
            None => drop(self.families.insert(point.family, family)),
        }
        match self.producers.get_mut(&point.producer).filter(|heard| !is_silent(heard.last, now)) {
            Some(heard) => heard.last = now,
            None => drop(self.producers.insert(point.producer, Heard { first: now, last: now })),
        }
    }

    fn forget_silent(&mut self, now: UnixMillis) {
        let most = self.streams.len().max(self.families.len()).max(self.producers.len());
        if most < MOST / 2 && self.weight < MOST_WEIGHT / 2 {
            return;
        }
        let silent: Vec<Last> =
            self.streams.extract_if(.., |_, last| is_silent(last.heard, now)).map(|(_, last)| last).collect();
        for last in silent {
            self.weight = self.weight.saturating_sub(last.counts.weight());
            self.is_in_part(last.producer, last.family);
        }
        self.families.retain(|_, family| !is_silent(family.heard, now));
        self.producers.retain(|_, heard| !is_silent(heard.last, now));
        while self.producers.len() > MOST {
            self.producers.pop_first();
        }
        while self.families.len() > MOST {
            self.families.pop_first();
        }
    }
}

/// Whether that was heard last so long ago that it says nothing of now.
fn is_silent(heard: UnixMillis, now: UnixMillis) -> bool {
    now.since(heard) > IDLE_AFTER
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;
    const NOW: u64 = 1_000_000;

    fn at(second: u64) -> UnixMillis {
        UnixMillis::new(i64::try_from(second * 1_000).unwrap())
    }

    fn point(producer: u8, stream: &[u8], start: u64, time: u64, count: u64) -> Arrived {
        let producer = Producer::of(&[producer]);
        let family = StreamId::of_metric(producer, b"", "m").with(&start.to_le_bytes());
        let (start, time) = (start * SECOND, time * SECOND);
        Arrived { producer, family, stream: family.with(stream), start, time, counts: Counts::Sum(count) }
    }

    fn take(streams: &Streams, point: Arrived) -> Added {
        let now = at(point.time / SECOND);
        match streams.take(vec![point], now).remove(0) {
            Added::Counts { counts, since: _ } => Added::Counts { counts, since: 0 },
            nothing => nothing,
        }
    }

    fn sum(count: u64) -> Added {
        Added::Counts { counts: Counts::Sum(count), since: 0 }
    }

    #[test]
    fn what_is_added_was_counted_since_the_export_before_and_not_since_the_process_began() {
        let streams = Streams::new();
        let since = |point: Arrived| {
            let now = at(point.time / SECOND);
            match streams.take(vec![point], now).remove(0) {
                Added::Counts { since, .. } => Some(since / SECOND),
                Added::Repeated | Added::First | Added::NoRoom => None,
            }
        };
        assert_eq!(since(point(1, b"ok", 5, NOW, 1_000)), None);
        assert_eq!(since(point(1, b"ok", 5, NOW + 60, 1_007)), Some(NOW));
        assert_eq!(since(point(1, b"ok", 5, NOW + 180, 1_009)), Some(NOW + 60), "an export got lost");
        assert_eq!(since(point(1, b"error", 5, NOW + 180, 1)), Some(NOW + 60), "in another request of that export");
        assert_eq!(since(point(1, b"slow", 5, NOW + 240, 1)), Some(NOW + 180), "it was not there then");
        assert_eq!(since(point(1, b"anew", NOW + 200, NOW + 300, 1)), Some(NOW + 200));
    }

    #[test]
    fn a_point_adds_what_came_since_the_one_before_and_a_repeated_one_nothing() {
        let streams = Streams::new();
        assert_eq!(take(&streams, point(1, b"on", 5, NOW, 1_000)), Added::First, "counted for days before");
        assert_eq!(take(&streams, point(1, b"on", 5, NOW + 60, 1_007)), sum(7));
        assert_eq!(take(&streams, point(1, b"on", 5, NOW + 60, 1_007)), Added::Repeated);
        assert_eq!(take(&streams, point(1, b"on", 5, NOW + 30, 1_003)), Added::Repeated, "out of order");
        assert_eq!(take(&streams, point(1, b"on", 5, NOW + 120, 1_008)), sum(1));
    }

    #[test]
    fn a_stream_that_appears_while_others_of_its_process_are_known_counts_from_its_first_point() {
        let streams = Streams::new();
        take(&streams, point(1, b"on ok", 5, NOW - 60, 990));
        take(&streams, point(1, b"on ok", 5, NOW, 1_000));
        assert_eq!(take(&streams, point(1, b"on error", 5, NOW + 60, 3)), sum(3), "the first errors are not lost");
        assert_eq!(take(&streams, point(1, b"off", NOW + 50, NOW + 60, 8)), sum(8), "began while we listened");
        assert_eq!(take(&streams, point(2, b"on error", 5, NOW + 60, 3)), Added::First);
        assert_eq!(take(&streams, point(3, b"on", NOW, NOW + 60, 9)), sum(9), "a process that began a minute ago");
        let two = vec![point(4, b"a", 5, NOW, 10), point(4, b"b", 5, NOW, 20)];
        assert_eq!(streams.take(two, at(NOW)), [Added::First, Added::First]);
    }

    #[test]
    fn an_export_in_several_requests_of_which_one_is_lost_adds_nothing_of_days_ago() {
        let streams = Streams::new();
        assert_eq!(take(&streams, point(1, b"a", 5, NOW, 1_000_000)), Added::First);
        assert_eq!(take(&streams, point(1, b"b", 5, NOW, 2_000_000)), Added::First, "the rest of the same export");
        assert_eq!(take(&streams, point(1, b"a", 5, NOW + 60, 1_000_001)), sum(1));
        assert_eq!(take(&streams, point(1, b"c", 5, NOW + 60, 3_000_000)), Added::First, "lost a minute ago");
        assert_eq!(take(&streams, point(1, b"c", 5, NOW + 120, 3_000_002)), sum(2));
    }

    #[test]
    fn processes_that_cannot_be_told_apart_add_nothing_instead_of_their_difference() {
        let streams = Streams::new();
        assert_eq!(take(&streams, point(1, b"on", 5, NOW, 1_000)), Added::First);
        for step in 1..8 {
            let count = if step % 2 == 1 { 50 } else { 1_000 } + step;
            assert_eq!(take(&streams, point(1, b"on", 5, NOW + step * 30, count)), Added::First, "{step}");
        }
        take(&streams, point(1, b"on", 5, NOW + 240, 1_009));
        assert_eq!(take(&streams, point(1, b"on", 5, NOW + 900, 1_011)), sum(2), "one of them is left");
    }

    #[test]
    fn what_was_not_heard_for_an_hour_is_begun_afresh() {
        let streams = Streams::new();
        take(&streams, point(1, b"on", 5, NOW, 1_000));
        take(&streams, point(1, b"on", 5, NOW + 60, 1_000));
        let week = NOW + 7 * 86_400;
        assert_eq!(take(&streams, point(1, b"on", 5, week, 900_000)), Added::First, "nobody listened for a week");
        assert_eq!(take(&streams, point(1, b"other", 5, week + 60, 900_000)), Added::First);
        assert_eq!(take(&streams, point(1, b"on", 5, week + 60, 900_004)), sum(4));
    }

    #[test]
    fn huge_histograms_are_bounded_by_all_that_they_hold() {
        let streams = Streams::new();
        let huge = |n: u64| {
            let counts =
                Counts::Exponential { scale: 0, zero: 0, counts: (0..2_048).map(|index| (index, 1)).collect() };
            Arrived { counts, ..point(1, &n.to_le_bytes(), NOW, NOW, 1) }
        };
        let added = streams.take((0..2_500).map(huge).collect(), at(NOW));
        assert_eq!(added.iter().filter(|added| **added != Added::NoRoom).count(), MOST_WEIGHT / 2_049);
    }

    #[test]
    fn replicas_that_say_the_same_of_themselves_are_told_apart_by_when_they_began() {
        let streams = Streams::new();
        assert_eq!(take(&streams, point(1, b"on", 5, NOW, 1_000)), Added::First);
        assert_eq!(take(&streams, point(1, b"on", 7, NOW + 1, 9_000)), Added::First, "another one of days ago");
        assert_eq!(take(&streams, point(1, b"on", 5, NOW + 60, 1_005)), sum(5));
        assert_eq!(take(&streams, point(1, b"on", 7, NOW + 61, 9_002)), sum(2));
        assert_eq!(take(&streams, point(1, b"on", NOW + 70, NOW + 120, 4)), sum(4), "a third one, begun anew");
    }

    #[test]
    fn the_memory_is_bounded_and_what_is_silent_makes_room() {
        let streams = Streams::new();
        let flood = (0..=MOST as u64).map(|n| point(1, &n.to_le_bytes(), NOW, NOW, 1)).collect();
        let added = streams.take(flood, at(NOW));
        assert_eq!(added.iter().filter(|added| **added == Added::NoRoom).count(), 1);
        assert_eq!(take(&streams, point(1, b"late", NOW, NOW + 3_601, 1)), Added::NoRoom);
        let later = take(&streams, point(1, b"later", NOW, NOW + 3_601, 1));
        assert_eq!(later, Added::First, "there is room, but it may be one of those that found none");
        assert_eq!(take(&streams, point(1, b"later", NOW, NOW + 3_661, 3)), sum(2));
    }
}
