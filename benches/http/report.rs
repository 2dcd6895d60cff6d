//! The two servers side by side, and what is aimed at.

use crate::memory::Resident;
use crate::wrk::Asked;

/// One run against one server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) asked: Asked,
    /// Processor time of the server.
    pub(crate) busy_micros_per_request: f64,
}

/// What is aimed at, as ratios to bare hyper.
pub(crate) struct Goals {
    pub(crate) throughput: f64,
    pub(crate) p99: f64,
    pub(crate) busy: Busy,
}

/// How much processor time an answer may take.
pub(crate) enum Busy {
    Ratio(f64),
    Micros(f64),
}

/// All rounds of one question with one number of connections.
pub(crate) struct Comparison {
    name: String,
    goals: Goals,
    bare: Vec<Measured>,
    door: Vec<Measured>,
}

impl Comparison {
    pub(crate) fn new(name: String, goals: Goals) -> Self {
        Self { name, goals, bare: Vec::new(), door: Vec::new() }
    }

    /// Adds one round of both.
    pub(crate) fn add(&mut self, bare: Measured, door: Measured) {
        self.bare.push(bare);
        self.door.push(door);
    }

    fn print(&self) {
        let of = |runs: &[Measured], pick: fn(&Measured) -> f64| median(runs.iter().map(pick));
        let row = |what: &str, pick: fn(&Measured) -> f64, goal: String| {
            let ratio = median(self.bare.iter().zip(&self.door).map(|(bare, door)| pick(door) / pick(bare)));
            let (bare, door) = (of(&self.bare, pick), of(&self.door, pick));
            println!("{:<12} {what:<16} {bare:>12.1} {door:>12.1} {ratio:>8.3}   {goal}", self.name);
        };
        let Goals { throughput, p99, busy } = &self.goals;
        row("requests/s", |run| run.asked.per_second, format!("ratio at least {throughput}"));
        row("p99 us", |run| run.asked.p99_micros, format!("ratio at most {p99}"));
        let busy = match busy {
            Busy::Ratio(ratio) => format!("ratio at most {ratio}"),
            Busy::Micros(micros) => format!("at most {micros} us"),
        };
        row("busy us/request", |run| run.busy_micros_per_request, busy);
    }
}

/// Prints everything as one table.
pub(crate) fn print(comparisons: &[Comparison], resident: &Resident) {
    println!("{:<12} {:<16} {:>12} {:>12} {:>8}   goal", "", "", "bare hyper", "tidegate", "ratio");
    comparisons.iter().for_each(Comparison::print);
    for (when, mib) in [("at rest", resident.at_rest), ("after asking", resident.asked)] {
        println!("{:<12} {:<16} {:>12} {mib:>12.1} {:>8}   at most 8 MiB", "resident MiB", when, "", "");
    }
}

/// The middle value; the lower one of two.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}
