//! The committed figures, and how far a count may be above its own.

use gungraun::{Callgrind, EventKind, LibraryBenchmarkConfig};

const FIGURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/figures.tsv");

/// A count fails when it is more than a tenth above its committed figure. Without a figure it always fails:
/// `update` writes one.
#[must_use]
pub fn limited(name: &str) -> LibraryBenchmarkConfig {
    let most = figure(name).saturating_add(figure(name) / 10);
    let mut callgrind = Callgrind::with_args(["--cache-sim=no"]);
    callgrind.hard_limits([(EventKind::Ir, most)]);
    LibraryBenchmarkConfig::default().tool(callgrind).clone()
}

/// Read when it is needed, not built in: new figures are no reason to compile.
fn figure(name: &str) -> u64 {
    let text = std::fs::read_to_string(FIGURES).unwrap_or_default();
    let mut figures = text.lines().filter_map(|line| line.split_once('\t'));
    figures.find(|(of, _)| *of == name).and_then(|(_, figure)| figure.parse().ok()).unwrap_or(0)
}
