//! Tests of one attribute against constants: what conditions are mostly made of. The flags of a
//! snapshot share them, so that all flags together ask each question once.

use super::attribute::Attribute;
use super::budget::Exhausted;
use super::coerce::{loosely_equal, order, strictly_equal, truthy};
use super::datum::Datum;
use super::evaluate::Evaluation;
use super::rule::Rule;
use super::same::ends_with;
use super::texts::Texts;
use super::value::Value;
use super::version::{Comparison, Version, with_version};
use crate::flag::{Expression, Literal, Operator};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A question about one attribute.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Predicate {
    pub(super) attribute: Attribute,
    test: Test,
    /// The same as a rule: for the values that the test leaves to it, and for explanations.
    pub(super) rule: Rule,
}

/// What is asked of a text, a number, true, false or null, without the detour of a rule.
#[derive(Debug, Clone, PartialEq)]
enum Test {
    Truthy,
    /// `==`.
    Equals(Datum<'static>),
    /// `===`.
    Same(Datum<'static>),
    /// `<`, `<=`, `>`, `>=`, with the attribute on the left.
    Ordered(Order, Datum<'static>),
    /// `in` a list of nothing but texts.
    OneOf(Texts),
    StartsWith(Box<str>),
    EndsWith(Box<str>),
    Version(Comparison, Box<Version<'static>>),
    /// Any other about this constant; the rule alone decides.
    Other(Datum<'static>),
}

impl Predicate {
    /// The predicate that an expression is where only its truth counts, and whether it is the opposite
    /// that is asked; `None` for anything that looks at more or less than one attribute.
    pub(super) fn of(expression: &Expression) -> Option<(Self, bool)> {
        let Expression::Operation(operator, operands) = expression else { return None };
        let (positive, opposite) = operator.positive();
        let (attribute, test) = match (positive, operands.as_slice()) {
            (Operator::Var, _) => (attribute(expression)?, Test::Truthy),
            (Operator::Equal, pair) => equality(pair, Test::Equals)?,
            (Operator::Same, pair) => equality(pair, Test::Same)?,
            (Operator::In, [needle, haystack]) => membership(needle, haystack)?,
            (Operator::StartsWith, [at, Expression::Constant(Literal::Text(part))]) => {
                (attribute(at)?, Test::StartsWith(part.clone()))
            }
            (Operator::EndsWith, [at, Expression::Constant(Literal::Text(part))]) => {
                (attribute(at)?, Test::EndsWith(part.clone()))
            }
            (
                Operator::SemVer,
                [at, Expression::Constant(Literal::Text(comparison)), Expression::Constant(against)],
            ) => {
                let comparison = Comparison::named(comparison)?;
                let against = with_version(&Value::of(&Datum::from(against)), |version| version.clone().into_owned())?;
                (attribute(at)?, Test::Version(comparison, Box::new(against)))
            }
            (compared, [left, right]) => ordered(Order::of(compared)?, left, right)?,
            _ => return None,
        };
        let rule = Rule::operation(positive, operands);
        Some((Self { attribute, test, rule }, opposite))
    }

    /// Whether it holds for whoever asks.
    #[inline]
    pub(super) fn holds<'v>(&'v self, evaluation: &Evaluation<'v>) -> Result<bool, Exhausted> {
        let context = evaluation.context();
        let simple = match &self.attribute {
            Attribute::Named(name) => self.test.of_datum(context.get(name)),
            Attribute::TargetingKey => self.test.of_datum(context.who()),
            Attribute::Whole | Attribute::FlagKey | Attribute::Timestamp | Attribute::Nothing | Attribute::Path(_) => {
                None
            }
        };
        match simple {
            Some(held) => Ok(held),
            None => Ok(truthy(&evaluation.rule(&self.rule)?)),
        }
    }
}

impl Test {
    /// `None` for what only the rule can say.
    #[inline]
    fn of_datum(&self, datum: Option<&Datum<'_>>) -> Option<bool> {
        match datum {
            Some(Datum::Text(text)) => self.of_text(text),
            Some(simple @ (Datum::Null | Datum::Bool(_) | Datum::Number(_))) => self.of_simple(&Value::of(simple)),
            Some(Datum::List(_) | Datum::Object(_)) => None,
            None => self.of_simple(&Value::Null),
        }
    }

    /// As [`Test::of_simple`] says of a text: most attributes are texts.
    #[inline]
    fn of_text(&self, text: &str) -> Option<bool> {
        Some(match self {
            Self::Equals(Datum::Text(expected)) | Self::Same(Datum::Text(expected)) => expected == text,
            Self::OneOf(texts) => texts.contains(text),
            Self::StartsWith(part) => text.starts_with(&**part),
            Self::EndsWith(part) => ends_with(text, part),
            Self::Version(comparison, against) => {
                Version::parse(text).is_some_and(|version| comparison.holds(&version, against))
            }
            Self::Truthy | Self::Equals(_) | Self::Same(_) | Self::Ordered(..) | Self::Other(_) => {
                return self.of_simple(&Value::Text(text.into()));
            }
        })
    }

    fn of_simple(&self, value: &Value<'_>) -> Option<bool> {
        match self {
            Self::Truthy => Some(truthy(value)),
            Self::Equals(expected) => simple(expected).then(|| loosely_equal(value, &Value::of(expected))),
            Self::Same(expected) => simple(expected).then(|| strictly_equal(value, &Value::of(expected))),
            Self::Ordered(wanted, than) => {
                simple(than).then(|| order(value, &Value::of(than)).is_some_and(|found| wanted.holds(found)))
            }
            Self::OneOf(texts) => Some(value.text().is_some_and(|text| texts.contains(text))),
            Self::StartsWith(part) => Some(value.text().is_some_and(|text| text.starts_with(&**part))),
            Self::EndsWith(part) => Some(value.text().is_some_and(|text| text.ends_with(&**part))),
            Self::Version(comparison, against) => {
                Some(with_version(value, |version| comparison.holds(version, against)).unwrap_or(false))
            }
            Self::Other(_) => None,
        }
    }
}

/// Lists and objects are compared as their texts, which the rule makes.
const fn simple(constant: &Datum<'_>) -> bool {
    matches!(constant, Datum::Null | Datum::Bool(_) | Datum::Number(_) | Datum::Text(_))
}

/// The attribute that `var` names with a constant and without a fallback. `$flagd.flagKey` is none here:
/// it is another for each flag, and predicates are shared.
fn attribute(expression: &Expression) -> Option<Attribute> {
    let Rule::Attribute(attribute) = Rule::from(expression) else { return None };
    (attribute != Attribute::FlagKey).then_some(attribute)
}

fn equality(pair: &[Expression], test: impl FnOnce(Datum<'static>) -> Test) -> Option<(Attribute, Test)> {
    match pair {
        [at, Expression::Constant(constant)] | [Expression::Constant(constant), at] => {
            Some((attribute(at)?, test(Datum::from(constant))))
        }
        _ => None,
    }
}

fn ordered(order: Order, left: &Expression, right: &Expression) -> Option<(Attribute, Test)> {
    match (left, right) {
        (at, Expression::Constant(than)) => Some((attribute(at)?, Test::Ordered(order, Datum::from(than)))),
        (Expression::Constant(than), at) => Some((attribute(at)?, Test::Ordered(order.mirrored(), Datum::from(than)))),
        _ => None,
    }
}

fn membership(needle: &Expression, haystack: &Expression) -> Option<(Attribute, Test)> {
    match (needle, haystack) {
        (at, Expression::Constant(haystack)) => {
            let other = || Test::Other(Datum::from(haystack));
            Some((attribute(at)?, Texts::of(haystack).map_or_else(other, Test::OneOf)))
        }
        (Expression::Constant(needle), at) => Some((attribute(at)?, Test::Other(Datum::from(needle)))),
        _ => None,
    }
}

/// `<` and its kin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    fn of(operator: Operator) -> Option<Self> {
        let known = [
            (Operator::Less, Self::Less),
            (Operator::LessOrEqual, Self::LessOrEqual),
            (Operator::Greater, Self::Greater),
            (Operator::GreaterOrEqual, Self::GreaterOrEqual),
        ];
        known.into_iter().find(|(known, _)| *known == operator).map(|(_, order)| order)
    }

    /// The one that says the same with its operands exchanged.
    const fn mirrored(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
        }
    }

    const fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// Two predicates are one only when these are equal too: an integer equals the double next to it, and is
/// another constant all the same.
impl Hash for Predicate {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.attribute.hash(state);
        std::mem::discriminant(&self.test).hash(state);
        match &self.test {
            Test::Equals(constant) | Test::Same(constant) | Test::Ordered(_, constant) | Test::Other(constant) => {
                constant_hash(constant, state);
            }
            Test::OneOf(texts) => texts.hash(state),
            Test::StartsWith(part) | Test::EndsWith(part) => part.hash(state),
            Test::Version(comparison, against) => (comparison, against).hash(state),
            Test::Truthy => {}
        }
    }
}

fn constant_hash<H: Hasher>(constant: &Datum<'_>, state: &mut H) {
    std::mem::discriminant(constant).hash(state);
    match constant {
        Datum::Text(text) => text.hash(state),
        Datum::Number(number) => {
            // 2^53 + 1 as an integer is another constant than the double next to it.
            std::mem::discriminant(number).hash(state);
            number.as_f64().to_bits().hash(state);
        }
        Datum::Bool(value) => value.hash(state),
        Datum::Null => {}
        Datum::List(items) => {
            items.len().hash(state);
            items.iter().for_each(|item| constant_hash(item, state));
        }
        Datum::Object(object) => {
            object.iter().len().hash(state);
            for (key, value) in object.iter() {
                key.hash(state);
                constant_hash(value, state);
            }
        }
    }
}

/// As the rule's author wrote it: `{"in":[{"var":"country"},["DE","FR"]]}`.
impl fmt::Display for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rule.fmt(f)
    }
}
