//! What a targeting key was served.

use crate::units::VariantName;

/// What is known of the variant that a targeting key had at some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Served {
    /// This one.
    Variant(VariantName),
    /// The key alone does not tell: there is no such flag, or it looks at more.
    NotByKey,
    /// What was served at that time is not known any more, or never was.
    Forgotten,
}
