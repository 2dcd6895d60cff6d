//! The units that numbers may have.

use crate::analysis::condition_error::ConditionError;
use crate::analysis::quantity::Quantity;
use crate::analysis::syntax::Literal;

/// Not a unit of any metric, but of the distance between two shares.
pub(super) const PERCENTAGE_POINTS: &str = "pp";

/// From a written number to the quantity's base unit.
#[derive(Debug, Clone, Copy)]
pub(super) enum Scale {
    /// By a power of ten: the decimal point moves, so that `7%` is exactly 0.07.
    PowerOfTen(i8),
    /// By a whole number.
    Times(f64),
}

/// A unit of what metrics measure.
#[derive(Debug)]
pub(super) struct UnitOfBound {
    pub(super) written: &'static str,
    pub(super) quantity: Quantity,
    pub(super) scale: Scale,
}

const fn unit(written: &'static str, quantity: Quantity, scale: Scale) -> UnitOfBound {
    UnitOfBound { written, quantity, scale }
}

static UNITS: [UnitOfBound; 18] = [
    unit("%", Quantity::Ratio, Scale::PowerOfTen(-2)),
    unit("us", Quantity::Time, Scale::PowerOfTen(-3)),
    unit("µs", Quantity::Time, Scale::PowerOfTen(-3)),
    // The Greek letter, which looks the same.
    unit("μs", Quantity::Time, Scale::PowerOfTen(-3)),
    unit("ms", Quantity::Time, Scale::PowerOfTen(0)),
    unit("s", Quantity::Time, Scale::PowerOfTen(3)),
    unit("m", Quantity::Time, Scale::Times(60_000.0)),
    unit("h", Quantity::Time, Scale::Times(3_600_000.0)),
    unit("d", Quantity::Time, Scale::Times(86_400_000.0)),
    unit("B", Quantity::Size, Scale::PowerOfTen(0)),
    unit("kB", Quantity::Size, Scale::PowerOfTen(3)),
    unit("MB", Quantity::Size, Scale::PowerOfTen(6)),
    unit("GB", Quantity::Size, Scale::PowerOfTen(9)),
    unit("TB", Quantity::Size, Scale::PowerOfTen(12)),
    unit("KiB", Quantity::Size, Scale::Times(1_024.0)),
    unit("MiB", Quantity::Size, Scale::Times(1_048_576.0)),
    unit("GiB", Quantity::Size, Scale::Times(1_073_741_824.0)),
    unit("TiB", Quantity::Size, Scale::Times(1_099_511_627_776.0)),
];

/// Whether a word after a number and a space is that number's unit.
pub(in crate::analysis) fn is_unit(word: &str) -> bool {
    word == PERCENTAGE_POINTS || find(word).is_some()
}

/// The unit that is written so.
pub(super) fn find(written: &str) -> Option<&'static UnitOfBound> {
    UNITS.iter().find(|unit| unit.written == written)
}

/// The units that are written with more than one letter: one letter is too close to any other to be meant.
pub(super) fn long_names() -> impl Iterator<Item = &'static str> {
    UNITS.iter().map(|unit| unit.written).filter(|written| written.chars().count() > 1)
}

/// A number in the base unit; `None` when it is no number.
pub(super) fn scaled(number: &str, scale: Scale) -> Option<f64> {
    match scale {
        Scale::PowerOfTen(0) => number.parse().ok(),
        Scale::PowerOfTen(power) => format!("{number}e{power}").parse().ok(),
        Scale::Times(factor) => number.parse::<f64>().ok().map(|number| number * factor),
    }
}

/// A number so large or so small that nothing can be measured by it.
pub(super) fn out_of_range(literal: &Literal<'_>) -> ConditionError {
    let message = format!("`{}` is out of the range of what can be measured", literal.number);
    ConditionError::new(literal.at.start, literal.at.end, message)
}
