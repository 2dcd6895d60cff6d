//! What the flags of a snapshot have in common, kept once.

use super::distribution::Shares;
use super::predicate::Predicate;
use super::variants::{self, Variants};
use crate::flag::Variant;
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
    /// With the hashes of their texts, by these.
    variants: HashTable<(u64, Arc<Variants>)>,
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

    /// What a flag shows of these variants.
    pub(super) fn variants(pool: &mut Arc<Self>, variants: &[Variant]) -> Arc<Variants> {
        let texts = variants::texts(variants);
        let hash = pool.hasher.hash_one(&texts);
        if let Some((_, known)) = pool.variants.find(hash, |(known, shown)| *known == hash && shown.are(&texts)) {
            return Arc::clone(known);
        }
        let shown = Arc::new(Variants::new(variants, &texts));
        Arc::make_mut(pool).variants.insert_unique(hash, (hash, Arc::clone(&shown)), |(hash, _)| *hash);
        shown
    }
}
