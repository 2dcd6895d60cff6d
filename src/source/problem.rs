//! What is wrong in a file, where, and what to do about it.

use super::text::{Span, Text};
use std::fmt;
use std::sync::Arc;

/// The longest excerpt of the offending text that a problem quotes.
const LONGEST_EXCERPT: usize = 80;

/// The longest message, in characters. Names in it can be as long as the file, and it goes into every answer
/// of a flag that is broken.
const LONGEST_MESSAGE: usize = 400;

/// The longest word, in characters, that a similar one is looked for.
const LONGEST_SUGGESTED: usize = 64;

/// One fault in a file: a sentence, its place, the offending text and, where one is known, the mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file's path.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What the fault belongs to, such as ``flag `checkout` ``; `None` when it is the whole file.
    pub subject: Option<String>,
    /// What is wrong, as a sentence without a full stop.
    pub message: String,
    /// The text at that place, shortened.
    pub excerpt: String,
    /// What to do.
    pub hint: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: ", self.file, self.line, self.column)?;
        if let Some(subject) = &self.subject {
            write!(f, "{subject}: ")?;
        }
        f.write_str(&self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, "; {hint}")?;
        }
        Ok(())
    }
}

/// Collects the problems of one text, so that all of them are reported at once.
#[derive(Debug)]
pub struct Problems<'t> {
    text: &'t Text,
    subject: Option<String>,
    found: Vec<Problem>,
}

impl<'t> Problems<'t> {
    /// None yet, for this text.
    #[must_use]
    pub fn new(text: &'t Text) -> Self {
        Self { text, subject: None, found: Vec::new() }
    }

    /// The text that the problems are in.
    #[must_use]
    pub const fn text(&self) -> &'t Text {
        self.text
    }

    /// What the following problems belong to, such as ``flag `checkout` ``.
    pub fn set_subject(&mut self, subject: Option<String>) {
        self.subject = subject;
    }

    /// Notes a problem.
    pub fn add(&mut self, span: Span, message: impl Into<String>) {
        self.push(span, message.into(), None);
    }

    /// Notes a problem together with what to do about it.
    pub fn add_with_hint(&mut self, span: Span, message: impl Into<String>, hint: impl Into<String>) {
        self.push(span, message.into(), Some(hint.into()));
    }

    /// Takes over the problems of a part.
    pub fn append(&mut self, part: Self) {
        self.found.extend(part.found);
    }

    /// The first that was noted.
    #[must_use]
    pub fn first(&self) -> Option<&Problem> {
        self.found.first()
    }

    /// The one that comes first in the text.
    #[must_use]
    pub fn foremost(&self) -> Option<&Problem> {
        self.found.iter().min_by_key(|problem| (problem.line, problem.column))
    }

    /// How many so far: compare before and after to know whether a part was sound.
    #[must_use]
    pub fn count(&self) -> usize {
        self.found.len()
    }

    /// The problems in the order of their places.
    #[must_use]
    pub fn into_vec(mut self) -> Vec<Problem> {
        self.found.sort_by_key(|problem| (problem.line, problem.column));
        self.found
    }

    fn push(&mut self, span: Span, message: String, hint: Option<String>) {
        let (line, column) = self.text.line_column(span.start);
        let quoted = self.text.slice(span).lines().next().unwrap_or("");
        // A place without a text of its own is shown by its whole line.
        let first_line = if quoted.trim().is_empty() { self.text.line_text(span.start).trim() } else { quoted };
        let excerpt = shortened(first_line, LONGEST_EXCERPT);
        let message = shortened(&message, LONGEST_MESSAGE);
        let hint = hint.map(|hint| shortened(&hint, LONGEST_MESSAGE));
        let subject = self.subject.as_deref().map(|subject| shortened(subject, LONGEST_MESSAGE));
        let file = Arc::clone(self.text.name());
        self.found.push(Problem { file, line, column, subject, message, excerpt, hint });
    }
}

fn shortened(text: &str, longest: usize) -> String {
    let mut short: String = text.chars().take(longest).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// "did you mean" for a word that is close to one of the known ones. The words come from whoever asks,
/// and comparing two of them costs the product of their lengths: so long ones are compared with nothing,
/// and no word with one whose length alone tells that it is too far away.
#[must_use]
pub fn suggest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let length = word.chars().take(LONGEST_SUGGESTED.saturating_add(1)).count();
    if length > LONGEST_SUGGESTED {
        return None;
    }
    let allowed = |candidate: &str| (candidate.chars().count() / 4).clamp(1, 4);
    known
        .into_iter()
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= allowed(candidate))
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= allowed(candidate))
        .min()
        .map(|(_, candidate)| format!("did you mean `{candidate}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_recognised_and_another_word_is_not() {
        assert_eq!(suggest("varients", ["flags", "variants"]).as_deref(), Some("did you mean `variants`?"));
        assert_eq!(suggest("variant", ["variants"]).as_deref(), Some("did you mean `variants`?"));
        assert_eq!(suggest("colour", ["flags", "variants"]), None);
        assert_eq!(suggest("", ["flags"]), None);
    }

    /// Names in requests are compared with all flags; at the product of the lengths this was minutes.
    #[test]
    fn a_word_of_any_length_is_answered_at_once() {
        let known: Vec<String> = (0..10_000).map(|n| format!("{n:0200}")).collect();
        for word in ["y".repeat(200), "y".repeat(60_000)] {
            assert_eq!(suggest(&word, known.iter().map(String::as_str)), None);
        }
    }
}
