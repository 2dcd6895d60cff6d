//! What was served before: for outcomes that tell what happened to somebody some time ago.

use super::difference::flag_differs;
use crate::eval::{Flag, Snapshot};
use crate::flag::{CatalogEntry, Definition, Overlay};
use crate::units::{FlagKey, Generation, UnixMillis};
use std::cmp::Ordering;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How far back it is known what was served.
pub const REMEMBERED: Duration = Duration::from_hours(24);

/// How many changes of one flag are remembered.
const MOST_OF_A_FLAG: usize = 512;

/// How many changes of all flags are remembered. One takes some hundred bytes beside a definition that is gone.
const MOST: usize = 20_000;

/// What was served of a flag, up to its next change.
#[derive(Debug, Clone, PartialEq)]
pub enum Before {
    /// There was no such flag.
    Nothing,
    /// Its definition, and what a rollout laid over it.
    Served(Option<Arc<Definition>>, Option<Overlay>),
    /// Nobody knows any more.
    Unknown,
}

/// A flag as it was up to a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Era {
    /// The end of it: from then on something else was served.
    pub until: UnixMillis,
    /// What was served.
    pub before: Before,
}

/// What is known of a flag at a moment, and over which time around it that holds.
#[derive(Debug, Clone)]
pub struct Stretch {
    /// From then on.
    pub from: UnixMillis,
    /// Up to, and without, this moment.
    pub until: UnixMillis,
    /// What is known.
    pub then: Then,
}

impl Stretch {
    /// Whether a moment lies in it.
    #[must_use]
    pub fn has(&self, moment: UnixMillis) -> bool {
        self.from <= moment && moment < self.until
    }
}

/// What is known of a flag at a moment.
#[derive(Debug, Clone)]
pub enum Then {
    /// It was served as it is now.
    Now,
    /// It was served as in here.
    Was(Arc<Snapshot>),
    /// There was no such flag.
    Nothing,
    /// Nobody knows.
    Unknown,
}

/// The changes of the last day, by flag.
#[derive(Debug, Default)]
pub struct Past {
    changes: Mutex<Changes>,
}

#[derive(Debug, Default)]
struct Changes {
    /// Before this nothing is known, of any flag but those that know better. `None` before the first publication.
    begins: Option<UnixMillis>,
    flags: BTreeMap<FlagKey, Eras>,
    count: usize,
}

#[derive(Debug, Default)]
struct Eras {
    /// Before this nothing is known.
    begins: UnixMillis,
    ended: VecDeque<Era>,
}

impl Past {
    /// Notes that from now on all of `after` is served, and no longer `before`.
    pub(super) fn note_all(&self, before: &Snapshot, after: &Snapshot, now: UnixMillis) {
        let mut changes = self.lock();
        if changes.begins.is_none() {
            changes.begins = Some(now);
            return;
        }
        let (mut old, mut new) = (before.flags().peekable(), after.flags().peekable());
        loop {
            let order = match (old.peek(), new.peek()) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(old), Some(new)) => old.key().cmp(new.key()),
            };
            match order {
                Ordering::Less => old.next().into_iter().for_each(|old| changes.end(old.flag_key(), was(old), now)),
                Ordering::Greater => {
                    new.next().into_iter().for_each(|new| changes.end(new.flag_key(), Before::Nothing, now));
                }
                Ordering::Equal => {
                    if let (Some(old), Some(new)) = (old.next(), new.next())
                        && !old.is(new)
                        && flag_differs(old, new)
                    {
                        changes.end(old.flag_key(), was(old), now);
                    }
                }
            }
        }
    }

    /// The same where one flag has changed.
    pub(super) fn note_one(&self, before: &Snapshot, after: &Snapshot, flag: &FlagKey, now: UnixMillis) {
        if let (Some(old), Some(new)) = (before.flag(flag.as_str()), after.flag(flag.as_str()))
            && flag_differs(old, new)
        {
            self.lock().end(old.flag_key(), was(old), now);
        }
    }

    /// How a flag was served at a moment. `now` must be what is served now, loaded before this is asked.
    #[must_use]
    pub fn at(&self, flag: &FlagKey, moment: UnixMillis, now: &Snapshot) -> Stretch {
        let (from, era) = self.lock().era(flag, moment);
        let Some(Era { until, before }) = era else {
            return Stretch { from, until: UnixMillis::new(i64::MAX), then: Then::Now };
        };
        let then = match before {
            Before::Nothing | Before::Served(None, _) => Then::Nothing,
            Before::Unknown => Then::Unknown,
            Before::Served(Some(definition), overlay) => {
                let overlays = overlay.map(|overlay| (flag.clone(), overlay)).into_iter().collect();
                let flags = std::iter::once((flag, CatalogEntry::Serving(definition)));
                Then::Was(Arc::new(Snapshot::build(Generation::ZERO, flags, &overlays, now.bucketing(), None)))
            }
        };
        Stretch { from, until, then }
    }

    /// What is remembered of a flag: from when on, and what ended since.
    #[must_use]
    pub fn of(&self, flag: &FlagKey) -> Option<(UnixMillis, Vec<Era>)> {
        let changes = self.lock();
        let eras = changes.flags.get(flag).map(|eras| eras.ended.iter().cloned().collect());
        Some((changes.begins_of(flag)?, eras.unwrap_or_default()))
    }

    /// Takes up what was remembered of a flag before this process began, in place of what was noted of it since.
    pub fn restore(&self, flag: FlagKey, begins: UnixMillis, ended: Vec<Era>, now: UnixMillis) {
        let mut changes = self.lock();
        let ended: VecDeque<Era> = ended.into();
        let forgotten = changes.flags.remove(&flag).map_or(0, |eras| eras.ended.len());
        changes.count = changes.count.saturating_sub(forgotten).saturating_add(ended.len());
        changes.flags.insert(flag.clone(), Eras { begins, ended });
        changes.tidy(&flag, now);
    }

    /// Each change is whole after each step.
    fn lock(&self) -> MutexGuard<'_, Changes> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Changes {
    fn begins_of(&self, flag: &FlagKey) -> Option<UnixMillis> {
        self.flags.get(flag).map(|eras| eras.begins).or(self.begins)
    }

    /// The era in which a moment lies, and its beginning; `None` when that goes on.
    fn era(&self, flag: &FlagKey, moment: UnixMillis) -> (UnixMillis, Option<Era>) {
        let earliest = UnixMillis::new(i64::MIN);
        let unknown = |until: UnixMillis| (earliest, Some(Era { until, before: Before::Unknown }));
        let Some(begins) = self.begins_of(flag) else { return unknown(UnixMillis::new(i64::MAX)) };
        if moment < begins {
            return unknown(begins);
        }
        let mut from = begins;
        for era in self.flags.get(flag).into_iter().flat_map(|eras| &eras.ended) {
            if moment < era.until {
                return (from, Some(era.clone()));
            }
            from = era.until;
        }
        (from, None)
    }

    fn end(&mut self, flag: &FlagKey, before: Before, now: UnixMillis) {
        let Some(begins) = self.begins else { return };
        let eras = self.flags.entry(flag.clone()).or_insert_with(|| Eras { begins, ended: VecDeque::new() });
        // After the clock was set back the eras before it are of a time that comes again.
        while eras.ended.back().is_some_and(|last| last.until > now) {
            eras.ended.pop_back();
            self.count = self.count.saturating_sub(1);
            eras.begins = now;
        }
        eras.ended.push_back(Era { until: now, before });
        self.count = self.count.saturating_add(1);
        self.tidy(flag, now);
    }

    fn tidy(&mut self, flag: &FlagKey, now: UnixMillis) {
        if let Some(eras) = self.flags.get_mut(flag) {
            let old = |era: &Era| now.since(era.until) > REMEMBERED;
            while eras.ended.front().is_some_and(old) || eras.ended.len() > MOST_OF_A_FLAG {
                let Some(gone) = eras.ended.pop_front() else { break };
                eras.begins = eras.begins.max(gone.until);
                self.count = self.count.saturating_sub(1);
            }
        }
        if self.count > MOST {
            self.forget_the_older_half();
        }
    }

    fn forget_the_older_half(&mut self) {
        let mut ends: Vec<UnixMillis> = self.flags.values().flat_map(|eras| &eras.ended).map(|era| era.until).collect();
        let middle = ends.len() / 2;
        let (_, middle, _) = ends.select_nth_unstable(middle);
        let middle = *middle;
        self.begins = self.begins.max(Some(middle));
        for eras in self.flags.values_mut() {
            eras.begins = eras.begins.max(middle);
            eras.ended.retain(|era| era.until > middle);
        }
        let begins = self.begins;
        self.flags.retain(|_, eras| !eras.ended.is_empty() || Some(eras.begins) != begins);
        self.count = self.flags.values().map(|eras| eras.ended.len()).sum();
    }
}

fn was(flag: Flag<'_>) -> Before {
    Before::Served(flag.definition().cloned(), flag.overlay().cloned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::Bucketing;
    use crate::flag::{Catalog, lower};
    use crate::source::{Format, parse};

    fn snapshot(flags: &[(&str, &str)]) -> Snapshot {
        let line = |(key, default): &(&str, &str)| {
            format!("  {key}: {{ state: ENABLED, variants: {{ a: 1, b: 2 }}, defaultVariant: {default} }}\n")
        };
        let text = format!("flags:\n{}", flags.iter().map(line).collect::<String>());
        let mut catalog = Catalog::new();
        catalog.update("f.yaml", lower(&parse("f.yaml", text.as_bytes(), Format::Yaml).unwrap()));
        Snapshot::build(Generation::new(1), catalog.flags(), &BTreeMap::new(), Bucketing::V3, None)
    }

    fn key(name: &str) -> FlagKey {
        FlagKey::new(name).unwrap()
    }

    fn variant(past: &Past, flag: &str, moment: i64, now: &Snapshot) -> String {
        match past.at(&key(flag), UnixMillis::new(moment), now).then {
            Then::Now => "now".to_owned(),
            Then::Was(snapshot) => {
                snapshot.evaluate(flag, &crate::eval::Context::of("u")).variant().unwrap().to_owned()
            }
            Then::Nothing => "nothing".to_owned(),
            Then::Unknown => "unknown".to_owned(),
        }
    }

    #[test]
    fn each_moment_has_what_was_served_then() {
        let past = Past::default();
        let [empty, first, second, third] =
            [snapshot(&[]), snapshot(&[("f", "a")]), snapshot(&[("f", "b")]), snapshot(&[("f", "b"), ("g", "a")])];
        assert_eq!(variant(&past, "f", 5, &empty), "unknown", "before anything is served");
        past.note_all(&empty, &first, UnixMillis::new(10));
        past.note_all(&first, &snapshot(&[("f", "a")]), UnixMillis::new(15));
        past.note_one(&first, &second, &key("f"), UnixMillis::new(20));
        past.note_all(&second, &third, UnixMillis::new(30));
        let told = [9, 10, 19, 20, 40].map(|moment| variant(&past, "f", moment, &third));
        assert_eq!(told, ["unknown", "a", "a", "now", "now"]);
        let told = [9, 29, 30].map(|moment| variant(&past, "g", moment, &third));
        assert_eq!(told, ["unknown", "nothing", "now"]);
    }

    #[test]
    fn a_day_is_remembered_and_no_more_changes_than_there_is_room_for() {
        let past = Past::default();
        let (one, other) = (snapshot(&[("f", "a")]), snapshot(&[("f", "b")]));
        past.note_all(&snapshot(&[]), &one, UnixMillis::new(0));
        for step in 1..=600 {
            past.note_one(&one, &other, &key("f"), UnixMillis::new(step * 1_000));
        }
        assert_eq!(past.of(&key("f")).unwrap().1.len(), MOST_OF_A_FLAG);
        assert_eq!(variant(&past, "f", 88_000 - 1, &one), "unknown", "the oldest made room");
        assert_eq!(variant(&past, "f", 88_000, &one), "a");
        let day = i64::try_from(REMEMBERED.as_millis()).unwrap();
        past.note_one(&one, &other, &key("f"), UnixMillis::new(600_000 + day));
        assert_eq!(past.of(&key("f")).unwrap().1.len(), 2);
    }

    #[test]
    fn many_changed_flags_keep_their_newer_half() {
        let past = Past::default();
        past.note_all(&snapshot(&[]), &snapshot(&[]), UnixMillis::new(0));
        let mut changes = past.lock();
        for number in 0..=MOST {
            let at = i64::try_from(number).unwrap() + 1;
            changes.end(&key(&format!("f{number}")), Before::Nothing, UnixMillis::new(at));
        }
        assert!(changes.count <= MOST / 2 && changes.count >= MOST / 2 - 1, "{}", changes.count);
        assert!(changes.flags.len() <= MOST / 2);
        assert!(changes.begins > Some(UnixMillis::new(0)));
    }

    #[test]
    fn what_was_remembered_is_taken_up_again() {
        let past = Past::default();
        let served = snapshot(&[("f", "a")]);
        past.note_all(&snapshot(&[]), &served, UnixMillis::new(100));
        let eras = vec![
            Era { until: UnixMillis::new(40), before: Before::Nothing },
            Era { until: UnixMillis::new(90), before: Before::Unknown },
        ];
        past.restore(key("f"), UnixMillis::new(20), eras, UnixMillis::new(100));
        let told = [10, 30, 50, 95].map(|moment| variant(&past, "f", moment, &served));
        assert_eq!(told, ["unknown", "nothing", "unknown", "now"]);
    }
}
