//! The two servers side by side.

use crate::wrk::Measured;
use std::fmt;

/// All rounds with one number of connections.
pub(crate) struct Comparison {
    connections: u32,
    bare: Vec<Measured>,
    door: Vec<Measured>,
}

impl Comparison {
    pub(crate) fn new(connections: u32) -> Self {
        Self { connections, bare: Vec::new(), door: Vec::new() }
    }

    /// Adds one round of both.
    pub(crate) fn add(&mut self, bare: Measured, door: Measured) {
        self.bare.push(bare);
        self.door.push(door);
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per_second = |runs: &[Measured]| median(runs.iter().map(|run| run.per_second));
        let p99 = |runs: &[Measured]| median(runs.iter().map(|run| run.p99_micros));
        let rounds = self.bare.iter().zip(&self.door);
        let ratio = median(rounds.map(|(bare, door)| door.per_second / bare.per_second));
        writeln!(f, "{} connections, median of {} rounds", self.connections, self.bare.len())?;
        for (name, runs) in [("bare hyper", &self.bare), ("evaluation", &self.door)] {
            writeln!(f, "  {name}  {:>9.0} requests/s   p99 {:>7.0} µs", per_second(runs), p99(runs))?;
        }
        write!(f, "  ratio       {ratio:.3} (goal: 0.8)")
    }
}

/// The middle value; the lower one of two.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}
