//! Writing texts.

use super::string::special;

/// Appends a text in quotes, with escapes where it needs them.
pub fn write_text(text: &str, out: &mut String) {
    // Most texts need none.
    if special(text.as_bytes(), 0) == text.len() {
        out.reserve(text.len().saturating_add(2));
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&serde_json::Value::from(text).to_string());
    }
}

/// A text in quotes.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut out = String::new();
    write_text(text, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Reader;

    #[test]
    fn what_is_written_is_read_again() {
        for text in
            ["", "on", "größer", "a \"b\"", "c:\\d", "line\nend", "\u{1}", "tab\t", "del\u{7F}", "long enough\\"]
        {
            let mut out = String::from("->");
            write_text(text, &mut out);
            assert_eq!(Reader::at(&out, 2).text().as_deref(), Ok(text));
            assert_eq!(out[2..], serde_json::Value::from(text).to_string());
        }
    }
}
