//! The two servers side by side.

use crate::wrk::Asked;
use std::fmt;

/// One run against one server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) asked: Asked,
    /// Processor time of the server.
    pub(crate) busy_micros_per_request: f64,
}

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
        let of = |runs: &[Measured], pick: fn(&Measured) -> f64| median(runs.iter().map(pick));
        writeln!(f, "{} connections, median of {} rounds", self.connections, self.bare.len())?;
        for (name, runs) in [("bare hyper", &self.bare), ("evaluation", &self.door)] {
            writeln!(
                f,
                "  {name}  {:>9.0} requests/s   p99 {:>7.0} µs   server busy {:>6.2} µs per request",
                of(runs, |run| run.asked.per_second),
                of(runs, |run| run.asked.p99_micros),
                of(runs, |run| run.busy_micros_per_request),
            )?;
        }
        let rounds = || self.bare.iter().zip(&self.door);
        let ratio = median(rounds().map(|(bare, door)| door.asked.per_second / bare.asked.per_second));
        let work = median(rounds().map(|(bare, door)| bare.busy_micros_per_request / door.busy_micros_per_request));
        writeln!(f, "  throughput  {ratio:.3} of bare hyper (goal: 0.8)")?;
        write!(f, "  work        {work:.3} (bare hyper's processor time over ours; steadier on a busy machine)")
    }
}

/// The middle value; the lower one of two.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}
