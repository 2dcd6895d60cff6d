//! One pass over a JSON text before anything is built from it: whatever makes the file unreadable as a
//! whole is found here, so that what is built later needs no second thought.

use crate::json::{Fault, Kind, Reader};
use crate::source::parse::DEEPEST;
use crate::source::{Problems, Span};
use std::borrow::Cow;
use std::collections::HashSet;

/// Up to so many keys are compared each with each.
const FEW: usize = 12;

/// What the pass found out about a text.
#[derive(Debug, Default)]
pub(super) struct Checked {
    /// The members of the document, when it is an object.
    pub(super) members: Vec<Member>,
    /// What is nested deeper than any reader of ours goes, in the order of the text.
    pub(super) too_deep: Vec<Span>,
}

/// A member of the document itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    pub(super) key: Span,
    pub(super) value: Span,
}

/// Checks a text. Keys that stand twice and numbers out of range are noted as problems, all of them.
///
/// # Errors
/// The first fault of grammar.
pub(super) fn check(text: &str, problems: &mut Problems<'_>) -> Result<Checked, Fault> {
    let mut checker = Checker::new(text, Reader::new(text));
    checker.value(0)?;
    checker.reader.end()?;
    for (at, message, hint) in checker.found {
        match hint {
            Some(hint) => problems.add_with_hint(at, message, hint),
            None => problems.add(at, message),
        }
    }
    Ok(checker.checked)
}

/// Whether the one value at an offset is sound and nowhere too deep.
pub(super) fn check_part(text: &str, offset: usize, depth: usize) -> bool {
    let mut checker = Checker::new(text, Reader::at(text, offset));
    checker.value(depth).is_ok() && checker.found.is_empty() && checker.checked.too_deep.is_empty()
}

struct Checker<'t> {
    text: &'t str,
    reader: Reader<'t>,
    /// What is wrong, and the mend where one is known.
    found: Vec<(Span, String, Option<&'static str>)>,
    /// The keys of all open objects, the innermost object's last.
    keys: Vec<Key>,
    checked: Checked,
}

/// The place of a key, quotes included.
#[derive(Clone, Copy)]
struct Key {
    place: Span,
    escaped: bool,
}

impl Key {
    /// The key as it is written, which it is read as too unless it has escapes.
    fn written(self, text: &str) -> &str {
        text.get(self.place.start.saturating_add(1)..self.place.end.saturating_sub(1)).unwrap_or("")
    }

    fn read(self, text: &str) -> Cow<'_, str> {
        match self.escaped {
            true => Reader::at(text, self.place.start).text().unwrap_or_default(),
            false => Cow::Borrowed(self.written(text)),
        }
    }
}

impl<'t> Checker<'t> {
    fn new(text: &'t str, reader: Reader<'t>) -> Self {
        Self { text, reader, found: Vec::new(), keys: Vec::new(), checked: Checked::default() }
    }

    /// Recursion is bounded by the depth at which values are cut off.
    fn value(&mut self, depth: usize) -> Result<(), Fault> {
        match self.reader.peek()? {
            Kind::Null => self.reader.null(),
            Kind::Bool => self.reader.bool().map(|_| ()),
            Kind::Text => self.reader.skip_text(),
            Kind::Number => self.number(),
            Kind::List | Kind::Object if depth == DEEPEST => {
                let start = self.reader.offset();
                self.reader.skip()?;
                self.checked.too_deep.push(Span { start, end: self.reader.offset() });
                Ok(())
            }
            Kind::List => {
                self.reader.begin_list()?;
                while self.reader.next_item()? {
                    self.value(depth.saturating_add(1))?;
                }
                Ok(())
            }
            Kind::Object => self.object(depth),
        }
    }

    fn object(&mut self, depth: usize) -> Result<(), Fault> {
        self.reader.begin_object()?;
        let outer = self.keys.len();
        let mut escaped = false;
        while self.reader.skip_key()? {
            let key = Key { place: Span::from(self.reader.key_place()), escaped: self.reader.was_escaped() };
            escaped |= key.escaped;
            self.keys.push(key);
            if depth == 0 {
                self.member(key.place)?;
            } else {
                self.value(depth.saturating_add(1))?;
            }
        }
        let keys = self.keys.get(outer..).unwrap_or_default();
        if escaped || !are_distinct(keys, self.text) {
            report_duplicates(keys, self.text, &mut self.found);
        }
        self.keys.truncate(outer);
        Ok(())
    }

    fn member(&mut self, key: Span) -> Result<(), Fault> {
        self.reader.peek()?;
        let start = self.reader.offset();
        self.value(1)?;
        self.checked.members.push(Member { key, value: Span { start, end: self.reader.offset() } });
        Ok(())
    }

    fn number(&mut self) -> Result<(), Fault> {
        let number = self.reader.number()?;
        if !is_finite(number) {
            let end = self.reader.offset();
            let at = Span { start: end.saturating_sub(number.len()), end };
            self.found.push((at, format!("`{number}` is not a number JSON can hold"), None));
        }
        Ok(())
    }
}

/// Whether a number stays one as a double. Without an exponent it takes over 300 digits not to.
fn is_finite(number: &str) -> bool {
    let plain = number.len() < 300 && !number.bytes().any(|byte| matches!(byte, b'e' | b'E'));
    plain || number.parse().is_ok_and(f64::is_finite)
}

/// Whether no key stands twice among keys without escapes.
fn are_distinct(keys: &[Key], text: &str) -> bool {
    let mut rest = keys;
    if rest.len() <= FEW {
        while let Some((key, others)) = rest.split_first() {
            // Mostly the length alone tells.
            let length = key.place.length();
            if others.iter().any(|other| other.place.length() == length && other.written(text) == key.written(text)) {
                return false;
            }
            rest = others;
        }
        return true;
    }
    // Long lists are mostly written by programs, and those sort.
    let ascending = keys.is_sorted_by(|a, b| a.written(text) < b.written(text));
    let mut seen = HashSet::new();
    ascending || keys.iter().all(|key| seen.insert(key.written(text)))
}

/// Two entries of one name: whoever wrote them meant one of the two, and nobody can know which.
#[cold]
fn report_duplicates(keys: &[Key], text: &str, found: &mut Vec<(Span, String, Option<&'static str>)>) {
    let mut seen = HashSet::with_capacity(keys.len());
    for key in keys.iter().filter(|key| !seen.insert(key.read(text))) {
        let message = format!("the key `{}` stands here a second time", key.read(text));
        found.push((key.place, message, Some("remove one of the two")));
    }
}
