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
    producers: BTreeMap<Producer, UnixMillis>,
}

#[derive(Debug)]
struct Last {
    start: u64,
    time: u64,
    counts: Counts,
    heard: UnixMillis,
}

/// A point of a cumulative stream.
#[derive(Debug)]
pub struct Arrived {
    /// Who exports it.
    pub producer: Producer,
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
        // Who is heard for the first time may have counted for days. Of one that is known, a stream that is new has
        // counted only since the last request: before, it would have been in that.
        let heard_before: Vec<bool> =
            points.iter().map(|point| known.producers.contains_key(&point.producer)).collect();
        let added = points.into_iter().zip(heard_before).map(|(point, heard)| known.take(point, heard, now)).collect();
        known.forget_silent(now);
        added
    }
}

impl Known {
    fn take(&mut self, point: Arrived, producer_is_known: bool, now: UnixMillis) -> Added {
        self.producers.insert(point.producer, now);
        let Arrived { stream, start, time, counts, .. } = point;
        if let Some(last) = self.streams.get_mut(&stream) {
            if time <= last.time {
                return Added::Repeated;
            }
            let added = if start > last.start { None } else { counts.since(&last.counts) };
            let added = added.unwrap_or_else(|| counts.clone());
            *last = Last { start, time, counts, heard: now };
            return Added::Counts(added);
        }
        if self.streams.len() >= MOST {
            return Added::NoRoom;
        }
        let began = super::span::moment(start);
        let is_new = producer_is_known || began.is_some_and(|began| now.since(began) <= BEGAN_LATELY);
        let added = if is_new { Added::Counts(counts.clone()) } else { Added::First };
        self.streams.insert(stream, Last { start, time, counts, heard: now });
        added
    }

    fn forget_silent(&mut self, now: UnixMillis) {
        if self.streams.len() < MOST / 2 && self.producers.len() < MOST / 2 {
            return;
        }
        self.streams.retain(|_, last| now.since(last.heard) <= IDLE_AFTER);
        self.producers.retain(|_, heard| now.since(*heard) <= IDLE_AFTER);
        while self.producers.len() > MOST {
            self.producers.pop_first();
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
        let stream = StreamId::of_metric(producer, b"", "m").with(stream);
        Arrived { producer, stream, start: start * SECOND, time: time * SECOND, counts: Counts::Sum(count) }
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
    }

    #[test]
    fn a_stream_that_appears_at_a_known_producer_counts_from_its_first_point() {
        let streams = Streams::new();
        take(&streams, point(1, b"on ok", 5, NOW, 1_000));
        assert_eq!(take(&streams, point(1, b"on error", 5, NOW + 60, 3)), sum(3), "the first errors are not lost");
        assert_eq!(take(&streams, point(2, b"on error", 5, NOW + 60, 3)), Added::First);
        assert_eq!(take(&streams, point(3, b"on", NOW, NOW + 60, 9)), sum(9), "a process that began a minute ago");
        let two = vec![point(4, b"a", 5, NOW, 10), point(4, b"b", 5, NOW, 20)];
        assert_eq!(streams.take(two, at(NOW)), [Added::First, Added::First]);
    }

    #[test]
    fn what_begins_anew_counts_from_zero() {
        let streams = Streams::new();
        take(&streams, point(1, b"on", 5, NOW, 1_000));
        assert_eq!(take(&streams, point(1, b"on", NOW + 10, NOW + 60, 1_500)), sum(1_500), "it says so");
        assert_eq!(take(&streams, point(1, b"on", NOW + 10, NOW + 120, 4)), sum(4), "it is less than it was");
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
