//! Latencies in bins that are as wide as the latency allows.

/// The natural logarithm of the ratio of a bin's edges: 1.01 by 0.99, so that its middle is at most 1 % away from
/// everything in it.
const LN_RATIO: f64 = 0.020_000_666_706_669_435;

/// Latencies up to a microsecond count as none.
const SMALLEST_MS: f64 = 0.001;

/// The first bin over [`SMALLEST_MS`] ends at the ratio's power of this.
const FIRST_POWER: i32 = -345;

/// Bin 0 is for no latency at all, the last one reaches beyond a day.
const BINS: usize = 1_261;

/// Bins are added so many at a time.
const STEP: usize = 32;

/// Which bin a latency falls into. Two latencies of one bin are told apart by nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bin(u16);

impl Bin {
    /// The bin of a latency in milliseconds.
    pub(super) fn of(latency_ms: f64) -> Self {
        if latency_ms <= SMALLEST_MS {
            return Self(0);
        }
        Self::at_power((latency_ms.ln() / LN_RATIO).ceil())
    }

    /// The last bin that lies under a bound: what is in a higher one is over it. The bound is moved to the edge
    /// that is nearest, which is at most 1.01 % away.
    pub(super) fn under(bound_ms: f64) -> Self {
        if bound_ms <= SMALLEST_MS {
            return Self(0);
        }
        Self::at_power((bound_ms.ln() / LN_RATIO).round())
    }

    /// The bin whose upper edge is that power of the ratio.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the bins that there are")]
    fn at_power(power: f64) -> Self {
        let number = power - f64::from(FIRST_POWER) + 1.0;
        Self(number.clamp(1.0, (BINS as f64) - 1.0) as u16)
    }

    /// A number by which bins are ordered: 0 to 1,260.
    pub(super) const fn number(self) -> u16 {
        self.0
    }

    /// What stands for all that is in it, in milliseconds.
    pub(super) fn middle(self) -> f64 {
        match self.0 {
            0 => 0.0,
            // As far over the lower edge as under the upper one, each by the latency there.
            _ => self.lower_edge() * 1.01,
        }
    }

    /// Everything in it is over this, in milliseconds.
    pub(super) fn lower_edge(self) -> f64 {
        match self.0 {
            0 => 0.0,
            number => power(i32::from(number).saturating_add(FIRST_POWER).saturating_sub(2)),
        }
    }

    /// Nothing in it is over this, in milliseconds.
    pub(super) fn upper_edge(self) -> f64 {
        match self.0 {
            0 => SMALLEST_MS,
            number => power(i32::from(number).saturating_add(FIRST_POWER).saturating_sub(1)),
        }
    }
}

fn power(of: i32) -> f64 {
    (f64::from(of) * LN_RATIO).exp()
}

/// The number that a bin holds.
pub(super) trait Count: Copy + Default {
    /// One or more of it added; stays at the largest number there is.
    fn plus(self, more: u64) -> Self;
    /// As a number of any size.
    fn get(self) -> u64;
}

/// In a slot, where four bytes are always enough and most of the memory goes.
impl Count for u32 {
    fn plus(self, more: u64) -> Self {
        self.saturating_add(Self::try_from(more).unwrap_or(Self::MAX))
    }

    fn get(self) -> u64 {
        u64::from(self)
    }
}

/// In what slots add up to.
impl Count for u64 {
    fn plus(self, more: u64) -> Self {
        self.saturating_add(more)
    }

    fn get(self) -> u64 {
        self
    }
}

/// How many latencies fell into which bin: the histogram of Masson, Rim and Lee, "DDSketch" (VLDB 2019), for a
/// range that is known, so that bins never have to be folded together. It grows only as far as the latencies
/// really spread.
#[derive(Debug, Default)]
pub(super) struct Latencies<C> {
    /// The bin of the first count, a multiple of [`STEP`].
    first: usize,
    counts: Vec<C>,
}

impl<C: Count> Latencies<C> {
    pub(super) fn add(&mut self, bin: Bin, times: u64) {
        self.add_many(usize::from(bin.0), times);
    }

    pub(super) fn merge<D: Count>(&mut self, other: &Latencies<D>) {
        for (number, count) in (other.first..).zip(&other.counts) {
            if count.get() > 0 {
                self.add_many(number, count.get());
            }
        }
    }

    fn add_many(&mut self, number: usize, more: u64) {
        if number < self.first || self.counts.is_empty() {
            self.grow_down(number);
        }
        let place = number.saturating_sub(self.first);
        if place >= self.counts.len() {
            let wanted = place.saturating_add(1).next_multiple_of(STEP);
            self.counts.reserve_exact(wanted.saturating_sub(self.counts.len()));
            self.counts.resize(wanted, C::default());
        }
        if let Some(count) = self.counts.get_mut(place) {
            *count = count.plus(more);
        }
    }

    fn grow_down(&mut self, number: usize) {
        let first = number.saturating_sub(number % STEP);
        if !self.counts.is_empty() {
            let missing = self.first.saturating_sub(first);
            self.counts.splice(0..0, std::iter::repeat_n(C::default(), missing));
        }
        self.first = first;
    }

    /// How many there are.
    pub(super) fn total(&self) -> u64 {
        self.counts.iter().fold(0, |total, count| total.saturating_add(count.get()))
    }

    /// How many are in higher bins than this one.
    pub(super) fn over(&self, bin: Bin) -> u64 {
        let counts = (self.first..).zip(&self.counts).filter(|(number, _)| *number > usize::from(bin.0));
        counts.fold(0, |total, (_, count)| total.saturating_add(count.get()))
    }

    /// The bin of the latency before which `rank` others come; `None` when there are no more than that.
    pub(super) fn at_rank(&self, rank: u64) -> Option<Bin> {
        let mut before = 0_u64;
        for (number, count) in (self.first..).zip(&self.counts) {
            before = before.saturating_add(count.get());
            if before > rank {
                return u16::try_from(number).ok().map(Bin);
            }
        }
        None
    }

    #[cfg(test)]
    pub(super) fn bins(&self) -> usize {
        self.counts.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_latency_lies_between_the_edges_of_its_bin_and_within_one_percent_of_its_middle() {
        let mut latency = SMALLEST_MS * 1.000_1;
        while latency <= 86_400_000.0 {
            let bin = Bin::of(latency);
            let slack = 1.0 + 1e-9;
            assert!(bin.lower_edge() <= latency * slack && latency <= bin.upper_edge() * slack, "{latency}: {bin:?}");
            assert!((bin.middle() - latency).abs() <= latency * 0.01 * slack, "{latency}: {}", bin.middle());
            latency *= 1.003;
        }
        assert_eq!(Bin::of(0.0), Bin::of(SMALLEST_MS));
        assert_eq!(usize::from(Bin::of(86_400_000.0).0), BINS - 1);
        assert!(Bin::of(86_400_000.0 / 1.03) < Bin::of(86_400_000.0), "a day does not stick to the end");
    }

    #[test]
    fn a_bound_is_moved_by_one_percent_at_most() {
        for bound in [0.5, 1.0, 7.3, 100.0, 500.0, 12_345.6] {
            let under = Bin::under(bound);
            assert!(Bin::of(bound * 1.010_2) > under, "{bound}");
            assert!(Bin::of(bound / 1.010_2) <= under, "{bound}");
        }
    }

    #[test]
    fn what_comes_in_any_order_is_found_by_its_rank() {
        let mut latencies = Latencies::<u32>::default();
        let mut merged = Latencies::<u64>::default();
        for latency in [500.0, 20.0, 86_400_000.0, 0.0, 21.0] {
            latencies.add(Bin::of(latency), 1);
        }
        merged.merge(&latencies);
        merged.merge(&latencies);
        assert_eq!((merged.total(), merged.over(Bin::under(100.0))), (10, 4));
        for (rank, latency) in [(0, 0.0), (1, 0.0), (2, 20.0), (5, 21.0), (7, 500.0), (9, 86_400_000.0)] {
            assert_eq!(merged.at_rank(rank), Some(Bin::of(latency)), "{rank}");
        }
        assert_eq!(merged.at_rank(10), None);
        assert!(merged.bins() <= 1_280, "{}", merged.bins());
    }
}
