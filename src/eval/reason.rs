//! OFREP's words for why an evaluation gave what it gave.

/// Why a variant, or the caller's own default, was the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The flag has no rules.
    Static,
    /// A rule chose the variant.
    TargetingMatch,
    /// A rollout's share of the users.
    Split,
    /// The flag is disabled.
    Disabled,
    /// No rule chose, or a rollout is closed.
    Default,
    /// Not known.
    Unknown,
}

impl Reason {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Static => "STATIC",
            Self::TargetingMatch => "TARGETING_MATCH",
            Self::Split => "SPLIT",
            Self::Disabled => "DISABLED",
            Self::Default => "DEFAULT",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorCode {
    /// The flag's definition is wrong.
    ParseError,
    /// The context says not who asks.
    TargetingKeyMissing,
    /// The context cannot be read.
    InvalidContext,
    /// Anything else, such as a rule whose result names no variant.
    General,
    /// No flag of that key.
    FlagNotFound,
}

impl ErrorCode {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ParseError => "PARSE_ERROR",
            Self::TargetingKeyMissing => "TARGETING_KEY_MISSING",
            Self::InvalidContext => "INVALID_CONTEXT",
            Self::General => "GENERAL",
            Self::FlagNotFound => "FLAG_NOT_FOUND",
        }
    }
}
