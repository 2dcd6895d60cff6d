//! The words of the language that no metric may have as its name.

/// Words that may stand where a metric or a reference may.
const RESERVED: [&str; 10] =
    ["alert", "and", "baseline", "burn_rate", "control", "for", "not", "or", "previous", "wave"];

/// Whether conditions mean something by this word, so that no metric can have it as its name.
pub(crate) fn is_reserved(word: &str) -> bool {
    RESERVED.contains(&word)
}
