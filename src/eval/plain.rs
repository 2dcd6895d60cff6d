//! Rules as people say them, for explanations: `country in ["DE","FR"]`.

use super::attribute::Attribute;
use super::display::Listed;
use super::rule::Rule;
use super::split::{By, Entries, Split};
use crate::flag::Operator;
use std::fmt::{self, Display};

/// So many attributes are shown beside a rule.
const MOST_ATTRIBUTES: usize = 8;

/// A rule with its operators between their operands; what is rare stays JSONLogic.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plain<'r>(pub(super) &'r Rule);

impl Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Rule::Constant(datum) => datum.fmt(f),
            Rule::Attribute(attribute) => attribute.fmt(f),
            Rule::OneOf(needle, texts) => {
                write!(f, "{} in {}", Inner(needle), Listed(texts))
            }
            Rule::Version(value, comparison, against) => {
                write!(f, "{} {} {against}", Inner(value), comparison.name())
            }
            Rule::Operation(Operator::Not, operands) if let [operand] = &**operands => {
                write!(f, "not {}", Inner(operand))
            }
            Rule::Operation(operator, operands) if let Some(word) = between(*operator, operands.len()) => {
                for (position, operand) in operands.iter().enumerate() {
                    if position > 0 {
                        write!(f, " {word} ")?;
                    }
                    Inner(operand).fmt(f)?;
                }
                Ok(())
            }
            rule @ (Rule::List(_) | Rule::AttributeOr(..) | Rule::Fractional(_) | Rule::Operation(..)) => rule.fmt(f),
        }
    }
}

/// A rule as an operand of another.
struct Inner<'r>(&'r Rule);

impl Display for Inner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = match self.0 {
            Rule::OneOf(..) | Rule::Version(..) => true,
            Rule::Operation(operator, operands) => {
                *operator == Operator::Not || between(*operator, operands.len()).is_some()
            }
            Rule::Constant(_) | Rule::List(_) | Rule::Attribute(_) | Rule::AttributeOr(..) | Rule::Fractional(_) => {
                false
            }
        };
        if joined { write!(f, "({})", Plain(self.0)) } else { Plain(self.0).fmt(f) }
    }
}

/// The word between so many operands of an operator, if it can be said like that.
fn between(operator: Operator, operands: usize) -> Option<&'static str> {
    const ANY: [Operator; 6] =
        [Operator::And, Operator::Or, Operator::Add, Operator::Multiply, Operator::Less, Operator::LessOrEqual];
    const TWO: [Operator; 11] = [
        Operator::Equal,
        Operator::NotEqual,
        Operator::Same,
        Operator::NotSame,
        Operator::Greater,
        Operator::GreaterOrEqual,
        Operator::In,
        Operator::StartsWith,
        Operator::EndsWith,
        Operator::Subtract,
        Operator::Divide,
    ];
    let fits = match operands {
        0 | 1 => false,
        2 => ANY.contains(&operator) || TWO.contains(&operator),
        3 => ANY.contains(&operator),
        _ => matches!(operator, Operator::And | Operator::Or | Operator::Add | Operator::Multiply),
    };
    fits.then(|| match operator.name() {
        "starts_with" => "starts with",
        "ends_with" => "ends with",
        name => name,
    })
}

/// The attributes that a rule looks at, each once; the first of them where there are many.
pub(super) fn attributes(rule: &Rule) -> Vec<&Attribute> {
    let mut found = Vec::new();
    look(rule, &mut found);
    found
}

fn look<'r>(rule: &'r Rule, found: &mut Vec<&'r Attribute>) {
    match rule {
        Rule::Constant(_) => {}
        Rule::List(items) => items.iter().for_each(|item| look(item, found)),
        Rule::Attribute(attribute) => add(attribute, found),
        Rule::AttributeOr(attribute, fallback) => {
            add(attribute, found);
            look(fallback, found);
        }
        Rule::OneOf(needle, _) => look(needle, found),
        Rule::Version(value, _, _) => look(value, found),
        Rule::Fractional(split) => look_into_split(split, found),
        Rule::Operation(operator, operands) => {
            for (position, operand) in operands.iter().enumerate() {
                // What is about the elements of a list names their parts, not the context's.
                if !operator.is_about_elements(position) {
                    look(operand, found);
                }
            }
        }
    }
}

fn look_into_split<'r>(split: &'r Split, found: &mut Vec<&'r Attribute>) {
    match &split.by {
        By::Keys => add(&Attribute::TargetingKey, found),
        By::Joined(parts) => parts.iter().for_each(|part| look(part, found)),
        By::Value(rule) => look(rule, found),
    }
    match &split.entries {
        Entries::Fixed { ends, .. } => ends.iter().for_each(|(_, result)| look(result, found)),
        Entries::Computed(entries) => entries.iter().for_each(|(result, weight)| {
            look(result, found);
            look(weight, found);
        }),
    }
}

fn add<'r>(attribute: &'r Attribute, found: &mut Vec<&'r Attribute>) {
    if found.len() < MOST_ATTRIBUTES && !found.contains(&attribute) {
        found.push(attribute);
    }
}
