//! `$evaluators`: rules with a name, which flags refer to by `$ref`.

use super::lower;
use crate::source::{Node, Problem, Problems, Value};
use std::collections::BTreeMap;

/// The named rules of one document.
#[derive(Debug, Default)]
pub(super) struct Evaluators<'d> {
    by_name: BTreeMap<&'d str, &'d Node<'d>>,
    /// Those that are wrong by themselves, each with the first reason.
    wrong: BTreeMap<&'d str, Problem>,
}

impl<'d> Evaluators<'d> {
    /// Reads them, and reports those that are wrong by themselves.
    pub(super) fn lower(node: Option<&'d Node<'d>>, problems: &mut Problems<'_>) -> Self {
        let Some(node) = node else { return Self::default() };
        let Some(entries) = node.as_object() else {
            problems.add(node.span, format!("`$evaluators` is {}, it must be a mapping", node.kind()));
            return Self::default();
        };
        let by_name = entries.iter().map(|entry| (&*entry.key, &entry.value)).collect();
        let mut evaluators = Self { by_name, wrong: BTreeMap::new() };
        for entry in entries {
            let mut found = Problems::new(problems.text());
            found.set_subject(Some(format!("evaluator `{}`", entry.key)));
            lower::check_evaluator(&entry.key, &entry.value, &evaluators, &mut found);
            if let Some(first) = found.first() {
                evaluators.wrong.insert(&entry.key, first.clone());
            }
            problems.append(found);
        }
        evaluators
    }

    /// Why the evaluator of that name is wrong by itself.
    pub(super) fn wrong(&self, name: &str) -> Option<&Problem> {
        self.wrong.get(name)
    }

    pub(super) fn get(&self, name: &str) -> Option<&'d Node<'d>> {
        self.by_name.get(name).copied()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'d str> {
        self.by_name.keys().copied()
    }
}

/// The node of the name, when a value is `{"$ref": ...}`.
pub(super) fn reference<'n, 't>(node: &'n Node<'t>) -> Option<&'n Node<'t>> {
    match &node.value {
        Value::Object(entries) => match entries.as_slice() {
            [entry] if entry.key == "$ref" => Some(&entry.value),
            _ => None,
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
    }
}
