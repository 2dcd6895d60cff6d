//! Fields that no reader knows: a typing error loses what its author wanted, so it is never ignored.

use crate::source::{Entry, Problems, suggest};

/// What an unknown field means for what it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fields {
    /// All known, or at most fields that nobody could have meant for one of ours.
    Sound,
    /// One looks like a known field, so what it was to say is lost.
    Mistyped,
}

/// Reports each field that is not among `known`.
pub(super) fn check(entries: &[Entry<'_>], known: &[&str], problems: &mut Problems<'_>) -> Fields {
    let mut verdict = Fields::Sound;
    for entry in entries.iter().filter(|entry| !known.contains(&&*entry.key)) {
        let message = format!("unknown field `{}`", entry.key);
        let hint = match suggest(&entry.key, known.iter().copied()) {
            Some(suggestion) => {
                verdict = Fields::Mistyped;
                suggestion
            }
            None => format!("the fields here are {}", listed(known.iter().copied())),
        };
        problems.add_with_hint(entry.key_span, message, hint);
    }
    verdict
}

/// `` `a`, `b`, `c` ``.
pub(super) fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
