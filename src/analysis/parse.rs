//! Reading a condition.

use super::condition::Condition;
use super::condition_error::ConditionError;
use super::grammar;
use super::quantity::Quantity;
use super::typing::{Mention, Vocabulary, typed};

impl Condition {
    /// Reads a condition such as `error_rate > 10% for 5m`. `quantity_of` tells what a metric
    /// measures, and that there is none of that name.
    ///
    /// # Errors
    /// With the place of the first fault: not of the grammar, an unknown metric, a bound that does
    /// not fit what the metric measures, or a kind that this version does not judge yet.
    pub fn parse(text: &str, quantity_of: &dyn Fn(&str) -> Option<Quantity>) -> Result<Self, ConditionError> {
        Self::parse_with(text, &Vocabulary { quantity_of, names: Vec::new() }).map(|(condition, _)| condition)
    }

    /// As [`Condition::parse`], and tells what the condition speaks of and where.
    pub(crate) fn parse_with(text: &str, vocabulary: &Vocabulary<'_>) -> Result<(Self, Vec<Mention>), ConditionError> {
        let mut mentions = Vec::new();
        let condition = typed(grammar::parse(text)?, vocabulary, &mut mentions)?;
        Ok((condition, mentions))
    }
}
