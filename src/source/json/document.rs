//! A JSON file: checked, and its document built but for what there may be thousands of.

use super::build::Builder;
use super::check::{Checked, Member, check};
use crate::json::{Fault, Reader};
use crate::source::parse::MANY;
use crate::source::{Entry, Node, Problem, Problems, Span, Text, Value};
use std::borrow::Cow;

/// A JSON file that is sound as a whole.
#[derive(Debug)]
pub(in crate::source) struct Document {
    pub(in crate::source) node: Node<'static>,
    /// What was left in the text.
    pub(in crate::source) unread: Option<Span>,
    pub(in crate::source) too_deep: Vec<Span>,
}

pub(in crate::source) fn parse(text: &Text) -> Result<Document, Vec<Problem>> {
    let mut problems = Problems::new(text);
    let built = check(text.content(), &mut problems).and_then(|checked| document(text.content(), checked));
    match built {
        Ok(document) if problems.count() == 0 => Ok(document),
        Ok(_) => Err(problems.into_vec()),
        Err(fault) => {
            let mut problems = Problems::new(text);
            let span = Span { start: fault.start(), end: fault.end() };
            problems.add(span, format!("not JSON: {}", fault.kind()));
            Err(problems.into_vec())
        }
    }
}

fn document(text: &str, checked: Checked) -> Result<Document, Fault> {
    let mut reader = Reader::new(text);
    reader.peek()?;
    let start = reader.offset();
    if checked.members.is_empty() {
        let node = Builder::default().value(&mut reader, 0)?.into_owned();
        return Ok(Document { node, unread: None, too_deep: checked.too_deep });
    }
    let (mut entries, mut unread) = (Vec::with_capacity(checked.members.len()), None);
    for member in checked.members {
        entries.push(entry(text, member, &mut unread)?);
    }
    let span = Span { start, end: text.trim_end().len() };
    Ok(Document { node: Node { span, value: Value::Object(entries) }, unread, too_deep: checked.too_deep })
}

fn entry(text: &str, member: Member, unread: &mut Option<Span>) -> Result<Entry<'static>, Fault> {
    let key = Cow::Owned(Reader::at(text, member.key.start).text()?.into_owned());
    let empty = match text.as_bytes().get(member.value.start) {
        Some(b'{') => Some(Value::Object(Vec::new())),
        Some(b'[') => Some(Value::Array(Vec::new())),
        Some(_) | None => None,
    };
    let value = match empty {
        Some(value) if key == MANY => {
            *unread = Some(member.value);
            Node { span: member.value, value }
        }
        Some(_) | None => Builder::default().value(&mut Reader::at(text, member.value.start), 1)?.into_owned(),
    };
    Ok(Entry { key, key_span: member.key, value })
}
