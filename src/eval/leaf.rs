//! Where a rule ends.

/// What a flag's rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Leaf {
    /// The variant at this position.
    Variant(u16),
    /// Nothing: it is left to the default.
    Leave,
    /// Something that is no variant of the flag.
    Wrong,
}
