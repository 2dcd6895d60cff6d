//! OFREP answers: at run time only fragments that were built at load are copied.

use super::reason::{ErrorCode, Reason};
use crate::flag::{Definition, write_object};
use crate::json::{quoted, write_text};
use crate::units::FlagKey;

/// The end of each of a flag's answers: `"key":"...","metadata":{...}}`. Before it come the reason and the
/// variant's part, which flags share.
pub(super) fn end(key: &FlagKey, definition: Option<&Definition>) -> Box<str> {
    const BEGINNING: &str = "\"key\":";
    let plain = BEGINNING.len().saturating_add(key.as_str().len()).saturating_add("\"\"}".len());
    let mut text = String::with_capacity(plain);
    text.push_str(BEGINNING);
    write_text(key.as_str(), &mut text);
    if let Some(definition) = definition.filter(|definition| !definition.metadata.is_empty()) {
        text.push_str(",\"metadata\":");
        write_object(&definition.metadata, &mut text);
    }
    text.push('}');
    text.into()
}

/// The beginning of an answer.
#[inline]
pub(super) const fn beginning(reason: Reason) -> &'static str {
    match reason {
        Reason::Static => "{\"reason\":\"STATIC\",",
        Reason::TargetingMatch => "{\"reason\":\"TARGETING_MATCH\",",
        Reason::Split => "{\"reason\":\"SPLIT\",",
        Reason::Disabled => "{\"reason\":\"DISABLED\",",
        Reason::Default => "{\"reason\":\"DEFAULT\",",
        Reason::Unknown => "{\"reason\":\"UNKNOWN\",",
    }
}

/// Appends OFREP's failure object. The key is left out where the failure belongs to no one flag.
pub fn write_failure(key: Option<&str>, code: ErrorCode, details: &str, out: &mut Vec<u8>) {
    let key = key.map_or_else(String::new, |key| format!("\"key\":{},", quoted(key)));
    let text = format!("{{{key}\"errorCode\":\"{}\",\"errorDetails\":{}}}", code.as_str(), quoted(details));
    out.extend_from_slice(text.as_bytes());
}
