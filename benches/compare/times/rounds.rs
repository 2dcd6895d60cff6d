//! Turns: in each round every lane runs once, so briefly that a turn is seldom interrupted.

use std::time::{Duration, Instant};

const TURN: Duration = Duration::from_micros(300);

/// One thing to be timed beside others.
pub(crate) struct Lane<'a> {
    /// How many answers a call gives.
    answers: usize,
    ask: Box<dyn FnMut() + 'a>,
    calls: usize,
    nanoseconds: Vec<f64>,
}

impl<'a> Lane<'a> {
    pub(crate) fn new(answers: usize, ask: impl FnMut() + 'a) -> Self {
        Self { answers, ask: Box::new(ask), calls: 1, nanoseconds: Vec::new() }
    }

    /// Warms up and finds how many calls fill a turn.
    fn prepare(&mut self) {
        (self.ask)();
        loop {
            let taken = self.run();
            if taken >= TURN {
                return;
            }
            self.calls *= 2;
        }
    }

    fn run(&mut self) -> Duration {
        let begin = Instant::now();
        for _ in 0..self.calls {
            (self.ask)();
        }
        begin.elapsed()
    }

    /// The first call is not timed: it brings into the caches what the lanes before pushed out.
    fn turn(&mut self) {
        (self.ask)();
        let taken = self.run();
        self.nanoseconds.push(taken.as_secs_f64() * 1e9 / (self.calls * self.answers) as f64);
    }
}

/// Nanoseconds per answer of each lane.
pub(crate) fn medians(rounds: usize, mut lanes: Vec<Lane<'_>>) -> Vec<f64> {
    lanes.iter_mut().for_each(Lane::prepare);
    for _ in 0..rounds {
        lanes.iter_mut().for_each(Lane::turn);
    }
    lanes.iter_mut().map(|lane| median(&mut lane.nanoseconds)).collect()
}

/// The middle one.
pub(crate) fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
