//! What quantities are called.

use crate::analysis::quantity::Quantity;

/// What a quantity is called.
pub(in crate::analysis) const fn noun(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::Ratio => "a share",
        Quantity::Time => "a time",
        Quantity::Size => "a size",
        Quantity::Count => "a count",
        Quantity::Number => "a plain number",
    }
}

/// How a bound of a quantity is written.
pub(super) const fn example(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::Ratio => "a share such as `10%`",
        Quantity::Time => "a time such as `400ms` or `1.5s`",
        Quantity::Size => "a size such as `512MiB` or `1GB`",
        Quantity::Count => "a count such as `5`",
        Quantity::Number => "a plain number such as `12.5`",
    }
}

/// How a distance between two values of a quantity is written.
pub(super) const fn distance_example(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::Ratio => "points such as `5pp`",
        Quantity::Time => "a time such as `100ms`",
        Quantity::Size => "a size such as `64MiB`",
        Quantity::Count => "a count such as `3`",
        Quantity::Number => "a plain number such as `0.5`",
    }
}
