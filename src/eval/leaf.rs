//! Where a rule ends.

/// What a flag's rule says, or that it will be told once many hashes are taken together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    Now(Leaf),
    Later,
}

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
