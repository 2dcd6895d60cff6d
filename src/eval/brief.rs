//! Values and rules as explanations show them: as JSON, cut where they are long.

use super::datum::Datum;
use super::value::Value;
use crate::json::quoted;
use std::fmt::{self, Display, Write};

/// The most bytes that are shown of a value or a rule.
const LONGEST: usize = 240;

/// A text that takes no more than so much, and says where it was cut.
#[derive(Debug, Default)]
struct Brief(String);

impl Write for Brief {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let room = LONGEST.saturating_sub(self.0.len());
        if part.len() <= room {
            self.0.push_str(part);
            return Ok(());
        }
        self.0.push_str(part.get(..part.floor_char_boundary(room)).unwrap_or_default());
        self.0.push('…');
        // Whoever writes is told to stop, so that a long value costs no more than its beginning.
        Err(fmt::Error)
    }
}

/// Anything that can be written.
pub(super) fn brief(shown: &impl Display) -> String {
    let mut brief = Brief::default();
    // The only error is that it was cut.
    let _ = write!(brief, "{shown}");
    brief.0
}

/// A value as JSON.
pub(super) fn brief_value(value: &Value<'_>) -> String {
    let mut brief = Brief::default();
    let _ = match value {
        Value::Null => brief.write_str("null"),
        Value::Bool(value) => write!(brief, "{value}"),
        Value::Number(number) => brief.write_str(&number.text()),
        Value::Text(text) => brief.write_str(&cut(text)),
        Value::List(items) => list(items, &mut brief),
        Value::Built(items) => list(items, &mut brief),
        Value::Object(object) => entries(object.iter(), &mut brief),
    };
    brief.0
}

/// A text in quotes, cut inside them.
pub(super) fn cut(text: &str) -> String {
    // Room for the quotes and the mark.
    const ROOM: usize = LONGEST - 8;
    match text.len() <= ROOM {
        true => quoted(text),
        false => quoted(&format!("{}…", text.get(..text.floor_char_boundary(ROOM)).unwrap_or_default())),
    }
}

fn datum(datum: &Datum<'_>, brief: &mut Brief) -> fmt::Result {
    match datum {
        Datum::Null => brief.write_str("null"),
        Datum::Bool(value) => write!(brief, "{value}"),
        Datum::Number(number) => brief.write_str(&number.text()),
        Datum::Text(text) => brief.write_str(&cut(text)),
        Datum::List(items) => list(items, brief),
        Datum::Object(object) => entries(object.iter(), brief),
    }
}

fn list(items: &[Datum<'_>], brief: &mut Brief) -> fmt::Result {
    brief.write_str("[")?;
    for (position, item) in items.iter().enumerate() {
        brief.write_str(if position == 0 { "" } else { "," })?;
        datum(item, brief)?;
    }
    brief.write_str("]")
}

fn entries<'d>(entries: impl Iterator<Item = (&'d str, &'d Datum<'d>)>, brief: &mut Brief) -> fmt::Result {
    brief.write_str("{")?;
    for (position, (key, value)) in entries.enumerate() {
        write!(brief, "{}{}:", if position == 0 { "" } else { "," }, cut(key))?;
        datum(value, brief)?;
    }
    brief.write_str("}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_short_is_shown_whole_and_what_is_long_begins_as_it_is() {
        let short = Datum::List(vec![Datum::from("ä\"b"), Datum::from(1_u64), Datum::Null]);
        assert_eq!(brief_value(&Value::of(&short)), r#"["ä\"b",1,null]"#);
        let long = Datum::from("ü".repeat(1_000_000));
        let shown = brief_value(&Value::of(&long));
        assert!(shown.starts_with("\"üü") && shown.ends_with("ü…\"") && shown.len() < LONGEST, "{shown}");
        let many = Datum::List(vec![Datum::from("a"); 1_000]);
        let shown = brief_value(&Value::of(&many));
        assert!(shown.starts_with("[\"a\",\"a\"") && shown.ends_with('…') && shown.len() < LONGEST + 4, "{shown}");
    }
}
