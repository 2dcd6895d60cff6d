//! Reading the values of a document: each either as what it must be, or as a problem at its place.

use super::group::Files;
use super::shape::Words;
use crate::rollout::Attachments;
use crate::source::{Node, Problems, Span, Text, Value, suggest};
use crate::units::{NameError, UnixMillis, format_duration, parse_duration};
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
    /// The plan was taken before, perhaps by a version that asked less of one: what is only unwise passes.
    pub(super) kept: bool,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t Text, attachments: &'t Attachments) -> Self {
        let (problems, bucket_by) = (Problems::new(text), Arc::from(BUCKET_BY));
        Self { text, problems, attachments, files: Files::default(), bucket_by, kept: false }
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

    /// `true` or `false`.
    pub(super) fn flag(&mut self, node: &Node<'_>, what: &str) -> Option<bool> {
        match &node.value {
            Value::Bool(flag) => Some(*flag),
            Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
                let message = format!("`{what}` is {} where `true` or `false` is expected", node.kind());
                self.problems.add(node.span, message);
                None
            }
        }
    }

    /// A whole number within bounds.
    pub(super) fn whole_number(
        &mut self,
        node: &Node<'_>,
        what: &str,
        bounds: RangeInclusive<u64>,
        example: &str,
    ) -> Option<u64> {
        let number: Option<u64> = match &node.value {
            Value::Number(number) => number.parse().ok(),
            Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
        };
        let Some(number) = number else {
            let least = if *bounds.start() == 0 { "zero" } else { "one" };
            let message = format!("`{what}` must be a whole number, {least} or more");
            self.complain(node.span, message, format!("for instance `{example}`"));
            return None;
        };
        if !bounds.contains(&number) {
            let message = format!("`{what}` is {number}, which is not from {} to {}", bounds.start(), bounds.end());
            self.complain(node.span, message, format!("for instance `{example}`"));
            return None;
        }
        Some(number)
    }

    /// A percentage as a share: `12.5%` is 0.125. More than the whole only where `most` says so.
    pub(super) fn share(&mut self, node: &Node<'_>, what: &str, most: f64, example: &str) -> Option<f64> {
        let share = node.as_str().and_then(|text| {
            let digits = text.trim().strip_suffix('%')?.trim_end();
            let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && digits.len() <= 20;
            // The decimal point moves, so that 99.9% is exactly what 0.999 is.
            plain.then(|| format!("{digits}e-2").parse::<f64>().ok()).flatten()
        });
        let Some(share) = share else {
            let message = format!("`{what}` must be a percentage");
            self.complain(node.span, message, format!("for instance `{example}`"));
            return None;
        };
        if share <= 0.0 || share > most {
            let message = format!("`{what}` must be over 0% and at most {}%", most * 100.0);
            self.complain(node.span, message, format!("for instance `{example}`"));
            return None;
        }
        Some(share)
    }

    /// A moment: a date, a time of day and the distance from UTC.
    pub(super) fn moment(&mut self, node: &Node<'_>, what: &str) -> Option<UnixMillis> {
        let text = self.text(node, what)?;
        let moment = UnixMillis::parse(text);
        if moment.is_none() {
            let message = format!("`{what}` is no moment: `{text}`");
            let hint = "write a date, a time and the distance from UTC, such as `2026-03-02T09:00:00+01:00`";
            self.complain(node.span, message, hint);
        }
        moment
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
