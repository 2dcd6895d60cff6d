//! All flags at one moment: complete, immutable, cheap to derive the next from.

use super::bucket::Bucketing;
use super::bulk::Bulk;
use super::context::{Context, ContextError};
use super::explanation::Explanation;
use super::flag::{Built, End, Flag, Placed, Slot};
use super::parse;
use super::pool::Pool;
use super::resolution::Resolution;
use super::slots::Slots;
use crate::flag::{CatalogEntry, Overlay};
use crate::units::{FlagKey, Generation};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Every flag, compiled, with what rollouts lay over it.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub(super) generation: Generation,
    pub(super) bucketing: Bucketing,
    pub(super) pool: Arc<Pool>,
    pub(super) slots: Slots,
}

impl Snapshot {
    /// Compiles the flags and lays the overlays on. What did not change since `previous` is taken over.
    #[must_use]
    pub fn build<'k>(
        generation: Generation,
        flags: impl Iterator<Item = (&'k FlagKey, CatalogEntry)>,
        overlays: &BTreeMap<FlagKey, Overlay>,
        bucketing: Bucketing,
        previous: Option<&Self>,
    ) -> Self {
        let mut flags: Vec<_> = flags.collect();
        if !flags.is_sorted_by_key(|(key, _)| *key) {
            flags.sort_by_key(|(key, _)| *key);
        }
        let is_worth =
            |previous: &&Self| previous.bucketing == bucketing && !previous.is_empty() && !previous.pool.is_overgrown();
        let previous = previous.filter(is_worth);
        let mut pool = previous.map_or_else(Arc::default, |previous| Arc::clone(&previous.pool));
        let mut before = previous.into_iter().flat_map(|previous| previous.slots.placed()).peekable();
        let (mut placed, mut ends) = (Vec::with_capacity(flags.len()), String::new());
        for (key, entry) in flags {
            // Both are sorted by key, so one walk over them finds every flag that stayed.
            while before.next_if(|(slot, _)| slot.built.key < *key).is_some() {}
            let known = before.next_if(|(slot, _)| slot.built.key == *key).filter(|(slot, _)| slot.built.is_of(&entry));
            let overlay = overlays.get(key);
            overlay.into_iter().for_each(|overlay| Pool::note_overlay(&mut pool, overlay));
            placed.push(match known {
                Some((slot, end)) if slot.overlay() == overlay => Placed { slot: slot.clone(), end: End::Known(end) },
                Some((slot, end)) => {
                    Placed { slot: Slot::new(Arc::clone(&slot.built), overlay.cloned()), end: End::Known(end) }
                }
                None => {
                    let (built, end) = Built::new(key, entry, bucketing, &mut pool, &mut ends);
                    Placed { slot: Slot::new(Arc::new(built), overlay.cloned()), end }
                }
            });
        }
        if previous.is_none() {
            Pool::complete(&mut pool);
        }
        Self {
            generation,
            bucketing,
            pool,
            slots: Slots::new(&placed, &ends, previous.map(|previous| &previous.slots)),
        }
    }

    /// The same flags with one overlay replaced or taken away. Copies pointers, compiles one rule: this
    /// is the way on which a rollout closes.
    #[must_use]
    pub fn with_overlay(&self, generation: Generation, key: &FlagKey, overlay: Option<Overlay>) -> Self {
        let mut pool = Arc::clone(&self.pool);
        overlay.iter().for_each(|overlay| Pool::note_overlay(&mut pool, overlay));
        let slots = match self.slots.find(key.as_str()) {
            Some((position, slot)) => self.slots.with(position, Slot::new(Arc::clone(&slot.built), overlay)),
            None => self.slots.clone(),
        };
        Self { generation, bucketing: self.bucketing, pool, slots }
    }

    /// No flags.
    #[must_use]
    pub fn empty(bucketing: Bucketing) -> Self {
        Self::build(Generation::ZERO, std::iter::empty(), &BTreeMap::new(), bucketing, None)
    }

    /// The same under another number.
    #[must_use]
    pub fn with_generation(self, generation: Generation) -> Self {
        Self { generation, ..self }
    }

    /// Reads the body of an OFREP request as [`Context::read_ofrep_body`] does, but passes over lists and
    /// objects that no rule looks at: a context for the flags of this snapshot alone.
    ///
    /// # Errors
    /// As there.
    #[inline]
    pub fn read_context<'b>(&self, context: &mut Context<'b>, ofrep_body: &'b [u8]) -> Result<(), ContextError> {
        parse::ofrep_body(ofrep_body, context, Some(self.pool.names()))
    }

    /// Evaluates the flag of that key for a context.
    #[must_use]
    #[inline]
    pub fn evaluate(&self, key: &str, context: &Context<'_>) -> Resolution<'_> {
        self.flag(key).map_or(Resolution::unknown(), |flag| flag.resolve(context))
    }

    /// The same, and how the answer came about: each condition with what it looked at, the buckets, and
    /// the rollout. It says values of the context, so it is for whoever gave them, never for a log.
    #[must_use]
    pub fn evaluate_explained(&self, key: &str, context: &Context<'_>) -> Explanation<'_> {
        self.flag(key).map_or_else(Explanation::unknown, |flag| flag.explain(context))
    }

    /// Evaluates all flags for a context. What several of them ask is asked once.
    #[must_use]
    pub fn evaluate_all(&self, context: &Context<'_>) -> Bulk<'_> {
        Bulk::of(self, context)
    }

    /// Its number.
    #[must_use]
    pub const fn generation(&self) -> Generation {
        self.generation
    }

    /// What its users are told apart by.
    #[must_use]
    pub const fn bucketing(&self) -> Bucketing {
        self.bucketing
    }

    /// How many flags it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The flag of that key.
    #[must_use]
    #[inline]
    pub fn flag(&self, key: &str) -> Option<Flag<'_>> {
        self.slots.find(key).map(|(position, slot)| Flag { snapshot: self, slot, position })
    }

    /// All flags, sorted by key.
    pub fn flags(&self) -> impl Iterator<Item = Flag<'_>> + Clone {
        self.slots.iter().enumerate().map(|(position, slot)| Flag { snapshot: self, slot, position })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flag::{Catalog, lower};
    use crate::source::{Format, parse};

    fn catalog(text: &str) -> Catalog {
        let mut catalog = Catalog::new();
        catalog.update("f.json", parse("f.json", text.as_bytes(), Format::Json).and_then(|parsed| lower(&parsed)));
        catalog
    }

    fn next(catalog: &Catalog, previous: &Snapshot) -> Snapshot {
        Snapshot::build(Generation::new(1), catalog.flags(), &BTreeMap::new(), Bucketing::V3, Some(previous))
    }

    #[test]
    fn values_that_no_flag_has_any_more_are_let_go() {
        let long = "x".repeat(400_000);
        let flag = |round: usize| {
            let variants = format!(r#"{{"on":"{round}{long}"}}"#);
            catalog(&format!(r#"{{"flags":{{"f":{{"state":"ENABLED","variants":{variants}}}}}}}"#))
        };
        let mut snapshot = Snapshot::empty(Bucketing::V3);
        for round in 0..40 {
            snapshot = next(&flag(round), &snapshot);
        }
        assert!(snapshot.pool.variants_kept() < 10, "{} values are kept", snapshot.pool.variants_kept());
    }

    #[test]
    fn rules_that_no_flag_has_any_more_are_let_go() {
        let salt = "x".repeat(100_000);
        let flag = |round: usize| {
            let split = format!(r#"{{"fractional":[{{"cat":["{round}{salt}",{{"var":"a"}}]}},["on",1],["off",1]]}}"#);
            let variants = r#"{"on":1,"off":0}"#;
            catalog(&format!(r#"{{"flags":{{"f":{{"state":"ENABLED","variants":{variants},"targeting":{split}}}}}}}"#))
        };
        let mut snapshot = Snapshot::empty(Bucketing::V3);
        for round in 0..60 {
            snapshot = next(&flag(round), &snapshot);
        }
        assert!(snapshot.pool.programs() < 40, "{} rules are kept", snapshot.pool.programs());
    }

    #[test]
    fn flags_with_the_same_rule_share_it_unless_it_looks_at_the_flag() {
        let programs = |rule: &str| {
            let variants = r#"{"on":1,"off":0}"#;
            let flags: Vec<_> = (0..300)
                .map(|flag| format!(r#""f{flag}":{{"state":"ENABLED","variants":{variants},"targeting":{rule}}}"#))
                .collect();
            next(&catalog(&format!(r#"{{"flags":{{{}}}}}"#, flags.join(","))), &Snapshot::empty(Bucketing::V3))
                .pool
                .programs()
        };
        assert_eq!(programs(r#"{"fractional":[["on",1],["off",1]]}"#), 1);
        assert_eq!(programs(r#"{"if":[{"==":[{"var":"a"},1]},"on","off"]}"#), 1);
        let salted = r#"{"fractional":[{"cat":[{"var":"$flagd.flagKey"},{"var":"a"}]},["on",1],["off",1]]}"#;
        assert_eq!(programs(salted), 300);
        assert_eq!(programs(r#"{"if":[{"in":["7",{"var":"$flagd.flagKey"}]},"on","off"]}"#), 0);
    }

    #[test]
    fn flags_of_many_conditions_are_not_compiled_again_and_again() {
        let conditions: Vec<_> = (0..12_000).map(|number| format!(r#"{{"==":[{{"var":"a"}},{number}]}}"#)).collect();
        let rule = |part: &[String]| format!(r#"{{"if":[{{"or":[{}]}},"on"]}}"#, part.join(","));
        let flags: Vec<_> = conditions
            .chunks(1_000)
            .enumerate()
            .map(|(flag, part)| {
                format!(r#""f{flag}":{{"state":"ENABLED","variants":{{"on":true}},"targeting":{}}}"#, rule(part))
            })
            .collect();
        let catalog = catalog(&format!(r#"{{"flags":{{{}}}}}"#, flags.join(",")));
        let first = next(&catalog, &Snapshot::empty(Bucketing::V3));
        let second = next(&catalog, &first);
        assert!(first.flags().zip(second.flags()).all(|(old, new)| old.is(new)));
    }
}
