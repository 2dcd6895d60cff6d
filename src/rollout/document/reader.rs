//! Reading the values of a document: each either as what it must be, or as a problem at its place.

use super::group::Files;
use super::shape::Words;
use crate::rollout::Attachments;
use crate::source::{Node, Problems, Span, Text, Value, suggest};
use crate::units::{NameError, format_duration, parse_duration};
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;
use std::time::Duration;

/// The context attribute that is hashed when none is named.
pub(super) const BUCKET_BY: &str = "targetingKey";

/// A document under reading, with the problems found so far.
#[derive(Debug)]
pub(super) struct Reader<'t> {
    text: &'t Text,
    pub(super) problems: Problems<'t>,
    /// The files that were handed over with the document.
    pub(super) attachments: &'t Attachments,
    /// What was read of them.
    pub(super) files: Files,
    /// The context attribute that is hashed, by which groups name their users.
    pub(super) bucket_by: Arc<str>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t Text, attachments: &'t Attachments) -> Self {
        let (problems, bucket_by) = (Problems::new(text), Arc::from(BUCKET_BY));
        Self { text, problems, attachments, files: Files::default(), bucket_by }
    }

    pub(super) fn complain(&mut self, at: Span, message: impl Into<String>, hint: impl Into<String>) {
        self.problems.add_with_hint(at, message, hint);
    }

    /// The place of a part of a text value; `None` where the value is not written as it reads
    /// (escapes, folded lines).
    pub(super) fn part_of(&self, node: &Node<'_>, value: &str, part: Range<usize>) -> Option<Span> {
        let written = self.text.slice(node.span);
        let verbatim_from = [0_usize, 1].into_iter().find(|quote| {
            let end = quote.saturating_add(value.len());
            written.get(*quote..end) == Some(value) && written.len() == end.saturating_add(*quote)
        });
        let start = node.span.start.saturating_add(verbatim_from?);
        Some(Span { start: start.saturating_add(part.start), end: start.saturating_add(part.end) })
    }

    /// A text that is not empty.
    pub(super) fn text<'n>(&mut self, node: &'n Node<'_>, what: &str) -> Option<&'n str> {
        match &node.value {
            Value::String(text) if text.trim().is_empty() => {
                self.problems.add(node.span, format!("`{what}` is empty"));
                None
            }
            Value::String(text) => Some(text),
            Value::Bool(_) | Value::Number(_) => {
                let written = self.text.slice(node.span);
                let hint = format!("put it in quotes: \"{written}\"");
                self.complain(node.span, format!("`{what}` is {} where a text is expected", node.kind()), hint);
                None
            }
            Value::Null | Value::Array(_) | Value::Object(_) => {
                self.problems.add(node.span, format!("`{what}` is {} where a text is expected", node.kind()));
                None
            }
        }
    }

    /// A name of one of the kinds in `units`.
    pub(super) fn name<T>(&mut self, node: &Node<'_>, what: &str, new: fn(&str) -> Result<T, NameError>) -> Option<T> {
        let text = self.text(node, what)?;
        new(text).map_err(|error| self.problems.add(node.span, error.to_string())).ok()
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&mut self, node: &Node<'_>, what: &str, words: Words<T>, later: &[&str]) -> Option<T> {
        let text = self.text(node, what)?;
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*meaning);
        }
        let known = || words.iter().map(|(word, _)| *word);
        let listed = || format!("write {}", known().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "));
        match later.contains(&text) {
            true => {
                let message = format!("the {what} `{text}` is not supported yet by this version");
                self.complain(node.span, message, listed());
            }
            false => {
                let hint = suggest(text, known()).unwrap_or_else(listed);
                self.complain(node.span, format!("there is no {what} `{text}`"), hint);
            }
        }
        None
    }

    /// A duration within bounds.
    pub(super) fn duration(
        &mut self,
        node: &Node<'_>,
        what: &str,
        bounds: RangeInclusive<Duration>,
    ) -> Option<Duration> {
        let text = match &node.value {
            Value::Number(number) => {
                let message = format!("`{what}` is the number {number} where a duration is expected");
                self.complain(node.span, message, "write a number and a unit such as `30s`, `15m` or `24h`");
                return None;
            }
            Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
                self.text(node, what)?
            }
        };
        if text.starts_with('-') {
            self.problems.add(node.span, format!("`{what}` is negative"));
            return None;
        }
        let span = parse_duration(text).map_err(|error| self.problems.add(node.span, error.to_string())).ok()?;
        let (least, most) = (bounds.start(), bounds.end());
        if span < *least {
            let message = format!("`{what}` is {text}, shorter than {}", format_duration(*least));
            self.problems.add(node.span, message);
        } else if span > *most {
            let message = format!("`{what}` is {text}, longer than {}", format_duration(*most));
            self.problems.add(node.span, message);
        }
        Some(span)
    }
}
