//! The number of a snapshot: every publication has a larger one than all before it.

/// A snapshot's number; only newer generations replace older ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(u64);

impl Generation {
    /// The generation before anything was published.
    pub const ZERO: Self = Self(0);

    /// A generation with a known number, as read back from a record.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The one that follows. Saturates: 2^64 publications do not happen.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The plain number, for wire forms and logs.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl std::fmt::Display for Generation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
