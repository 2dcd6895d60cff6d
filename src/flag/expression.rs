//! Targeting rules as a typed tree, valid by construction.

use super::{Literal, Operator};

/// A rule: every operator is known, every constant checked, the depth bounded.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// A constant, lists of constants included.
    Constant(Literal),
    /// A list with at least one computed element.
    List(Vec<Self>),
    /// An operator and what it is applied to.
    Operation(Operator, Vec<Self>),
    /// A split by hash.
    Fractional(Fractional),
}

/// `fractional`: one of several results, by the hash of a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Fractional {
    /// What is hashed; `None` is the short form: the flag's key and the context's targeting key.
    pub bucket_by: Option<Box<Expression>>,
    /// The results with their weights, in the order that they own the buckets. At least one.
    pub entries: Vec<FractionalEntry>,
}

/// One result of a split.
#[derive(Debug, Clone, PartialEq)]
pub struct FractionalEntry {
    /// The variant's name.
    pub variant: Expression,
    /// Its part of the whole.
    pub weight: Weight,
}

/// How much of the whole an entry of `fractional` gets.
#[derive(Debug, Clone, PartialEq)]
pub enum Weight {
    /// Written in the document. All weights of a split together are at most 2^31 - 1.
    Fixed(u32),
    /// Known only with the request.
    Computed(Expression),
}
