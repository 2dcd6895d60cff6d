//! From expressions to rules: whatever does not depend on the request is done here.

use super::attribute::Attribute;
use super::context::Context;
use super::datum::Datum;
use super::evaluate::Evaluation;
use super::rule::Rule;
use super::split::{By, Entries, Split};
use super::version::{Comparison, Version};
use crate::flag::{Expression, Fractional, Literal, Operator, Weight};

impl From<&Expression> for Rule {
    fn from(expression: &Expression) -> Self {
        match expression {
            Expression::Constant(literal) => Self::Constant(Datum::from(literal)),
            Expression::List(items) => Self::List(all(items)),
            Expression::Operation(operator, operands) => Self::operation(*operator, operands),
            Expression::Fractional(fractional) => Self::Fractional(Box::new(split(fractional))),
        }
    }
}

fn all(expressions: &[Expression]) -> Box<[Rule]> {
    expressions.iter().map(Rule::from).collect()
}

impl Rule {
    /// An operator and what it is applied to.
    pub(super) fn operation(operator: Operator, operands: &[Expression]) -> Self {
        let special = match operator {
            Operator::Var => attribute(operands),
            Operator::In => one_of(operands),
            Operator::SemVer => version(operands),
            Operator::Missing
            | Operator::MissingSome
            | Operator::If
            | Operator::Equal
            | Operator::NotEqual
            | Operator::Same
            | Operator::NotSame
            | Operator::Not
            | Operator::Truthy
            | Operator::And
            | Operator::Or
            | Operator::Less
            | Operator::LessOrEqual
            | Operator::Greater
            | Operator::GreaterOrEqual
            | Operator::Cat
            | Operator::StartsWith
            | Operator::EndsWith
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
            | Operator::Substr
            | Operator::Log => None,
        };
        special.unwrap_or_else(|| Self::Operation(operator, all(operands))).folded()
    }

    /// What comes out, of an operator that is applied to constants; any other rule as it is.
    fn folded(self) -> Self {
        let constants = match &self {
            Self::Operation(operator, operands) => {
                is_plain(*operator) && operands.iter().all(|operand| matches!(operand, Self::Constant(_)))
            }
            Self::OneOf(value, _) | Self::Version(value, ..) => matches!(**value, Self::Constant(_)),
            Self::Constant(_) | Self::List(_) | Self::Attribute(_) | Self::AttributeOr(..) | Self::Fractional(_) => {
                false
            }
        };
        if !constants {
            return self;
        }
        let nobody = Context::empty();
        let evaluation = Evaluation::of_constants(&nobody);
        let folded = evaluation.rule(&self).and_then(|value| evaluation.owned(value));
        folded.map_or(self, Self::Constant)
    }
}

/// Whether an operator looks at nothing but its operands, and makes no list: that of a short rule can be long.
const fn is_plain(operator: Operator) -> bool {
    matches!(
        operator,
        Operator::If
            | Operator::Equal
            | Operator::NotEqual
            | Operator::Same
            | Operator::NotSame
            | Operator::Not
            | Operator::Truthy
            | Operator::And
            | Operator::Or
            | Operator::Less
            | Operator::LessOrEqual
            | Operator::Greater
            | Operator::GreaterOrEqual
            | Operator::In
            | Operator::Cat
            | Operator::Substr
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
    )
}

/// `var` with a constant name.
fn attribute(operands: &[Expression]) -> Option<Rule> {
    let Some((name, fallback)) = operands.split_first() else { return Some(Rule::Attribute(Attribute::Whole)) };
    let attribute = match name {
        Expression::Constant(Literal::Null) => Attribute::Whole,
        Expression::Constant(Literal::Text(name)) => Attribute::parse(name),
        Expression::Constant(Literal::Number(numeral)) => Attribute::parse(&numeral.number.text()),
        Expression::Constant(Literal::Bool(_) | Literal::List(_) | Literal::Object(_))
        | Expression::List(_)
        | Expression::Operation(..)
        | Expression::Fractional(_) => return None,
    };
    Some(match fallback.first() {
        Some(fallback) => Rule::AttributeOr(attribute, Box::new(Rule::from(fallback))),
        None => Rule::Attribute(attribute),
    })
}

/// `in` a constant list of nothing but texts.
fn one_of(operands: &[Expression]) -> Option<Rule> {
    let [needle, Expression::Constant(Literal::List(items)), ..] = operands else { return None };
    let mut texts = Vec::with_capacity(items.len());
    for item in items {
        let Literal::Text(text) = item else { return None };
        texts.push(text.clone());
    }
    texts.sort_unstable();
    Some(Rule::OneOf(Box::new(Rule::from(needle)), texts.into_boxed_slice()))
}

/// `sem_ver` whose comparison and second version are constants.
fn version(operands: &[Expression]) -> Option<Rule> {
    let [value, Expression::Constant(Literal::Text(comparison)), Expression::Constant(against)] = operands else {
        return None;
    };
    let comparison = Comparison::named(comparison)?;
    let against = match against {
        Literal::Text(text) => Version::parse(text).map(Version::into_owned),
        Literal::Number(numeral) => Version::parse(&numeral.number.text()).map(Version::into_owned),
        Literal::Null | Literal::Bool(_) | Literal::List(_) | Literal::Object(_) => None,
    }?;
    Some(Rule::Version(Box::new(Rule::from(value)), comparison, against))
}

fn split(fractional: &Fractional) -> Split {
    let by = match fractional.bucket_by.as_deref() {
        None => By::Keys,
        Some(Expression::Operation(Operator::Cat, parts)) => By::Joined(all(parts)),
        Some(other) => By::Value(Rule::from(other)),
    };
    let mut total = 0_u32;
    let mut ends = Vec::with_capacity(fractional.entries.len());
    for entry in &fractional.entries {
        match &entry.weight {
            Weight::Fixed(weight) => total = total.saturating_add(*weight),
            Weight::Computed(_) => return Split { by, entries: computed(fractional) },
        }
        ends.push((total, Rule::from(&entry.variant)));
    }
    Split { by, entries: Entries::Fixed { total, ends: ends.into_boxed_slice() } }
}

fn computed(fractional: &Fractional) -> Entries {
    let entries = fractional.entries.iter().map(|entry| {
        let weight = match &entry.weight {
            Weight::Fixed(weight) => Rule::from(*weight),
            Weight::Computed(expression) => Rule::from(expression),
        };
        (Rule::from(&entry.variant), weight)
    });
    Entries::Computed(entries.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flag::lower_expression;
    use crate::source::{Format, Problems, parse};

    fn rule(text: &str) -> Rule {
        let parsed = parse("rule.json", text.as_bytes(), Format::Json).unwrap();
        Rule::from(&lower_expression(&parsed.documents[0], &mut Problems::new(&parsed.text)).unwrap())
    }

    #[test]
    fn what_depends_on_nothing_is_done_at_load() {
        for (written, folded) in [
            (r#"{"+":[1,{"*":[2,3]}]}"#, "7"),
            (r#"{"==":[{"cat":["o","n"]},"on"]}"#, "true"),
            (r#"{"sem_ver":["2.1.0",">=","2.0.0"]}"#, "true"),
            (r#"{"in":["DE",["DE","FR"]]}"#, "true"),
            (r#"{"if":[{"!":[1]},"a",{"substr":["bcd",1]}]}"#, r#""cd""#),
            (r#"{"/":[1,0]}"#, "null"),
        ] {
            assert_eq!(rule(written), rule(folded), "{written}");
        }
    }

    #[test]
    fn what_looks_or_grows_is_left_to_the_evaluation() {
        let ten = "[0,1,2,3,4,5,6,7,8,9]";
        for written in [
            r#"{"cat":["a",{"var":"b"}]}"#.to_owned(),
            r#"{"missing":["a"]}"#.to_owned(),
            r#"{"missing_some":[1,["a"]]}"#.to_owned(),
            format!(r#"{{"map":[{ten},{{"map":[{ten},1]}}]}}"#),
            format!(r#"{{"merge":[{ten},{ten}]}}"#),
        ] {
            assert!(!matches!(rule(&written), Rule::Constant(_)), "{written}");
        }
    }
}
