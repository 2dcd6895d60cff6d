//! Reading many flags.

use crate::counts::Counts;
use crate::rounds::median;
use crate::table::{Cell, Table};
use std::hint::black_box;
use std::time::Instant;
use tidegate_compare::peers::{Loader, loaders};

const FLAGS: usize = 10_000;
const ROUNDS: usize = 5;

pub(crate) fn print(counts: &[Counts]) {
    let mut table = Table::new(&["", "ms", "text KiB", "peak KiB", "result KiB", "peak / (text + result)"]);
    for (loader, counts) in loaders().iter().zip(counts) {
        let [input, peak, result] = counts.many;
        table.row(vec![
            Cell::Text(loader.name.into()),
            Cell::Figure(milliseconds(loader)),
            Cell::Figure(input / 1024.0),
            Cell::Figure(peak / 1024.0),
            Cell::Figure(result / 1024.0),
            Cell::Ratio(peak / (input + result)),
        ]);
    }
    println!("Loading 10,000 flags, each engine from a text of its own format. The peak is what is allocated");
    println!("beside the text; a block that grows is counted twice while it does.\n");
    table.print();
}

fn milliseconds(loader: &Loader<'_>) -> f64 {
    let document = (loader.document)(FLAGS);
    let mut times = [0.0; ROUNDS].map(|_| {
        let begin = Instant::now();
        let peer = black_box((loader.load)(black_box(&document)));
        let taken = begin.elapsed();
        drop(peer);
        taken.as_secs_f64() * 1e3
    });
    median(&mut times)
}
