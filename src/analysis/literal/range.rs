//! The numbers that a condition may have.

/// The largest bound, in base units: over everything that can be measured (an exabyte in bytes), and
/// small enough to be written out without an exponent.
const LARGEST: f64 = 1e18;

/// The smallest bound that is not zero.
const SMALLEST: f64 = 1e-12;

/// Whether a number is of a size that means something, and can be written out in digits.
pub(super) fn in_range(value: f64) -> bool {
    value == 0.0 || (SMALLEST..=LARGEST).contains(&value.abs())
}
