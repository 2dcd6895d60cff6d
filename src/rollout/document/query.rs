//! The placeholders in what is asked.

use super::reader::Reader;
use crate::source::{Node, suggest};
use std::ops::Range;
use std::sync::Arc;

/// What may stand between `{{` and `}}`.
pub(super) const PLACEHOLDERS: &[&str] = &["variant", "flag", "window"];

/// What may stand there where nothing looks back as long as it is told to.
pub(super) const NAMES: &[&str] = &["variant", "flag"];

/// A text with placeholders.
pub(super) fn template(node: &Node<'_>, what: &str, known: &[&str], reader: &mut Reader<'_>) -> Option<Arc<str>> {
    let text = reader.text(node, what)?;
    check_placeholders_among(node, text, known, reader);
    Some(Arc::from(text))
}

/// Complains about each placeholder that nothing would be put in place of.
pub(super) fn check_placeholders(node: &Node<'_>, query: &str, reader: &mut Reader<'_>) {
    check_placeholders_among(node, query, PLACEHOLDERS, reader);
}

fn check_placeholders_among(node: &Node<'_>, query: &str, known: &[&str], reader: &mut Reader<'_>) {
    let mut from = 0_usize;
    while let Some(found) = query.get(from..).and_then(|rest| rest.find("{{")) {
        let open = from.saturating_add(found);
        let inside = open.saturating_add(2);
        let Some(length) = query.get(inside..).and_then(|rest| rest.find("}}")) else {
            let at = reader.part_of(node, query, open..inside).unwrap_or(node.span);
            return reader.complain(at, "this `{{` is never closed", "write `}}` after the placeholder's name");
        };
        let end = inside.saturating_add(length);
        let close = end.saturating_add(2);
        check_one(node, query, open..close, known, reader);
        from = close;
    }
}

fn check_one(node: &Node<'_>, query: &str, whole: Range<usize>, known: &[&str], reader: &mut Reader<'_>) {
    let written = query.get(whole.clone()).unwrap_or("");
    let name = written.trim_start_matches("{{").trim_end_matches("}}");
    if known.contains(&name) {
        return;
    }
    let at = reader.part_of(node, query, whole).unwrap_or(node.span);
    let braced = |name: &&str| format!("`{{{{{name}}}}}`");
    let hint = match known.iter().find(|known| **known == name.trim()) {
        Some(known) => format!("write {} without blanks", braced(known)),
        None => suggest(name, known.iter().copied()).unwrap_or_else(|| {
            let (last, others) = known.split_last().map_or((String::new(), String::new()), |(last, others)| {
                (braced(last), others.iter().map(braced).collect::<Vec<_>>().join(", "))
            });
            format!("a query may have {others} and {last}")
        }),
    };
    reader.complain(at, format!("there is no placeholder {}", braced(&name)), hint);
}
