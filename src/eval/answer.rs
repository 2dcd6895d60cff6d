//! OFREP answers: at run time only fragments that were built at load are copied.

use super::pieces::Short;
use super::reason::{ErrorCode, Reason};
use crate::flag::{Definition, write_object};
use crate::json::{quoted, write_text};
use crate::units::FlagKey;

/// Appends the end of each of a flag's answers: `"key":"...","metadata":{...}}`. Before it come the reason and the
/// variant's part, which flags share.
pub(super) fn write_end(key: &FlagKey, definition: Option<&Definition>, text: &mut String) {
    text.push_str("\"key\":");
    write_text(key.as_str(), text);
    if let Some(definition) = definition.filter(|definition| !definition.metadata.is_empty()) {
        text.push_str(",\"metadata\":");
        write_object(&definition.metadata, text);
    }
    text.push('}');
}

/// The beginning of an answer.
#[inline]
pub(super) const fn beginning(reason: Reason) -> &'static Short {
    match reason {
        Reason::Static => const { &Short::padded(*br#"{"reason":"STATIC",             "#) },
        Reason::TargetingMatch => const { &Short::padded(*br#"{"reason":"TARGETING_MATCH",    "#) },
        Reason::Split => const { &Short::padded(*br#"{"reason":"SPLIT",              "#) },
        Reason::Disabled => const { &Short::padded(*br#"{"reason":"DISABLED",           "#) },
        Reason::Default => const { &Short::padded(*br#"{"reason":"DEFAULT",            "#) },
        Reason::Unknown => const { &Short::padded(*br#"{"reason":"UNKNOWN",            "#) },
    }
}

/// Appends OFREP's failure object. The key is left out where the failure belongs to no one flag.
pub fn write_failure(key: Option<&str>, code: ErrorCode, details: &str, out: &mut Vec<u8>) {
    let key = key.map_or_else(String::new, |key| format!("\"key\":{},", quoted(key)));
    let text = format!("{{{key}\"errorCode\":\"{}\",\"errorDetails\":{}}}", code.as_str(), quoted(details));
    out.extend_from_slice(text.as_bytes());
}
