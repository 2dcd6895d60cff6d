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
    /// `max`: the largest operand.
    Max,
    /// `min`: the smallest operand.
    Min,
    /// `+`: the sum; of one operand, that as a number.
    Add,
    /// `-`: the difference of two operands, or one negated.
    Subtract,
    /// `*`: the product.
    Multiply,
    /// `/`: the quotient of two operands.
    Divide,
    /// `%`: what a division leaves, with the sign of the first operand.
    Remainder,
    /// `map`: a rule's result for each element of a list.
    Map,
    /// `filter`: the elements for which a rule is truthy.
    Filter,
    /// `reduce`: one value, made of a list's elements one after the other.
    Reduce,
    /// `all`: whether a rule is truthy for every element, and there is one.
    All,
    /// `none`: whether a rule is truthy for no element.
    None,
    /// `some`: whether a rule is truthy for an element.
    Some,
    /// `merge`: the operands' elements as one list.
    Merge,
    /// `substr`: a part of a text, by position and length.
    Substr,
    /// `log`: its operand. Nothing is written: values of contexts never reach a log.
    Log,
}

/// The name of the operator that splits by hash.
pub(super) const FRACTIONAL: &str = "fractional";

impl Operator {
    /// All of them with their names.
    pub(super) const NAMES: [(&'static str, Self); 38] = [
        ("var", Self::Var),
        ("missing", Self::Missing),
        ("missing_some", Self::MissingSome),
        ("if", Self::If),
        // JSONLogic's other name for it.
        ("?:", Self::If),
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
        ("max", Self::Max),
        ("min", Self::Min),
        ("+", Self::Add),
        ("-", Self::Subtract),
        ("*", Self::Multiply),
        ("/", Self::Divide),
        ("%", Self::Remainder),
        ("map", Self::Map),
        ("filter", Self::Filter),
        ("reduce", Self::Reduce),
        ("all", Self::All),
        ("none", Self::None),
        ("some", Self::Some),
        ("merge", Self::Merge),
        ("substr", Self::Substr),
        ("log", Self::Log),
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, known)| *known == self).map_or("", |(name, _)| name)
    }

    /// The operator of which this is the opposite, and whether it is one: `!=` is the opposite of `==`.
    #[must_use]
    pub const fn positive(self) -> (Self, bool) {
        if matches!(self, Self::NotEqual) {
            (Self::Equal, true)
        } else if matches!(self, Self::NotSame) {
            (Self::Same, true)
        } else {
            (self, false)
        }
    }

    /// The operator of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, operator)| *operator)
    }

    /// Whether the operand at this position is a rule about an element of a list, not about the context.
    pub(crate) const fn is_about_elements(self, position: usize) -> bool {
        match self {
            Self::Map | Self::Filter | Self::Reduce | Self::All | Self::None | Self::Some => position == 1,
            Self::Var
            | Self::Missing
            | Self::MissingSome
            | Self::If
            | Self::Equal
            | Self::NotEqual
            | Self::Same
            | Self::NotSame
            | Self::Not
            | Self::Truthy
            | Self::And
            | Self::Or
            | Self::Less
            | Self::LessOrEqual
            | Self::Greater
            | Self::GreaterOrEqual
            | Self::In
            | Self::Cat
            | Self::StartsWith
            | Self::EndsWith
            | Self::SemVer
            | Self::Max
            | Self::Min
            | Self::Add
            | Self::Subtract
            | Self::Multiply
            | Self::Divide
            | Self::Remainder
            | Self::Merge
            | Self::Substr
            | Self::Log => false,
        }
    }
}
