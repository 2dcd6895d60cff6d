//! Strict JSON to a tree with places.

use super::parse::DEEPEST;
use super::problem::{Problem, Problems};
use super::text::{Span, Text};
use super::tree::{Entry, Node, Value};
use jsonc_parser::common::Range;
use jsonc_parser::{CollectOptions, ParseOptions, ast};
use std::borrow::Cow;
use std::collections::HashMap;

/// JSON and nothing else: the parser's default is the lenient JSON of editors.
const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

pub(super) fn parse(text: &Text) -> Result<(Node, Vec<Span>), Vec<Problem>> {
    let mut problems = Problems::new(text);
    let (shallow, too_deep) = without_the_too_deep(text.content());
    let parsed = jsonc_parser::parse_to_ast(&shallow, &CollectOptions::default(), &STRICT);
    let root = match parsed {
        Ok(result) => result.value,
        Err(error) => {
            problems.add(span(error.range()), format!("not JSON: {}", lower_first(&error.kind().to_string())));
            return Err(problems.into_vec());
        }
    };
    let Some(root) = root else {
        problems.add(Span::default(), "the file has no value");
        return Err(problems.into_vec());
    };
    let node = lower(root, &mut problems);
    match problems.count() {
        0 => Ok((node, too_deep)),
        _ => Err(problems.into_vec()),
    }
}

/// The content with each value that is nested too deeply overwritten by a null, and where those were.
/// Done before parsing, so that no parser's stack is at stake and the rest of the file is read.
fn without_the_too_deep(content: &str) -> (Cow<'_, str>, Vec<Span>) {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    let (mut start, mut too_deep) = (0, Vec::new());
    for (offset, byte) in content.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                if depth == DEEPEST {
                    start = offset;
                }
                depth = depth.saturating_add(1);
            }
            b']' | b'}' if !in_string => {
                depth = depth.saturating_sub(1);
                if depth == DEEPEST {
                    too_deep.push(Span { start, end: offset.saturating_add(1) });
                }
            }
            _ => {}
        }
    }
    if depth > DEEPEST {
        // Cut off inside: the parser will say so at the end.
        too_deep.push(Span { start, end: content.len() });
    }
    if too_deep.is_empty() {
        return (Cow::Borrowed(content), too_deep);
    }
    let mut shallow = String::with_capacity(content.len());
    let mut kept = 0;
    for span in &too_deep {
        shallow.push_str(content.get(kept..span.start).unwrap_or(""));
        // Of the same length, so that all places stay; the shortest value there is has two bytes.
        let width = span.end.saturating_sub(span.start);
        shallow.push_str(&format!("{:width$}", if width < 4 { "0" } else { "null" }));
        kept = span.end;
    }
    shallow.push_str(content.get(kept..).unwrap_or(""));
    (Cow::Owned(shallow), too_deep)
}

fn lower(value: ast::Value<'_>, problems: &mut Problems<'_>) -> Node {
    match value {
        ast::Value::NullKeyword(null) => Node { span: span(null.range), value: Value::Null },
        ast::Value::BooleanLit(lit) => Node { span: span(lit.range), value: Value::Bool(lit.value) },
        ast::Value::StringLit(lit) => Node { span: span(lit.range), value: Value::String(lit.value.into_owned()) },
        ast::Value::NumberLit(lit) => {
            let at = span(lit.range);
            // Accepts exactly JSON's grammar, and refuses what would become an infinity.
            if !lit.value.parse::<serde_json::Number>().is_ok_and(|number| number.as_f64().is_some_and(f64::is_finite))
            {
                problems.add(at, format!("`{}` is not a number JSON can hold", lit.value));
            }
            Node { span: at, value: Value::Number(lit.value.to_owned()) }
        }
        ast::Value::Array(array) => {
            let items = array.elements.into_iter().map(|item| lower(item, problems)).collect();
            Node { span: span(array.range), value: Value::Array(items) }
        }
        ast::Value::Object(object) => {
            let entries = object.properties.into_iter().map(|property| entry(property, problems)).collect();
            refuse_duplicates(&entries, problems);
            Node { span: span(object.range), value: Value::Object(entries) }
        }
    }
}

fn entry(property: ast::ObjectProp<'_>, problems: &mut Problems<'_>) -> Entry {
    let key_span = match &property.name {
        ast::ObjectPropName::String(name) => span(name.range),
        ast::ObjectPropName::Word(name) => span(name.range),
    };
    Entry { key: property.name.into_string(), key_span, value: lower(property.value, problems) }
}

/// Two entries of one name: whoever wrote them meant one of the two, and nobody can know which.
pub(super) fn refuse_duplicates(entries: &Vec<Entry>, problems: &mut Problems<'_>) {
    let mut seen = HashMap::with_capacity(entries.len());
    for entry in entries {
        if seen.insert(entry.key.as_str(), ()).is_some() {
            let message = format!("the key `{}` stands here a second time", entry.key);
            problems.add_with_hint(entry.key_span, message, "remove one of the two");
        }
    }
}

const fn span(range: Range) -> Span {
    Span { start: range.start, end: range.end }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
