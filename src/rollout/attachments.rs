//! The files that a plan names. Whoever reads the plan hands their texts over with it, and they are kept
//! with it: a plan means the same after a restart, and on another machine.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

/// The longest text of one file, in bytes.
pub const LONGEST_ATTACHMENT: usize = 4 << 20;

/// The most bytes of all files of a plan together.
pub const MOST_ATTACHED: usize = 8 << 20;

/// The longest name of a file, in bytes.
const LONGEST_NAME: usize = 200;

/// Texts by the names that a plan has for them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attachments(BTreeMap<Arc<str>, Result<Attachment, Arc<str>>>);

/// A file's text.
#[derive(Clone)]
pub struct Attachment {
    text: Arc<str>,
    digest: u128,
}

impl Attachment {
    /// The text.
    #[must_use]
    pub const fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// What tells the text from others.
    #[must_use]
    pub const fn digest(&self) -> u128 {
        self.digest
    }
}

/// Plans are compared at each commit, and a list of users is long.
impl PartialEq for Attachment {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest && self.text.len() == other.text.len()
    }
}

impl Eq for Attachment {}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes, {:032x}", self.text.len(), self.digest)
    }
}

impl Attachments {
    /// None.
    #[must_use]
    pub const fn none() -> Self {
        Self(BTreeMap::new())
    }

    /// Adds a file, in place of one of the same name.
    pub fn add(&mut self, name: &str, text: impl Into<Arc<str>>) {
        let text = text.into();
        let digest = xxh3_128(text.as_bytes());
        self.0.insert(Arc::from(name), Ok(Attachment { text, digest }));
    }

    /// Notes why there is no text of a file. The plan that names it is told so at that place.
    pub fn add_fault(&mut self, name: &str, why: &str) {
        self.0.insert(Arc::from(name), Err(Arc::from(why)));
    }

    /// A file; `None` when there is none of that name, otherwise why there is no text of it.
    pub(super) fn get(&self, name: &str) -> Option<Result<&Attachment, &str>> {
        self.0.get(name).map(|found| found.as_ref().map_err(|why| &**why))
    }

    /// The files, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Attachment)> {
        self.0.iter().filter_map(|(name, found)| Some((&**name, found.as_ref().ok()?)))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Only those of these names.
    pub fn keep(&mut self, names: &[&str]) {
        self.0.retain(|name, _| names.contains(&&**name));
    }
}

/// Why a text is no name of a file beside or below a plan's own; `None` when it is one.
pub(super) fn no_name(name: &str) -> Option<&'static str> {
    let outside = |part: &str| part == "..";
    let odd = |part: &str| part.is_empty() || part == "." || part.starts_with('.');
    let parts = || name.split('/');
    if name.len() > LONGEST_NAME || name.chars().any(|c| c.is_control() || c == '\\') {
        return Some("is longer than 200 bytes, or has a control character or a backslash");
    }
    if name.starts_with('/') || name.as_bytes().get(1) == Some(&b':') || parts().any(outside) {
        return Some("is outside of the plan's folder");
    }
    parts().any(odd).then_some("is no name of a file, or one that is hidden")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_beside_and_below_the_plan_have_names() {
        for name in ["beta.txt", "groups/beta users.txt", "a/b/c", "Größe"] {
            assert_eq!(no_name(name), None, "{name}");
        }
        let long = "x".repeat(201);
        for name in [
            "",
            "/etc/passwd",
            "../beta.txt",
            "a/../../b",
            "a//b",
            "./b",
            ".hidden",
            "a/",
            "a\\b",
            "C:x",
            "a\nb",
            &long,
        ] {
            assert!(no_name(name).is_some(), "{name}");
        }
    }

    #[test]
    fn files_are_told_apart_by_name_and_text() {
        let of = |files: &[(&str, &str)]| {
            let mut attachments = Attachments::none();
            files.iter().for_each(|(name, text)| attachments.add(name, *text));
            attachments
        };
        assert_eq!(of(&[("a", "x"), ("b", "y")]), of(&[("b", "y"), ("a", "x")]));
        assert_ne!(of(&[("a", "x")]), of(&[("a", "y")]));
        assert_ne!(of(&[("a", "x")]), of(&[("b", "x")]));
        let mut kept = of(&[("a", "x"), ("b", "y")]);
        kept.keep(&["b", "c"]);
        assert_eq!(kept, of(&[("b", "y")]));
    }
}
