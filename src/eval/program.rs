//! A flag's rule as a flat program: conditions become jumps, results become variants. Whatever is more
//! than that is left to the general rules.

use super::bucket::Bucketing;
use super::budget::Exhausted;
use super::compiler::Compiler;
use super::datum::Datum;
use super::distribution::Distribution;
use super::evaluate::Evaluation;
use super::leaf::{Leaf, Said};
use super::pool::Pool;
use super::rule::Rule;
use super::walk::Walk;
use crate::flag::{Definition, Expression};
use std::sync::Arc;

/// The steps of a rule, run from the first on. Jumps lead forward only, so that every run ends.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) steps: Box<[Step]>,
    pub(super) rules: Box<[Rule]>,
    pub(super) distributions: Box<[Distribution]>,
}

/// One step; positions of steps and rules fit, for a rule that is larger becomes one general rule.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// Jumps when the predicate's answer is this.
    Test { predicate: u32, when: bool, to: u16 },
    /// Jumps when the truth of a general rule is this.
    Check { rule: u16, when: bool, to: u16 },
    /// Jumps.
    Jump { to: u16 },
    /// Ends here.
    End(Leaf),
    /// Ends with what a distribution says.
    Distribute(u16),
    /// Ends with what a general rule says.
    Compute(u16),
}

impl Program {
    pub(super) fn of(
        expression: &Expression,
        definition: &Definition,
        bucketing: Bucketing,
        pool: &mut Arc<Pool>,
    ) -> Self {
        Compiler::new(definition, bucketing, pool).compile(expression)
    }

    /// A program that is one general rule.
    pub(super) fn general(rule: Rule) -> Self {
        Self { steps: [Step::Compute(0)].into(), rules: [rule].into(), distributions: [].into() }
    }

    pub(super) fn run<'s: 'v, 'v>(
        &'s self,
        definition: &impl Named,
        evaluation: &Evaluation<'v>,
        walk: &mut impl Walk<'s>,
    ) -> Result<Said, Exhausted> {
        let mut at = 0_usize;
        while let Some(step) = self.steps.get(at) {
            at = match *step {
                Step::Test { predicate, when, to } if walk.holds(predicate, evaluation)? == when => to.into(),
                Step::Check { rule, when, to } if self.check(rule, evaluation, walk)? == when => to.into(),
                Step::Test { .. } | Step::Check { .. } => at.saturating_add(1),
                Step::Jump { to } => to.into(),
                Step::End(leaf) => return Ok(Said::Now(leaf)),
                Step::Distribute(index) => {
                    let distribution = self.distributions.get(usize::from(index));
                    return distribution.map_or(Ok(Said::Now(Leaf::Wrong)), |found| found.choose(evaluation, walk));
                }
                Step::Compute(index) => {
                    let Some(rule) = self.rules.get(usize::from(index)) else { break };
                    let value = evaluation.rule(rule)?;
                    walk.computed(rule, &value, evaluation);
                    return Ok(Said::Now(definition.leaf(&value)));
                }
            };
        }
        Ok(Said::Now(Leaf::Wrong))
    }

    fn check<'s: 'v, 'v>(
        &'s self,
        rule: u16,
        evaluation: &Evaluation<'v>,
        walk: &mut impl Walk<'s>,
    ) -> Result<bool, Exhausted> {
        let Some(rule) = self.rules.get(usize::from(rule)) else { return Ok(false) };
        let value = evaluation.rule(rule)?;
        walk.checked(rule, &value, evaluation);
        Ok(super::coerce::truthy(&value))
    }
}

/// Whoever knows the variants by name.
pub(super) trait Named {
    /// What a value is as a rule's result.
    fn leaf(&self, value: &super::value::Value<'_>) -> Leaf;
}

/// Whether a constant counts as true.
pub(super) fn is_truthy(constant: &crate::flag::Literal) -> bool {
    super::coerce::truthy(&super::value::Value::of(&Datum::from(constant)))
}
