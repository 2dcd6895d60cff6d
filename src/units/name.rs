//! Names: cheap to clone, bounded, and each of its own type so that they cannot be mixed up.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// Names are keys in URLs, metrics and logs: bounded, and free of control characters.
const LONGEST: usize = 200;

/// Why a text cannot be a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing there.
    #[error("the {0} is empty")]
    Empty(&'static str),
    /// Over 200 bytes.
    #[error("the {0} is longer than {LONGEST} bytes")]
    TooLong(&'static str),
    /// A control character, which would break logs and metrics.
    #[error("the {0} has a control character")]
    ControlCharacter(&'static str),
    /// A character that the stricter kinds of names do not take.
    #[error("the {0} `{1}` may have only letters, digits, `.`, `_` and `-`")]
    ForbiddenCharacter(&'static str, String),
}

fn check(kind: &'static str, text: &str) -> Result<(), NameError> {
    match text {
        "" => Err(NameError::Empty(kind)),
        text if text.len() > LONGEST => Err(NameError::TooLong(kind)),
        text if text.chars().any(char::is_control) => Err(NameError::ControlCharacter(kind)),
        _ => Ok(()),
    }
}

fn check_plain(kind: &'static str, text: &str) -> Result<(), NameError> {
    check(kind, text)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    match text.chars().all(plain) {
        true => Ok(()),
        false => Err(NameError::ForbiddenCharacter(kind, text.to_owned())),
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $kind:literal, $check:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(Arc<str>);

        impl $type {
            /// Takes a text as this kind of name.
            ///
            /// # Errors
            /// When it is empty, too long, or has a character that may not be in it.
            pub fn new(text: &str) -> Result<Self, NameError> {
                $check($kind, text)?;
                Ok(Self(Arc::from(text)))
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Borrow<str> for $type {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

name!(
    /// A flag's key, as applications ask for it. Any text without control characters: the keys exist already.
    FlagKey, "flag key", check
);
name!(
    /// A variant's name within its flag.
    VariantName, "variant name", check
);
name!(
    /// A rollout's name: part of URLs, labels and file names.
    RolloutName, "rollout name", check_plain
);
name!(
    /// A layer's name within its environment: what tells one division of the users from another.
    LayerName, "layer name", check_plain
);
name!(
    /// A wave's name within its rollout.
    WaveName, "wave name", check_plain
);
name!(
    /// A metric's name within its rollout, as conditions speak of it.
    MetricName, "metric name", check_plain
);
