//! Texts in quotes: where they end, and what their escapes stand for.

use super::fault::{Fault, FaultKind};

/// In each byte the value 1.
const ONES: u64 = u64::MAX / 255;
/// In each byte the highest bit.
const HIGHS: u64 = ONES << 7;

/// The text whose opening quote is at `start` and whose first [`special`] byte is at `at`, with its escapes
/// replaced, and the offset after its closing quote.
#[cold]
pub(super) fn decode(text: &str, start: usize, mut at: usize) -> Result<(String, usize), Fault> {
    let (mut decoded, mut kept) = (String::new(), start.saturating_add(1));
    loop {
        let character = next_escape(text, start, at)?;
        decoded.push_str(text.get(kept..at).unwrap_or(""));
        let Some((character, end)) = character else { return Ok((decoded, at.saturating_add(1))) };
        decoded.push(character);
        kept = end;
        at = special(text.as_bytes(), end);
    }
}

/// As [`decode`], only the offset.
#[cold]
pub(super) fn skip(text: &str, start: usize, mut at: usize) -> Result<usize, Fault> {
    while let Some((_, end)) = next_escape(text, start, at)? {
        at = special(text.as_bytes(), end);
    }
    Ok(at.saturating_add(1))
}

/// What the escape at a special byte stands for, and the offset after it; `None` when the text ends there.
fn next_escape(text: &str, start: usize, at: usize) -> Result<Option<(char, usize)>, Fault> {
    let open = || Fault::new(start, text.len(), FaultKind::OpenText);
    match text.as_bytes().get(at) {
        Some(b'"') => Ok(None),
        Some(b'\\') => escape(text, at).ok_or_else(open)?.map(Some),
        Some(_) => Err(Fault::new(at, at.saturating_add(1), FaultKind::ControlCharacter)),
        None => Err(open()),
    }
}

/// The offset of the first quote, backslash or control character from `from` on, or of the end. Eight bytes are looked at together: most
/// texts in documents are a word or two long, too short for a search that has to be set up.
#[inline]
pub(super) fn special(bytes: &[u8], from: usize) -> usize {
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
