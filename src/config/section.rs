//! A mapping inside the settings file, read field by field.

use super::credential;
use crate::source::{Entry, Node, Problems, Span, Value, suggest};
use crate::units::{Credential, format_duration, parse_duration};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What reading a section needs beside the section: where the file lies, and the process's variables.
#[derive(Debug, Clone, Copy)]
pub(super) struct Surroundings<'s> {
    /// Paths are relative to this.
    pub(super) folder: &'s Path,
    /// Names and values.
    pub(super) variables: &'s [(String, String)],
}

/// A mapping whose keys have been looked at. What is wrong with a value is a problem at its place, and reads as if
/// it was not there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Section<'n> {
    entries: &'n [Entry<'n>],
    start: Span,
    surroundings: Surroundings<'n>,
}

impl<'n> Section<'n> {
    /// Takes a mapping; each key that is not among the fields is a problem. `what` names it, such as "a connection".
    pub(super) fn read(
        node: &'n Node<'n>,
        what: &str,
        fields: &[&str],
        surroundings: Surroundings<'n>,
        problems: &mut Problems<'_>,
    ) -> Option<Self> {
        let Some(entries) = node.as_object() else {
            problems.add(node.span, format!("{what} is {} where a mapping is expected", node.kind()));
            return None;
        };
        for entry in entries.iter().filter(|entry| !fields.contains(&&*entry.key)) {
            let known = || format!("it has {}", fields.join(", "));
            let hint = suggest(&entry.key, fields.iter().copied()).unwrap_or_else(known);
            problems.add_with_hint(entry.key_span, format!("unknown field `{}` in {what}", entry.key), hint);
        }
        let start = entries.first().map_or(node.span, |first| first.key_span);
        Some(Self { entries, start, surroundings })
    }

    /// Where to complain about what is not there.
    pub(super) const fn start(&self) -> Span {
        self.start
    }

    /// A field's value, if it has one.
    pub(super) fn get(&self, name: &str) -> Option<&'n Node<'n>> {
        let entry = self.entries.iter().find(|entry| entry.key == name)?;
        Some(&entry.value).filter(|value| value.value != Value::Null)
    }

    /// A text that is not empty.
    pub(super) fn text(&self, name: &str, problems: &mut Problems<'_>) -> Option<&'n str> {
        let node = self.get(name)?;
        match node.as_str().filter(|text| !text.trim().is_empty()) {
            Some(text) => Some(text),
            None => {
                let hint = "put it in quotes if it is one";
                problems.add_with_hint(node.span, format!("`{name}` is {} where a text is needed", node.kind()), hint);
                None
            }
        }
    }

    /// `true` or `false`; `usual` when it is not there.
    pub(super) fn switch(&self, name: &str, usual: bool, problems: &mut Problems<'_>) -> bool {
        match self.get(name).map(|node| (node, &node.value)) {
            None => usual,
            Some((_, Value::Bool(value))) => *value,
            Some((node, Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_))) => {
                problems.add(node.span, format!("`{name}` is true or false, this is {}", node.kind()));
                usual
            }
        }
    }

    /// A duration within bounds.
    pub(super) fn duration(
        &self,
        name: &str,
        bounds: RangeInclusive<Duration>,
        problems: &mut Problems<'_>,
    ) -> Option<Duration> {
        let node = self.get(name)?;
        let text = self.text(name, problems)?;
        let (least, most) = (format_duration(*bounds.start()), format_duration(*bounds.end()));
        match parse_duration(text) {
            Ok(duration) if bounds.contains(&duration) => Some(duration),
            Ok(_) => {
                problems.add(node.span, format!("`{name}` must be {least} to {most}"));
                None
            }
            Err(error) => {
                problems.add(node.span, format!("`{name}`: {error}"));
                None
            }
        }
    }

    /// A whole number within bounds.
    pub(super) fn whole_number(
        &self,
        name: &str,
        bounds: RangeInclusive<u64>,
        problems: &mut Problems<'_>,
    ) -> Option<u64> {
        let node = self.get(name)?;
        let number = match &node.value {
            Value::Number(text) => text.parse().ok().filter(|number| bounds.contains(number)),
            Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
        };
        if number.is_none() {
            let message = format!("`{name}` must be a whole number from {} to {}", bounds.start(), bounds.end());
            problems.add(node.span, message);
        }
        number
    }

    /// A list of texts, or one text that stands for a list of one. Empty when it is not there.
    pub(super) fn texts(&self, name: &str, problems: &mut Problems<'_>) -> Vec<String> {
        let Some(node) = self.get(name) else { return Vec::new() };
        let items = node.as_array().unwrap_or(std::slice::from_ref(node));
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            match item.as_str().filter(|text| !text.trim().is_empty()) {
                Some(text) => texts.push(text.to_owned()),
                None => problems.add(item.span, format!("`{name}`: a text is needed here, this is {}", item.kind())),
            }
        }
        texts
    }

    /// A mapping from names to texts. Empty when it is not there.
    pub(super) fn pairs(&self, name: &str, problems: &mut Problems<'_>) -> Vec<(String, String)> {
        let Some(node) = self.get(name) else { return Vec::new() };
        let Some(entries) = node.as_object() else {
            problems
                .add(node.span, format!("`{name}` is {} where a mapping from names to texts is needed", node.kind()));
            return Vec::new();
        };
        let mut pairs = Vec::with_capacity(entries.len());
        for entry in entries {
            match entry.value.as_str() {
                Some(text) => pairs.push((entry.key.clone().into_owned(), text.to_owned())),
                None => problems.add(entry.value.span, format!("`{name}.{}` must be a text", entry.key)),
            }
        }
        pairs
    }

    /// A path, relative to the file's folder.
    pub(super) fn path(&self, name: &str, problems: &mut Problems<'_>) -> Option<PathBuf> {
        self.text(name, problems).map(|path| self.surroundings.folder.join(path))
    }

    /// A credential called `name`: what stands in the file that `name_file` names, or in the variable that `name_env`
    /// names. Both must be among the section's fields. The credential itself never stands in the settings file.
    pub(super) fn credential(&self, name: &str, problems: &mut Problems<'_>) -> Option<Credential> {
        let (by_file, by_variable) = (format!("{name}_file"), format!("{name}_env"));
        match (self.get(&by_file), self.get(&by_variable)) {
            (None, None) => None,
            (Some(_), Some(node)) => {
                let message = format!("both `{by_file}` and `{by_variable}` are given");
                problems.add_with_hint(node.span, message, "keep one of the two");
                None
            }
            (Some(node), None) => {
                let path = self.path(&by_file, problems)?;
                let read = credential::from_file(&path);
                read.map_err(|why| problems.add(node.span, format!("`{by_file}`: {why}"))).ok()
            }
            (None, Some(node)) => {
                let variable = self.text(&by_variable, problems)?;
                let found = self.surroundings.variables.iter().find(|(known, _)| known == variable);
                let read = found.map_or(Err("it is not set"), |(_, value)| Credential::new(value));
                read.map_err(|why| problems.add(node.span, format!("`{by_variable}`: the variable {variable}: {why}")))
                    .ok()
            }
        }
    }
}
