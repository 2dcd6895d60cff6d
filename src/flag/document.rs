//! A flag document: from a parsed file to definitions, each right or wrong by itself.

use super::evaluators::Evaluators;
use super::fields::{self, Fields};
use super::metadata::{self, Metadata};
use super::{Definition, FlagState, lower as rule, variants};
use crate::source::{Node, Parsed, Problem, Problems, Span, Text, Value, suggest};
use crate::units::FlagKey;
use std::collections::BTreeMap;
use std::sync::Arc;

const DOCUMENT_FIELDS: [&str; 4] = ["$schema", "$evaluators", "flags", "metadata"];
const FLAG_FIELDS: [&str; 7] =
    ["$schema", "description", "state", "variants", "defaultVariant", "targeting", "metadata"];

/// One flag of a file.
#[derive(Debug, Clone)]
pub struct FlagEntry {
    /// The place of its key.
    pub(super) place: Span,
    /// Its definition, or in one line what is wrong with it.
    pub outcome: Result<Arc<Definition>, Arc<str>>,
}

/// A file's flags with everything that is wrong in them.
#[derive(Debug, Clone)]
pub struct FlagFile {
    pub(super) text: Text,
    pub(super) flags: BTreeMap<FlagKey, FlagEntry>,
    pub(super) problems: Vec<Problem>,
}

impl FlagFile {
    /// The flags, by key.
    #[must_use]
    pub const fn flags(&self) -> &BTreeMap<FlagKey, FlagEntry> {
        &self.flags
    }

    /// Everything that is wrong, in the order of the file.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

/// Reads the flag documents of a file: those without a `kind`, and those with `flags` all the same, for a
/// word too many must not take flags away. A flag that is wrong fails alone.
///
/// # Errors
/// When the file has no flags to speak of: nothing in it, or `flags` missing or of the wrong shape.
pub fn lower(parsed: &Parsed) -> Result<FlagFile, Vec<Problem>> {
    let mut file = FlagFile { text: parsed.text.clone(), flags: BTreeMap::new(), problems: Vec::new() };
    let mut unusable = Vec::new();
    // Nothing between two `---` is no document that anybody meant.
    let meant = |document: &&Node| parsed.documents.len() == 1 || document.value != Value::Null;
    let ours = |document: &&Node| document.get("kind").is_none() || document.get("flags").is_some();
    for document in parsed.documents.iter().filter(meant).filter(ours) {
        if let Err(problems) = lower_document(document, parsed, &mut file) {
            unusable.extend(problems);
        }
    }
    if !unusable.is_empty() {
        return Err(unusable);
    }
    file.problems.sort_by_key(|problem| (problem.line, problem.column));
    Ok(file)
}

fn lower_document(document: &Node, parsed: &Parsed, file: &mut FlagFile) -> Result<(), Vec<Problem>> {
    let mut problems = Problems::new(&parsed.text);
    let Some(flags) = flags_of(document, &mut problems) else { return Err(problems.into_vec()) };
    fields::check(document.as_object().unwrap_or_default(), &DOCUMENT_FIELDS, &mut problems);
    let evaluators = Evaluators::lower(document.get("$evaluators"), &mut problems);
    let metadata = metadata::lower(document.get("metadata"), &mut problems).unwrap_or_default();
    let set = Set { parsed, evaluators, metadata };
    match &flags.value {
        Value::Object(entries) => {
            for entry in entries {
                set.add(&entry.key, entry.key_span, &entry.value, &FLAG_FIELDS, file);
            }
        }
        Value::Array(items) => {
            let known: Vec<_> = FLAG_FIELDS.into_iter().chain(["key"]).collect();
            for item in items {
                match item.get("key").map(|key| (key, key.as_str())) {
                    Some((node, Some(key))) => set.add(key, node.span, item, &known, file),
                    Some((node, None)) => {
                        problems.add(node.span, format!("`key` is {}, it must be a text", node.kind()))
                    }
                    None => problems.add(item.span, "a flag in a list needs a `key`"),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    file.problems.extend(problems.into_vec());
    Ok(())
}

/// The flags of a document; `None` with the reason when it is no flag document at all.
fn flags_of<'d>(document: &'d Node, problems: &mut Problems<'_>) -> Option<&'d Node> {
    const HINT: &str = "write `{\"flags\": {}}` for no flags";
    let Some(entries) = document.as_object() else {
        let message = format!("the document is {}, it must be a mapping with `flags`", document.kind());
        problems.add_with_hint(document.span, message, HINT);
        return None;
    };
    let Some(flags) = document.get("flags") else {
        let typo = entries.iter().find_map(|entry| Some((entry, suggest(&entry.key, ["flags"])?)));
        match typo {
            Some((entry, hint)) => {
                problems.add_with_hint(entry.key_span, format!("unknown field `{}`", entry.key), hint);
            }
            None => problems.add_with_hint(document.span, "the document has no `flags`", HINT),
        }
        return None;
    };
    match flags.value {
        Value::Object(_) | Value::Array(_) => Some(flags),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            let message = format!("`flags` is {}, it must be a mapping or a list", flags.kind());
            problems.add_with_hint(flags.span, message, HINT);
            None
        }
    }
}

/// What the flags of one document share.
struct Set<'d> {
    parsed: &'d Parsed,
    evaluators: Evaluators<'d>,
    metadata: Metadata,
}

impl Set<'_> {
    fn add(&self, key: &str, place: Span, flag: &Node, known: &[&str], file: &mut FlagFile) {
        let mut problems = Problems::new(&self.parsed.text);
        problems.set_subject(Some(format!("flag `{}`", key.escape_debug())));
        let name = match FlagKey::new(key) {
            Ok(name) => name,
            Err(error) => {
                problems.add(place, error.to_string());
                file.problems.extend(problems.into_vec());
                return;
            }
        };
        if let Some(first) = file.flags.get(&name) {
            let message = format!(
                "the flag is defined a second time; the one in line {} serves",
                self.parsed.text.line(first.place.start)
            );
            problems.add_with_hint(place, message, "remove one of the two");
            file.problems.extend(problems.into_vec());
            return;
        }
        let definition = self.definition(name.clone(), place, flag, known, &mut problems);
        let problems = problems.into_vec();
        let outcome = definition.map(Arc::new).ok_or_else(|| summary(&problems));
        file.problems.extend(problems);
        file.flags.insert(name, FlagEntry { place, outcome });
    }

    /// Reads every part even when one is wrong, so that all problems are found at once.
    fn definition(
        &self,
        key: FlagKey,
        place: Span,
        flag: &Node,
        known: &[&str],
        problems: &mut Problems<'_>,
    ) -> Option<Definition> {
        let Some(entries) = flag.as_object() else {
            problems.add(flag.span, format!("the flag is {}, it must be a mapping", flag.kind()));
            return None;
        };
        let fields = fields::check(entries, known, problems);
        let before = problems.count();
        let state = state(flag, problems);
        let typed = variants::lower(flag.get("variants"), flag, problems);
        let metadata = metadata::lower(flag.get("metadata"), problems);
        // Without the variants nothing sensible can be said about names of variants.
        let (variant_type, variants) = match typed {
            Some((variant_type, variants)) => (Some(variant_type), variants),
            None => (None, Vec::new()),
        };
        let default_variant = variants::default_variant(flag.get("defaultVariant"), &variants, problems);
        let targeting = self.targeting(flag, variant_type.map(|_| variants.as_slice()), problems);
        if problems.count() == before {
            self.parsed.refuse_too_deep(flag.span, problems);
        }
        if problems.count() != before || fields == Fields::Mistyped {
            return None;
        }
        let metadata = metadata::merged(&self.metadata, metadata?);
        let (file, line) = (Arc::clone(self.parsed.text.name()), self.parsed.text.line(place.start));
        let (state, variant_type) = (state?, variant_type?);
        Some(Definition { key, state, variant_type, variants, default_variant, targeting, metadata, file, line })
    }

    fn targeting(
        &self,
        flag: &Node,
        variants: Option<&[super::Variant]>,
        problems: &mut Problems<'_>,
    ) -> Option<super::Expression> {
        let node = flag.get("targeting")?;
        match &node.value {
            Value::Null => None,
            Value::Object(entries) if entries.is_empty() => None,
            Value::Object(_) => rule::targeting(node, &self.evaluators, variants, problems),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                problems.add(node.span, format!("`targeting` is {}, it must be a rule", node.kind()));
                None
            }
        }
    }
}

fn state(flag: &Node, problems: &mut Problems<'_>) -> Option<FlagState> {
    const HINT: &str = "write `ENABLED` or `DISABLED`";
    let Some(node) = flag.get("state") else {
        problems.add_with_hint(flag.span, "the flag has no `state`", HINT);
        return None;
    };
    match node.as_str() {
        Some("ENABLED") => Some(FlagState::Enabled),
        Some("DISABLED") => Some(FlagState::Disabled),
        Some(other) => {
            let hint = suggest(&other.to_uppercase(), ["ENABLED", "DISABLED"]).unwrap_or_else(|| HINT.to_owned());
            problems.add_with_hint(node.span, format!("unknown state `{other}`"), hint);
            None
        }
        None => {
            problems.add_with_hint(node.span, format!("`state` is {}", node.kind()), HINT);
            None
        }
    }
}

/// What a broken flag answers: the first problem and how many more there are.
fn summary(problems: &[Problem]) -> Arc<str> {
    let Some(first) = problems.first() else { return Arc::from("the definition is wrong") };
    let more = match problems.len().saturating_sub(1) {
        0 => String::new(),
        1 => " (and 1 more problem)".to_owned(),
        more => format!(" (and {more} more problems)"),
    };
    Arc::from(format!("{}:{}:{}: {}{more}", first.file, first.line, first.column, first.message))
}
