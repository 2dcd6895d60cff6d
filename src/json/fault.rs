//! Where a text is not JSON, and why.

use std::fmt;

/// A place at which a text stops being JSON. Boxed, so that what is no fault is handed on in registers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault(Box<Place>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    start: usize,
    end: usize,
    kind: FaultKind,
}

impl Fault {
    #[cold]
    pub(super) fn new(start: usize, end: usize, kind: FaultKind) -> Self {
        Self(Box::new(Place { start, end, kind }))
    }

    /// The first byte of what is wrong.
    #[must_use]
    pub const fn start(&self) -> usize {
        self.0.start
    }

    /// One past its last byte.
    #[must_use]
    pub const fn end(&self) -> usize {
        self.0.end
    }

    /// What is wrong with it.
    #[must_use]
    pub const fn kind(&self) -> FaultKind {
        self.0.kind
    }
}

/// Why a text is not JSON. In words it goes on a sentence such as `not JSON: ...`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// The text ends where a value should begin.
    NoValue,
    /// Another value, or anything else, follows the one that a text has.
    SecondValue,
    /// A list is not closed.
    OpenList,
    /// An object is not closed.
    OpenObject,
    /// A text is not closed.
    OpenText,
    /// What stands here begins no value.
    NotAValue,
    /// A word other than `true`, `false` and `null`.
    Word,
    /// A value of another kind than the reader was asked for.
    OtherKind,
    /// `//` or `/*`.
    Comment,
    /// A text in `'`.
    SingleQuotes,
    /// A comma, and then nothing before the closing bracket.
    TrailingComma,
    /// No comma between two values.
    NoComma,
    /// An entry of an object that does not begin with a text.
    NoKey,
    /// No colon after a key.
    NoColon,
    /// A closing bracket of the other kind, or one that nothing opened.
    Bracket,
    /// No digit where a number needs one.
    NoDigit,
    /// `007`.
    LeadingZero,
    /// A line end, a tab or the like, which a text may hold only as an escape.
    ControlCharacter,
    /// A backslash before what is no escape.
    Escape,
    /// Half of a pair of `\u` escapes, which alone stands for no character.
    LoneSurrogate,
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoValue => "there is no value",
            Self::SecondValue => "text cannot contain more than one JSON value",
            Self::OpenList => "unterminated array",
            Self::OpenObject => "unterminated object",
            Self::OpenText => "unterminated string literal",
            Self::NotAValue => "a value is expected here",
            Self::Word => "unexpected word, a text stands in double quotes",
            Self::OtherKind => "a value of another kind is expected here",
            Self::Comment => "comments are not allowed",
            Self::SingleQuotes => "a text stands in double quotes, not in single ones",
            Self::TrailingComma => "trailing commas are not allowed",
            Self::NoComma => "a comma or the closing bracket is expected here",
            Self::NoKey => "a key in double quotes is expected here",
            Self::NoColon => "a colon is expected after the key",
            Self::Bracket => "this bracket closes nothing",
            Self::NoDigit => "a digit is expected in the number",
            Self::LeadingZero => "a number does not begin with a zero before other digits",
            Self::ControlCharacter => "a control character in a text, it must be escaped",
            Self::Escape => "invalid escape in a text",
            Self::LoneSurrogate => "half of a pair of `\\u` escapes stands for no character",
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.kind(), self.start())
    }
}

impl std::error::Error for Fault {}

/// The place and kind of the innermost bracket that is open at the end of a text which is sound so far. Read
/// twice instead of remembering all brackets: a text of nothing but brackets must not cost eight times
/// its size, and only a refusal costs this at all.
pub(super) fn innermost_open(text: &str) -> Option<(usize, FaultKind)> {
    let mut at_end = 0_usize;
    brackets(text, |_, _, depth| at_end = depth);
    let mut innermost = None;
    brackets(text, |offset, byte, depth| {
        if depth == at_end {
            match byte {
                b'[' => innermost = Some((offset, FaultKind::OpenList)),
                b'{' => innermost = Some((offset, FaultKind::OpenObject)),
                _ => {}
            }
        }
    });
    innermost.filter(|_| at_end > 0)
}

/// Tells each bracket outside of texts with its place and the depth after it.
fn brackets(text: &str, mut each: impl FnMut(usize, u8, usize)) {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for (offset, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => {
                depth = depth.saturating_add(1);
                each(offset, byte, depth);
            }
            b']' | b'}' if !in_text => {
                depth = depth.saturating_sub(1);
                each(offset, byte, depth);
            }
            _ => {}
        }
    }
}
