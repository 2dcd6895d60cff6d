//! The pieces that a sentence about a part of a condition is put together from.

/// What a part is, where it becomes true, and how far that is. What comes of it stands between them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Words {
    /// What it is: `error_rate is 2.1%`; nothing where that is not known.
    pub is: Option<String>,
    /// Of what it speaks, where nothing is known: `error_rate`.
    pub of: String,
    /// Where it becomes true, behind what comes of it: `over 10% for 5m`, `when it rises`.
    pub when: String,
    /// The same behind `must`: `be over 10% for 5m`, `rise`.
    pub must: String,
    /// How far away that is: `7.9 points away`; nothing where that is not known.
    pub away: Option<String>,
}
