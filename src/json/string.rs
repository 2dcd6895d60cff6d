//! Texts in quotes: where they end, and what their escapes stand for.

use super::fault::{Fault, FaultKind};

/// In each byte the value 1.
const ONES: u64 = u64::MAX / 255;
/// In each byte the highest bit.
const HIGHS: u64 = ONES << 7;

/// The text whose opening quote is at `start`, when it has no escapes: it ends one before the offset after it.
pub(super) fn plain(text: &str, start: usize) -> Option<&str> {
    let inside = start.saturating_add(1);
    let at = special(text.as_bytes(), inside);
    (text.as_bytes().get(at) == Some(&b'"')).then(|| text.get(inside..at)).flatten()
}

/// The text whose opening quote is at `start` with what its escapes stand for, and the offset after its closing quote.
pub(super) fn read(text: &str, start: usize) -> Result<(String, usize), Fault> {
    let open = |end| Fault::new(start, end, FaultKind::OpenText);
    let inside = start.saturating_add(1);
    let (mut decoded, mut kept, mut at) = (String::new(), inside, special(text.as_bytes(), inside));
    loop {
        match text.as_bytes().get(at) {
            Some(b'"') => {
                decoded.push_str(text.get(kept..at).unwrap_or(""));
                return Ok((decoded, at.saturating_add(1)));
            }
            Some(b'\\') => {
                decoded.push_str(text.get(kept..at).unwrap_or(""));
                let (character, end) = escape(text, at).ok_or_else(|| open(text.len()))??;
                decoded.push(character);
                kept = end;
                at = special(text.as_bytes(), end);
            }
            Some(_) => return Err(control(at)),
            None => return Err(open(text.len())),
        }
    }
}

/// The offset after the text whose opening quote is at `start`, checked as [`read`] does.
pub(super) fn skip(text: &str, start: usize) -> Result<usize, Fault> {
    let open = || Fault::new(start, text.len(), FaultKind::OpenText);
    let mut at = special(text.as_bytes(), start.saturating_add(1));
    loop {
        match text.as_bytes().get(at) {
            Some(b'"') => return Ok(at.saturating_add(1)),
            Some(b'\\') => at = special(text.as_bytes(), escape(text, at).ok_or_else(open)??.1),
            Some(_) => return Err(control(at)),
            None => return Err(open()),
        }
    }
}

/// The offset of the first quote, backslash or control character from `from` on, or of the end. Eight bytes are looked at together: most
/// texts in documents are a word or two long, too short for a search that has to be set up.
#[inline]
fn special(bytes: &[u8], from: usize) -> usize {
    let (words, tail) = bytes.get(from..).unwrap_or_default().as_chunks::<8>();
    let mut at = from;
    for word in words {
        let word = u64::from_le_bytes(*word);
        // The lowest bit set in each of these is exact; those above it may be carried over from it.
        let zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
        let (quote, backslash) = (zero(word ^ (ONES * 0x22)), zero(word ^ (ONES * 0x5C)));
        let control = word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
        let found = quote | backslash | control;
        if found != 0 {
            return at.wrapping_add((found.trailing_zeros() / 8) as usize);
        }
        at = at.wrapping_add(8);
    }
    let ends = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1F);
    tail.iter().position(ends).map_or(bytes.len(), |offset| at.wrapping_add(offset))
}

fn control(at: usize) -> Fault {
    Fault::new(at, at.saturating_add(1), FaultKind::ControlCharacter)
}

/// What the escape at `at` stands for, and the offset after it; `None` when the text ends in it.
fn escape(text: &str, at: usize) -> Option<Result<(char, usize), Fault>> {
    let after = at.saturating_add(2);
    let character = match text.as_bytes().get(at.saturating_add(1))? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{C}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unicode(text, at),
        _ => {
            let width = text.get(at.saturating_add(1)..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
            let end = at.saturating_add(1).saturating_add(width);
            return Some(Err(Fault::new(at, end, FaultKind::Escape)));
        }
    };
    Some(Ok((character, after)))
}

/// `\uXXXX`, or two of them that stand for one character together.
fn unicode(text: &str, at: usize) -> Option<Result<(char, usize), Fault>> {
    let fault = |end, kind| Some(Err(Fault::new(at, end, kind)));
    let end = at.saturating_add(6);
    let Some(first) = hex(text, at)? else { return fault(at.saturating_add(2), FaultKind::Escape) };
    if let Some(character) = char::from_u32(first) {
        return Some(Ok((character, end)));
    }
    let rest = text.as_bytes().get(end..).unwrap_or_default();
    if !rest.starts_with(b"\\u") || first >= 0xDC00 {
        return fault(end, FaultKind::LoneSurrogate);
    }
    let Some(second) = hex(text, end)? else { return fault(end.saturating_add(2), FaultKind::Escape) };
    match char::decode_utf16([first, second].map(|unit| u16::try_from(unit).unwrap_or(0))).next() {
        Some(Ok(character)) => Some(Ok((character, end.saturating_add(6)))),
        Some(Err(_)) | None => fault(end, FaultKind::LoneSurrogate),
    }
}

/// The four digits of a `\u` at `at`: `None` when the text ends before them, `Some(None)` when they are none.
fn hex(text: &str, at: usize) -> Option<Option<u32>> {
    let digits = text.as_bytes().get(at.saturating_add(2)..at.saturating_add(6))?;
    let value = |value: u32, digit: &u8| Some(value << 4 | char::from(*digit).to_digit(16)?);
    Some(digits.iter().try_fold(0, value))
}
