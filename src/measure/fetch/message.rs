//! Other systems' texts, made fit to be shown.

/// The longest text of another system that is passed on, in characters.
const LONGEST: usize = 200;

/// One line of at most 200 characters without control characters.
pub(in crate::measure) fn shown(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut words = String::new();
    for c in plain {
        if c == ' ' && (words.is_empty() || words.ends_with(' ')) {
            continue;
        }
        if words.chars().count() >= LONGEST {
            words.truncate(words.trim_end().len());
            words.push('…');
            return words;
        }
        words.push(c);
    }
    words.truncate(words.trim_end().len());
    words
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_foreign_text_becomes_one_short_line() {
        assert_eq!(shown(" a\r\n\u{1b}[31mb\0  c\u{7f} "), "a [31mb c");
        assert_eq!(shown(&"ä".repeat(300)), format!("{}…", "ä".repeat(200)));
        assert_eq!(shown("\n"), "");
    }
}
