//! The reader: where it stands, and what it is asked for.

use super::fault::{Fault, FaultKind, innermost_open};
use super::{number, string};
use std::borrow::Cow;
use std::mem;
use std::ops::Range;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// A number.
    Number,
    /// A text in quotes.
    Text,
    /// `[...]`.
    List,
    /// `{...}`.
    Object,
}

/// Reads a text as RFC 8259 has it, nothing more lenient, from its beginning to its end.
///
/// Numbers are checked by the grammar and given as they are written: `1e999` is one. Keys that stand twice in an
/// object are given twice. A reader that is asked in the wrong order tells a fault and never panics.
///
/// ```
/// use tidegate::json::Reader;
///
/// let mut reader = Reader::new(r#"{"name": "ann", "ages": [7, 8]}"#);
/// reader.begin_object()?;
/// assert_eq!(reader.next_key()?.as_deref(), Some("name"));
/// assert_eq!(reader.text()?, "ann");
/// assert_eq!(reader.next_key()?.as_deref(), Some("ages"));
/// reader.begin_list()?;
/// while reader.next_item()? {
///     assert_eq!(reader.number()?.len(), 1);
/// }
/// assert_eq!(reader.next_key()?, None);
/// reader.end()?;
/// # Ok::<(), tidegate::json::Fault>(())
/// ```
#[derive(Debug, Clone)]
pub struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// A bracket was just opened: no comma stands before what comes next.
    opened: bool,
    key: (usize, usize),
    escaped: bool,
}

impl<'t> Reader<'t> {
    /// At the beginning of a text.
    #[must_use]
    pub const fn new(text: &'t str) -> Self {
        Self { text, at: 0, opened: false, key: (0, 0), escaped: false }
    }

    /// At a byte of a text, where a value begins or the white space before it.
    #[must_use]
    pub const fn at(text: &'t str, offset: usize) -> Self {
        Self { text, at: offset, opened: false, key: (0, 0), escaped: false }
    }

    /// Where it stands: after `peek` at the value's first byte, after a value one past its last.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.at
    }

    /// The place of the key that was read last, quotes included.
    #[must_use]
    pub const fn key_place(&self) -> Range<usize> {
        self.key.0..self.key.1
    }

    /// What the next value is, without reading it.
    ///
    /// # Errors
    /// When no value begins here.
    #[inline(always)]
    pub fn peek(&mut self) -> Result<Kind, Fault> {
        match self.next_byte() {
            Some(b'"') => Ok(Kind::Text),
            Some(b'-' | b'0'..=b'9') => Ok(Kind::Number),
            Some(b'{') => Ok(Kind::Object),
            Some(b'[') => Ok(Kind::List),
            Some(b't' | b'f') => Ok(Kind::Bool),
            Some(b'n') => Ok(Kind::Null),
            Some(_) | None => Err(self.unexpected(FaultKind::NotAValue)),
        }
    }

    /// Reads `null`.
    ///
    /// # Errors
    /// When something else stands here.
    pub fn null(&mut self) -> Result<(), Fault> {
        self.word("null")
    }

    /// Reads `true` or `false`.
    ///
    /// # Errors
    /// When something else stands here.
    pub fn bool(&mut self) -> Result<bool, Fault> {
        let value = self.next_byte() == Some(b't');
        self.word(if value { "true" } else { "false" }).map(|()| value)
    }

    /// Reads a number, as it is written.
    ///
    /// # Errors
    /// When something else stands here, or it is not as JSON writes numbers.
    #[inline]
    pub fn number(&mut self) -> Result<&'t str, Fault> {
        if !matches!(self.next_byte(), Some(b'-' | b'0'..=b'9')) {
            return Err(self.other_kind());
        }
        let start = self.at;
        self.at = number::end_of_number(self.text.as_bytes(), start)?;
        Ok(self.text.get(start..self.at).unwrap_or(""))
    }

    /// Reads a text: borrowed, unless it has escapes.
    ///
    /// # Errors
    /// When something else stands here, it does not end, or it holds what a text may not.
    #[inline(always)]
    pub fn text(&mut self) -> Result<Cow<'t, str>, Fault> {
        match self.plain_text() {
            Some(text) => Ok(Cow::Borrowed(text)),
            None => self.decoded_text().map(Cow::Owned),
        }
    }

    /// The next value, when it is a text without escapes: nearly all are. Contexts consist of them, and a call
    /// for each takes longer than it does.
    #[inline(always)]
    fn plain_text(&mut self) -> Option<&'t str> {
        if self.next_byte() != Some(b'"') {
            return None;
        }
        let inside = self.at.wrapping_add(1);
        let end = string::special(self.text.as_bytes(), inside);
        if self.text.as_bytes().get(end) != Some(&b'"') {
            return None;
        }
        let text = self.text.get(inside..end)?;
        self.at = end.wrapping_add(1);
        Some(text)
    }

    #[cold]
    fn decoded_text(&mut self) -> Result<String, Fault> {
        self.expect(b'"')?;
        let end = string::special(self.text.as_bytes(), self.at.wrapping_add(1));
        let (text, end) = string::decode(self.text, self.at, end)?;
        self.at = end;
        Ok(text)
    }

    /// Goes into a list; [`next_item`](Self::next_item) comes next.
    ///
    /// # Errors
    /// When something else stands here.
    #[inline(always)]
    pub fn begin_list(&mut self) -> Result<(), Fault> {
        self.begin(b'[')
    }

    /// Goes to the next item of a list, or out of the list when there is none: then the answer is false.
    ///
    /// # Errors
    /// When neither stands here.
    #[inline(always)]
    pub fn next_item(&mut self) -> Result<bool, Fault> {
        self.next_part(b']')
    }

    /// Goes into an object; [`next_key`](Self::next_key) comes next.
    ///
    /// # Errors
    /// When something else stands here.
    #[inline(always)]
    pub fn begin_object(&mut self) -> Result<(), Fault> {
        self.begin(b'{')
    }

    /// Reads the next key of an object and goes to its value, or out of the object when there is none.
    ///
    /// # Errors
    /// When neither stands here.
    #[inline(always)]
    pub fn next_key(&mut self) -> Result<Option<Cow<'t, str>>, Fault> {
        if !self.next_part(b'}')? {
            return Ok(None);
        }
        if self.next_byte() != Some(b'"') {
            return Err(self.unexpected(FaultKind::NoKey));
        }
        let start = self.at;
        let key = self.text()?;
        self.colon(start)?;
        Ok(Some(key))
    }

    /// Reads the next entry of an object when its key and its value are both texts without escapes, which is
    /// what most entries are; otherwise it reads nothing.
    #[inline(always)]
    pub(crate) fn plain_entry(&mut self) -> Option<(&'t str, &'t str)> {
        let before = (self.at, self.opened);
        let entry = self.plain_entry_or_part();
        if entry.is_none() {
            (self.at, self.opened) = before;
        }
        entry
    }

    #[inline(always)]
    fn plain_entry_or_part(&mut self) -> Option<(&'t str, &'t str)> {
        if mem::take(&mut self.opened) {
            self.next_byte();
        } else if self.next_byte() == Some(b',') {
            self.at = self.at.saturating_add(1);
        } else {
            return None;
        }
        let key = self.plain_text()?;
        if self.next_byte() != Some(b':') {
            return None;
        }
        self.at = self.at.saturating_add(1);
        Some((key, self.plain_text()?))
    }

    /// Ends the reading: nothing but white space may be left.
    ///
    /// # Errors
    /// When something is.
    pub fn end(&mut self) -> Result<(), Fault> {
        match self.next_byte() {
            None => Ok(()),
            Some(b'}' | b']') => Err(self.unexpected(FaultKind::Bracket)),
            Some(_) => Err(self.unexpected(FaultKind::SecondValue)),
        }
    }

    /// As [`next_key`](Self::next_key), for whom the key's place is enough; whether there is one.
    ///
    /// # Errors
    /// As those of [`next_key`](Self::next_key).
    #[inline]
    pub fn skip_key(&mut self) -> Result<bool, Fault> {
        if !self.next_part(b'}')? {
            return Ok(false);
        }
        if self.next_byte() != Some(b'"') {
            return Err(self.unexpected(FaultKind::NoKey));
        }
        let start = self.at;
        self.skip_text()?;
        self.colon(start)?;
        Ok(true)
    }

    /// Whether the text that was passed over last has escapes.
    #[must_use]
    pub const fn was_escaped(&self) -> bool {
        self.escaped
    }

    /// Passes over a text. It is checked as strictly as if it were read.
    ///
    /// # Errors
    /// When something else stands here, it does not end, or it holds what a text may not.
    #[inline]
    pub fn skip_text(&mut self) -> Result<(), Fault> {
        self.expect(b'"')?;
        let end = string::special(self.text.as_bytes(), self.at.wrapping_add(1));
        self.escaped = self.text.as_bytes().get(end) != Some(&b'"');
        self.at = match self.escaped {
            true => string::skip(self.text, self.at, end)?,
            false => end.wrapping_add(1),
        };
        Ok(())
    }

    #[inline(always)]
    fn colon(&mut self, key: usize) -> Result<(), Fault> {
        self.key = (key, self.at);
        match self.next_byte() {
            Some(b':') => {
                self.at = self.at.wrapping_add(1);
                Ok(())
            }
            Some(_) | None => Err(self.unexpected(FaultKind::NoColon)),
        }
    }

    #[inline(always)]
    fn begin(&mut self, bracket: u8) -> Result<(), Fault> {
        self.expect(bracket)?;
        self.at = self.at.wrapping_add(1);
        self.opened = true;
        Ok(())
    }

    #[inline(always)]
    fn next_part(&mut self, close: u8) -> Result<bool, Fault> {
        let first = mem::take(&mut self.opened);
        match self.next_byte() {
            Some(byte) if byte == close => {
                self.at = self.at.wrapping_add(1);
                Ok(false)
            }
            Some(b',') if !first => {
                let comma = self.at;
                self.at = self.at.wrapping_add(1);
                match self.next_byte() {
                    Some(b'}' | b']') => Err(Fault::new(comma, comma.saturating_add(1), FaultKind::TrailingComma)),
                    Some(_) | None => Ok(true),
                }
            }
            Some(b'}' | b']') => Err(self.unexpected(FaultKind::Bracket)),
            Some(_) if first => Ok(true),
            Some(_) | None => Err(self.unexpected(FaultKind::NoComma)),
        }
    }

    fn word(&mut self, word: &'static str) -> Result<(), Fault> {
        self.expect(word.as_bytes().first().copied().unwrap_or(0))?;
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        if !rest.starts_with(word.as_bytes()) || rest.get(word.len()).is_some_and(u8::is_ascii_alphanumeric) {
            return Err(self.unexpected(FaultKind::Word));
        }
        self.at = self.at.saturating_add(word.len());
        Ok(())
    }

    #[inline]
    fn expect(&mut self, first: u8) -> Result<(), Fault> {
        match self.next_byte() == Some(first) {
            true => Ok(()),
            false => Err(self.other_kind()),
        }
    }

    #[cold]
    fn other_kind(&mut self) -> Fault {
        match self.peek() {
            Ok(_) => self.unexpected(FaultKind::OtherKind),
            Err(fault) => fault,
        }
    }

    /// Goes over white space, to the byte that is then the next.
    #[inline(always)]
    fn next_byte(&mut self) -> Option<u8> {
        match self.text.as_bytes().get(self.at) {
            Some(byte) if *byte > b' ' => Some(*byte),
            Some(_) | None => self.byte_after_space(),
        }
    }

    fn byte_after_space(&mut self) -> Option<u8> {
        // One is what stands behind a comma or a colon.
        if let Some([b' ', byte, ..]) = self.text.as_bytes().get(self.at..)
            && *byte > b' '
        {
            self.at = self.at.wrapping_add(1);
            return Some(*byte);
        }
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.at) {
                Some(b' ') => {
                    // Files made for people are indented deeply.
                    let eight = bytes.get(self.at..self.at.saturating_add(8)) == Some(b"        ");
                    self.at = self.at.saturating_add(if eight { 8 } else { 1 });
                }
                Some(b'\n' | b'\r' | b'\t') => self.at = self.at.wrapping_add(1),
                other => return other.copied(),
            }
        }
    }

    /// The fault that what stands here is; `kind` where nothing better can be said.
    #[cold]
    fn unexpected(&self, kind: FaultKind) -> Fault {
        let rest = self.text.get(self.at..).unwrap_or("");
        let Some(first) = rest.chars().next() else {
            let before = self.text.get(..self.at).unwrap_or("");
            let (start, kind) = innermost_open(before).unwrap_or((self.at, FaultKind::NoValue));
            return Fault::new(start, self.text.len(), kind);
        };
        let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let no_value = matches!(kind, FaultKind::NotAValue | FaultKind::NoKey);
        let (kind, width) = match first {
            '/' if rest.starts_with("//") => (FaultKind::Comment, rest.find('\n').unwrap_or(rest.len())),
            '/' if rest.starts_with("/*") => {
                (FaultKind::Comment, rest.find("*/").map_or(rest.len(), |end| end.saturating_add(2)))
            }
            '\'' if no_value => (FaultKind::SingleQuotes, 1),
            ']' | '}' if kind == FaultKind::NotAValue => (FaultKind::Bracket, 1),
            _ if kind == FaultKind::NotAValue && first.is_alphabetic() => (FaultKind::Word, word),
            _ => (kind, if word > 0 { word } else { first.len_utf8() }),
        };
        Fault::new(self.at, self.at.saturating_add(width), kind)
    }
}
