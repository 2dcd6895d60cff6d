//! The numbers that texts spell, as ECMAScript reads them: JSONLogic's coercions are its own.

use crate::flag::Number;

/// `Number(text)`: the whole text must spell a number; white space spells 0. `None` is no number; the
/// result may be infinite.
pub(super) fn whole(text: &str) -> Option<Number> {
    let text = text.trim_matches(is_space);
    if text.is_empty() {
        return Some(Number::Unsigned(0));
    }
    if let Some(number) = radix(text) {
        return number;
    }
    match decimal_length(text) == text.len() {
        true => Some(decimal(text)),
        false => infinite(text).filter(|(_, rest)| rest.is_empty()).map(|(number, _)| number),
    }
}

/// `parseFloat(text)`: as much of the beginning as spells a number.
pub(super) fn beginning(text: &str) -> Option<Number> {
    let text = text.trim_start_matches(is_space);
    match text.get(..decimal_length(text)) {
        Some(spelled) if !spelled.is_empty() => Some(decimal(spelled)),
        Some(_) | None => infinite(text).map(|(number, _)| number),
    }
}

/// ECMAScript's white space, which is nearly Unicode's.
const fn is_space(c: char) -> bool {
    matches!(c, '\u{feff}') || (c.is_whitespace() && !matches!(c, '\u{85}'))
}

fn infinite(text: &str) -> Option<(Number, &str)> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(unsigned) => (true, unsigned),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let infinity = if negative { f64::NEG_INFINITY } else { f64::INFINITY };
    unsigned.strip_prefix("Infinity").map(|rest| (Number::Float(infinity), rest))
}

/// `0x1F`, `0o17`, `0b11`. The outer `None` is a text without such a prefix.
fn radix(text: &str) -> Option<Option<Number>> {
    let (base, digits) = match text.get(..2)? {
        "0x" | "0X" => (16, text.get(2..)?),
        "0o" | "0O" => (8, text.get(2..)?),
        "0b" | "0B" => (2, text.get(2..)?),
        _ => return None,
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(base)) {
        return Some(None);
    }
    let exact = u64::from_str_radix(digits, base).ok().map(Number::Unsigned);
    let rounded = || {
        let add = |sum: f64, digit: u32| sum * f64::from(base) + f64::from(digit);
        Number::Float(digits.chars().filter_map(|c| c.to_digit(base)).fold(0.0, add))
    };
    Some(Some(exact.unwrap_or_else(rounded)))
}

/// The length of the decimal number that a text begins with; 0 when it begins with none.
fn decimal_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |from: usize| {
        let rest = bytes.get(from..).unwrap_or_default();
        rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let at = |position: usize, wanted: &[u8]| bytes.get(position).is_some_and(|byte| wanted.contains(byte));
    let start = usize::from(at(0, b"+-"));
    let integer = digits(start);
    let mut end = start.saturating_add(integer);
    let mut fraction = 0;
    if at(end, b".") {
        fraction = digits(end.saturating_add(1));
        if integer > 0 || fraction > 0 {
            end = end.saturating_add(1).saturating_add(fraction);
        }
    }
    if integer == 0 && fraction == 0 {
        return 0;
    }
    if at(end, b"eE") {
        let sign = usize::from(at(end.saturating_add(1), b"+-"));
        let first = end.saturating_add(1).saturating_add(sign);
        let exponent = digits(first);
        if exponent > 0 {
            end = first.saturating_add(exponent);
        }
    }
    end
}

/// A text of that grammar. Integers stay exact.
fn decimal(text: &str) -> Number {
    if let Ok(integer) = text.parse() {
        return Number::Unsigned(integer);
    }
    match text.parse() {
        Ok(integer @ ..0) => Number::Negative(integer),
        Ok(_) | Err(_) => Number::Float(text.parse().unwrap_or(f64::INFINITY)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_spell_what_they_spell_in_ecmascript() {
        let infinity = f64::INFINITY;
        for (text, number, start) in [
            ("", Some(0.0), None),
            (" \u{feff}\n", Some(0.0), None),
            (" 12 ", Some(12.0), Some(12.0)),
            ("12px", None, Some(12.0)),
            ("-0", Some(0.0), Some(0.0)),
            ("+5", Some(5.0), Some(5.0)),
            ("5.", Some(5.0), Some(5.0)),
            (".5e1", Some(5.0), Some(5.0)),
            (".", None, None),
            ("+.", None, None),
            ("e5", None, None),
            ("1e", None, Some(1.0)),
            ("1e+", None, Some(1.0)),
            ("1e+2x", None, Some(100.0)),
            ("1.2.3", None, Some(1.2)),
            ("0x1F", Some(31.0), Some(0.0)),
            ("-0x1F", None, Some(0.0)),
            ("0x", None, Some(0.0)),
            ("0b101", Some(5.0), Some(0.0)),
            ("0o8", None, Some(0.0)),
            ("0xFFFFFFFFFFFFFFFFF", Some(295_147_905_179_352_830_000.0), Some(0.0)),
            ("Infinity", Some(infinity), Some(infinity)),
            ("-Infinity1", None, Some(-infinity)),
            ("1e999", Some(infinity), Some(infinity)),
            ("inf", None, None),
            ("NaN", None, None),
            ("1_000", None, Some(1.0)),
            ("١", None, None),
            ("\u{85}1", None, None),
        ] {
            assert_eq!(whole(text).map(Number::as_f64), number, "{text:?}");
            assert_eq!(beginning(text).map(Number::as_f64), start, "{text:?}");
        }
        assert_eq!(whole("9007199254740993"), Some(Number::Unsigned(9_007_199_254_740_993)), "integers stay exact");
        assert_eq!(whole("-0"), whole("0"), "zero has no sign that a comparison sees");
    }
}
