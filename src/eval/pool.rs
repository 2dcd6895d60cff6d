//! What the flags of a snapshot have in common, kept once.

use super::distribution::Shares;
use super::names::Names;
use super::predicate::Predicate;
use super::program::Program;
use super::variants::{self, Variants};
use crate::flag::{Expression, Gate, Overlay, Variant};
use hashbrown::{DefaultHashBuilder, HashSet, HashTable};
use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::Arc;

/// So many predicates that no flag asks any more are worth building everything anew.
const MOST_UNUSED: usize = 10_000;

/// So many bytes weigh as much as a predicate does.
const BYTES_PER_PREDICATE: usize = 256;

/// Grows from one snapshot to the next, for the flags that stay name predicates by their numbers; a
/// snapshot that is built anew begins with an empty one.
#[derive(Debug, Clone, Default)]
pub(super) struct Pool {
    predicates: Vec<Arc<Predicate>>,
    /// The numbers of the predicates with their hashes, by these.
    numbers: HashTable<(u64, u32)>,
    shares: HashSet<Arc<Shares>>,
    /// With the hashes of their steps, by these.
    programs: HashTable<(u64, Arc<Program>)>,
    /// With the hashes of their texts, by these.
    variants: HashTable<(u64, Arc<Variants>)>,
    names: Names,
    /// What was ever put in, in predicates: nothing is taken out.
    weight: usize,
    /// The weight when the first snapshot was complete, of which everything is used.
    first_weight: usize,
    hasher: DefaultHashBuilder,
}

impl Pool {
    pub(super) fn get(&self, number: u32) -> Option<&Predicate> {
        usize::try_from(number).ok().and_then(|index| self.predicates.get(index)).map(|predicate| &**predicate)
    }

    /// How many predicates there are.
    pub(super) fn len(&self) -> usize {
        self.predicates.len()
    }

    /// The attributes that some rule looks at.
    pub(super) fn names(&self) -> &Names {
        &self.names
    }

    /// Notes what a rule looks at.
    pub(super) fn note(pool: &mut Arc<Self>, rule: &Expression) {
        if !pool.names.have_all_of(rule) {
            Arc::make_mut(pool).names.add(rule);
        }
    }

    /// Notes what an exposure looks at. Of a closed one that is nothing, so that closing copies nothing.
    pub(super) fn note_overlay(pool: &mut Arc<Self>, overlay: &Overlay) {
        let Gate::Open(share) = &overlay.gate else { return };
        if !pool.names.have_path(&share.bucket_by) {
            Arc::make_mut(pool).names.add_path(&share.bucket_by);
        }
        let audiences = share.parts.as_slice().iter().filter_map(|part| part.audience.as_deref());
        audiences.for_each(|audience| Self::note(pool, audience));
    }

    /// How many different variants there are.
    #[cfg(test)]
    pub(super) fn variants_kept(&self) -> usize {
        self.variants.len()
    }

    /// The whole of what the flags of a new snapshot have in common is in it.
    pub(super) fn complete(pool: &mut Arc<Self>) {
        let weight = pool.weight;
        Arc::make_mut(pool).first_weight = weight;
    }

    /// Whether so much was put in since then that building everything anew is worth it.
    pub(super) fn is_overgrown(&self) -> bool {
        self.weight >= self.first_weight.saturating_mul(2).saturating_add(MOST_UNUSED)
    }

    /// Notes the weight of something of so many bytes.
    fn put_in(&mut self, bytes: usize) {
        self.weight = self.weight.saturating_add(1).saturating_add(bytes / BYTES_PER_PREDICATE);
    }

    /// The number of a predicate; `None` when there are too many to number.
    pub(super) fn predicate(pool: &mut Arc<Self>, predicate: Predicate) -> Option<u32> {
        let hash = pool.hasher.hash_one(&predicate);
        let is_it = |(known, number): &(u64, u32)| *known == hash && pool.get(*number) == Some(&predicate);
        if let Some((_, number)) = pool.numbers.find(hash, is_it) {
            return Some(*number);
        }
        let pool = Arc::make_mut(pool);
        let number = u32::try_from(pool.predicates.len()).ok()?;
        pool.numbers.insert_unique(hash, (hash, number), |(hash, _)| *hash);
        pool.predicates.push(Arc::new(predicate));
        pool.weight = pool.weight.saturating_add(1);
        Some(number)
    }

    /// The shares that equal these.
    pub(super) fn shares(pool: &mut Arc<Self>, shares: Shares) -> Arc<Shares> {
        match pool.shares.get(&shares) {
            Some(known) => Arc::clone(known),
            None => {
                let shares = Arc::new(shares);
                let pool = Arc::make_mut(pool);
                pool.put_in(size_of_val(&*shares.ends));
                pool.shares.insert(Arc::clone(&shares));
                shares
            }
        }
    }

    /// The program that equals this one; the same one when it has rules of its own, which may look at the flag.
    pub(super) fn program(pool: &mut Arc<Self>, program: Program) -> Arc<Program> {
        if !program.is_common() {
            return program.into_kept(None);
        }
        let mut hasher = pool.hasher.build_hasher();
        program.hash_in_pool(&mut hasher);
        let hash = hasher.finish();
        let is_it = |(known, other): &(u64, Arc<Program>)| *known == hash && other.is_same(&program);
        if let Some((_, known)) = pool.programs.find(hash, is_it) {
            return Arc::clone(known);
        }
        let program = program.into_kept(u32::try_from(pool.programs.len()).ok());
        let pool = Arc::make_mut(pool);
        pool.put_in(program.size());
        pool.programs.insert_unique(hash, (hash, Arc::clone(&program)), |(hash, _)| *hash);
        program
    }

    /// How many programs have a number.
    pub(super) fn programs(&self) -> usize {
        self.programs.len()
    }

    /// What a flag shows of these variants.
    pub(super) fn variants(pool: &mut Arc<Self>, variants: &[Variant]) -> Arc<Variants> {
        let texts = variants::texts(variants);
        let hash = pool.hasher.hash_one(&texts);
        if let Some((_, known)) = pool.variants.find(hash, |(known, shown)| *known == hash && shown.are(&texts)) {
            return Arc::clone(known);
        }
        let size = texts.len();
        let shown = Arc::new(Variants::new(variants, texts));
        let pool = Arc::make_mut(pool);
        pool.put_in(size);
        pool.variants.insert_unique(hash, (hash, Arc::clone(&shown)), |(hash, _)| *hash);
        shown
    }
}
