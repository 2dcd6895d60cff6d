//! What is printed, and how.

use super::exit::Failure;
use clap::ValueEnum;
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;
use std::io::{self, Write as _};
use tidegate::http::api::wire;

/// How an answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Table,
    /// As the API answers it
    Json,
    /// The same in YAML
    Yaml,
}

/// Prints an answer: as a table by `table`, or as it is.
pub(crate) fn print<T: Serialize>(format: Format, answer: &T, table: impl FnOnce(&T) -> String) -> Result<(), Failure> {
    let text = match format {
        Format::Table => table(answer),
        Format::Json => serde_json::to_string_pretty(answer)
            .map_err(|error| Failure::error(format!("cannot write the answer as JSON: {error}")))?,
        Format::Yaml => serde_saphyr::to_string(answer)
            .map_err(|error| Failure::error(format!("cannot write the answer as YAML: {error}")))?,
    };
    line(text.trim_end())
}

/// Prints one line, or several in one text.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{text}").and_then(|()| stdout.flush()).map_err(Failure::from)
}

/// A table without lines, as wide as its content or, on a terminal, as the terminal.
pub(crate) fn columns(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.set_header(header.to_vec()).add_rows(rows);
    plain(table)
}

/// Names and values below each other.
pub(crate) fn fields(rows: impl IntoIterator<Item = (&'static str, String)>) -> String {
    let mut table = Table::new();
    table.add_rows(rows.into_iter().map(|(name, value)| vec![format!("{name}:"), value]));
    plain(table)
}

fn plain(mut table: Table) -> String {
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.trim_fmt()
}

/// A value that may be absent.
pub(crate) fn or_dash(value: Option<&str>) -> String {
    value.filter(|value| !value.is_empty()).unwrap_or("-").to_owned()
}

/// A wave's place and name, such as `1/3 some`.
pub(crate) fn wave(wave: Option<&wire::Wave>) -> String {
    wave.map_or_else(|| "-".to_owned(), |wave| format!("{}/{} {}", wave.index, wave.count, wave.name))
}

/// Where a plan came from.
pub(crate) fn origin(origin: &wire::Origin) -> String {
    match origin {
        wire::Origin::Api => "applied over the API".to_owned(),
        wire::Origin::File(file) => format!("from {file}"),
    }
}
