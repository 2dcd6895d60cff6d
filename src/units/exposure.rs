//! Shares of traffic, in parts per million.

use std::fmt;

/// One million parts: everybody.
const WHOLE: u32 = 1_000_000;

/// A share of users in parts per million: `0.0001 %` is 1, `100 %` is 1,000,000.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Exposure(u32);

/// Why a text or number is no exposure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExposureError {
    /// Not of the form `12.5%`.
    #[error("`{0}` is not a share: write a percentage such as `25%`")]
    NotAPercentage(String),
    /// More than everybody.
    #[error("`{0}` is more than 100%")]
    OverWhole(String),
    /// Finer than one in a million.
    #[error("`{0}` is finer than 0.0001%, the smallest step of an exposure")]
    TooFine(String),
}

impl Exposure {
    /// Nobody.
    pub const NONE: Self = Self(0);
    /// Everybody.
    pub const ALL: Self = Self(WHOLE);

    /// A share of `parts` in a million; `None` over one million.
    #[must_use]
    pub const fn from_ppm(parts: u32) -> Option<Self> {
        if parts <= WHOLE { Some(Self(parts)) } else { None }
    }

    /// Parts per million, 0 to 1,000,000.
    #[must_use]
    pub const fn ppm(self) -> u32 {
        self.0
    }

    /// Everybody else.
    #[must_use]
    pub const fn rest(self) -> Self {
        Self(WHOLE.saturating_sub(self.0))
    }

    /// Reads `25%`, `0.0001%` or `12.5 %`, exactly: the digits are read as a decimal number, never
    /// through a float.
    ///
    /// # Errors
    /// When the text is not a percentage, exceeds 100 % or has more than four decimals.
    pub fn parse(text: &str) -> Result<Self, ExposureError> {
        let not = || ExposureError::NotAPercentage(text.to_owned());
        let digits = text.trim().strip_suffix('%').ok_or_else(not)?.trim_end();
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !plain(whole) || !plain(fraction) || digits.ends_with('.') {
            return Err(not());
        }
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > 4 {
            return Err(ExposureError::TooFine(text.to_owned()));
        }
        let over = || ExposureError::OverWhole(text.to_owned());
        let whole: u32 = whole.parse().map_err(|_| over())?;
        let fraction: u32 = format!("{fraction:0<4}").parse().map_err(|_| not())?;
        whole
            .checked_mul(10_000)
            .and_then(|parts| parts.checked_add(fraction))
            .and_then(Self::from_ppm)
            .ok_or_else(over)
    }
}

impl fmt::Display for Exposure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.0 / 10_000, self.0 % 10_000);
        if fraction == 0 {
            return write!(f, "{whole}%");
        }
        let digits = format!("{fraction:04}");
        write!(f, "{whole}.{}%", digits.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_read_exactly_and_written_back() {
        for (text, ppm) in [("0%", 0), ("0.0001%", 1), ("10%", 100_000), ("12.5 %", 125_000), ("100.000%", 1_000_000)] {
            assert_eq!(Exposure::parse(text).map(Exposure::ppm), Ok(ppm), "{text}");
        }
        assert_eq!(Exposure(125_001).to_string(), "12.5001%");
        assert_eq!(Exposure::ALL.to_string(), "100%");
    }

    #[test]
    fn what_is_no_share_is_refused_with_the_reason() {
        for text in ["", "%", "10", "-1%", "1e2%", ".5%", "5.%", "ten%", "٣%"] {
            assert!(matches!(Exposure::parse(text), Err(ExposureError::NotAPercentage(_))), "{text}");
        }
        for text in ["100.0001%", "101%", "99999999999999999999%"] {
            assert!(matches!(Exposure::parse(text), Err(ExposureError::OverWhole(_))), "{text}");
        }
        assert!(matches!(Exposure::parse("0.00001%"), Err(ExposureError::TooFine(_))));
    }
}
