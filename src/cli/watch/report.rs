//! How what is followed is shown.

use super::super::exit::Failure;
use super::super::history;
use super::super::output::{self, Format};
use super::Watched;
use super::screen::Screen;
use std::collections::VecDeque;
use tidegate::http::api::wire;

/// How many entries of the history a terminal shows.
const SHOWN: usize = 8;

/// Drawn in place on a terminal; elsewhere one line, or one document, per change.
pub(super) enum Report {
    Terminal { screen: Screen, shown: VecDeque<String> },
    Lines { before: Option<Vec<String>> },
    Documents { format: Format, before: Option<Vec<String>> },
}

impl Report {
    pub(super) fn open(format: Format, terminal: bool) -> Result<Self, Failure> {
        match format {
            Format::Table if terminal => Ok(Self::Terminal { screen: Screen::open()?, shown: VecDeque::new() }),
            Format::Table => Ok(Self::Lines { before: None }),
            Format::Json | Format::Yaml => Ok(Self::Documents { format, before: None }),
        }
    }

    /// Shows it as it is now, and what was entered into its history since the last time.
    pub(super) fn show<W: Watched>(&mut self, watched: &W, fresh: &[wire::HistoryEntry]) -> Result<(), Failure> {
        let now = Some(watched.gist());
        match self {
            Self::Terminal { screen, shown } => {
                shown.extend(fresh.iter().map(history::line));
                shown.drain(..shown.len().saturating_sub(SHOWN));
                let detail = watched.detail();
                let lines = detail.lines().map(str::to_owned).chain([String::new()]).chain(shown.iter().cloned());
                screen.draw(&lines.collect::<Vec<_>>())?;
            }
            Self::Lines { before } => {
                // What happened before somebody watched is for `history`.
                if before.is_some() {
                    fresh.iter().try_for_each(|entry| output::line(&history::line(entry)))?;
                }
                if *before != now {
                    output::line(&watched.line())?;
                    *before = now;
                }
            }
            Self::Documents { format, before } => {
                if *before != now {
                    document(*format, watched)?;
                    *before = now;
                }
            }
        }
        Ok(())
    }
}

/// JSON on one line each, YAML with its separator: so that a reader finds the end of each.
fn document<W: Watched>(format: Format, watched: &W) -> Result<(), Failure> {
    match format {
        Format::Yaml => {
            output::line("---")?;
            output::print(format, watched, W::line)
        }
        Format::Json | Format::Table => {
            let json = serde_json::to_string(watched).map_err(|error| Failure::error(error.to_string()))?;
            output::line(&json)
        }
    }
}
