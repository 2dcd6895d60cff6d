//! Whether two short texts are equal, without a call.

/// The longest texts that are compared by hand.
const SHORT: usize = 16;

/// Names of attributes and keys of flags are short, and calling for so few bytes costs more than these.
#[inline]
pub(super) fn same(a: &str, b: &str) -> bool {
    same_bytes(a.as_bytes(), b.as_bytes())
}

/// The same as `text.ends_with(end)`.
#[inline]
pub(super) fn ends_with(text: &str, end: &str) -> bool {
    let tail = text.len().checked_sub(end.len()).and_then(|begin| text.as_bytes().get(begin..));
    tail.is_some_and(|tail| same_bytes(tail, end.as_bytes()))
}

#[inline]
fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    if a.len() > SHORT {
        return a == b;
    }
    same_ends::<8>(a, b)
        .or_else(|| same_ends::<4>(a, b))
        .unwrap_or_else(|| a.iter().zip(b).all(|(one, other)| one == other))
}

/// Of up to 2 N bytes the first and the last N are all; `None` of fewer than N.
#[inline]
fn same_ends<const N: usize>(a: &[u8], b: &[u8]) -> Option<bool> {
    let beginnings = (a.first_chunk::<N>()?, b.first_chunk::<N>()?);
    let ends = (a.last_chunk::<N>()?, b.last_chunk::<N>()?);
    Some(beginnings.0 == beginnings.1 && ends.0 == ends.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_the_same_when_every_byte_is() {
        let text = "abcdefghijklmnopqrstuvwxyz";
        for length in 0..=text.len() {
            let one = &text[..length];
            assert!(same(one, one) && !same(one, &format!("{one}x")));
            assert!(ends_with(text, &text[length..]) && ends_with(one, one) && ends_with(one, text) == (one == text));
            for changed in 0..length {
                let mut other = one.as_bytes().to_vec();
                other[changed] = b'-';
                let other = std::str::from_utf8(&other).unwrap();
                assert!(!same(one, other) && !ends_with(&format!("x{one}"), other), "{one} {changed}");
            }
        }
    }
}
