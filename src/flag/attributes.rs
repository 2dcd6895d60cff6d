//! What of a context a rule looks at.

use super::{Expression, Literal, Operator, Weight};

/// The attributes under this prefix are set by the evaluator, whatever a context says.
const OWN: &str = "$flagd.";

/// What a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looked<'e> {
    /// An attribute, or into it: `company.plan`.
    At(&'e str),
    /// All attributes together, or one whose name is computed.
    Anywhere,
}

impl Expression {
    /// Tells everything in a context that the rule may look at. What the bodies of rules about elements look
    /// at is in the elements.
    pub fn looks<'e>(&'e self, tell: &mut dyn FnMut(Looked<'e>)) {
        match self {
            Self::Constant(_) => {}
            Self::List(parts) => parts.iter().for_each(|part| part.looks(tell)),
            Self::Operation(Operator::Var, operands) => match operands.split_first() {
                Some((name, fallback)) => {
                    name.names(tell);
                    fallback.iter().for_each(|part| part.looks(tell));
                }
                None => tell(Looked::Anywhere),
            },
            Self::Operation(Operator::Missing, operands) => operands.iter().for_each(|name| name.names(tell)),
            Self::Operation(Operator::MissingSome, operands) => {
                operands.iter().take(1).for_each(|least| least.looks(tell));
                operands.iter().skip(1).for_each(|names| names.names(tell));
            }
            Self::Operation(operator, operands) => {
                let outside =
                    operands.iter().enumerate().filter(|(position, _)| !operator.is_about_elements(*position));
                outside.for_each(|(_, part)| part.looks(tell));
            }
            Self::Fractional(fractional) => {
                match &fractional.bucket_by {
                    Some(by) => by.looks(tell),
                    None => tell(Looked::At("targetingKey")),
                }
                for entry in &fractional.entries {
                    entry.variant.looks(tell);
                    if let Weight::Computed(weight) = &entry.weight {
                        weight.looks(tell);
                    }
                }
            }
        }
    }

    /// Tells what the rule looks at when its value names attributes.
    fn names<'e>(&'e self, tell: &mut dyn FnMut(Looked<'e>)) {
        let name = |literal: &'e Literal| match literal {
            Literal::Text(name) if !name.is_empty() => Looked::At(name),
            Literal::Text(_)
            | Literal::Null
            | Literal::Bool(_)
            | Literal::Number(_)
            | Literal::List(_)
            | Literal::Object(_) => Looked::Anywhere,
        };
        match self {
            Self::Constant(Literal::List(names)) => names.iter().for_each(|literal| tell(name(literal))),
            Self::Constant(literal) => tell(name(literal)),
            Self::List(_) | Self::Operation(..) | Self::Fractional(_) => tell(Looked::Anywhere),
        }
    }

    /// Whether a context with nothing but this attribute decides the rule as a full one would. A rule
    /// that computes the name of an attribute may look at any.
    #[must_use]
    pub fn looks_only_at(&self, attribute: &str) -> bool {
        let mut only = true;
        self.looks(&mut |looked| {
            only &= matches!(looked, Looked::At(name) if name == attribute || name.starts_with(OWN));
        });
        only
    }
}

#[cfg(test)]
mod tests {
    use crate::flag::lower_expression;
    use crate::source::{Format, Problems, parse};

    #[test]
    fn what_a_rule_looks_at_is_known() {
        for (rule, only) in [
            (r#"{"==": [{"var": "targetingKey"}, "ann"]}"#, true),
            (r#"{"in": [{"var": ["targetingKey", "nobody"]}, ["ann", "bob"]]}"#, true),
            (r#"{"fractional": [["on", 1], ["off", 1]]}"#, true),
            (r#"{"fractional": [{"cat": [{"var": "$flagd.flagKey"}, {"var": "targetingKey"}]}, ["on", 1]]}"#, true),
            (r#"{"if": [{"missing": ["targetingKey"]}, "on", "off"]}"#, true),
            (r#"{"ends_with": [{"var": "email"}, "@company.example"]}"#, false),
            (r#"{"and": [{"var": "targetingKey"}, {"!": {"var": "plan"}}]}"#, false),
            (r#"{"var": ["targetingKey", {"var": "device"}]}"#, false),
            (r#"{"fractional": [{"var": "email"}, ["on", 1]]}"#, false),
            (r#"{"missing": ["email"]}"#, false),
            (r#"{"missing_some": [1, ["targetingKey", "email"]]}"#, false),
            (r#"{"var": {"var": "targetingKey"}}"#, false),
            (r#"{"some": [["ann"], {"==": [{"var": ""}, "ann"]}]}"#, true),
            (r#"{"some": [{"var": "groups"}, {"==": [{"var": ""}, "beta"]}]}"#, false),
            (r#"{"reduce": [["a"], {"var": "current"}, {"var": "email"}]}"#, false),
        ] {
            let parsed = parse("rule.json", rule.as_bytes(), Format::Json).unwrap();
            let expression = lower_expression(&parsed.documents[0], &mut Problems::new(&parsed.text)).unwrap();
            assert_eq!(expression.looks_only_at("targetingKey"), only, "{rule}");
        }
    }
}
