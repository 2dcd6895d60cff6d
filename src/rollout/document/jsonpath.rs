//! The paths by which a value is picked out of an answer.

use super::reader::Reader;
use crate::source::Node;
use std::sync::Arc;

/// The longest path, in bytes.
const LONGEST: usize = 300;

/// A path as RFC 9535 has it.
pub(super) fn path(node: &Node<'_>, what: &str, reader: &mut Reader<'_>) -> Option<Arc<str>> {
    let text = reader.text(node, what)?;
    let wrong = match text {
        text if text.len() > LONGEST => Err((0, format!("it is longer than {LONGEST} bytes"))),
        text if !text.starts_with('$') => Err((0, "it must begin with `$`".to_owned())),
        text if asks_too_much(text) => Err((
            0,
            "it could take very long: it has too many of `..`, `,`, `?` and `(`, or a `$` in a filter".to_owned(),
        )),
        text => parsed(text),
    };
    match wrong {
        Ok(()) => Some(Arc::from(text)),
        Err((at, why)) => {
            let from = if text.is_char_boundary(at) { at } else { 0 };
            let place = reader.part_of(node, text, from..text.len()).unwrap_or(node.span);
            reader.complain(place, format!("`{what}` is no JSONPath: {why}"), "for instance `$.data[0].value`");
            None
        }
    }
}

/// Whether a path could look at the same values so often that an answer would take too long, or would take too long to
/// be read itself.
fn asks_too_much(path: &str) -> bool {
    let mut quote = None;
    let (mut branches, mut filters, mut brackets, mut roots) = (0_usize, 0_usize, 0_usize, 0_usize);
    let mut before = ' ';
    for c in path.chars() {
        match (c, quote) {
            (c, Some(mark)) if c == mark => quote = None,
            (_, Some(_)) => {}
            ('\'' | '"', None) => quote = Some(c),
            (',', None) => branches = branches.saturating_add(1),
            ('.', None) if before == '.' => branches = branches.saturating_add(1),
            ('?', None) => filters = filters.saturating_add(1),
            ('(' | '!', None) => brackets = brackets.saturating_add(1),
            ('$', None) => roots = roots.saturating_add(1),
            (_, None) => {}
        }
        before = c;
    }
    branches > 3 || filters > 2 || brackets > 4 || roots > 1
}

/// Whether it can be read; where not from which byte on, and why.
#[cfg(feature = "server")]
fn parsed(path: &str) -> Result<(), (usize, String)> {
    serde_json_path::JsonPath::parse(path)
        .map(drop)
        .map_err(|error| (error.position(), "it cannot be read from here on".to_owned()))
}

/// Without the shell nobody is asked, so nothing is picked out of an answer.
#[cfg(not(feature = "server"))]
fn parsed(_: &str) -> Result<(), (usize, String)> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::asks_too_much;

    #[test]
    fn paths_that_could_take_very_long_are_known() {
        for path in ["$.a", "$..value", "$['a,b,c,d,e,f'].x", "$.a[?@.n == 1 && (@.m == 2)].v", "$.a[?@.s == '$..$'].v"]
        {
            assert!(!asks_too_much(path), "{path}");
        }
        for path in
            ["$..*..*..*..*", "$[*,*][*,*][*,*][*,*]", "$[?count($..*) > 1]", "$[?(((((@.a)))))]", "$[?@[?@[?@.a]]]"]
        {
            assert!(asks_too_much(path), "{path}");
        }
    }
}
