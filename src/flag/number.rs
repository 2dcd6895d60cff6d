//! Numbers as JSON has them: integers stay exact, everything else is a double.

use std::cmp::Ordering;
use std::fmt::{self, Write as _};
use std::ops::Deref;

/// A finite number.
#[derive(Debug, Clone, Copy)]
pub enum Number {
    /// An integer from 0 up.
    Unsigned(u64),
    /// An integer below 0.
    Negative(i64),
    /// Anything else.
    Float(f64),
}

impl Number {
    /// Reads JSON's spelling of a number; `None` when it is none or not finite.
    #[must_use]
    pub fn parse(spelling: &str) -> Option<Self> {
        // Most numbers are a few digits.
        if !spelling.is_empty()
            && spelling.len() < 19
            && spelling.bytes().all(|byte| byte.is_ascii_digit())
            && (spelling == "0" || !spelling.starts_with('0'))
        {
            return spelling.parse().ok().map(Self::Unsigned);
        }
        let number: serde_json::Number = spelling.parse().ok()?;
        let integer = number.as_u64().map(Self::Unsigned).or_else(|| number.as_i64().map(Self::Negative));
        integer.or_else(|| number.as_f64().filter(|float| float.is_finite()).map(Self::Float))
    }

    /// The value as a double; integers over 2^53 are rounded.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a double is what is asked for")]
    pub const fn as_f64(self) -> f64 {
        match self {
            Self::Unsigned(integer) => integer as f64,
            Self::Negative(integer) => integer as f64,
            Self::Float(float) => float,
        }
    }

    /// The value as an integer, when it is one: `2`, and also `2.0`.
    #[must_use]
    pub fn as_integer(self) -> Option<i128> {
        match self {
            Self::Unsigned(integer) => Some(i128::from(integer)),
            Self::Negative(integer) => Some(i128::from(integer)),
            Self::Float(float) => integral(float),
        }
    }

    /// The number as text: integral numbers without a fraction, very large and very small ones with
    /// an exponent, as ECMAScript writes them.
    #[must_use]
    pub fn text(self) -> NumberText {
        let mut text = NumberText::default();
        let written = match self {
            Self::Unsigned(integer) => write!(text, "{integer}"),
            Self::Negative(integer) => write!(text, "{integer}"),
            Self::Float(0.0) => text.write_str("0"),
            Self::Float(float) => write_float(&mut text, float),
        };
        debug_assert!(written.is_ok(), "the longest number has fewer bytes than the buffer");
        text
    }
}

impl From<i64> for Number {
    fn from(integer: i64) -> Self {
        u64::try_from(integer).map_or(Self::Negative(integer), Self::Unsigned)
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl PartialOrd for Number {
    /// Two integers are compared exactly, anything else as doubles.
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Unsigned(a), Self::Unsigned(b)) => Some(a.cmp(b)),
            (Self::Negative(a), Self::Negative(b)) => Some(a.cmp(b)),
            (Self::Unsigned(_), Self::Negative(_)) => Some(Ordering::Greater),
            (Self::Negative(_), Self::Unsigned(_)) => Some(Ordering::Less),
            (Self::Float(_), _) | (_, Self::Float(_)) => self.as_f64().partial_cmp(&other.as_f64()),
        }
    }
}

/// A double as an integer, when it is integral and of a size that integers are used for.
fn integral(float: f64) -> Option<i128> {
    // 2^64: every integral double below it in magnitude converts without loss.
    const BOUND: f64 = 18_446_744_073_709_551_616.0;
    if float.fract() != 0.0 || float.abs() >= BOUND {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "integral and under 2^64, as just checked")]
    Some(float as i128)
}

fn write_float(text: &mut NumberText, float: f64) -> fmt::Result {
    let digits = closest(float)?;
    let size = float.abs();
    match digits.split_once('e') {
        // `1e21` is `1e+21` in ECMAScript.
        Some((mantissa, exponent)) if size >= 1e21 => write!(text, "{mantissa}e+{exponent}"),
        Some(_) if size < 1e-6 => text.write_str(&digits),
        Some((mantissa, exponent)) if mantissa.len() >= LONG => write_plain(text, mantissa, exponent),
        Some(_) | None => write!(text, "{float}"),
    }
}

/// A mantissa of so many bytes may be one of two that are equally short.
const LONG: usize = 17;

/// As few digits as tell the number from its neighbours, with an exponent. Of two that are equally short
/// Rust may take either; ECMAScript takes the closer one, and of two equally close ones the even one.
fn closest(float: f64) -> Result<NumberText, fmt::Error> {
    let mut shortest = NumberText::default();
    write!(shortest, "{float:e}")?;
    let mantissa = shortest.split_once('e').map_or("", |(mantissa, _)| mantissa);
    if mantissa.len() < LONG {
        return Ok(shortest);
    }
    let precision = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let mut rounded = NumberText::default();
    write!(rounded, "{float:.precision$e}")?;
    Ok(rounded)
}

/// A mantissa and an exponent as one number without an exponent.
fn write_plain(text: &mut NumberText, mantissa: &str, exponent: &str) -> fmt::Result {
    let (sign, digits) = mantissa.strip_prefix('-').map_or(("", mantissa), |digits| ("-", digits));
    let (first, rest) = digits.split_once('.').unwrap_or((digits, ""));
    let exponent: i32 = exponent.parse().map_err(|_| fmt::Error)?;
    text.write_str(sign)?;
    match usize::try_from(exponent) {
        Ok(whole) if whole >= rest.len() => write!(text, "{first}{rest:0<whole$}"),
        Ok(whole) => {
            let (integer, fraction) = rest.split_at_checked(whole).ok_or(fmt::Error)?;
            write!(text, "{first}{integer}.{fraction}")
        }
        Err(_) => {
            let zeros = usize::try_from(exponent.unsigned_abs()).map_err(|_| fmt::Error)?.saturating_sub(1);
            write!(text, "0.{:0<zeros$}{first}{rest}", "")
        }
    }
}

/// A number's text, kept without allocating.
#[derive(Debug, Clone, Copy, Default)]
pub struct NumberText {
    bytes: [u8; 32],
    length: usize,
}

impl fmt::Write for NumberText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length.saturating_add(text.len());
        self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

impl Deref for NumberText {
    type Target = str;

    fn deref(&self) -> &str {
        self.bytes.get(..self.length).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_a_flagd_provider_in_another_language_writes_them() {
        for (spelling, text) in [
            ("0", "0"),
            ("-0.0", "0"),
            ("1.0", "1"),
            ("18446744073709551615", "18446744073709551615"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("1e20", "100000000000000000000"),
            ("1e21", "1e+21"),
            ("-1.5e300", "-1.5e+300"),
            ("0.000001", "0.000001"),
            ("0.0000001", "1e-7"),
            ("-2.2250738585072014e-308", "-2.2250738585072014e-308"),
            ("123456.789e-3", "123.456789"),
            ("1801439850948196.25", "1801439850948196.2"),
            ("1801439850948196.75", "1801439850948196.8"),
            ("-2251799813685248.25", "-2251799813685248"),
            ("0.30000000000000004", "0.30000000000000004"),
            ("-0.000012345678901234567", "-0.000012345678901234568"),
            ("12345678901234567890123", "1.2345678901234568e+22"),
            ("123456789012345678901", "123456789012345680000"),
            ("1.7976931348623157e308", "1.7976931348623157e+308"),
            ("5e-324", "5e-324"),
        ] {
            assert_eq!(&*Number::parse(spelling).unwrap().text(), text, "{spelling}");
        }
    }

    #[test]
    fn neighbouring_large_integers_are_not_equal() {
        let parse = |text| Number::parse(text).unwrap();
        assert!(parse("9007199254740993") != parse("9007199254740992"));
        assert!(parse("-1") < parse("1") && parse("1") == parse("1.0"));
        assert_eq!(parse("2.0").as_integer(), Some(2));
        assert_eq!(parse("2.5").as_integer(), None);
        assert_eq!(parse("1e300").as_integer(), None);
    }
}
