//! The conditions that rest on more than one reading.

use super::meaning::Meaning;
use super::mention::Subject;
use crate::analysis::bound::Reference;
use crate::analysis::condition_error::ConditionError;
use crate::analysis::literal;
use crate::analysis::quantity::Quantity;
use crate::analysis::statistical::{Burn, ProvedSafe, Regresses, Score, ScorePart, Trend};
use crate::analysis::syntax::{BurnSyntax, Literal, PartSyntax, ScoreSyntax, TestSyntax, TrendSyntax};
use crate::units::MetricName;
use std::ops::Range;

/// How much worse than the control a candidate is still called safe when nothing is said.
const MARGIN: f64 = 0.1;

/// The largest tolerance or margin: a hundred times the control more.
const LARGEST_TOLERANCE: f64 = 100.0;

/// The largest alpha: more would be wrong more often than a coin.
const LARGEST_ALPHA: f64 = 0.5;

impl Meaning<'_> {
    pub(super) fn trend(&mut self, written: TrendSyntax<'_>) -> Result<Trend, ConditionError> {
        let (metric, _) = self.metric(&written.metric)?;
        let over = self.span(written.over, Subject::Window);
        Ok(Trend { metric, wanted: written.wanted, direction: written.direction, over })
    }

    pub(super) fn burn(&mut self, written: BurnSyntax<'_>) -> Result<Burn, ConditionError> {
        let (metric, known) = self.metric(&written.metric)?;
        let place = &written.metric.at;
        if known.quantity != Quantity::Ratio {
            let message =
                format!("`{metric}` is {}, and only shares have an error budget", literal::noun(known.quantity));
            return Err(ConditionError::new(place.start, place.end, message).hint("name the share of what fails"));
        }
        known.burns.map_err(|unfit| unfit.error(place, &format!("`{metric}` has no burn rate")))?;
        let objective = literal::part(&written.objective)?;
        if objective <= 0.0 || objective >= 1.0 {
            return Err(error(&written.objective, "the share that must succeed lies between 0% and 100%")
                .hint("write for instance `99.9%`; 100% leaves no budget that could burn"));
        }
        let rate = over_zero(&written.rate, "a burn rate")?;
        let at = written.long.at.start..written.short.at.end;
        let long = self.span(written.long, Subject::Window);
        let short = self.span(written.short, Subject::Window);
        if short >= long {
            let error = ConditionError::new(at.start, at.end, "the second window is not shorter than the first");
            return Err(error.hint("the long window stands first: `over 1h and 5m`"));
        }
        Ok(Burn { metric, objective, comparison: written.comparison, rate, long, short })
    }

    pub(super) fn regresses(&mut self, written: TestSyntax<'_>) -> Result<Regresses, ConditionError> {
        let metric = self.tested(&written)?;
        let tolerance = match &written.share {
            Some(literal) => tolerance(literal, "a tolerance")?,
            None => 0.0,
        };
        Ok(Regresses { metric, tolerance, alpha: alpha(written.alpha.as_ref())? })
    }

    pub(super) fn proved_safe(&mut self, written: TestSyntax<'_>) -> Result<ProvedSafe, ConditionError> {
        let metric = self.tested(&written)?;
        let margin = match &written.share {
            Some(literal) => match tolerance(literal, "a margin")? {
                margin if margin > 0.0 => margin,
                _ => {
                    return Err(error(literal, "nothing can be proved to be no worse by nothing at all")
                        .hint("write a margin over 0%, such as `within 10%`"));
                }
            },
            None => MARGIN,
        };
        Ok(ProvedSafe { metric, margin, alpha: alpha(written.alpha.as_ref())? })
    }

    /// The metric of a test against the control.
    fn tested(&mut self, written: &TestSyntax<'_>) -> Result<MetricName, ConditionError> {
        let (metric, known) = self.metric(&written.metric)?;
        let what = || format!("`{metric}` cannot be tested against the control");
        known.of_control.and(known.comparable).map_err(|unfit| unfit.error(&written.at, &what()))?;
        self.mention(Subject::Reference(Reference::Control), written.at.clone());
        Ok(metric)
    }

    pub(super) fn score(&mut self, written: ScoreSyntax<'_>) -> Result<Score, ConditionError> {
        self.mention(Subject::Reference(Reference::Control), written.at);
        let mut parts: Vec<ScorePart> = Vec::new();
        for part in &written.parts {
            let scored = self.score_part(part)?;
            if parts.iter().any(|before| before.metric == scored.metric) {
                let Range { start, end } = part.metric.at;
                let message = format!("`{}` is in the score already", scored.metric);
                return Err(ConditionError::new(start, end, message).hint("name each metric once, with its weight"));
            }
            parts.push(scored);
        }
        let bound = literal::plain(&written.bound, "a score")?;
        if !(0.0..=100.0).contains(&bound) {
            return Err(error(&written.bound, "a score lies between 0 and 100"));
        }
        Ok(Score { parts, comparison: written.comparison, bound })
    }

    fn score_part(&mut self, written: &PartSyntax<'_>) -> Result<ScorePart, ConditionError> {
        let (metric, known) = self.metric(&written.metric)?;
        let what = || format!("`{metric}` cannot be scored against the control");
        known.of_control.map_err(|unfit| unfit.error(&written.metric.at, &what()))?;
        let weight = match &written.weight {
            Some(literal) => over_zero(literal, "a weight")?,
            None => 1.0,
        };
        Ok(ScorePart { metric, weight, critical: written.critical })
    }
}

fn alpha(written: Option<&Literal<'_>>) -> Result<Option<f64>, ConditionError> {
    let Some(literal) = written else { return Ok(None) };
    match literal::decimal(literal, "alpha")? {
        alpha if alpha > 0.0 && alpha <= LARGEST_ALPHA => Ok(Some(alpha)),
        _ => Err(error(literal, "alpha is a probability over 0 and at most 0.5")
            .hint("write how often a wrong verdict is acceptable, such as `0.01`")),
    }
}

fn tolerance(literal: &Literal<'_>, what: &str) -> Result<f64, ConditionError> {
    match literal::part(literal)? {
        tolerance if (0.0..=LARGEST_TOLERANCE).contains(&tolerance) => Ok(tolerance),
        _ => Err(error(literal, &format!("{what} lies between 0% and 10000%"))),
    }
}

fn over_zero(literal: &Literal<'_>, what: &str) -> Result<f64, ConditionError> {
    match literal::plain(literal, what)? {
        number if number > 0.0 => Ok(number),
        _ => Err(error(literal, &format!("{what} must be over 0"))),
    }
}

fn error(literal: &Literal<'_>, message: &str) -> ConditionError {
    ConditionError::new(literal.at.start, literal.at.end, message)
}
