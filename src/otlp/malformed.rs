//! Bodies that are not what they say.

/// Why a body cannot be read. No text in it repeats what the body says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// It ends in the middle of something.
    #[error("the body ends in the middle of {0}")]
    Cut(&'static str),
    /// What stands there cannot stand there.
    #[error("{0}")]
    Wrong(&'static str),
    /// Not JSON, or not what the field must be.
    #[error("the body is not OTLP's JSON: {why} (byte {at})")]
    Json {
        /// What is wrong.
        why: String,
        /// Where, from 0.
        at: usize,
    },
    /// More than is read of one request.
    #[error("the body has over {most} {of}: send them in several requests")]
    TooMany {
        /// What there is too much of.
        of: &'static str,
        /// How many may be.
        most: usize,
    },
}
