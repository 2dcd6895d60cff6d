//! Rules as their authors wrote them, for explanations: JSONLogic.

use super::attribute::Attribute;
use super::rule::Rule;
use super::split::{By, Entries, Split};
use crate::json::quoted;
use std::fmt::{self, Display};

impl Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant(datum) => datum.fmt(f),
            Self::List(items) => list(items, f),
            Self::Attribute(attribute) => write!(f, "{{\"var\":{}}}", quoted(&name(attribute))),
            Self::AttributeOr(attribute, fallback) => {
                write!(f, "{{\"var\":[{},{fallback}]}}", quoted(&name(attribute)))
            }
            Self::OneOf(needle, texts) => {
                write!(f, "{{\"in\":[{needle},{}]}}", Listed(texts))
            }
            Self::Version(value, comparison, against) => {
                write!(f, "{{\"sem_ver\":[{value},\"{}\",\"{against}\"]}}", comparison.name())
            }
            Self::Fractional(split) => split.fmt(f),
            Self::Operation(operator, operands) => {
                write!(f, "{{\"{}\":", operator.name())?;
                list(operands, f)?;
                f.write_str("}")
            }
        }
    }
}

impl Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{\"fractional\":[")?;
        match &self.by {
            By::Keys => {}
            By::Joined(parts) => {
                f.write_str("{\"cat\":")?;
                list(parts, f)?;
                f.write_str("},")?;
            }
            By::Value(rule) => write!(f, "{rule},")?,
        }
        match &self.entries {
            Entries::Fixed { ends, .. } => {
                let mut begin = 0;
                for (position, (end, variant)) in ends.iter().enumerate() {
                    let comma = if position == 0 { "" } else { "," };
                    write!(f, "{comma}[{variant},{}]", end.saturating_sub(begin))?;
                    begin = *end;
                }
            }
            Entries::Computed(entries) => {
                for (position, (variant, weight)) in entries.iter().enumerate() {
                    write!(f, "{}[{variant},{weight}]", if position == 0 { "" } else { "," })?;
                }
            }
        }
        f.write_str("]}")
    }
}

/// Texts as a JSON list, written one after the other: whoever shows the beginning of a long list stops there.
#[derive(Debug)]
pub(super) struct Listed<'t>(pub(super) &'t [Box<str>]);

impl Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (position, text) in self.0.iter().enumerate() {
            write!(f, "{}{}", if position == 0 { "" } else { "," }, quoted(text))?;
        }
        f.write_str("]")
    }
}

fn list(items: &[Rule], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("[")?;
    for (position, item) in items.iter().enumerate() {
        write!(f, "{}{item}", if position == 0 { "" } else { "," })?;
    }
    f.write_str("]")
}

/// As `var` names it.
fn name(attribute: &Attribute) -> String {
    match attribute {
        Attribute::Whole => String::new(),
        Attribute::FlagKey
        | Attribute::Timestamp
        | Attribute::Nothing
        | Attribute::TargetingKey
        | Attribute::Named(_)
        | Attribute::Path(_) => attribute.to_string(),
    }
}
