//! The committed figures, and how far a count may be above its own.

use gungraun::{Callgrind, EventKind, LibraryBenchmarkConfig};

const FIGURES: &str = include_str!("figures.tsv");

/// A count fails when it is more than a tenth above its committed figure. Without a figure it always fails:
/// `update` writes one.
#[must_use]
pub fn limited(name: &str) -> LibraryBenchmarkConfig {
    let most = figure(name).saturating_add(figure(name) / 10);
    let mut callgrind = Callgrind::with_args(["--cache-sim=no"]);
    callgrind.hard_limits([(EventKind::Ir, most)]);
    LibraryBenchmarkConfig::default().tool(callgrind).clone()
}

fn figure(name: &str) -> u64 {
    let figures = FIGURES.lines().filter_map(|line| line.split_once('\t'));
    figures.filter(|(of, _)| *of == name).find_map(|(_, figure)| figure.parse().ok()).unwrap_or(0)
}
