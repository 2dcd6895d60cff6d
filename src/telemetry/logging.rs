//! Logs: structured, on standard error. A context value is never logged: it can be personal data.

use std::io::IsTerminal as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt, registry};

/// How a log line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object per line, for machines.
    Json,
    /// A line of text, for people.
    Text,
}

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    /// The filter is not one.
    #[error(
        "the log filter `{filter}` cannot be read: {source}; write a level such as `info`, or `info,tidegate=debug`"
    )]
    Filter {
        /// As it was given.
        filter: String,
        /// What is wrong with it.
        source: tracing_subscriber::filter::ParseError,
    },
    /// It was set up before in this process.
    #[error("logging is set up already")]
    Twice,
}

/// Sends the process's logs to standard error. `filter` is a level (`info`) or a list of levels per
/// module (`info,tidegate::controller=debug`).
///
/// # Errors
/// When the filter cannot be read, or logging was set up before.
pub fn init_logging(format: LogFormat, filter: &str) -> Result<(), LoggingError> {
    let levels: Targets =
        filter.parse().map_err(|source| LoggingError::Filter { filter: filter.to_owned(), source })?;
    // Colours are for eyes: in a file or a journal they are noise around every word.
    let colours = std::io::stderr().is_terminal();
    let lines = fmt::layer().with_ansi(colours).with_writer(std::io::stderr);
    let lines = match format {
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
        LogFormat::Text => lines.boxed(),
    };
    registry().with(lines).with(levels).try_init().map_err(|_| LoggingError::Twice)
}
