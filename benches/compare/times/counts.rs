//! Memory, counted by a program of its own with an allocator that counts.

use std::process::Command;

/// One engine's figures.
pub(crate) struct Counts {
    pub(crate) name: String,
    pub(crate) bytes_per_flag: f64,
    /// Per answer of A, per answer of B, for all flags.
    pub(crate) allocations: [f64; 3],
    /// Bytes of 10,000 flags as text, at the peak of loading them, and loaded.
    pub(crate) many: [f64; 3],
}

pub(crate) fn counts() -> Vec<Counts> {
    let output = Command::new(env!("CARGO_BIN_EXE_tidegate-compare-counts")).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(read).collect()
}

fn read(line: &str) -> Counts {
    let mut fields = line.split('\t');
    let name = fields.next().expect("a name").to_owned();
    let numbers: Vec<f64> = fields.map(|field| field.parse().expect("a number")).collect();
    let [bytes_per_flag, a, b, all, input, peak, loaded] = numbers[..] else { panic!("{line}") };
    Counts { name, bytes_per_flag, allocations: [a, b, all], many: [input, peak, loaded] }
}
