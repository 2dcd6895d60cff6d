//! From a checked text to trees of its parts, borrowed from it.

use crate::json::{Fault, Kind, Reader};
use crate::source::parse::DEEPEST;
use crate::source::{Entry, Node, Span, Value};
use std::borrow::Cow;

/// The value that a reader of a checked text comes to next, so many levels below the document. Recursion
/// is bounded by the depth at which values are cut off; a null takes their place.
pub(super) fn value<'t>(reader: &mut Reader<'t>, depth: usize) -> Result<Node<'t>, Fault> {
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
            let mut items = Vec::new();
            while reader.next_item()? {
                items.push(value(reader, depth.saturating_add(1))?);
            }
            Value::Array(items)
        }
        Kind::Object => {
            reader.begin_object()?;
            let mut entries = Vec::new();
            while let Some(key) = reader.next_key()? {
                let key_span = Span::from(reader.key_place());
                entries.push(Entry { key, key_span, value: value(reader, depth.saturating_add(1))? });
            }
            Value::Object(entries)
        }
    };
    Ok(Node { span: Span { start, end: reader.offset() }, value })
}
