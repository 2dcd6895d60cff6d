//! The cell that holds the served snapshot. Reading it takes no lock; a publication replaces it whole.

use super::difference::may_differ;
use super::past::Past;
use super::tally::Tallies;
use crate::eval::Snapshot;
use crate::units::{FlagKey, Generation, UnixMillis};
use arc_swap::{ArcSwap, Guard};
use std::sync::Arc;
use tokio::sync::watch;

/// A snapshot in service, with the counters of what it answered.
#[derive(Debug)]
pub struct Published {
    snapshot: Snapshot,
    tallies: Tallies,
    changed: Generation,
}

impl Published {
    /// What is served.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// How often each variant was answered, since the start of the process.
    #[must_use]
    pub fn tallies(&self) -> &Tallies {
        &self.tallies
    }

    /// The generation since which every answer is as it is now: that of this snapshot, or an earlier one
    /// when the publications since then changed nothing that can be seen in an answer.
    #[must_use]
    pub const fn changed(&self) -> Generation {
        self.changed
    }
}

/// The snapshot in service. Only a newer generation replaces it, so that a publication that was
/// overtaken on its way can never bring back what a later one has closed.
#[derive(Debug)]
pub struct Live {
    cell: ArcSwap<Published>,
    changes: watch::Sender<Generation>,
    past: Past,
}

impl Live {
    /// Starts serving `snapshot`.
    #[must_use]
    pub fn new(snapshot: Snapshot) -> Self {
        let tallies = Tallies::new(&snapshot);
        let changed = snapshot.generation();
        let cell = ArcSwap::from_pointee(Published { snapshot, tallies, changed });
        Self { cell, changes: watch::Sender::new(changed), past: Past::default() }
    }

    /// Follows [`Published::changed`]. What is told here is served already. A slow reader finds only the
    /// newest, and keeps no snapshot alive.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<Generation> {
        self.changes.subscribe()
    }

    /// What was served before, as far as publications told when they happened.
    #[must_use]
    pub const fn past(&self) -> &Past {
        &self.past
    }

    /// As [`publish`](Self::publish), with the moment from which on it is served. `flag` is the only one that may have
    /// changed, if it is known. Two of these must not run at one time.
    pub fn publish_at(&self, snapshot: Snapshot, flag: Option<&FlagKey>, now: UnixMillis) -> bool {
        let current = self.cell.load_full();
        if snapshot.generation() > current.snapshot.generation() {
            // Noted first: whoever loaded what is served before it changes must find out that it has.
            match flag {
                Some(flag) => self.past.note_one(&current.snapshot, &snapshot, flag, now),
                None => self.past.note_all(&current.snapshot, &snapshot, now),
            }
        }
        self.publish(snapshot)
    }

    /// What is served now. Hold it for one evaluation, not longer: it keeps that generation alive.
    #[must_use]
    pub fn load(&self) -> Guard<Arc<Published>> {
        self.cell.load()
    }

    /// What is served now, to keep for longer than one evaluation.
    #[must_use]
    pub fn load_full(&self) -> Arc<Published> {
        self.cell.load_full()
    }

    /// Serves `snapshot` from now on and says whether it did: an older or equal generation than the
    /// one in service is left out.
    pub fn publish(&self, snapshot: Snapshot) -> bool {
        let mut current = self.cell.load_full();
        loop {
            if snapshot.generation() <= current.snapshot.generation() {
                return false;
            }
            let tallies = current.tallies.carried_to(&current.snapshot, &snapshot);
            let changed = match may_differ(&current.snapshot, &snapshot) {
                true => snapshot.generation(),
                false => current.changed,
            };
            let next = Arc::new(Published { snapshot: snapshot.clone(), tallies, changed });
            let found = self.cell.compare_and_swap(&current, next);
            if Arc::ptr_eq(&found, &current) {
                self.tell(changed);
                return true;
            }
            current = Arc::clone(&found);
        }
    }

    /// Of two publications at a time the later one may come here first; the earlier one tells nothing then.
    fn tell(&self, changed: Generation) {
        self.changes.send_if_modified(|newest| {
            let newer = changed > *newest;
            if newer {
                *newest = changed;
            }
            newer
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::Bucketing;
    use crate::flag::{Catalog, lower};
    use crate::source::{Format, parse};
    use crate::units::Generation;
    use std::collections::BTreeMap;

    /// Flags with the given variants, as `key: a b c`.
    fn snapshot(generation: u64, flags: &[(&str, &[&str])]) -> Snapshot {
        let body = flags.iter().map(|(key, variants)| {
            let variants: Vec<String> = variants.iter().map(|name| format!("{name}: {name}")).collect();
            format!("  {key}: {{ state: ENABLED, variants: {{ {} }} }}\n", variants.join(", "))
        });
        let text = format!("flags:\n{}", body.collect::<String>());
        let mut catalog = Catalog::new();
        catalog.update("f.yaml", lower(&parse("f.yaml", text.as_bytes(), Format::Yaml).unwrap()));
        Snapshot::build(Generation::new(generation), catalog.flags(), &BTreeMap::new(), Bucketing::V3, None)
    }

    /// One line per flag, such as `f: a=1 b=0, without 2`.
    fn counts(live: &Live) -> Vec<String> {
        let published = live.load_full();
        let line = |flag: crate::live::FlagTally<'_>| {
            let variants: Vec<String> = flag.variants().map(|(name, count)| format!("{name}={count}")).collect();
            format!("{}: {}, without {}", flag.key(), variants.join(" "), flag.without_variant())
        };
        published.tallies().iter().map(line).collect()
    }

    #[test]
    fn only_a_newer_generation_is_taken() {
        let live = Live::new(snapshot(5, &[("f", &["a"])]));
        assert!(!live.publish(snapshot(5, &[])) && !live.publish(snapshot(4, &[])));
        assert_eq!(live.load().snapshot().len(), 1, "an overtaken publication reopens nothing");
        assert!(live.publish(snapshot(6, &[])));
        assert_eq!(live.load().snapshot().generation(), Generation::new(6));
    }

    #[test]
    fn a_publication_tells_only_of_what_can_change_an_answer() {
        let live = Live::new(snapshot(1, &[("f", &["a"]), ("g", &["a"])]));
        let mut changes = live.changes();
        let mut told = |generation: u64, flags: &[(&str, &[&str])]| {
            assert!(live.publish(snapshot(generation, flags)));
            assert!(live.load().changed() == *changes.borrow(), "what is told and what is served agree");
            changes.has_changed().unwrap().then(|| changes.borrow_and_update().get())
        };
        assert_eq!(told(2, &[("f", &["a"]), ("g", &["a"])]), None, "read anew, and the same");
        assert_eq!(told(3, &[("f", &["a"]), ("g", &["b"])]), Some(3), "another value");
        assert_eq!(told(4, &[("f", &["a"])]), Some(4), "a flag less");
        assert_eq!(told(5, &[("f", &["a"])]), None);
        assert_eq!(told(6, &[("e", &["a"])]), Some(6), "another flag in its place");
    }

    #[test]
    fn counts_follow_flag_and_variant_by_name_when_both_move() {
        let live = Live::new(snapshot(1, &[("f", &["a", "b"]), ("g", &["a"]), ("h", &["a"])]));
        let before = live.load_full();
        before.tallies().count(0, Some(1));
        before.tallies().count(2, None);
        assert!(live.publish(snapshot(2, &[("c", &["a"]), ("f", &["b", "x"]), ("h", &["a"])])));
        // A request that began before the publication ends after it.
        before.tallies().count(0, Some(1));
        before.tallies().count(0, None);
        assert_eq!(counts(&live), ["c: a=0, without 0", "f: b=2 x=0, without 1", "h: a=0, without 1"]);
    }

    #[test]
    fn all_flags_are_counted_at_once_over_generations() {
        let live = Live::new(snapshot(1, &[("f", &["a", "b"]), ("g", &["a"])]));
        let all = |live: &Live, variants: [Option<usize>; 2]| live.load().tallies().count_all(variants.into_iter());
        all(&live, [Some(1), Some(0)]);
        live.load().tallies().count(0, Some(1));
        for (generation, flags) in [(2, &["b", "x"][..]), (3, &["x", "b"]), (4, &["b"])] {
            assert!(live.publish(snapshot(generation, &[("f", flags), ("g", &["a"])])));
            all(&live, [None, Some(7)]);
        }
        assert_eq!(counts(&live), ["f: b=2, without 3", "g: a=1, without 3"]);
    }

    #[test]
    fn what_does_not_exist_is_counted_nowhere_and_breaks_nothing() {
        let live = Live::new(snapshot(1, &[("f", &["a"])]));
        live.load().tallies().count(7, Some(0));
        live.load().tallies().count(0, Some(7));
        assert_eq!(counts(&live), ["f: a=0, without 1"]);
    }
}
