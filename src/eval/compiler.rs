//! From a rule to its program.

use super::coerce::truthy;
use super::distribution::Distribution;
use super::leaf::Leaf;
use super::pool::Pool;
use super::predicate::Predicate;
use super::program::{Program, Step, is_truthy};
use super::rule::Rule;
use super::value::Value;
use crate::flag::{Definition, Expression, Operator};
use std::sync::Arc;

/// A place that a jump leads to, not known before the steps in between are written.
type Label = usize;

pub(super) struct Compiler<'a> {
    definition: &'a Definition,
    pool: &'a mut Arc<Pool>,
    steps: Vec<Step>,
    rules: Vec<Rule>,
    distributions: Vec<Distribution>,
    /// Where each label is; jumps name the label until all are known.
    labels: Vec<usize>,
}

impl<'a> Compiler<'a> {
    pub(super) fn new(definition: &'a Definition, pool: &'a mut Arc<Pool>) -> Self {
        let (steps, rules, distributions, labels) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { definition, pool, steps, rules, distributions, labels }
    }

    pub(super) fn compile(mut self, expression: &Expression) -> Program {
        match self.result(expression).and_then(|()| self.jumps_resolved()) {
            Some(()) => {
                Program { number: None, steps: self.steps, rules: self.rules, distributions: self.distributions }
            }
            // Too many steps for their numbers: hardly a rule that people wrote.
            None => Program::general(Rule::from(expression)),
        }
    }

    /// Writes the steps for a result; each way through them ends there.
    fn result(&mut self, expression: &Expression) -> Option<()> {
        match expression {
            Expression::Constant(constant) => self.steps.push(Step::End(Leaf::of(constant, self.definition))),
            Expression::Operation(Operator::If, operands) => return self.branches(operands),
            Expression::Fractional(fractional) => match Distribution::of(fractional, self.definition, self.pool) {
                Some(distribution) => {
                    self.steps.push(Step::Distribute(u16::try_from(self.distributions.len()).ok()?));
                    self.distributions.push(distribution);
                }
                None => self.compute(expression)?,
            },
            Expression::List(_) | Expression::Operation(..) => self.compute(expression)?,
        }
        Some(())
    }

    fn compute(&mut self, expression: &Expression) -> Option<()> {
        let rule = self.rule(Rule::from(expression))?;
        self.steps.push(Step::Compute(rule));
        Some(())
    }

    /// `if`: condition, result, condition, result, ..., otherwise.
    fn branches(&mut self, operands: &[Expression]) -> Option<()> {
        for branch in operands.chunks(2) {
            match branch {
                [condition, result] => {
                    let next = self.label();
                    self.jump_when(false, condition, next)?;
                    self.result(result)?;
                    self.place(next);
                }
                [otherwise] => return self.result(otherwise),
                _ => {}
            }
        }
        self.steps.push(Step::End(Leaf::Leave));
        Some(())
    }

    /// Writes the steps that jump to `to` when the condition's truth is `when`, and go on otherwise.
    fn jump_when(&mut self, when: bool, condition: &Expression, to: Label) -> Option<()> {
        match condition {
            Expression::Constant(constant) => {
                if is_truthy(constant) == when {
                    self.steps.push(Step::Jump { to: u16::try_from(to).ok()? });
                }
            }
            Expression::Operation(Operator::Not, operands) if let Some(operand) = operands.first() => {
                self.jump_when(!when, operand, to)?;
            }
            Expression::Operation(Operator::Truthy, operands) if let Some(operand) = operands.first() => {
                self.jump_when(when, operand, to)?;
            }
            Expression::Operation(Operator::And, operands) => self.chain(operands, false, when, to)?,
            Expression::Operation(Operator::Or, operands) => self.chain(operands, true, when, to)?,
            Expression::List(_) | Expression::Operation(..) | Expression::Fractional(_) => {
                self.test(condition, when, to)?;
            }
        }
        Some(())
    }

    /// `and` ends at the first operand that is not true, `or` at the first that is.
    fn chain(&mut self, operands: &[Expression], ends_with: bool, when: bool, to: Label) -> Option<()> {
        let Some((last, others)) = operands.split_last() else {
            // Neither has a value without operands, and no value counts as false.
            return self.jump_when(when, &Expression::Constant(crate::flag::Literal::Null), to);
        };
        let behind = self.label();
        let early = if ends_with == when { to } else { behind };
        for operand in others {
            self.jump_when(ends_with, operand, early)?;
        }
        self.jump_when(when, last, to)?;
        self.place(behind);
        Some(())
    }

    fn test(&mut self, condition: &Expression, when: bool, to: Label) -> Option<()> {
        let to = u16::try_from(to).ok()?;
        let step = match Predicate::of(condition) {
            Some((predicate, opposite)) => {
                Step::Test { predicate: Pool::predicate(self.pool, predicate)?, when: when != opposite, to }
            }
            None => {
                let rule = Rule::from(condition);
                if let Rule::Constant(constant) = &rule {
                    if truthy(&Value::of(constant)) == when {
                        self.steps.push(Step::Jump { to });
                    }
                    return Some(());
                }
                Step::Check { rule: self.rule(rule)?, when, to }
            }
        };
        self.steps.push(step);
        Some(())
    }

    fn rule(&mut self, rule: Rule) -> Option<u16> {
        let index = u16::try_from(self.rules.len()).ok()?;
        self.rules.push(rule);
        Some(index)
    }

    fn label(&mut self) -> Label {
        self.labels.push(usize::MAX);
        self.labels.len().saturating_sub(1)
    }

    /// The label is where the next step will be.
    fn place(&mut self, label: Label) {
        if let Some(place) = self.labels.get_mut(label) {
            *place = self.steps.len();
        }
    }

    fn jumps_resolved(&mut self) -> Option<()> {
        for step in &mut self.steps {
            match step {
                Step::Test { to, .. } | Step::Check { to, .. } | Step::Jump { to } => {
                    *to = u16::try_from(*self.labels.get(usize::from(*to))?).ok()?;
                }
                Step::End(_) | Step::Distribute(_) | Step::Compute(_) => {}
            }
        }
        Some(())
    }
}
