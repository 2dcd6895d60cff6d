//! The operators of targeting rules.

/// An operator whose operands are all computed alike; `fractional` is its own kind of expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `var`: an attribute, or a fallback where it is missing.
    Var,
    /// `missing`: which of the attributes are missing.
    Missing,
    /// `missing_some`: which are missing, if fewer than so many are there.
    MissingSome,
    /// `if`: condition, result, condition, result, ..., otherwise.
    If,
    /// `==`: equal after coercion.
    Equal,
    /// `!=`: not equal after coercion.
    NotEqual,
    /// `===`: equal and of one type.
    Same,
    /// `!==`: not equal or of two types.
    NotSame,
    /// `!`: not truthy.
    Not,
    /// `!!`: truthy.
    Truthy,
    /// `and`: the first falsy operand, or the last.
    And,
    /// `or`: the first truthy operand, or the last.
    Or,
    /// `<`, of three operands: between, exclusive.
    Less,
    /// `<=`, of three operands: between, inclusive.
    LessOrEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterOrEqual,
    /// `in`: part of a text, or element of a list.
    In,
    /// `cat`: the operands' texts, joined.
    Cat,
    /// `starts_with`, case-sensitive.
    StartsWith,
    /// `ends_with`, case-sensitive.
    EndsWith,
    /// `sem_ver`: version, comparison, version.
    SemVer,
}

/// The name of the operator that splits by hash.
pub(super) const FRACTIONAL: &str = "fractional";

impl Operator {
    /// All of them with their names.
    pub(super) const NAMES: [(&'static str, Self); 21] = [
        ("var", Self::Var),
        ("missing", Self::Missing),
        ("missing_some", Self::MissingSome),
        ("if", Self::If),
        ("==", Self::Equal),
        ("!=", Self::NotEqual),
        ("===", Self::Same),
        ("!==", Self::NotSame),
        ("!", Self::Not),
        ("!!", Self::Truthy),
        ("and", Self::And),
        ("or", Self::Or),
        ("<", Self::Less),
        ("<=", Self::LessOrEqual),
        (">", Self::Greater),
        (">=", Self::GreaterOrEqual),
        ("in", Self::In),
        ("cat", Self::Cat),
        ("starts_with", Self::StartsWith),
        ("ends_with", Self::EndsWith),
        ("sem_ver", Self::SemVer),
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, known)| *known == self).map_or("", |(name, _)| name)
    }

    /// The operator of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, operator)| *operator)
    }
}
