//! A flag's rule as a flat program: conditions become jumps, results become variants. Whatever is more
//! than that is left to the general rules.

use super::budget::Exhausted;
use super::compiler::Compiler;
use super::datum::Datum;
use super::distribution::{Distribution, Shares};
use super::evaluate::Evaluation;
use super::leaf::Leaf;
use super::pool::Pool;
use super::rule::Rule;
use super::walk::Walk;
use crate::flag::{Definition, Expression};
use std::hash::{Hash as _, Hasher};
use std::sync::Arc;

/// The steps of a rule, run from the first on. Jumps lead forward only, so that every run ends. Flags with
/// the same rule mostly have the same program.
#[derive(Debug)]
pub(super) struct Program {
    /// Among the programs of a pool; none when it has rules of its own.
    pub(super) number: Option<u32>,
    pub(super) steps: Vec<Step>,
    pub(super) rules: Vec<Rule>,
    pub(super) distributions: Vec<Distribution>,
}

/// One step; positions of steps and rules fit, for a rule that is larger becomes one general rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

/// Where a run ends.
#[derive(Debug, Clone, Copy)]
pub(super) enum Exit<'p> {
    Leaf(Leaf),
    Distribute(&'p Distribution),
    Compute(&'p Rule),
}

impl Program {
    pub(super) fn of(expression: &Expression, definition: &Definition, pool: &mut Arc<Pool>) -> Arc<Self> {
        let program = Compiler::new(definition, pool).compile(expression);
        Pool::program(pool, program)
    }

    /// A program that is one general rule.
    pub(super) fn general(rule: Rule) -> Self {
        Self { number: None, steps: vec![Step::Compute(0)], rules: vec![rule], distributions: Vec::new() }
    }

    /// To be kept.
    pub(super) fn into_kept(mut self, number: Option<u32>) -> Arc<Self> {
        self.steps.shrink_to_fit();
        self.rules.shrink_to_fit();
        self.distributions.shrink_to_fit();
        Arc::new(Self { number, ..self })
    }

    /// Whether something in it draws by the keys.
    pub(super) fn draws(&self) -> bool {
        self.distributions.iter().any(Distribution::is_by_keys)
    }

    /// Whether it is the same for whichever flag has it: nothing in it is a rule, which may look at the flag.
    pub(super) fn is_common(&self) -> bool {
        self.rules.is_empty() && self.distributions.iter().all(Distribution::is_common)
    }

    /// Whether two common programs are the same, whose shares are those of one pool.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let pairs = || self.distributions.iter().zip(&other.distributions);
        self.steps == other.steps
            && self.distributions.len() == other.distributions.len()
            && pairs().all(|(one, other)| one.is_same(other))
    }

    /// Of what [`is_same`](Self::is_same) looks at.
    pub(super) fn hash_in_pool<H: Hasher>(&self, state: &mut H) {
        self.steps.hash(state);
        self.distributions.iter().for_each(|distribution| distribution.hash_in_pool(state));
    }

    /// The split, where there is nothing but one by the keys.
    pub(super) fn draw(&self) -> Option<Arc<Shares>> {
        match (&*self.steps, &*self.distributions) {
            ([Step::Distribute(_)], [only]) if only.is_by_keys() => Some(Arc::clone(&only.shares)),
            _ => None,
        }
    }

    /// About how many bytes it takes, of one that is common.
    pub(super) fn size(&self) -> usize {
        let distributions = self.distributions.iter().map(Distribution::size);
        distributions.fold(size_of_val(&*self.steps), usize::saturating_add)
    }

    #[inline]
    pub(super) fn run<'s: 'v, 'v>(
        &'s self,
        definition: &impl Named,
        evaluation: &Evaluation<'v>,
        walk: &mut impl Walk<'s>,
    ) -> Result<Leaf, Exhausted> {
        match self.exit(evaluation, walk)? {
            Exit::Leaf(leaf) => Ok(leaf),
            Exit::Distribute(distribution) => distribution.choose(evaluation, walk),
            Exit::Compute(rule) => {
                let value = evaluation.rule(rule)?;
                walk.computed(rule, &value, evaluation);
                Ok(definition.leaf(&value))
            }
        }
    }

    /// The way through the conditions. With a number, it is the same for all flags that have the program.
    #[inline]
    pub(super) fn exit<'s: 'v, 'v>(
        &'s self,
        evaluation: &Evaluation<'v>,
        walk: &mut impl Walk<'s>,
    ) -> Result<Exit<'s>, Exhausted> {
        let mut at = 0_usize;
        while let Some(step) = self.steps.get(at) {
            at = match *step {
                Step::Test { predicate, when, to } if walk.holds(predicate, evaluation)? == when => to.into(),
                Step::Check { rule, when, to } if self.check(rule, evaluation, walk)? == when => to.into(),
                Step::Test { .. } | Step::Check { .. } => at.saturating_add(1),
                Step::Jump { to } => to.into(),
                Step::End(leaf) => return Ok(Exit::Leaf(leaf)),
                Step::Distribute(index) => match self.distributions.get(usize::from(index)) {
                    Some(distribution) => return Ok(Exit::Distribute(distribution)),
                    None => break,
                },
                Step::Compute(index) => match self.rules.get(usize::from(index)) {
                    Some(rule) => return Ok(Exit::Compute(rule)),
                    None => break,
                },
            };
        }
        Ok(Exit::Leaf(Leaf::Wrong))
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
