//! The placeholders in what is asked.

use super::reader::Reader;
use crate::source::{Node, suggest};
use std::ops::Range;

/// What may stand between `{{` and `}}`.
const PLACEHOLDERS: [&str; 3] = ["variant", "flag", "window"];

/// Complains about each placeholder that nothing would be put in place of.
pub(super) fn check_placeholders(node: &Node<'_>, query: &str, reader: &mut Reader<'_>) {
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
        check_one(node, query, open..close, query.get(inside..end).unwrap_or(""), reader);
        from = close;
    }
}

fn check_one(node: &Node<'_>, query: &str, whole: Range<usize>, name: &str, reader: &mut Reader<'_>) {
    if PLACEHOLDERS.contains(&name) {
        return;
    }
    let at = reader.part_of(node, query, whole).unwrap_or(node.span);
    let hint = match PLACEHOLDERS.iter().find(|known| **known == name.trim()) {
        Some(known) => format!("write `{{{{{known}}}}}` without blanks"),
        None => suggest(name, PLACEHOLDERS)
            .unwrap_or_else(|| "a query may have `{{variant}}`, `{{flag}}` and `{{window}}`".to_owned()),
    };
    reader.complain(at, format!("there is no placeholder `{{{{{name}}}}}`"), hint);
}
