//! Logs: structured, on standard error. A context value is never logged: it can be personal data.

use std::io::IsTerminal as _;
use tracing_subscriber::filter::{ParseError, Targets};
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
    let levels = levels(filter).map_err(|source| LoggingError::Filter { filter: filter.to_owned(), source })?;
    // Colours are for eyes: in a file or a journal they are noise around every word.
    let colours = std::io::stderr().is_terminal();
    let lines = fmt::layer().with_ansi(colours).with_writer(std::io::stderr);
    let lines = match format {
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
        LogFormat::Text => lines.boxed(),
    };
    registry().with(lines).with(levels).try_init().map_err(|_| LoggingError::Twice)
}

/// Reads a filter as people write it: with spaces, and with a comma too many.
fn levels(filter: &str) -> Result<Targets, ParseError> {
    let parts: Vec<&str> = filter.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    parts.join(",").parse()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing::Level;

    #[test]
    fn a_filter_is_read_as_people_write_it() {
        for filter in [
            "info,tidegate::controller=debug",
            " info , tidegate::controller=debug,",
            ",info,,tidegate::controller=debug",
        ] {
            let levels = levels(filter).unwrap();
            assert!(levels.would_enable("tidegate::controller", &Level::DEBUG), "{filter}");
            assert!(levels.would_enable("tidegate::store", &Level::INFO), "{filter}");
            assert!(!levels.would_enable("tidegate::store", &Level::DEBUG), "{filter}");
        }
        assert!(levels("tidegate=loud").is_err());
    }
}
