//! Keys of the listeners.

use std::fmt;

/// The shortest key that is accepted: over a network a shorter one can be guessed.
const SHORTEST: usize = 16;

/// A key that never shows itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a key, without the line end that editors leave behind it.
    ///
    /// # Errors
    /// With what is wrong and how to make a good one, never with the key itself.
    pub fn new(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.len() < SHORTEST {
            return Err(format!("the key has fewer than {SHORTEST} characters"));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("the key may have only visible ASCII characters, no spaces".to_owned());
        }
        Ok(Self(text.to_owned()))
    }

    /// The key itself, to compare with or to send.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}
