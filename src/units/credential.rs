//! Keys and tokens of other systems, which never show themselves.

use std::fmt;

/// What another system knows us by, or we know it by: a token, a password, the key of a signature.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential(String);

impl Credential {
    /// Takes what was written, without the line end that editors leave behind it.
    ///
    /// # Errors
    /// With what is wrong, never with the credential itself.
    pub fn new(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        match text {
            "" => Err("it is empty"),
            _ if text.chars().any(char::is_control) => Err("it has control characters, such as a second line"),
            _ => Ok(Self(text.to_owned())),
        }
    }

    /// The credential itself, to send or to compare with.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_one_line_and_never_shown() {
        let credential = Credential::new(" s3cret\n").unwrap();
        assert_eq!(credential.reveal(), "s3cret");
        assert_eq!(format!("{credential:?}"), "Credential(redacted)");
        for wrong in ["", " \n", "s3c\nret"] {
            assert!(!Credential::new(wrong).unwrap_err().contains("s3c"), "{wrong:?}");
        }
    }
}
