//! What was told last of each alert of a source, by the sender's own times: posts overtake each other on their way,
//! and an old one that arrives late must not undo what a newer one said.

use super::told::{Standing, Told};
use crate::units::UnixMillis;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// The most alerts of one source that are remembered. Those told of longest ago are forgotten first; of one that is
/// forgotten, what comes is believed.
const MOST: usize = 8_192;

/// For so long after its end an alert that fires since before that end is taken for one that was late. Some senders
/// say only since when an alert fires, and one that fires again may fire since then: after this time it is believed.
const LATE_WITHIN: Duration = Duration::from_mins(5);

/// The most messages of one source that are remembered by their identity.
const MOST_MESSAGES: usize = 16_384;

/// How what is told stands to what was told before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sequence {
    /// It says something new.
    New,
    /// It says once more what is known.
    Repeated,
    /// Something newer is known.
    Stale,
}

#[derive(Debug, Clone)]
struct Last {
    standing: Standing,
    began: Option<UnixMillis>,
    at: Option<UnixMillis>,
    /// Of one that ended: until when it is known to have fired.
    until: Option<UnixMillis>,
    /// When it was last heard of as firing.
    heard: Option<UnixMillis>,
    /// The newest of its messages that it fires that was taken to its end, by the sender's time.
    taken: Option<UnixMillis>,
    /// When this standing was heard of first.
    received: UnixMillis,
    used: u64,
}

/// The memory of one source.
#[derive(Debug, Default)]
pub(super) struct Order {
    known: HashMap<String, Last>,
    by_use: BTreeMap<u64, String>,
    uses: u64,
    messages: HashMap<String, u64>,
    by_age: BTreeMap<u64, String>,
}

impl Order {
    /// How what is told stands to what was told before; remembers nothing of it.
    pub(super) fn look(&self, told: &Told, now: UnixMillis) -> Sequence {
        self.known.get(&told.alert.fingerprint).map_or(Sequence::New, |last| last.sequence(told, now))
    }

    /// Takes what is told, and remembers it unless it is stale.
    pub(super) fn take(&mut self, told: &Told, now: UnixMillis) -> Sequence {
        let fingerprint = &told.alert.fingerprint;
        let sequence = self.look(told, now);
        if sequence == Sequence::Stale {
            return sequence;
        }
        self.uses = self.uses.wrapping_add(1);
        let before = self.known.remove(fingerprint);
        if let Some(before) = &before {
            self.by_use.remove(&before.used);
        }
        let heard = before.as_ref().and_then(|last| last.heard);
        let taken = before.as_ref().and_then(|last| last.taken);
        let same = before.filter(|_| sequence == Sequence::Repeated);
        // A time that is still to come would make all that follows look old, and swallow what really fires.
        let past = |time: Option<UnixMillis>| time.map(|time| time.min(now));
        let last = Last {
            standing: told.standing,
            began: past(told.began).max(same.as_ref().and_then(|last| last.began)),
            at: past(told.at).max(same.as_ref().and_then(|last| last.at)),
            until: match told.standing {
                Standing::Firing => None,
                Standing::Resolved => past(told.until.or(told.at)).or(heard),
            },
            heard: if told.standing == Standing::Firing { Some(now) } else { heard },
            taken,
            received: same.map_or(now, |last| last.received),
            used: self.uses,
        };
        self.known.insert(fingerprint.clone(), last);
        self.by_use.insert(self.uses, fingerprint.clone());
        while self.known.len() > MOST {
            let Some((_, oldest)) = self.by_use.pop_first() else { break };
            self.known.remove(&oldest);
        }
        sequence
    }

    /// Until when an alert fired of which this tells too late, and of whose firing nothing was ever taken: its end
    /// overtook it, or what it brought was not durable. `None` where it was taken, or nobody knows when it ended.
    pub(super) fn missed(&self, told: &Told, now: UnixMillis) -> Option<UnixMillis> {
        let last = self.known.get(&told.alert.fingerprint)?;
        let late = told.standing == Standing::Firing && last.sequence(told, now) == Sequence::Stale;
        last.until.filter(|_| late && last.taken < moment_of(told, now))
    }

    /// That an alert fires was taken to its end: what it brought is durable. `at` is the message's own time.
    pub(super) fn taken_as_firing(&mut self, fingerprint: &str, at: Option<UnixMillis>) {
        if let Some(last) = self.known.get_mut(fingerprint) {
            last.taken = last.taken.max(at);
        }
    }

    /// Whether anything that says that it fires was taken to its end.
    pub(super) fn was_taken_as_firing(&self, fingerprint: &str) -> bool {
        self.known.get(fingerprint).is_some_and(|last| last.taken.is_some())
    }

    /// Whether this was told last of its alert as ended, while it was told that it fires.
    pub(super) fn has_ended(&self, fingerprint: &str) -> bool {
        self.known.get(fingerprint).is_some_and(|last| last.standing == Standing::Resolved)
    }

    /// Whether a message of that identity was taken to its end.
    pub(super) fn was_taken(&self, message: &str) -> bool {
        self.messages.contains_key(message)
    }

    /// A message was taken to its end: what it brought is durable.
    pub(super) fn taken(&mut self, message: &str) {
        if self.messages.contains_key(message) {
            return;
        }
        self.uses = self.uses.wrapping_add(1);
        self.messages.insert(message.to_owned(), self.uses);
        self.by_age.insert(self.uses, message.to_owned());
        while self.messages.len() > MOST_MESSAGES {
            let Some((_, oldest)) = self.by_age.pop_first() else { break };
            self.messages.remove(&oldest);
        }
    }
}

/// The time by which a message is told from those before it; one that is still to come is the moment of its arrival.
pub(super) fn moment_of(told: &Told, now: UnixMillis) -> Option<UnixMillis> {
    told.at.or(told.began).map(|time| time.min(now))
}

impl Last {
    fn sequence(&self, told: &Told, now: UnixMillis) -> Sequence {
        let same = self.standing == told.standing;
        let newer = match (told.at, self.at, told.began, self.began) {
            // Of two things at one moment the later to arrive is believed: clocks of seconds are coarse.
            (Some(told_at), Some(last), ..) if !same => told_at >= last,
            (Some(told_at), Some(last), ..) => told_at > last,
            (_, _, Some(told_began), Some(last)) if !same => match told.standing {
                // A clock of this server that was set back tells nothing of how long ago the end was.
                Standing::Firing => told_began > last || now < self.received || now.since(self.received) > LATE_WITHIN,
                Standing::Resolved => told_began >= last,
            },
            (_, _, Some(told_began), Some(last)) => told_began > last,
            _ => !same,
        };
        match (newer, same) {
            (true, _) => Sequence::New,
            (false, true) => Sequence::Repeated,
            (false, false) => Sequence::Stale,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Alert;

    const SECOND: i64 = 1_000;

    fn moment(seconds: i64) -> UnixMillis {
        UnixMillis::new(1_700_000_000_000 + seconds * SECOND)
    }

    fn told(standing: Standing, began: Option<i64>, at: Option<i64>) -> Told {
        let alert = Alert { fingerprint: "f".to_owned(), labels: std::collections::BTreeMap::new() };
        let (began, at) = (began.map(moment), at.map(moment));
        Told { alert, standing, began, at, until: None, message: None, no_data: false }
    }

    #[test]
    fn by_the_time_of_each_message_what_is_older_changes_nothing() {
        use Standing::{Firing, Resolved};
        let mut order = Order::default();
        let mut take = |standing, at| order.take(&told(standing, None, Some(at)), moment(1_000));
        assert_eq!(take(Resolved, 20), Sequence::New, "the end arrives before the beginning");
        assert_eq!(take(Firing, 10), Sequence::Stale);
        assert_eq!(take(Firing, 30), Sequence::New, "a new one");
        assert_eq!(take(Firing, 30), Sequence::Repeated);
        assert_eq!(take(Resolved, 20), Sequence::Stale, "an end of the one before");
        assert_eq!(take(Resolved, 40), Sequence::New);
        assert_eq!(take(Firing, 40), Sequence::New, "at one moment, on the side of closing");
    }

    #[test]
    fn by_the_beginning_of_each_alert_one_that_is_late_is_not_taken_for_a_new_one() {
        use Standing::{Firing, Resolved};
        let mut order = Order::default();
        let mut take = |standing, began, now| order.take(&told(standing, Some(began), None), moment(now));
        assert_eq!(take(Firing, 0, 0), Sequence::New);
        assert_eq!(take(Firing, 0, 10), Sequence::Repeated);
        assert_eq!(take(Resolved, 0, 20), Sequence::New);
        assert_eq!(take(Firing, 0, 25), Sequence::Stale, "it overtook its end");
        assert_eq!(take(Firing, 24, 26), Sequence::New, "it fires anew");
        assert_eq!(take(Resolved, 0, 27), Sequence::Stale);
        assert_eq!(take(Resolved, 24, 40), Sequence::New);
        assert_eq!(take(Resolved, 24, 200), Sequence::Repeated);
        assert_eq!(take(Firing, 24, 341), Sequence::New, "whoever says so for long after its end means it");
    }

    #[test]
    fn a_time_that_is_still_to_come_swallows_nothing_that_fires_later() {
        use Standing::{Firing, Resolved};
        let mut order = Order::default();
        let mut take = |told: Told, now| order.take(&told, moment(now));
        assert_eq!(take(told(Resolved, None, Some(1_000_000)), 10), Sequence::New);
        assert_eq!(take(told(Firing, None, Some(5)), 11), Sequence::Stale, "older than when the end was heard of");
        assert_eq!(take(told(Firing, None, Some(11)), 11), Sequence::New);
        assert_eq!(take(told(Resolved, Some(1_000_000), None), 12), Sequence::New);
        assert_eq!(take(told(Firing, Some(13), None), 13), Sequence::New);
    }

    #[test]
    fn what_was_never_taken_as_firing_is_missed_until_it_was() {
        use Standing::{Firing, Resolved};
        let mut order = Order::default();
        let firing = |at| told(Firing, None, Some(at));
        assert_eq!(order.missed(&firing(10), moment(20)), None, "nothing is known of it: it is new");
        order.take(&told(Resolved, None, Some(20)), moment(21));
        assert_eq!(order.missed(&firing(10), moment(22)), Some(moment(20)), "its end overtook it");
        order.taken_as_firing("f", Some(moment(10)));
        assert_eq!(order.missed(&firing(10), moment(23)), None, "once");
        assert_eq!(order.missed(&firing(15), moment(23)), Some(moment(20)), "it began to fire once more");
        order.take(&firing(30), moment(31));
        order.take(&told(Resolved, None, Some(40)), moment(41));
        assert_eq!(order.missed(&firing(30), moment(42)), Some(moment(40)), "taken up, but not to its end");

        let began = |standing, until: Option<i64>| Told { until: until.map(moment), ..told(standing, Some(0), None) };
        let mut order = Order::default();
        order.take(&began(Resolved, None), moment(50));
        assert_eq!(order.missed(&began(Firing, None), moment(51)), None, "nobody knows until when it fired");
        order.take(&began(Resolved, Some(45)), moment(52));
        assert_eq!(order.missed(&began(Firing, None), moment(53)), Some(moment(45)));
    }

    #[test]
    fn both_memories_are_bounded() {
        let mut order = Order::default();
        for number in 0..20_000 {
            let mut one = told(Standing::Firing, None, None);
            one.alert.fingerprint = number.to_string();
            order.take(&one, moment(0));
            order.taken(&number.to_string());
        }
        assert_eq!((order.known.len(), order.by_use.len()), (MOST, MOST));
        assert_eq!((order.messages.len(), order.by_age.len()), (MOST_MESSAGES, MOST_MESSAGES));
        assert!(order.was_taken("19999") && !order.was_taken("0"));
    }
}
