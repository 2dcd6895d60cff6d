//! When failures in a row become an alert, and when that ends.

use std::num::NonZeroU32;

/// What a look changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Nothing: it does not fire.
    Quiet,
    /// It begins to fire.
    Begins,
    /// It goes on firing.
    GoesOn,
    /// It ends.
    Ends,
}

/// Looks in a row that ended alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Streak {
    failures: NonZeroU32,
    successes: NonZeroU32,
    alike: u32,
    good: bool,
    fires: bool,
}

impl Streak {
    /// Nothing was seen yet, and it does not fire.
    #[must_use]
    pub const fn new(failures: NonZeroU32, successes: NonZeroU32) -> Self {
        Self { failures, successes, alike: 0, good: true, fires: false }
    }

    /// Whether it fires.
    #[must_use]
    pub const fn fires(&self) -> bool {
        self.fires
    }

    /// How many looks in a row ended as the last one did.
    #[must_use]
    pub const fn alike(&self) -> u32 {
        self.alike
    }

    /// Takes what a look saw.
    pub fn saw(&mut self, good: bool) -> Turn {
        self.alike = if good == self.good { self.alike.saturating_add(1) } else { 1 };
        self.good = good;
        match (self.fires, good) {
            (false, false) if self.alike >= self.failures.get() => {
                self.fires = true;
                Turn::Begins
            }
            (true, true) if self.alike >= self.successes.get() => {
                self.fires = false;
                Turn::Ends
            }
            (false, _) => Turn::Quiet,
            (true, _) => Turn::GoesOn,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_in_a_row_fire_and_successes_in_a_row_end_it() {
        let number = |number| NonZeroU32::new(number).unwrap();
        let mut streak = Streak::new(number(3), number(2));
        let looks = [false, false, true, false, false, false, false, true, false, true, true, true];
        use Turn::{Begins, Ends, GoesOn, Quiet};
        let turns = [Quiet, Quiet, Quiet, Quiet, Quiet, Begins, GoesOn, GoesOn, GoesOn, GoesOn, Ends, Quiet];
        assert_eq!(looks.map(|look| streak.saw(look)), turns);
    }
}
