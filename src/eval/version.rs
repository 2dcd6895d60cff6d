//! Semantic versions as `sem_ver` reads them: `v` prefixes and partial versions are welcome.

use super::value::Value;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

/// A version; its build metadata is forgotten, for nothing depends on it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Version<'a> {
    /// Major, minor, patch.
    numbers: [u64; 3],
    /// Without the dash; empty for a release.
    prerelease: Cow<'a, str>,
}

/// What `sem_ver` asks of two versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    SameMajor,
    SameMinor,
}

impl Comparison {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::SameMajor => "^",
            Self::SameMinor => "~",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "=" => Self::Equal,
            "!=" => Self::NotEqual,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            "^" => Self::SameMajor,
            "~" => Self::SameMinor,
            _ => return None,
        })
    }

    pub(super) fn holds(self, a: &Version<'_>, b: &Version<'_>) -> bool {
        let order = a.precedence(b);
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::SameMajor => a.numbers.first() == b.numbers.first(),
            Self::SameMinor => a.numbers.iter().take(2).eq(b.numbers.iter().take(2)),
        }
    }
}

impl<'a> Version<'a> {
    /// Reads a version; `None` when it is none.
    #[inline]
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        match release(text) {
            Some(numbers) => Some(Self { numbers, prerelease: Cow::Borrowed("") }),
            None => Self::parse_any(text),
        }
    }

    fn parse_any(text: &'a str) -> Option<Self> {
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let (text, build) = split_at_first(text, '+');
        let (core, prerelease) = split_at_first(text, '-');
        if build.is_some_and(|build| !identifiers(build).all(is_identifier)) {
            return None;
        }
        let mut numbers = [0; 3];
        let mut written = 0_usize;
        for part in core.split('.') {
            *numbers.get_mut(written)? = number(part)?;
            written = written.saturating_add(1);
        }
        if let Some(prerelease) = prerelease {
            let sound = |part: &str| is_identifier(part) && (!is_numeric(part) || number_shaped(part));
            // `1.2-beta` could mean 1.2.0-beta or a mistake; the standard knows neither.
            if written < 3 || !identifiers(prerelease).all(sound) {
                return None;
            }
        }
        Some(Self { numbers, prerelease: Cow::Borrowed(prerelease.unwrap_or("")) })
    }

    /// A version that does not borrow, for a constant that is read once.
    pub(super) fn into_owned(self) -> Version<'static> {
        Version { numbers: self.numbers, prerelease: Cow::Owned(self.prerelease.into_owned()) }
    }

    fn precedence(&self, other: &Version<'_>) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| match (&*self.prerelease, &*other.prerelease) {
            ("", "") => Ordering::Equal,
            ("", _) => Ordering::Greater,
            (_, "") => Ordering::Less,
            (a, b) => compare_prereleases(a, b),
        })
    }
}

impl fmt::Display for Version<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        let dash = if self.prerelease.is_empty() { "" } else { "-" };
        write!(f, "{major}.{minor}.{patch}{dash}{}", self.prerelease)
    }
}

/// Reads a value as a version and hands it on: a text, or a number as it is written.
pub(super) fn with_version<T>(value: &Value<'_>, then: impl FnOnce(&Version<'_>) -> T) -> Option<T> {
    match value {
        Value::Text(text) => Version::parse(text).map(|version| then(&version)),
        Value::Number(number) => Version::parse(&number.text()).map(|version| then(&version)),
        Value::Null | Value::Bool(_) | Value::List(_) | Value::Built(_) | Value::Object(_) => None,
    }
}

/// The numbers of a plain release such as `2.10.0`, which nearly all versions are; `None` says nothing.
fn release(text: &str) -> Option<[u64; 3]> {
    let mut numbers = [0; 3];
    let (mut place, mut number, mut digits) = (0_usize, 0_u64, 0_u32);
    for byte in text.bytes() {
        match byte {
            // A leading zero, or a number that may be too large, is looked at more closely elsewhere.
            b'0'..=b'9' if digits < 18 && (digits == 0 || number > 0) => {
                number = number.wrapping_mul(10).wrapping_add(u64::from(byte & 0x0F));
                digits = digits.wrapping_add(1);
            }
            b'.' if digits > 0 => {
                *numbers.get_mut(place)? = number;
                (place, number, digits) = (place.wrapping_add(1), 0, 0);
            }
            _ => return None,
        }
    }
    *numbers.get_mut(place)? = number;
    (digits > 0).then_some(numbers)
}

fn split_at_first(text: &str, mark: char) -> (&str, Option<&str>) {
    text.split_once(mark).map_or((text, None), |(before, after)| (before, Some(after)))
}

fn identifiers(text: &str) -> std::str::Split<'_, char> {
    text.split('.')
}

fn is_identifier(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn is_numeric(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_digit())
}

fn number_shaped(part: &str) -> bool {
    !part.is_empty() && is_numeric(part) && (part == "0" || !part.starts_with('0'))
}

fn number(part: &str) -> Option<u64> {
    number_shaped(part).then(|| part.parse().ok()).flatten()
}

/// The standard's order: identifier by identifier; numeric ones by value and below all others; where
/// one version runs out, it is the lower.
fn compare_prereleases(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (identifiers(a), identifiers(b));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => match (is_numeric(a), is_numeric(b)) {
                // Without leading zeros the longer number is the larger, however long.
                (true, true) => a.len().cmp(&b.len()).then_with(|| a.cmp(b)),
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                (false, false) => a.cmp(b),
            },
        };
        if order.is_ne() {
            return order;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precedence_is_the_standards() {
        let ascending = [
            "0.0.1",
            "1.0.0-1",
            "1.0.0-2",
            "1.0.0-10",
            "1.0.0-99999999999999999999999",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0",
            "1.0.1",
            "1.2",
            "v1.10",
            "V2",
        ];
        for pair in ascending.windows(2) {
            let (low, high) = (Version::parse(pair[0]).unwrap(), Version::parse(pair[1]).unwrap());
            assert_eq!(low.precedence(&high), Ordering::Less, "{pair:?}");
            assert_eq!(high.precedence(&low), Ordering::Greater, "{pair:?}");
        }
        assert_eq!(Version::parse("1.0.0+a").unwrap().precedence(&Version::parse("v1+b.c").unwrap()), Ordering::Equal);
    }

    #[test]
    fn what_is_no_version_is_none() {
        for text in [
            "",
            "v",
            "vv1",
            "2.0.0.0",
            "1.",
            ".1",
            "1..2",
            "01.2.3",
            "1.2.3-",
            "1.2.3-01",
            "1.2.3-a..b",
            "1.2.3+",
            "1.2-rc1",
            "1.2.x",
            " 1.2.3",
            "-1.2.3",
            "18446744073709551616.0.0",
            "1.2.3-ä",
            "latest",
        ] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }
}
