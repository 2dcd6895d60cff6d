//! From a rule as written to a rule that is valid: operators resolved, references replaced, constants
//! checked. Recursion is bounded by the depth limit.

use super::evaluators::{Evaluators, reference};
use super::operator::FRACTIONAL;
use super::{Expression, Literal, Operator, Variant, fields, variants};
use crate::source::{Node, Problem, Problems, Value, suggest};

/// The deepest nesting of operators and lists in a rule, references followed.
const DEEPEST: usize = 64;

/// The most values that references may add to one rule: each may refer to others twice.
const MOST_REFERRED: usize = 100_000;

/// Reads a rule that stands by itself, such as a wave's audience. `None` when it is wrong; what is
/// wrong is then among the problems.
pub fn lower_expression(node: &Node<'_>, problems: &mut Problems<'_>) -> Option<Expression> {
    Lowering::new(&Evaluators::default(), None).expression(node, Position::Operand, problems)
}

/// Reads a flag's rule, whose result must name one of the variants where those are known.
pub(super) fn targeting(
    node: &Node<'_>,
    evaluators: &Evaluators<'_>,
    variants: Option<&[Variant]>,
    problems: &mut Problems<'_>,
) -> Option<Expression> {
    Lowering::new(evaluators, variants).expression(node, Position::Result, problems)
}

/// Reports what is wrong in a named rule, whoever uses it.
pub(super) fn check_evaluator(name: &str, node: &Node<'_>, evaluators: &Evaluators<'_>, problems: &mut Problems<'_>) {
    let mut lowering = Lowering::new(evaluators, None);
    lowering.following.push(name.to_owned());
    lowering.expression(node, Position::Operand, problems);
}

/// Whether a value can become the rule's result, and so must name a variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    Result,
    Operand,
}

pub(super) struct Lowering<'a> {
    evaluators: &'a Evaluators<'a>,
    /// `None` where results name no variants.
    variants: Option<&'a [Variant]>,
    depth: usize,
    /// The names of the references being followed, outermost first.
    following: Vec<String>,
    referred: usize,
}

impl<'a> Lowering<'a> {
    const fn new(evaluators: &'a Evaluators<'a>, variants: Option<&'a [Variant]>) -> Self {
        Self { evaluators, variants, depth: 0, following: Vec::new(), referred: 0 }
    }

    pub(super) fn expression(
        &mut self,
        node: &Node<'_>,
        position: Position,
        problems: &mut Problems<'_>,
    ) -> Option<Expression> {
        self.follow(node, problems, |this, node, problems| match &node.value {
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                this.constant(node, position, problems)
            }
            Value::Array(items) => this.nested(node, problems, |this, problems| {
                if position == Position::Result && this.variants.is_some() {
                    problems.add(node.span, "a list can be no result: it names no variant");
                    return None;
                }
                Some(folded(this.operands(items, |_| Position::Operand, problems)?))
            }),
            Value::Object(_) => this.nested(node, problems, |this, problems| this.operation(node, position, problems)),
        })
    }

    fn constant(&self, node: &Node<'_>, position: Position, problems: &mut Problems<'_>) -> Option<Expression> {
        let before = problems.count();
        let literal = Literal::of(node);
        if let (Position::Result, Some(variants)) = (position, self.variants) {
            let unnamed = |name: &str| !variants.iter().any(|variant| variant.name.as_str() == name);
            match &literal {
                Literal::Text(name) if unnamed(name) => {
                    variants::unknown(name, node, "the rule can give", variants, problems);
                }
                Literal::Bool(value) if unnamed(if *value { "true" } else { "false" }) => {
                    variants::unknown(&value.to_string(), node, "the rule can give", variants, problems);
                }
                Literal::Number(_) => {
                    problems.add_with_hint(node.span, "a number can be no result: it names no variant", "quote it");
                }
                Literal::Null | Literal::Bool(_) | Literal::Text(_) | Literal::List(_) | Literal::Object(_) => {}
            }
        }
        (problems.count() == before).then_some(Expression::Constant(literal))
    }

    fn operation(&mut self, node: &Node<'_>, position: Position, problems: &mut Problems<'_>) -> Option<Expression> {
        let entries = node.as_object().unwrap_or_default();
        let [entry] = entries else {
            let message = format!("a mapping of {} entries where a rule is expected", entries.len());
            problems.add_with_hint(node.span, message, "a rule has one operator: `{\"operator\": [operands]}`");
            return None;
        };
        if entry.key == FRACTIONAL {
            return self.fractional(&entry.value, position, problems);
        }
        let Some(operator) = Operator::named(&entry.key) else {
            let known = || Operator::NAMES.iter().map(|(name, _)| *name).chain([FRACTIONAL]);
            let hint = suggest(&entry.key, known())
                .unwrap_or_else(|| format!("the operators are {}", fields::listed(known())));
            problems.add_with_hint(entry.key_span, format!("unknown operator `{}`", entry.key), hint);
            return None;
        };
        let operands =
            self.arguments(&entry.value, |count, at| operand_position(operator, count, at, position), problems)?;
        Some(Expression::Operation(operator, operands))
    }

    /// An operator's operands: a list's items, or the one value that stands without a list.
    fn arguments(
        &mut self,
        node: &Node<'_>,
        position: impl Fn(usize, usize) -> Position,
        problems: &mut Problems<'_>,
    ) -> Option<Vec<Expression>> {
        self.follow(node, problems, |this, node, problems| match node.as_array() {
            Some(items) => this.operands(items, |at| position(items.len(), at), problems),
            None => Some(vec![this.expression(node, position(1, 0), problems)?]),
        })
    }

    /// Reads all of them even when one is wrong, so that every problem is found.
    fn operands(
        &mut self,
        items: &[Node<'_>],
        position: impl Fn(usize) -> Position,
        problems: &mut Problems<'_>,
    ) -> Option<Vec<Expression>> {
        all_of(items.iter().enumerate().map(|(at, item)| self.expression(item, position(at), problems)))
    }

    fn nested<T>(
        &mut self,
        node: &Node<'_>,
        problems: &mut Problems<'_>,
        then: impl FnOnce(&mut Self, &mut Problems<'_>) -> Option<T>,
    ) -> Option<T> {
        if self.depth >= DEEPEST {
            let message = format!("the rule is nested deeper than {DEEPEST} levels");
            problems.add_with_hint(node.span, message, "move parts of it to `$evaluators` or flatten the conditions");
            return None;
        }
        self.depth = self.depth.saturating_add(1);
        let result = then(self, problems);
        self.depth = self.depth.saturating_sub(1);
        result
    }

    /// Replaces a reference by what it names. What is wrong behind it is told at the reference, in one
    /// sentence: the evaluator has its own report.
    pub(super) fn follow<T>(
        &mut self,
        node: &Node<'_>,
        problems: &mut Problems<'_>,
        then: impl FnOnce(&mut Self, &Node<'_>, &mut Problems<'_>) -> Option<T>,
    ) -> Option<T> {
        if !self.following.is_empty() {
            self.referred = self.referred.saturating_add(1);
        }
        if reference(node).is_none() {
            return then(self, node, problems);
        }
        let outer = self.following.len();
        let result = self.target(node, problems).and_then(|target| {
            let mut inside = Problems::new(problems.text());
            let result = then(self, target, &mut inside);
            if let Some(first) = inside.first() {
                let name = self.following.get(outer).map_or("", String::as_str);
                problems.add(node.span, behind_reference(name, first));
            }
            result
        });
        self.following.truncate(outer);
        result
    }

    /// What a value is once references are followed; the value itself where they lead nowhere.
    pub(super) fn behind<'n>(&self, node: &'n Node<'n>) -> &'n Node<'n>
    where
        'a: 'n,
    {
        let mut at = node;
        for _ in 0..DEEPEST {
            let target = reference(at).and_then(Node::as_str).and_then(|name| self.evaluators.get(name));
            match target {
                Some(target) => at = target,
                None => break,
            }
        }
        at
    }

    /// The value that a reference names in the end, however many references lie between.
    fn target(&mut self, node: &Node<'_>, problems: &mut Problems<'_>) -> Option<&'a Node<'a>> {
        let (mut at, mut found) = (reference(node), None);
        while let Some(name_node) = at {
            let Some(name) = name_node.as_str() else {
                problems.add(node.span, format!("`$ref` is {}, it must be an evaluator's name", name_node.kind()));
                return None;
            };
            if self.following.iter().any(|outer| outer == name) {
                let path = self.following.join("` → `");
                problems.add(node.span, format!("the evaluator `{name}` refers to itself: `{path}` → `{name}`"));
                return None;
            }
            if self.following.len() >= DEEPEST {
                problems.add(node.span, format!("the references lead through more than {DEEPEST} evaluators"));
                return None;
            }
            if self.referred > MOST_REFERRED {
                problems.add(node.span, format!("the evaluators add more than {MOST_REFERRED} values to one rule"));
                return None;
            }
            let Some(target) = self.evaluators.get(name) else {
                let hint = suggest(name, self.evaluators.names())
                    .unwrap_or_else(|| "define it under `$evaluators` of this document".to_owned());
                problems.add_with_hint(node.span, format!("there is no evaluator `{name}`"), hint);
                return None;
            };
            if let Some(first) = self.evaluators.wrong(name) {
                problems.add(node.span, behind_reference(name, first));
                return None;
            }
            self.following.push(name.to_owned());
            (at, found) = (reference(target), Some(target));
        }
        found
    }
}

/// What is wrong behind a reference, told where the reference stands.
fn behind_reference(name: &str, first: &Problem) -> String {
    // A reason that itself lies behind a reference is told once, not once per reference.
    match first.message.starts_with("the evaluator `") {
        true => first.message.clone(),
        false => format!("the evaluator `{name}` is wrong: {} (line {})", first.message, first.line),
    }
}

/// Which operands can become the result of their operator, where that is itself a result.
fn operand_position(operator: Operator, count: usize, at: usize, outer: Position) -> Position {
    let last = at.saturating_add(1) == count;
    let passed_on = match operator {
        // Condition, result, condition, result, ..., otherwise.
        Operator::If => at % 2 == 1 || last,
        Operator::Or => true,
        Operator::And => last,
        Operator::Var => at == 1,
        Operator::Log => at == 0,
        Operator::Missing
        | Operator::MissingSome
        | Operator::Equal
        | Operator::NotEqual
        | Operator::Same
        | Operator::NotSame
        | Operator::Not
        | Operator::Truthy
        | Operator::Less
        | Operator::LessOrEqual
        | Operator::Greater
        | Operator::GreaterOrEqual
        | Operator::In
        | Operator::Cat
        | Operator::StartsWith
        | Operator::EndsWith
        | Operator::SemVer
        | Operator::Max
        | Operator::Min
        | Operator::Add
        | Operator::Subtract
        | Operator::Multiply
        | Operator::Divide
        | Operator::Remainder
        | Operator::Map
        | Operator::Filter
        | Operator::Reduce
        | Operator::All
        | Operator::None
        | Operator::Some
        | Operator::Merge
        | Operator::Substr => false,
    };
    if passed_on { outer } else { Position::Operand }
}

/// The parts of a whole, if all are sound. Every one of them is read even when one is not.
pub(super) fn all_of<T>(parts: impl ExactSizeIterator<Item = Option<T>>) -> Option<Vec<T>> {
    let count = parts.len();
    let mut sound = Vec::with_capacity(count);
    sound.extend(parts.flatten());
    (sound.len() == count).then_some(sound)
}

/// A list, as one constant when all its elements are.
fn folded(items: Vec<Expression>) -> Expression {
    if !items.iter().all(|item| matches!(item, Expression::Constant(_))) {
        return Expression::List(items);
    }
    let literals = items.into_iter().filter_map(|item| match item {
        Expression::Constant(literal) => Some(literal),
        Expression::List(_) | Expression::Operation(..) | Expression::Fractional(_) => None,
    });
    Expression::Constant(Literal::List(literals.collect()))
}
