//! Conditions with their meaning.

use super::mention::{Mention, Subject};
use super::vocabulary::{Known, Vocabulary};
use crate::analysis::bound::Bound;
use crate::analysis::condition::{Compare, Condition};
use crate::analysis::condition_error::ConditionError;
use crate::analysis::literal;
use crate::analysis::syntax::{BoundSyntax, CompareSyntax, Name, Span, Syntax};
use crate::units::MetricName;
use std::ops::Range;
use std::time::Duration;

/// Gives a condition its meaning, and tells what it speaks of in the order in which it does.
pub(in crate::analysis) fn typed(
    syntax: Syntax<'_>,
    vocabulary: &Vocabulary<'_>,
) -> Result<(Condition, Vec<Mention>), ConditionError> {
    let mut meaning = Meaning { vocabulary, mentions: Vec::new() };
    let condition = meaning.condition(syntax)?;
    Ok((condition, meaning.mentions))
}

/// What is known, and what was spoken of so far.
#[derive(Debug)]
pub(super) struct Meaning<'v> {
    pub(super) vocabulary: &'v Vocabulary<'v>,
    mentions: Vec<Mention>,
}

impl Meaning<'_> {
    fn condition(&mut self, syntax: Syntax<'_>) -> Result<Condition, ConditionError> {
        match syntax {
            Syntax::All(parts) => self.each(parts).map(Condition::All),
            Syntax::Any(parts) => self.each(parts).map(Condition::Any),
            Syntax::Compare(compare) => self.compare(compare).map(Condition::Compare),
            Syntax::Trend(trend) => self.trend(trend).map(Condition::Trend),
            Syntax::Burn(burn) => self.burn(burn).map(Condition::Burn),
            Syntax::Regresses(test) => self.regresses(test).map(Condition::Regresses),
            Syntax::ProvedSafe(test) => self.proved_safe(test).map(Condition::ProvedSafe),
            Syntax::Score(score) => self.score(score).map(Condition::Score),
            Syntax::Alert(alert, at) => {
                self.mention(Subject::Alert, at);
                Ok(Condition::Alert(alert))
            }
        }
    }

    fn each(&mut self, parts: Vec<Syntax<'_>>) -> Result<Vec<Condition>, ConditionError> {
        parts.into_iter().map(|part| self.condition(part)).collect()
    }

    fn compare(&mut self, written: CompareSyntax<'_>) -> Result<Compare, ConditionError> {
        let (metric, known) = self.metric(&written.metric)?;
        let bound = match written.bound {
            BoundSyntax::Fixed(number) => Bound::Fixed(literal::bound(&number, metric.as_str(), known.quantity)?),
            BoundSyntax::Relative(to, by) => self.relative(&metric, known, to, by)?,
        };
        let lasting = written.lasting.map(|span| self.span(span, Subject::Lasting));
        Ok(Compare { metric, comparison: written.comparison, bound, quantity: known.quantity, lasting })
    }

    /// A metric that must be known.
    pub(super) fn metric(&mut self, written: &Name<'_>) -> Result<(MetricName, Known), ConditionError> {
        let Range { start, end } = written.at;
        let metric =
            MetricName::new(written.text).map_err(|error| ConditionError::new(start, end, error.to_string()))?;
        let Some(known) = (self.vocabulary.metric)(written.text) else {
            return Err(self.vocabulary.unknown_metric(written.text, start..end));
        };
        self.mention(Subject::Metric(metric.clone()), start..end);
        Ok((metric, known))
    }

    pub(super) fn span(&mut self, written: Span<'_>, subject: fn(Duration) -> Subject) -> Duration {
        self.mention(subject(written.lasts), written.at);
        written.lasts
    }

    pub(super) fn mention(&mut self, of: Subject, at: Range<usize>) {
        self.mentions.push(Mention { of, at });
    }
}
