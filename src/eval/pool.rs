//! What the flags of a snapshot have in common, kept once.

use super::distribution::Shares;
use super::names::Names;
use super::predicate::Predicate;
use super::variants::Variants;
use crate::flag::{Expression, Gate, Overlay};
use hashbrown::{DefaultHashBuilder, HashSet, HashTable};
use std::hash::BuildHasher as _;
use std::sync::Arc;

/// Grows from one snapshot to the next, for the flags that stay name predicates by their numbers; a
/// snapshot that is built anew begins with an empty one.
#[derive(Debug, Clone, Default)]
pub(super) struct Pool {
    predicates: Vec<Predicate>,
    /// The numbers of the predicates with their hashes, by these.
    numbers: HashTable<(u64, u32)>,
    shares: HashSet<Arc<Shares>>,
    variants: HashSet<Arc<Variants>>,
    names: Names,
    hasher: DefaultHashBuilder,
}

impl Pool {
    pub(super) fn get(&self, number: u32) -> Option<&Predicate> {
        usize::try_from(number).ok().and_then(|index| self.predicates.get(index))
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
        if let Some(audience) = &share.audience {
            Self::note(pool, audience);
        }
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
        pool.predicates.push(predicate);
        Some(number)
    }

    /// The shares that equal these.
    pub(super) fn shares(pool: &mut Arc<Self>, shares: Shares) -> Arc<Shares> {
        match pool.shares.get(&shares) {
            Some(known) => Arc::clone(known),
            None => {
                let shares = Arc::new(shares);
                Arc::make_mut(pool).shares.insert(Arc::clone(&shares));
                shares
            }
        }
    }

    /// The variants that equal these.
    pub(super) fn variants(pool: &mut Arc<Self>, variants: Variants) -> Arc<Variants> {
        match pool.variants.get(&variants) {
            Some(known) => Arc::clone(known),
            None => {
                let variants = Arc::new(variants);
                Arc::make_mut(pool).variants.insert(Arc::clone(&variants));
                variants
            }
        }
    }
}
