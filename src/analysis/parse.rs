//! Reading a condition.

use super::condition::Condition;
use super::condition_error::ConditionError;
use super::grammar;
use super::quantity::Quantity;
use super::typing::{Known, Mention, Vocabulary, typed};

impl Condition {
    /// Reads a condition such as `error_rate > 10% for 5m`. `quantity_of` tells what a metric
    /// measures, and that there is none of that name. Any name is taken for a wave's, and every metric
    /// as one that can be compared with a control.
    ///
    /// # Errors
    /// With the place of the first fault: not of the grammar, an unknown metric, or a number that does
    /// not fit what the metric measures.
    pub fn parse(text: &str, quantity_of: &dyn Fn(&str) -> Option<Quantity>) -> Result<Self, ConditionError> {
        let metric = |name: &str| quantity_of(name).map(Known::all);
        let vocabulary = Vocabulary { metric: &metric, names: Vec::new(), waves: None };
        Self::parse_with(text, &vocabulary).map(|(condition, _)| condition)
    }

    /// As [`Condition::parse`], and tells what the condition speaks of and where.
    ///
    /// # Errors
    /// As [`Condition::parse`], and when it asks what the vocabulary says cannot be asked.
    pub fn parse_with(text: &str, vocabulary: &Vocabulary<'_>) -> Result<(Self, Vec<Mention>), ConditionError> {
        typed(grammar::parse(text)?, vocabulary)
    }

    /// Reads what is said of a metric that is named elsewhere, such as `> 10% for 5m` or
    /// `regresses by 20%`: the same grammar from behind the metric on. Places are in `text`.
    ///
    /// # Errors
    /// As [`Condition::parse_with`]; an unknown metric is at fault with the whole text.
    pub fn parse_threshold(
        text: &str,
        metric: &str,
        vocabulary: &Vocabulary<'_>,
    ) -> Result<(Self, Vec<Mention>), ConditionError> {
        typed(grammar::parse_threshold(text, metric)?, vocabulary)
    }
}
