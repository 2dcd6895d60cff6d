//! The cell that holds the served snapshot. Reading it takes no lock; a publication replaces it whole.

use super::tally::Tallies;
use crate::eval::Snapshot;
use arc_swap::{ArcSwap, Guard};
use std::sync::Arc;

/// A snapshot in service, with the counters of what it answered.
#[derive(Debug)]
pub struct Published {
    snapshot: Snapshot,
    tallies: Tallies,
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
}

/// The snapshot in service. Only a newer generation replaces it, so that a publication that was
/// overtaken on its way can never bring back what a later one has closed.
#[derive(Debug)]
pub struct Live {
    cell: ArcSwap<Published>,
}

impl Live {
    /// Starts serving `snapshot`.
    #[must_use]
    pub fn new(snapshot: Snapshot) -> Self {
        let tallies = Tallies::new(snapshot.flags());
        Self { cell: ArcSwap::from_pointee(Published { snapshot, tallies }) }
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
            let tallies = current.tallies.carried_to(current.snapshot.flags(), snapshot.flags());
            let next = Arc::new(Published { snapshot: snapshot.clone(), tallies });
            let found = self.cell.compare_and_swap(&current, next);
            if Arc::ptr_eq(&found, &current) {
                return true;
            }
            current = Arc::clone(&found);
        }
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

    fn counts(live: &Live) -> Vec<(String, Vec<(String, u64)>, u64)> {
        let published = live.load_full();
        let one = |(name, count): (&Arc<str>, u64)| (name.to_string(), count);
        let flags = published.tallies().iter();
        flags.map(|flag| (flag.key().to_string(), flag.variants().map(one).collect(), flag.without_variant())).collect()
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
    fn counts_follow_flag_and_variant_by_name_when_both_move() {
        let live = Live::new(snapshot(1, &[("f", &["a", "b"]), ("g", &["a"]), ("h", &["a"])]));
        let before = live.load_full();
        before.tallies().count(0, Some(1));
        before.tallies().count(2, None);
        assert!(live.publish(snapshot(2, &[("c", &["a"]), ("f", &["b", "x"]), ("h", &["a"])])));
        // A request that began before the publication ends after it.
        before.tallies().count(0, Some(1));
        before.tallies().count(0, None);
        let named = |counts: &[(&str, u64)]| counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        let expected: Vec<(String, Vec<_>, u64)> = vec![
            ("c".to_owned(), named(&[("a", 0)]), 0),
            ("f".to_owned(), named(&[("b", 2), ("x", 0)]), 1),
            ("h".to_owned(), named(&[("a", 0)]), 1),
        ];
        assert_eq!(counts(&live), expected);
    }

    #[test]
    fn what_does_not_exist_is_counted_nowhere_and_breaks_nothing() {
        let live = Live::new(snapshot(1, &[("f", &["a"])]));
        live.load().tallies().count(7, Some(0));
        live.load().tallies().count(0, Some(7));
        assert_eq!(counts(&live), [("f".to_owned(), vec![("a".to_owned(), 0)], 1)]);
    }
}
