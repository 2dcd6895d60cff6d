//! Rules as they are evaluated: names resolved, constants read, weights summed.

use super::attribute::Attribute;
use super::datum::Datum;
use super::split::Split;
use super::version::{Comparison, Version};
use crate::flag::Operator;

/// A compiled rule. As deep as its expression, which is bounded.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Rule {
    Constant(Datum<'static>),
    List(Box<[Self]>),
    /// `var` with a constant name.
    Attribute(Attribute),
    /// The same with a fallback for when there is none.
    AttributeOr(Attribute, Box<Self>),
    /// `in` a constant list of texts, kept sorted.
    OneOf(Box<Self>, Box<[Box<str>]>),
    /// `sem_ver` against a constant.
    Version(Box<Self>, Comparison, Version<'static>),
    Fractional(Box<Split>),
    /// Any other operator, or one whose operands are no constants.
    Operation(Operator, Box<[Self]>),
}
