//! Numbers that count something.

use super::malformed::Malformed;

/// The largest whole number that a float tells from its neighbours.
const LARGEST: f64 = 9_007_199_254_740_992.0;

/// A counter that is kept as a float, as a whole number: it counts things.
pub(super) fn whole(number: f64) -> Result<u64, Malformed> {
    match number.is_finite() && (0.0..=LARGEST).contains(&number) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded before")]
        true => Ok(number as u64),
        false => Err(Malformed::Wrong("a counter is negative, or no number")),
    }
}

/// A counter that is kept as a whole number.
pub(super) fn not_negative(number: i64) -> Result<u64, Malformed> {
    u64::try_from(number).map_err(|_| Malformed::Wrong("a counter is negative, or no number"))
}

/// A signed number of 32 bits, of which the small ones of both signs are short.
pub(super) fn zigzag(number: u64) -> Result<i32, Malformed> {
    let number = u32::try_from(number).map_err(|_| Malformed::Wrong("a scale is out of bounds"))?;
    Ok((number >> 1).cast_signed() ^ (number & 1).cast_signed().wrapping_neg())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_of_both_signs() {
        let read: Vec<i32> = (0..5).map(|number| zigzag(number).unwrap()).collect();
        assert_eq!(read, [0, -1, 1, -2, 2]);
        assert_eq!(zigzag(u64::from(u32::MAX)).unwrap(), i32::MIN);
        assert!(zigzag(1 << 32).is_err());
    }

    #[test]
    fn counters_are_whole_and_not_negative() {
        assert_eq!(whole(3.0).unwrap(), 3);
        for wrong in [-1.0, f64::NAN, f64::INFINITY, 1e300] {
            assert!(whole(wrong).is_err());
        }
        assert!(not_negative(-1).is_err());
    }
}
