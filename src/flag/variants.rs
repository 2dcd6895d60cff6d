//! A flag's variants and which of them is the default.

use super::{Literal, Variant, VariantType};
use crate::source::{Entry, Node, Problems, Value, suggest};
use crate::units::VariantName;
use std::sync::Arc;

/// Reads `variants`; `None` when something in it is wrong.
pub(super) fn lower(
    node: Option<&Node<'_>>,
    flag: &Node<'_>,
    problems: &mut Problems<'_>,
) -> Option<(VariantType, Arc<[Variant]>)> {
    let Some(node) = node else {
        problems.add_with_hint(flag.span, "the flag has no `variants`", "write `variants: {on: true, off: false}`");
        return None;
    };
    let Some(entries) = node.as_object() else {
        problems.add(node.span, format!("`variants` is {}, it must be a mapping from name to value", node.kind()));
        return None;
    };
    let Some(first) = entries.first() else {
        problems.add_with_hint(node.span, "`variants` is empty", "a flag needs at least one variant");
        return None;
    };
    let before = problems.count();
    let variant_type = type_of(&first.value);
    let variants = entries.iter().filter_map(|entry| variant(entry, variant_type, &first.key, problems)).collect();
    (problems.count() == before).then_some((variant_type?, variants))
}

fn variant(
    entry: &Entry<'_>,
    expected: Option<VariantType>,
    first: &str,
    problems: &mut Problems<'_>,
) -> Option<Variant> {
    let found = type_of(&entry.value);
    match (found, expected) {
        (None, _) => {
            let message = format!("the variant `{}` is {}", entry.key, entry.value.kind());
            problems.add_with_hint(
                entry.value.span,
                message,
                "a variant is true or false, a text, a number or a mapping",
            );
        }
        (Some(found), Some(expected)) if found != expected => {
            let message = format!(
                "the variant `{}` is a {}, but `{first}` is a {}",
                entry.key,
                found.as_str(),
                expected.as_str()
            );
            problems.add_with_hint(entry.value.span, message, "all variants of a flag have one type");
        }
        (Some(_), _) => {}
    }
    match VariantName::new(&entry.key) {
        Ok(name) => Some(Variant { name, value: Literal::of(&entry.value) }),
        Err(error) => {
            problems.add(entry.key_span, error.to_string());
            None
        }
    }
}

const fn type_of(node: &Node<'_>) -> Option<VariantType> {
    match node.value {
        Value::Bool(_) => Some(VariantType::Bool),
        Value::String(_) => Some(VariantType::Text),
        Value::Number(_) => Some(VariantType::Number),
        Value::Object(_) => Some(VariantType::Object),
        Value::Null | Value::Array(_) => None,
    }
}

/// Reads `defaultVariant`: the position of the variant it names, or none for the caller's own default.
pub(super) fn default_variant(
    node: Option<&Node<'_>>,
    variants: &[Variant],
    problems: &mut Problems<'_>,
) -> Option<usize> {
    let node = node?;
    match &node.value {
        Value::Null => None,
        Value::String(name) if name.is_empty() => None,
        Value::String(name) => {
            let position = variants.iter().position(|variant| variant.name.as_str() == name);
            if position.is_none() && !variants.is_empty() {
                unknown(name, node, "`defaultVariant` names", variants, problems);
            }
            position
        }
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            let message = format!("`defaultVariant` is {}, it must be a variant's name or null", node.kind());
            problems.add_with_hint(node.span, message, "put the name in quotes");
            None
        }
    }
}

/// Reports a name that no variant has.
pub(super) fn unknown(name: &str, node: &Node<'_>, what: &str, variants: &[Variant], problems: &mut Problems<'_>) {
    let names = || variants.iter().map(|variant| variant.name.as_str());
    let hint = suggest(name, names()).unwrap_or_else(|| format!("the variants are {}", super::fields::listed(names())));
    problems.add_with_hint(node.span, format!("{what} the variant `{name}`, which the flag does not have"), hint);
}
