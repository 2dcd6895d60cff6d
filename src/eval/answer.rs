//! OFREP answers, prebuilt: at run time only the reason is chosen and the bytes are copied.

use super::reason::{ErrorCode, Reason};
use crate::flag::{Definition, Literal};
use crate::units::FlagKey;
use std::ops::Range;

/// The ends of a flag's answers. An answer is `{"reason":"...",` and one of these.
#[derive(Debug)]
pub(super) struct Answers {
    /// By position of the variant.
    variants: Box<[Answer]>,
    /// For the caller's own default: neither value nor variant.
    bare: String,
}

#[derive(Debug)]
struct Answer {
    text: String,
    /// Where the value stands in `text`.
    value: Range<usize>,
}

impl Answers {
    pub(super) fn of_broken(key: &FlagKey) -> Self {
        Self { variants: Box::default(), bare: format!("\"key\":{}}}", quoted(key.as_str())) }
    }

    pub(super) fn of(definition: &Definition) -> Self {
        let key = format!("\"key\":{}", quoted(definition.key.as_str()));
        let entries = definition.metadata.iter().map(|(name, value)| (name.clone(), value.clone()));
        let metadata = match definition.metadata.is_empty() {
            true => String::new(),
            false => format!(",\"metadata\":{}", Literal::Object(entries.collect()).to_json()),
        };
        let answer = |variant: &crate::flag::Variant| {
            let mut text = format!("{key},\"variant\":{},\"value\":", quoted(variant.name.as_str()));
            let start = text.len();
            variant.value.write_json(&mut text);
            let value = start..text.len();
            text.push_str(&metadata);
            text.push('}');
            Answer { text, value }
        };
        Self { variants: definition.variants.iter().map(answer).collect(), bare: format!("{key}{metadata}}}") }
    }

    /// The variant's value as JSON.
    pub(super) fn value(&self, variant: usize) -> Option<&str> {
        self.variants.get(variant).and_then(|answer| answer.text.get(answer.value.clone()))
    }

    /// Appends the answer with this variant.
    pub(super) fn write_variant(&self, variant: usize, reason: Reason, out: &mut Vec<u8>) {
        let end = self.variants.get(variant).map_or(&self.bare, |answer| &answer.text);
        write(reason, end, out);
    }

    /// Appends the answer that leaves it to the caller.
    pub(super) fn write_bare(&self, reason: Reason, out: &mut Vec<u8>) {
        write(reason, &self.bare, out);
    }
}

fn write(reason: Reason, end: &str, out: &mut Vec<u8>) {
    let start = match reason {
        Reason::Static => "{\"reason\":\"STATIC\",",
        Reason::TargetingMatch => "{\"reason\":\"TARGETING_MATCH\",",
        Reason::Split => "{\"reason\":\"SPLIT\",",
        Reason::Disabled => "{\"reason\":\"DISABLED\",",
        Reason::Default => "{\"reason\":\"DEFAULT\",",
        Reason::Unknown => "{\"reason\":\"UNKNOWN\",",
    };
    out.reserve(start.len().saturating_add(end.len()));
    out.extend_from_slice(start.as_bytes());
    out.extend_from_slice(end.as_bytes());
}

/// Appends OFREP's failure object. The key is left out where the failure belongs to no one flag.
pub fn write_failure(key: Option<&str>, code: ErrorCode, details: &str, out: &mut Vec<u8>) {
    let key = key.map_or_else(String::new, |key| format!("\"key\":{},", quoted(key)));
    let text = format!("{{{key}\"errorCode\":\"{}\",\"errorDetails\":{}}}", code.as_str(), quoted(details));
    out.extend_from_slice(text.as_bytes());
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
