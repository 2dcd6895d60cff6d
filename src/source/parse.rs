//! From bytes to a tree, or to the reason why not.

use super::problem::{Problem, Problems};
use super::text::{Span, Text};
use super::tree::Node;
use super::{Unread, json, yaml};

/// The deepest nesting that a tree has; what is deeper is cut off and noted. Far over any real document,
/// far under any stack.
pub(super) const DEEPEST: usize = 256;

/// The one member of documents that there may be thousands of: no tree of it is built when it need not be.
pub(super) const MANY: &str = "flags";

/// The most values that YAML's anchors and aliases may add to a document: each can hold others twice. A
/// long text counts as several.
pub(super) const MOST_COPIED: usize = 1_000_000;

/// How a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Strict JSON.
    Json,
    /// YAML 1.2, core schema.
    Yaml,
}

impl Format {
    /// By a file name's ending: `.json`, `.yaml`, `.yml`.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        match ending.to_ascii_lowercase().as_str() {
            "json" => Some(Self::Json),
            "yaml" | "yml" => Some(Self::Yaml),
            _ => None,
        }
    }
}

/// A text and the documents in it: one in JSON, one or more (`---`) in YAML.
#[derive(Debug)]
pub struct Parsed {
    /// The text, which the nodes' spans refer to.
    pub text: Text,
    /// The documents; at least one. In a JSON document a mapping or list under `flags` is empty here, and
    /// read by [`unread`](Self::unread).
    pub documents: Vec<Node<'static>>,
    /// What is nested deeper than any reader of ours goes; a constant stands in its place. Whoever reads
    /// a part of the tree that one of these lies in must refuse that part.
    pub too_deep: Vec<Span>,
    /// The place of what was left in the text.
    pub(super) unread: Option<Span>,
}

/// Reads a file's bytes.
///
/// # Errors
/// When it cannot be read as a document at all: not UTF-8, empty, truncated, with duplicate keys, or not of the format's grammar.
pub fn parse(name: &str, bytes: &[u8], format: Format) -> Result<Parsed, Vec<Problem>> {
    let fail = |text: &Text, offset: usize, message: String, hint: Option<&str>| {
        let mut problems = Problems::new(text);
        let span = Span { start: offset, end: text.content().len().min(offset.saturating_add(40)) };
        match hint {
            Some(hint) => problems.add_with_hint(span, message, hint),
            None => problems.add(span, message),
        }
        Err(problems.into_vec())
    };
    let empty = |text: &Text| {
        fail(text, 0, "the file is empty".to_owned(), Some("write `{\"flags\": {}}` for no flags, or delete the file"))
    };
    let bare = Text::new(name, "");
    if matches!(bytes, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]) {
        return fail(&bare, 0, "the file is UTF-16".to_owned(), Some("save it as UTF-8"));
    }
    if let Some(at) = memchr::memchr(0, bytes) {
        let upto = Text::new(name, String::from_utf8_lossy(bytes.get(..at).unwrap_or_default()));
        let hint = "is it binary, UTF-16, or cut off by a crash? Save it as UTF-8 text";
        return fail(&upto, at, "the file has a NUL byte".to_owned(), Some(hint));
    }
    let content = match std::str::from_utf8(bytes) {
        Ok(content) => content,
        Err(error) => {
            let sound = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let upto = Text::new(name, String::from_utf8_lossy(sound));
            return fail(&upto, error.valid_up_to(), "the file is not UTF-8 here".to_owned(), Some("save it as UTF-8"));
        }
    };
    let text = Text::new(name, content);
    // Other readers of these files refuse it, so it is not let through here in silence.
    if content.starts_with('\u{FEFF}') {
        let hint = "save it as UTF-8 without a BOM";
        return fail(&text, 0, "the file begins with a byte order mark".to_owned(), Some(hint));
    }
    if text.content().trim().is_empty() {
        return empty(&text);
    }
    let (documents, unread, too_deep) = match format {
        Format::Json => {
            json::parse(&text).map(|json::Document { node, unread, too_deep }| (vec![node], unread, too_deep))?
        }
        Format::Yaml => yaml::parse(&text).map(|(documents, too_deep)| (documents, None, too_deep))?,
    };
    if documents.is_empty() {
        return empty(&text);
    }
    Ok(Parsed { text, documents, too_deep, unread })
}

impl Parsed {
    /// What was left in the text of a mapping or list of the documents'; `None` when the tree has it all.
    #[must_use]
    pub fn unread(&self, node: &Node<'_>) -> Option<Unread<'_>> {
        let left = self.unread.filter(|span| *span == node.span)?;
        Some(Unread::at(self.text.content(), left.start))
    }

    /// Reports what lies too deep inside a span.
    pub fn refuse_too_deep(&self, inside: Span, problems: &mut Problems<'_>) {
        let first = self.too_deep.partition_point(|span| span.start < inside.start);
        let from_there = self.too_deep.get(first..).unwrap_or_default();
        for span in from_there.iter().take_while(|span| span.end <= inside.end) {
            problems.add(*span, format!("nested deeper than {DEEPEST} levels"));
        }
    }
}
