//! What of a context a rule looks at.

use super::{Expression, Literal, Operator, Weight};

/// The attributes under this prefix are set by the evaluator, whatever a context says.
const OWN: &str = "$flagd.";

impl Expression {
    /// Whether a context with nothing but this attribute decides the rule as a full one would. A rule
    /// that computes the name of an attribute may look at any.
    #[must_use]
    pub fn looks_only_at(&self, attribute: &str) -> bool {
        let own = |name: &Literal| matches!(name, Literal::Text(text) if &**text == attribute || text.starts_with(OWN));
        let names = |operands: &[Self]| {
            operands.iter().all(|operand| match operand {
                Self::Constant(Literal::List(names)) => names.iter().all(own),
                Self::Constant(name) => own(name),
                Self::List(_) | Self::Operation(..) | Self::Fractional(_) => false,
            })
        };
        match self {
            Self::Constant(_) => true,
            Self::List(parts) => parts.iter().all(|part| part.looks_only_at(attribute)),
            Self::Operation(Operator::Var, operands) => {
                let (name, fallback) = operands.split_at(operands.len().min(1));
                names(name) && fallback.iter().all(|part| part.looks_only_at(attribute))
            }
            Self::Operation(Operator::Missing, operands) => names(operands),
            Self::Operation(Operator::MissingSome, operands) => names(operands.get(1..).unwrap_or_default()),
            Self::Operation(operator, operands) => operands
                .iter()
                .enumerate()
                .all(|(position, part)| operator.is_about_elements(position) || part.looks_only_at(attribute)),
            Self::Fractional(fractional) => {
                let by = fractional.bucket_by.as_ref();
                by.map_or(attribute == "targetingKey", |by| by.looks_only_at(attribute))
                    && fractional.entries.iter().all(|entry| {
                        let weight = match &entry.weight {
                            Weight::Fixed(_) => true,
                            Weight::Computed(weight) => weight.looks_only_at(attribute),
                        };
                        weight && entry.variant.looks_only_at(attribute)
                    })
            }
        }
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
