//! The flags of one document: what they share, and how one of them is read.

use super::evaluators::Evaluators;
use super::fields::{self, Fields};
use super::metadata::{self, Metadata};
use super::{Definition, Expression, FlagState, Variant, VariantType, lower as rule, variants};
use crate::source::{Node, Problems, Text, Value, suggest};
use crate::units::FlagKey;
use hashbrown::HashMap;
use std::sync::Arc;

/// The most texts of either kind that are remembered: more are hardly ever the same again.
const MOST_REMEMBERED: usize = 4_096;

/// The longest text that is.
const LONGEST_REMEMBERED: usize = 1_024;

/// What the flags of one document share.
#[derive(Debug)]
pub(super) struct Set<'d> {
    text: &'d Text,
    /// Whether the same text always means the same: in JSON it does, YAML has aliases.
    is_json: bool,
    evaluators: Evaluators<'d>,
    metadata: Metadata,
    /// Sound variants and metadata by how they are written. Most flags of a file have the same ones, `on` and
    /// `off` or an owner, and then have them in one place of the memory.
    variants: HashMap<&'d str, (VariantType, Arc<[Variant]>)>,
    facts: HashMap<&'d str, Metadata>,
}

impl<'d> Set<'d> {
    pub(super) fn new(text: &'d Text, is_json: bool, evaluators: Evaluators<'d>, metadata: Metadata) -> Self {
        Self { text, is_json, evaluators, metadata, variants: HashMap::new(), facts: HashMap::new() }
    }

    /// Reads a flag: every part even when one is wrong, so that all problems are found at once.
    pub(super) fn definition(
        &mut self,
        key: FlagKey,
        line: usize,
        flag: &Node<'_>,
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
        let typed = self.variants(flag, problems);
        let metadata = self.facts(flag.get("metadata"), problems);
        // Without the variants nothing sensible can be said about names of variants.
        let (variant_type, variants) = match typed {
            Some((variant_type, variants)) => (Some(variant_type), variants),
            None => (None, Arc::default()),
        };
        let default_variant = variants::default_variant(flag.get("defaultVariant"), &variants, problems);
        let targeting = self.targeting(flag, variant_type.map(|_| &*variants), problems);
        if problems.count() != before || fields == Fields::Mistyped {
            return None;
        }
        let (file, line) = (Arc::clone(self.text.name()), line.into());
        let (state, variant_type, metadata) = (state?, variant_type?, metadata?);
        Some(Definition { key, state, variant_type, variants, default_variant, targeting, metadata, file, line })
    }

    fn variants(&mut self, flag: &Node<'_>, problems: &mut Problems<'_>) -> Option<(VariantType, Arc<[Variant]>)> {
        let node = flag.get("variants");
        let written = node.and_then(|node| self.written(node));
        if let Some(known) = written.and_then(|written| self.variants.get(written)) {
            return Some(known.clone());
        }
        let typed = variants::lower(node, flag, problems)?;
        if let Some(written) = written.filter(|_| self.variants.len() < MOST_REMEMBERED) {
            self.variants.insert(written, typed.clone());
        }
        Some(typed)
    }

    /// The flag's own facts over those of the set.
    fn facts(&mut self, node: Option<&Node<'_>>, problems: &mut Problems<'_>) -> Option<Metadata> {
        let Some(node) = node else { return Some(self.metadata.clone()) };
        let written = self.written(node);
        if let Some(known) = written.and_then(|written| self.facts.get(written)) {
            return Some(known.clone());
        }
        let merged = metadata::merged(&self.metadata, metadata::lower(Some(node), problems)?);
        if let Some(written) = written.filter(|_| self.facts.len() < MOST_REMEMBERED) {
            self.facts.insert(written, merged.clone());
        }
        Some(merged)
    }

    /// How a mapping is written, when that alone says what it is.
    fn written(&self, node: &Node<'_>) -> Option<&'d str> {
        let written = self.text.slice(node.span);
        (self.is_json && written.len() <= LONGEST_REMEMBERED).then_some(written)
    }

    fn targeting(
        &self,
        flag: &Node<'_>,
        variants: Option<&[Variant]>,
        problems: &mut Problems<'_>,
    ) -> Option<Expression> {
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

fn state(flag: &Node<'_>, problems: &mut Problems<'_>) -> Option<FlagState> {
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
