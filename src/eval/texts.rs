//! A set of texts that is asked at every request whether it has one.

use crate::flag::Literal;
use crate::json::quoted;
use std::fmt;

/// The longest text that is compared as one number.
const SHORT: usize = 15;

/// Texts. Those of a usual length are kept as numbers: one comparison each, without a call.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Texts {
    /// The bytes, the first lowest, and the length on top.
    short: Box<[u128]>,
    /// Sorted.
    long: Box<[Box<str>]>,
}

impl Texts {
    /// The set that a constant is; `None` unless it is a list of nothing but texts.
    pub(super) fn of(constant: &Literal) -> Option<Self> {
        let Literal::List(items) = constant else { return None };
        let (mut short, mut long) = (Vec::new(), Vec::new());
        for item in items {
            let Literal::Text(text) = item else { return None };
            match packed(text) {
                Some(number) => short.push(number),
                None => long.push(text.clone()),
            }
        }
        short.sort_unstable();
        short.dedup();
        long.sort_unstable();
        long.dedup();
        Some(Self { short: short.into(), long: long.into() })
    }

    #[inline]
    pub(super) fn contains(&self, text: &str) -> bool {
        match packed(text) {
            // Up to some dozens looking at each is faster than halving.
            Some(number) if self.short.len() <= 32 => self.short.contains(&number),
            Some(number) => self.short.binary_search(&number).is_ok(),
            None => self.long.binary_search_by(|known| (**known).cmp(text)).is_ok(),
        }
    }
}

/// A short text as a number; different texts give different numbers.
#[inline]
fn packed(text: &str) -> Option<u128> {
    if text.len() > SHORT {
        return None;
    }
    // By hand: a call for so few bytes costs more than these.
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let rest = rest.iter().rev().fold(0_u64, |packed, byte| (packed << 8) | u64::from(*byte));
    let (low, high) = match words.first() {
        Some(word) => (u64::from_le_bytes(*word), rest),
        None => (rest, 0),
    };
    let length = u128::try_from(text.len()).unwrap_or(0) << 120;
    Some(u128::from(low) | (u128::from(high) << 64) | length)
}

impl fmt::Display for Texts {
    /// As a JSON list; each kind in its own order.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = self.short.iter().map(|number| {
            let bytes = number.to_le_bytes();
            let length = bytes.last().map_or(0, |length| usize::from(*length));
            String::from_utf8_lossy(bytes.get(..length).unwrap_or_default()).into_owned()
        });
        let texts = short.chain(self.long.iter().map(ToString::to_string));
        f.write_str("[")?;
        for (position, text) in texts.enumerate() {
            let comma = if position == 0 { "" } else { "," };
            write!(f, "{comma}{}", quoted(&text))?;
        }
        f.write_str("]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(texts: &[&str]) -> Texts {
        Texts::of(&Literal::List(texts.iter().map(|text| Literal::Text((*text).into())).collect())).unwrap()
    }

    #[test]
    fn a_set_has_what_was_put_in_and_nothing_else() {
        let of_fifteen = "123456789abcdef";
        let of_sixteen = "123456789abcdefg";
        let set = set(&["", "DE", "a\0", "größe", of_fifteen, of_sixteen, "DE"]);
        for text in ["", "DE", "a\0", "größe", of_fifteen, of_sixteen] {
            assert!(set.contains(text), "{text:?}");
        }
        for text in ["\0", "D", "DEE", "a", "a\0\0", "de", "123456789abcde", "123456789abcdef\0", "123456789abcdefh"] {
            assert!(!set.contains(text), "{text:?}");
        }
    }

    #[test]
    fn many_texts_are_found_as_few_are() {
        let many: Vec<String> = (0..500).map(|number| format!("t{number}")).collect();
        let set = set(&many.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(many.iter().all(|text| set.contains(text)) && !set.contains("t500"));
    }
}
