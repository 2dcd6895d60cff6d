//! From a checked text to trees of its parts, borrowed from it.

use crate::json::{Fault, Kind, Reader};
use crate::source::parse::DEEPEST;
use crate::source::{Entry, Node, Span, Value};
use std::borrow::Cow;

/// The longest list that is kept for the next tree: one flag in a thousand may be huge.
const LONGEST_KEPT: usize = 16;

/// So many lists of either kind are kept.
const MOST_KEPT: usize = 64;

/// The room that a list begins with: most have fewer parts.
const USUAL: usize = 4;

/// Builds one tree after the other; what trees that are no longer needed were made of is used again.
#[derive(Debug, Default)]
pub(super) struct Builder<'t> {
    items: Vec<Vec<Node<'t>>>,
    entries: Vec<Vec<Entry<'t>>>,
}

impl<'t> Builder<'t> {
    /// The value that a reader of a checked text comes to next, so many levels below the document. Recursion
    /// is bounded by the depth at which values are cut off; a null takes their place.
    pub(super) fn value(&mut self, reader: &mut Reader<'t>, depth: usize) -> Result<Node<'t>, Fault> {
        let kind = reader.peek()?;
        let start = reader.offset();
        let value = match kind {
            Kind::Null => reader.null().map(|()| Value::Null)?,
            Kind::Bool => Value::Bool(reader.bool()?),
            Kind::Number => Value::Number(Cow::Borrowed(reader.number()?)),
            Kind::Text => Value::String(reader.text()?),
            Kind::List | Kind::Object if depth >= DEEPEST => reader.skip().map(|()| Value::Null)?,
            Kind::List => {
                reader.begin_list()?;
                let mut items = self.items.pop().unwrap_or_else(|| Vec::with_capacity(USUAL));
                while reader.next_item()? {
                    items.push(self.value(reader, depth.saturating_add(1))?);
                }
                Value::Array(items)
            }
            Kind::Object => {
                reader.begin_object()?;
                let mut entries = self.entries.pop().unwrap_or_else(|| Vec::with_capacity(USUAL));
                while let Some(key) = reader.next_key()? {
                    let key_span = Span::from(reader.key_place());
                    entries.push(Entry { key, key_span, value: self.value(reader, depth.saturating_add(1))? });
                }
                Value::Object(entries)
            }
        };
        Ok(Node { span: Span { start, end: reader.offset() }, value })
    }

    /// Takes a tree that is no longer needed.
    pub(super) fn take_back(&mut self, node: Node<'t>) {
        match node.value {
            Value::Array(mut items) => {
                while let Some(item) = items.pop() {
                    self.take_back(item);
                }
                keep(&mut self.items, items);
            }
            Value::Object(mut entries) => {
                while let Some(entry) = entries.pop() {
                    self.take_back(entry.value);
                }
                keep(&mut self.entries, entries);
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

fn keep<T>(kept: &mut Vec<Vec<T>>, list: Vec<T>) {
    if list.capacity() <= LONGEST_KEPT && kept.len() < MOST_KEPT {
        kept.push(list);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built<'t>(builder: &mut Builder<'t>, text: &'t str) -> Node<'t> {
        builder.value(&mut Reader::new(text), 0).unwrap()
    }

    #[test]
    fn nothing_of_a_tree_is_left_in_the_next() {
        let long = format!("[{}0]", "0,".repeat(2 * LONGEST_KEPT));
        let mut builder = Builder::default();
        for text in [r#"{"a": [1, {"b": [2, 3]}], "c": {}}"#, "[[], [4]]", &long, r#"{"d": [[5]]}"#, "[]", "{}"] {
            let tree = built(&mut builder, text);
            assert_eq!(tree, built(&mut Builder::default(), text), "{text}");
            builder.take_back(tree);
        }
        assert!(builder.items.iter().all(|items| items.is_empty() && items.capacity() <= LONGEST_KEPT));
        assert!(builder.entries.iter().all(Vec::is_empty) && !builder.entries.is_empty());
    }
}
