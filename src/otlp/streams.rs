//! What was counted last of streams that count from their beginning.

use super::point::{Counts, Producer, StreamId};
use crate::units::UnixMillis;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How many streams are remembered. Each holds one histogram's buckets.
const MOST: usize = 20_000;

/// How long a stream is remembered that nothing is heard of.
const IDLE_AFTER: Duration = Duration::from_secs(3_600);

/// How long ago a stream that nobody knows yet may have begun so that all of it counts as new.
const BEGAN_LATELY: Duration = Duration::from_secs(120);

/// The last points of cumulative streams. A point counts as what came since the one before it.
#[derive(Debug, Default)]
pub struct Streams(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    streams: BTreeMap<StreamId, Last>,
    /// When something was heard last of each.
    families: BTreeMap<StreamId, UnixMillis>,
    producers: BTreeMap<Producer, Heard>,
}

#[derive(Debug)]
struct Last {
    time: u64,
    counts: Counts,
    heard: UnixMillis,
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
    Counts(Counts),
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
        let new: Vec<bool> = points.iter().map(|point| known.counts_from_its_beginning(point, now)).collect();
        let added = points.into_iter().zip(new).map(|(point, new)| known.take(point, new, now)).collect();
        known.forget_silent(now);
        added
    }
}

impl Known {
    /// Whether all that a stream has counted is new, if nobody knows it yet. Otherwise it may have counted for days
    /// before anybody listened. It is new when it began lately, or since its producer was first heard; and when others
    /// that began at the same moment were heard before: it would have been among them.
    fn counts_from_its_beginning(&self, point: &Arrived, now: UnixMillis) -> bool {
        let heard_since = self.producers.get(&point.producer).map(|heard| heard.first);
        let lately = now.minus(BEGAN_LATELY);
        let listened_since = heard_since.map_or(lately, |first| first.min(lately));
        let began = super::span::moment(point.start);
        began.is_some_and(|began| began >= listened_since) || self.families.contains_key(&point.family)
    }

    fn take(&mut self, point: Arrived, is_new: bool, now: UnixMillis) -> Added {
        let Arrived { producer, family, stream, time, counts, .. } = point;
        self.families.insert(family, now);
        self.producers.entry(producer).or_insert(Heard { first: now, last: now }).last = now;
        if let Some(last) = self.streams.get_mut(&stream) {
            if time <= last.time {
                return Added::Repeated;
            }
            let added = counts.since(&last.counts).unwrap_or_else(|| counts.clone());
            *last = Last { time, counts, heard: now };
            return Added::Counts(added);
        }
        if self.streams.len() >= MOST {
            return Added::NoRoom;
        }
        let added = if is_new { Added::Counts(counts.clone()) } else { Added::First };
        self.streams.insert(stream, Last { time, counts, heard: now });
        added
    }

    fn forget_silent(&mut self, now: UnixMillis) {
        let most = self.streams.len().max(self.families.len()).max(self.producers.len());
        if most < MOST / 2 {
            return;
        }
        self.streams.retain(|_, last| now.since(last.heard) <= IDLE_AFTER);
        self.families.retain(|_, heard| now.since(*heard) <= IDLE_AFTER);
        self.producers.retain(|_, heard| now.since(heard.last) <= IDLE_AFTER);
        while self.producers.len() > MOST {
            self.producers.pop_first();
        }
        while self.families.len() > MOST {
            self.families.pop_first();
        }
    }
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
        streams.take(vec![point], now).remove(0)
    }

    fn sum(count: u64) -> Added {
        Added::Counts(Counts::Sum(count))
    }

    #[test]
    fn a_point_adds_what_came_since_the_one_before_and_a_repeated_one_nothing() {
        let streams = Streams::new();
        assert_eq!(take(&streams, point(1, b"on", 5, NOW, 1_000)), Added::First, "counted for days before");
        assert_eq!(take(&streams, point(1, b"on", 5, NOW + 60, 1_007)), sum(7));
        assert_eq!(take(&streams, point(1, b"on", 5, NOW + 60, 1_007)), Added::Repeated);
        assert_eq!(take(&streams, point(1, b"on", 5, NOW + 30, 1_003)), Added::Repeated, "out of order");
        assert_eq!(take(&streams, point(1, b"on", 5, NOW + 120, 1_008)), sum(1));
        assert_eq!(take(&streams, point(1, b"on", 5, NOW + 180, 4)), sum(4), "less than it was: it began anew");
    }

    #[test]
    fn a_stream_that_appears_while_others_of_its_process_are_known_counts_from_its_first_point() {
        let streams = Streams::new();
        take(&streams, point(1, b"on ok", 5, NOW, 1_000));
        assert_eq!(take(&streams, point(1, b"on error", 5, NOW + 60, 3)), sum(3), "the first errors are not lost");
        assert_eq!(take(&streams, point(1, b"off", NOW + 50, NOW + 60, 8)), sum(8), "began while we listened");
        assert_eq!(take(&streams, point(2, b"on error", 5, NOW + 60, 3)), Added::First);
        assert_eq!(take(&streams, point(3, b"on", NOW, NOW + 60, 9)), sum(9), "a process that began a minute ago");
        let two = vec![point(4, b"a", 5, NOW, 10), point(4, b"b", 5, NOW, 20)];
        assert_eq!(streams.take(two, at(NOW)), [Added::First, Added::First]);
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
        assert_eq!(take(&streams, point(1, b"later", NOW, NOW + 3_601, 1)), sum(1), "the silent ones are gone");
    }
}
