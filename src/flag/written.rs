//! Rules as they would be written in a document.

use super::operator::FRACTIONAL;
use super::{Expression, Fractional, FractionalEntry, Weight};
use crate::json::write_text;

impl Expression {
    /// The rule as JSONLogic. What is read from it again is mostly the same rule: a constant that looks like an
    /// operator, which only a rule that was put together by hand can have, is read as that.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        self.write_json(&mut out);
        out
    }

    fn write_json(&self, out: &mut String) {
        match self {
            Self::Constant(literal) => literal.write_json(out),
            Self::List(items) => write_list(items, out),
            Self::Operation(operator, operands) => {
                out.push('{');
                write_text(operator.name(), out);
                out.push(':');
                write_list(operands, out);
                out.push('}');
            }
            Self::Fractional(Fractional { bucket_by, entries }) => {
                out.push('{');
                write_text(FRACTIONAL, out);
                out.push_str(":[");
                if let Some(bucket_by) = bucket_by {
                    bucket_by.write_json(out);
                    out.push(',');
                }
                for (place, entry) in entries.iter().enumerate() {
                    out.push_str(if place == 0 { "" } else { "," });
                    write_entry(entry, out);
                }
                out.push_str("]}");
            }
        }
    }
}

fn write_entry(FractionalEntry { variant, weight }: &FractionalEntry, out: &mut String) {
    out.push('[');
    variant.write_json(out);
    out.push(',');
    match weight {
        Weight::Fixed(weight) => out.push_str(&weight.to_string()),
        Weight::Computed(weight) => weight.write_json(out),
    }
    out.push(']');
}

fn write_list(items: &[Expression], out: &mut String) {
    out.push('[');
    for (place, item) in items.iter().enumerate() {
        out.push_str(if place == 0 { "" } else { "," });
        item.write_json(out);
    }
    out.push(']');
}

#[cfg(test)]
mod tests {
    use crate::flag::{Expression, lower_expression};
    use crate::source::{Format, Problems, parse};

    fn read(rule: &str) -> Expression {
        let parsed = parse("rule.json", rule.as_bytes(), Format::Json).unwrap();
        lower_expression(&parsed.documents[0], &mut Problems::new(&parsed.text)).unwrap()
    }

    #[test]
    fn what_is_written_is_read_as_the_same_rule() {
        for rule in [
            r#"{"ends_with": [{"var": "email"}, "@company.example"]}"#,
            r#"{"in": [{"var": ["targetingKey", "nobody"]}, ["ann", "b\"ob", 1.50, null, true]]}"#,
            r#"{"if": [{"==": [{"var": "a"}, {"+": [1, 2]}]}, "on", {"!": {"var": "b"}}, "off"]}"#,
            r#"{"fractional": [["on", 1], ["off", 3]]}"#,
            r#"{"fractional": [{"cat": ["salt", {"var": "targetingKey"}]}, ["on", {"var": "n"}], [{"var": "v"}, 2]]}"#,
            r#"{"some": [{"var": "groups"}, {"==": [{"var": ""}, "beta"]}]}"#,
            r#"[{"var": "a"}, "b"]"#,
            r#"true"#,
        ] {
            let expression = read(rule);
            assert_eq!(read(&expression.to_json()), expression, "{rule} as {}", expression.to_json());
        }
    }
}
