//! From a condition as written to one whose metrics are known and whose bounds mean something.

use super::bound::Bound;
use super::condition::{Compare, Condition};
use super::condition_error::ConditionError;
use super::literal;
use super::quantity::Quantity;
use super::syntax::{CompareSyntax, Syntax};
use crate::source::suggest;
use crate::units::MetricName;
use std::fmt;
use std::ops::Range;

/// The metrics that a condition may speak of.
pub(crate) struct Vocabulary<'a> {
    /// What a metric measures; `None` when there is no such metric.
    pub(crate) quantity_of: &'a dyn Fn(&str) -> Option<Quantity>,
    /// The names to think of when one is misspelt.
    pub(crate) names: Vec<&'a str>,
}

impl fmt::Debug for Vocabulary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vocabulary").field("names", &self.names).finish_non_exhaustive()
    }
}

/// What a condition speaks of, and where in its text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mention {
    pub(crate) of: Subject,
    pub(crate) at: Range<usize>,
}

/// What a part of a condition speaks of.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Metric(MetricName),
    Alert,
}

/// Gives a condition its meaning and notes what it speaks of.
pub(super) fn typed(
    syntax: Syntax<'_>,
    vocabulary: &Vocabulary<'_>,
    mentions: &mut Vec<Mention>,
) -> Result<Condition, ConditionError> {
    let mut each = |parts: Vec<Syntax<'_>>| -> Result<Vec<Condition>, ConditionError> {
        parts.into_iter().map(|part| typed(part, vocabulary, mentions)).collect()
    };
    match syntax {
        Syntax::All(parts) => each(parts).map(Condition::All),
        Syntax::Any(parts) => each(parts).map(Condition::Any),
        Syntax::Alert(alert, at) => {
            mentions.push(Mention { of: Subject::Alert, at });
            Ok(Condition::Alert(alert))
        }
        Syntax::Compare(compare) => {
            let at = compare.metric_at.clone();
            let compare = typed_compare(compare, vocabulary)?;
            mentions.push(Mention { of: Subject::Metric(compare.metric.clone()), at });
            Ok(Condition::Compare(compare))
        }
    }
}

fn typed_compare(written: CompareSyntax<'_>, vocabulary: &Vocabulary<'_>) -> Result<Compare, ConditionError> {
    let Range { start, end } = written.metric_at;
    let metric = MetricName::new(written.metric).map_err(|error| ConditionError::new(start, end, error.to_string()))?;
    let Some(quantity) = (vocabulary.quantity_of)(written.metric) else {
        return Err(unknown_metric(written.metric, start..end, vocabulary));
    };
    let bound = literal::bound(&written.bound, written.metric, quantity)?;
    Ok(Compare {
        metric,
        comparison: written.comparison,
        bound: Bound::Fixed(bound),
        quantity,
        lasting: written.lasting,
    })
}

fn unknown_metric(name: &str, at: Range<usize>, vocabulary: &Vocabulary<'_>) -> ConditionError {
    let mut error = ConditionError::new(at.start, at.end, format!("there is no metric `{name}`"));
    error.unknown_metric = true;
    if let Some(hint) = suggest(name, vocabulary.names.iter().copied()) {
        return error.hint(hint);
    }
    match vocabulary.names.as_slice() {
        [] => error.hint("define it under `metrics`"),
        names => error.hint(format!("define it under `metrics`, or use one of: {}", names.join(", "))),
    }
}
