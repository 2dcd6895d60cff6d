//! Tests of one attribute against constants: what conditions are mostly made of. The flags of a
//! snapshot share them, so that all flags together ask each question once.

use super::attribute::Attribute;
use super::coerce::{loosely_equal, order, strictly_equal, truthy};
use super::context::Context;
use super::datum::Datum;
use super::evaluate::contains;
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
}

#[derive(Debug, Clone, PartialEq)]
enum Test {
    Truthy,
    /// `==`.
    Equals(Datum<'static>),
    /// `===`.
    Same(Datum<'static>),
    /// `<`, `<=`, `>`, `>=`, with the attribute on the left.
    Ordered(Operator, Datum<'static>),
    /// `in` a list of nothing but texts.
    OneOf(Texts),
    /// `in` any other list, or part of a text.
    In(Datum<'static>),
    /// `in`, with the attribute as the list or the text that it is looked for in.
    Has(Datum<'static>),
    StartsWith(Box<str>),
    EndsWith(Box<str>),
    Version(Comparison, Box<Version<'static>>),
}

impl Predicate {
    /// The predicate that an expression is where only its truth counts, and whether it is the opposite
    /// that is asked; `None` for anything that looks at more or less than one attribute.
    pub(super) fn of(expression: &Expression) -> Option<(Self, bool)> {
        let Expression::Operation(operator, operands) = expression else { return None };
        let (attribute, test, opposite) = match (operator, operands.as_slice()) {
            (Operator::Var, _) => (attribute(expression)?, Test::Truthy, false),
            (Operator::Equal, pair) => equality(pair, Test::Equals, false)?,
            (Operator::NotEqual, pair) => equality(pair, Test::Equals, true)?,
            (Operator::Same, pair) => equality(pair, Test::Same, false)?,
            (Operator::NotSame, pair) => equality(pair, Test::Same, true)?,
            (Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual, [left, right]) => {
                let (attribute, test) = ordered(*operator, left, right)?;
                (attribute, test, false)
            }
            (Operator::In, [needle, haystack]) => {
                let (attribute, test) = membership(needle, haystack)?;
                (attribute, test, false)
            }
            (Operator::StartsWith, [at, Expression::Constant(Literal::Text(part))]) => {
                (attribute(at)?, Test::StartsWith(part.clone()), false)
            }
            (Operator::EndsWith, [at, Expression::Constant(Literal::Text(part))]) => {
                (attribute(at)?, Test::EndsWith(part.clone()), false)
            }
            (
                Operator::SemVer,
                [at, Expression::Constant(Literal::Text(comparison)), Expression::Constant(against)],
            ) => {
                let comparison = Comparison::named(comparison)?;
                let against = with_version(&Value::of(&Datum::from(against)), |version| version.clone().into_owned())?;
                (attribute(at)?, Test::Version(comparison, Box::new(against)), false)
            }
            _ => return None,
        };
        Some((Self { attribute, test }, opposite))
    }

    /// Whether it holds for a context.
    #[inline]
    pub(super) fn holds(&self, context: &Context<'_>) -> bool {
        match &self.attribute {
            Attribute::Named(name) => self.test.of_datum(context.get(name)),
            Attribute::TargetingKey => self.test.of_datum(context.who()),
            Attribute::Whole | Attribute::FlagKey | Attribute::Timestamp | Attribute::Nothing | Attribute::Path(_) => {
                self.test.of_value(&self.attribute.find(context, ""))
            }
        }
    }
}

impl Test {
    #[inline]
    fn of_datum(&self, datum: Option<&Datum<'_>>) -> bool {
        match datum {
            Some(Datum::Text(text)) => self.of_text(text),
            Some(other) => self.of_value(&Value::of(other)),
            None => self.of_value(&Value::Null),
        }
    }

    /// As [`Test::of_value`] says of a text, without the detour: most attributes are texts.
    #[inline]
    fn of_text(&self, text: &str) -> bool {
        match self {
            Self::Equals(Datum::Text(expected)) | Self::Same(Datum::Text(expected)) => expected == text,
            Self::OneOf(texts) => texts.contains(text),
            Self::StartsWith(part) => text.starts_with(&**part),
            Self::EndsWith(part) => text.ends_with(&**part),
            Self::Version(comparison, against) => {
                Version::parse(text).is_some_and(|version| comparison.holds(&version, against))
            }
            Self::Truthy | Self::Equals(_) | Self::Same(_) | Self::Ordered(..) | Self::In(_) | Self::Has(_) => {
                self.of_value(&Value::Text(text.into()))
            }
        }
    }

    fn of_value(&self, value: &Value<'_>) -> bool {
        match self {
            Self::Truthy => truthy(value),
            Self::Equals(expected) => loosely_equal(value, &Value::of(expected)),
            Self::Same(expected) => strictly_equal(value, &Value::of(expected)),
            Self::Ordered(operator, than) => {
                order(value, &Value::of(than)).is_some_and(|order| satisfies(*operator, order))
            }
            Self::OneOf(texts) => value.text().is_some_and(|text| texts.contains(text)),
            Self::In(haystack) => contains(&Value::of(haystack), value),
            Self::Has(needle) => contains(value, &Value::of(needle)),
            Self::StartsWith(part) => value.text().is_some_and(|text| text.starts_with(&**part)),
            Self::EndsWith(part) => value.text().is_some_and(|text| text.ends_with(&**part)),
            Self::Version(comparison, against) => {
                with_version(value, |version| comparison.holds(version, against)).unwrap_or(false)
            }
        }
    }
}

/// The attribute that `var` names with a constant and without a fallback. `$flagd.flagKey` is none here:
/// it is another for each flag, and predicates are shared.
fn attribute(expression: &Expression) -> Option<Attribute> {
    let Expression::Operation(Operator::Var, operands) = expression else { return None };
    let attribute = match operands.as_slice() {
        [] => Attribute::Whole,
        [Expression::Constant(name)] => Attribute::of_value(&Value::of(&Datum::from(name))),
        _ => return None,
    };
    (attribute != Attribute::FlagKey).then_some(attribute)
}

fn equality(
    pair: &[Expression],
    test: impl FnOnce(Datum<'static>) -> Test,
    opposite: bool,
) -> Option<(Attribute, Test, bool)> {
    match pair {
        [at, Expression::Constant(constant)] | [Expression::Constant(constant), at] => {
            Some((attribute(at)?, test(Datum::from(constant)), opposite))
        }
        _ => None,
    }
}

fn ordered(operator: Operator, left: &Expression, right: &Expression) -> Option<(Attribute, Test)> {
    match (left, right) {
        (at, Expression::Constant(than)) => Some((attribute(at)?, Test::Ordered(operator, Datum::from(than)))),
        (Expression::Constant(than), at) => {
            Some((attribute(at)?, Test::Ordered(mirrored(operator), Datum::from(than))))
        }
        _ => None,
    }
}

fn membership(needle: &Expression, haystack: &Expression) -> Option<(Attribute, Test)> {
    match (needle, haystack) {
        (at, Expression::Constant(haystack)) => {
            let test = Texts::of(haystack).map_or_else(|| Test::In(Datum::from(haystack)), Test::OneOf);
            Some((attribute(at)?, test))
        }
        (Expression::Constant(needle), at) => Some((attribute(at)?, Test::Has(Datum::from(needle)))),
        _ => None,
    }
}

/// The operator that says the same with its operands exchanged.
const fn mirrored(operator: Operator) -> Operator {
    match operator {
        Operator::Less => Operator::Greater,
        Operator::LessOrEqual => Operator::GreaterOrEqual,
        Operator::Greater => Operator::Less,
        Operator::GreaterOrEqual => Operator::LessOrEqual,
        other => other,
    }
}

const fn satisfies(operator: Operator, order: Ordering) -> bool {
    match operator {
        Operator::Less => order.is_lt(),
        Operator::LessOrEqual => order.is_le(),
        Operator::Greater => order.is_gt(),
        Operator::GreaterOrEqual => order.is_ge(),
        _ => false,
    }
}

/// Numbers have no hash of their own, so that a constant counts by its kind and its text; equality decides.
impl Hash for Predicate {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.attribute.hash(state);
        std::mem::discriminant(&self.test).hash(state);
        match &self.test {
            Test::Truthy => {}
            Test::Equals(constant) | Test::Same(constant) | Test::In(constant) | Test::Has(constant) => {
                constant_hash(constant, state);
            }
            Test::Ordered(operator, constant) => {
                std::mem::discriminant(operator).hash(state);
                constant_hash(constant, state);
            }
            Test::OneOf(texts) => texts.hash(state),
            Test::StartsWith(part) | Test::EndsWith(part) => part.hash(state),
            Test::Version(comparison, against) => (comparison, against).hash(state),
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
        Datum::Null | Datum::List(_) | Datum::Object(_) => {}
    }
}

/// As people say it: `country in ["DE","FR"]`.
impl fmt::Display for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = &self.attribute;
        match &self.test {
            Test::Truthy => write!(f, "{at}"),
            Test::Equals(constant) => write!(f, "{at} == {constant}"),
            Test::Same(constant) => write!(f, "{at} === {constant}"),
            Test::Ordered(operator, constant) => write!(f, "{at} {} {constant}", operator.name()),
            Test::OneOf(texts) => write!(f, "{at} in {texts}"),
            Test::In(haystack) => write!(f, "{at} in {haystack}"),
            Test::Has(needle) => write!(f, "{needle} in {at}"),
            Test::StartsWith(part) => write!(f, "{at} starts_with {}", Datum::from(&**part)),
            Test::EndsWith(part) => write!(f, "{at} ends_with {}", Datum::from(&**part)),
            Test::Version(comparison, against) => write!(f, "{at} sem_ver {} {against}", comparison.name()),
        }
    }
}
