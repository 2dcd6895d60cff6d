//! Selectors of Prometheus' series, as far as it must be known that a text is one.

use super::reader::Reader;
use crate::rollout::PromQl;
use crate::source::Node;
use std::sync::Arc;

const SUCH_AS: &str = "write a plain selector such as `http_requests_total{code=~\"5..\"}`: what it grew by is counted \
                       without `rate`, `increase` or `[5m]`";

/// Takes the selector of a counter. Only of single series one can tell where they were reset, so that functions of
/// them are no counters; `sum(...)` around a selector is what becomes of it anyway, and is left out.
pub(super) fn check_selector(node: &Node<'_>, what: &str, text: &str, reader: &mut Reader<'_>) -> Option<PromQl> {
    let plain = text.trim();
    let inside = plain.strip_prefix("sum").map(str::trim_start).and_then(|rest| rest.strip_prefix('('));
    let plain = inside.and_then(|rest| rest.strip_suffix(')')).map_or(plain, str::trim);
    if is_selector(plain) {
        return Some(Arc::from(plain));
    }
    reader.complain(node.span, format!("`{what}` is not the selector of a counter"), SUCH_AS);
    None
}

/// A name, or matchers in braces, or both; nothing else. Placeholders may stand in the name too.
fn is_selector(text: &str) -> bool {
    let (name, matchers) = match matchers_begin(text) {
        Some(at) => (text.get(..at).unwrap_or(""), text.get(at..)),
        None => (text, None),
    };
    let filled = name.trim_end().replace("{{variant}}", "v").replace("{{flag}}", "f");
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
    let named = filled.chars().all(plain) && !filled.starts_with(|c: char| c.is_ascii_digit());
    named && matchers.map_or(!filled.is_empty(), are_matchers)
}

/// Where the matchers begin behind a name, which may have placeholders.
fn matchers_begin(text: &str) -> Option<usize> {
    let mut from = 0_usize;
    while let Some(found) = text.get(from..).and_then(|rest| rest.find('{')) {
        let at = from.saturating_add(found);
        if !text.get(at..).is_some_and(|rest| rest.starts_with("{{")) {
            return Some(at);
        }
        let close = text.get(at..).and_then(|rest| rest.find("}}"))?;
        from = at.saturating_add(close).saturating_add(2);
    }
    None
}

/// One pair of braces, closed where the text ends, with at least one quoted text in it.
fn are_matchers(text: &str) -> bool {
    let Some(inside) = text.strip_prefix('{') else { return false };
    let mut quote = None;
    let mut escaped = false;
    let mut quoted = false;
    for (at, c) in inside.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(mark) if c == '\\' && mark != '`' => escaped = true,
            Some(mark) if c == mark => quote = None,
            Some(_) => {}
            None => match c {
                '"' | '\'' | '`' => (quote, quoted) = (Some(c), true),
                '}' => return quoted && inside.get(at..) == Some("}"),
                '{' | '(' | ')' | '[' | ']' | '#' => return false,
                _ => {}
            },
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::is_selector;

    #[test]
    fn a_selector_is_a_name_with_or_without_matchers_and_nothing_around_it() {
        for text in [
            "http_requests_total",
            "job:errors:total",
            r#"http_requests_total{code=~"5..",v="{{variant}}"}"#,
            r#"http_requests_total {code="}[5m]"}"#,
            r#"{__name__="http_requests_total", path='a"b'}"#,
            r#"{{flag}}_requests_total{v="{{variant}}"}"#,
            "{{flag}}_total",
            r#"{"http.requests", `code`="500"}"#,
        ] {
            assert!(is_selector(text), "{text}");
        }
        for text in [
            "",
            "rate(x[5m])",
            "x[5m]",
            "x + y",
            r#"x{a="b"} / y"#,
            r#"x{a="b"}[5m]"#,
            r#"x{a="b"} offset 5m"#,
            r#"x{a="b"} # comment"#,
            r#"x{a="b""#,
            r#"x{a="b}"#,
            "x{}",
            "{}",
            "x{{flag",
            "5xx_total",
            "sum(x)",
        ] {
            assert!(!is_selector(text), "{text}");
        }
    }
}
