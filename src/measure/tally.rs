//! What outcomes add up to, over a slot of time or over several.

use super::latencies::{Bin, Count, Latencies};
use super::outcome::Noted;
use super::values::Values;
use crate::analysis::{NoData, Reading, Sums};
use crate::rollout::Measure;
use crate::units::UnixMillis;

/// Sums over outcomes. Those of several slots add up to those of all their outcomes. `C` is what counts latencies:
/// `u32` in a slot, `u64` in what slots add up to.
#[derive(Debug)]
pub(super) struct Tally<C> {
    count: u64,
    errors: u64,
    /// How many came with a user.
    keyed: u64,
    /// Boxed and only there when an outcome had a latency: most slots of most series are empty.
    latencies: Option<Box<Latencies<C>>>,
    /// Only there when an outcome had a value.
    values: Option<Box<Values>>,
}

impl<C> Tally<C> {
    /// Of nothing yet.
    pub(super) const fn new() -> Self {
        Self { count: 0, errors: 0, keyed: 0, latencies: None, values: None }
    }
}

impl<C: Count> Tally<C> {
    pub(super) fn add(&mut self, noted: &Noted) {
        let times = u64::from(noted.times);
        self.count = self.count.saturating_add(times);
        self.errors = self.errors.saturating_add(if noted.ok { 0 } else { times });
        self.keyed = self.keyed.saturating_add(if noted.user.is_some() { times } else { 0 });
        if let Some(latency) = noted.latency {
            self.latencies.get_or_insert_default().add(latency, times);
        }
        if let Some(value) = noted.value {
            self.values.get_or_insert_default().add(value, noted.user);
        }
    }

    pub(super) fn merge<D: Count>(&mut self, other: &Tally<D>) {
        self.count = self.count.saturating_add(other.count);
        self.errors = self.errors.saturating_add(other.errors);
        self.keyed = self.keyed.saturating_add(other.keyed);
        if let Some(latencies) = &other.latencies {
            self.latencies.get_or_insert_default().merge(latencies);
        }
        if let Some(values) = &other.values {
            self.values.get_or_insert_default().merge(values);
        }
    }

    /// The figure, unless it rests on fewer than `min_samples` outcomes. Outcomes that do not have
    /// what is measured (a latency, a value) are no samples of it.
    pub(super) fn read(&self, measure: Measure, min_samples: u64, now: UnixMillis) -> Reading {
        let samples = self.samples(measure);
        if samples == 0 {
            return Reading::NoData(NoData::Empty);
        }
        if samples < min_samples {
            return Reading::NoData(NoData::TooFew { have: samples, need: min_samples });
        }
        match self.figure(measure) {
            Some(value) if value.is_finite() => Reading::Value { value, samples: Some(samples), at: now },
            Some(value) => Reading::NoData(NoData::NotFinite(value.to_string())),
            None => Reading::NoData(NoData::Empty),
        }
    }

    fn samples(&self, measure: Measure) -> u64 {
        match measure {
            Measure::ErrorRatio | Measure::SuccessRatio | Measure::Count | Measure::Errors => self.count,
            Measure::SlowRatio(_) | Measure::LatencyP50 | Measure::LatencyP95 | Measure::LatencyP99 => self.timed(),
            Measure::ValueMean => self.values.as_ref().map_or(0, |values| values.count()),
        }
    }

    fn figure(&self, measure: Measure) -> Option<f64> {
        match measure {
            Measure::ErrorRatio => Some(self.errors as f64 / self.count as f64),
            Measure::SuccessRatio => Some(1.0 - self.errors as f64 / self.count as f64),
            Measure::SlowRatio(bound) => Some(self.slow(under(bound)) as f64 / self.timed() as f64),
            Measure::Count => Some(self.count as f64),
            Measure::Errors => Some(self.errors as f64),
            Measure::LatencyP50 => self.quantile(0.50),
            Measure::LatencyP95 => self.quantile(0.95),
            Measure::LatencyP99 => self.quantile(0.99),
            Measure::ValueMean => self.values.as_ref().and_then(|values| values.mean()),
        }
    }

    /// Within 1 % of the latency that has this share of the others before it.
    fn quantile(&self, share: f64) -> Option<f64> {
        let latencies = self.latencies.as_ref()?;
        let last = latencies.total().checked_sub(1)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a number of latencies")]
        let rank = (share * last as f64) as u64;
        latencies.at_rank(rank).map(Bin::middle)
    }

    /// How many outcomes.
    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    /// How many of them failed.
    pub(super) const fn errors(&self) -> u64 {
        self.errors
    }

    /// How many had a latency.
    pub(super) fn timed(&self) -> u64 {
        self.latencies.as_ref().map_or(0, |latencies| latencies.total())
    }

    /// How many took longer than this.
    pub(super) fn slow(&self, under: Bin) -> u64 {
        self.latencies.as_ref().map_or(0, |latencies| latencies.over(under))
    }

    /// How many came with a user.
    pub(super) const fn keyed(&self) -> u64 {
        self.keyed
    }

    /// Whether users can be counted.
    pub(super) const fn tells_users(&self) -> bool {
        nearly_all(self.keyed, self.count)
    }

    pub(super) fn latencies(&self) -> Option<&Latencies<C>> {
        self.latencies.as_deref()
    }

    pub(super) fn sums(&self) -> Result<Sums, NoData> {
        self.values.as_ref().map_or(Err(NoData::Empty), |values| values.sums())
    }

    #[cfg(test)]
    pub(super) fn bins(&self) -> usize {
        self.latencies.as_ref().map_or(0, |latencies| latencies.bins())
    }
}

/// Whether at least 99 % of what was posted came with a user. Where nothing was posted there is nothing against it.
pub(super) const fn nearly_all(keyed: u64, count: u64) -> bool {
    keyed.saturating_mul(100) >= count.saturating_mul(99)
}

/// The last bin that is not slow, for a bound in microseconds.
pub(super) fn under(bound_micros: u64) -> Bin {
    Bin::under(bound_micros as f64 / 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RELATIVE_ERROR: f64 = 0.01;
    const SMALLEST_LATENCY_MS: f64 = 0.001;

    fn outcome(ok: bool, latency_ms: Option<f64>, value: Option<f64>) -> Noted {
        Noted { user: None, ok, latency: latency_ms.map(Bin::of), value, times: 1 }
    }

    fn value<C: Count>(tally: &Tally<C>, measure: Measure) -> f64 {
        match tally.read(measure, 0, UnixMillis::new(0)) {
            Reading::Value { value, .. } => value,
            Reading::NoData(why) => panic!("{measure:?}: {why}"),
        }
    }

    /// Latencies that look like a service's: most around 40 ms, a long tail.
    fn latencies(count: u32) -> Vec<f64> {
        (0..count)
            .map(|i| 40.0 + f64::from(i % 97) + if i % 50 == 0 { f64::from(i % 1_000) * 9.0 } else { 0.0 })
            .collect()
    }

    #[test]
    fn quantiles_are_within_one_percent_also_after_merging_many_slots() {
        let mut sorted = latencies(20_000);
        let mut whole = Tally::<u64>::new();
        for chunk in sorted.chunks(333) {
            let mut slot = Tally::<u32>::new();
            chunk.iter().for_each(|latency| slot.add(&outcome(true, Some(*latency), None)));
            whole.merge(&slot);
        }
        sorted.sort_by(f64::total_cmp);
        for (measure, rank) in
            [(Measure::LatencyP50, 9_999), (Measure::LatencyP95, 18_999), (Measure::LatencyP99, 19_799)]
        {
            let (exact, sketched) = (sorted[rank], value(&whole, measure));
            assert!((sketched - exact).abs() <= exact * RELATIVE_ERROR, "{measure:?}: {sketched} for {exact}");
        }
    }

    #[test]
    fn from_a_microsecond_to_a_day_nothing_is_folded_together() {
        let mut tally = Tally::<u32>::new();
        let extremes = [0.0, 0.001_1, 1.0, 30_000.0, 86_400_000.0];
        extremes.iter().for_each(|latency| tally.add(&outcome(true, Some(*latency), None)));
        let median = value(&tally, Measure::LatencyP50);
        assert!((median - 1.0).abs() <= 1.000_001 * RELATIVE_ERROR, "{median}");
        assert!(tally.bins() <= 1_280, "{}", tally.bins());
    }

    proptest::proptest! {
        #[test]
        fn any_latencies_in_any_slots_give_quantiles_within_one_percent(
            slots in proptest::collection::vec(proptest::collection::vec(-4.0..7.9_f64, 1..40), 1..8),
        ) {
            let slots: Vec<Vec<f64>> = slots.iter().map(|slot| slot.iter().map(|power| 10_f64.powf(*power)).collect()).collect();
            let mut whole = Tally::<u64>::new();
            for latencies in &slots {
                let mut slot = Tally::<u32>::new();
                latencies.iter().for_each(|latency| slot.add(&outcome(true, Some(*latency), None)));
                whole.merge(&slot);
            }
            let mut sorted = slots.concat();
            sorted.sort_by(f64::total_cmp);
            for (measure, percent) in [(Measure::LatencyP50, 50), (Measure::LatencyP95, 95), (Measure::LatencyP99, 99)] {
                let (exact, sketched) = (sorted[(sorted.len() - 1) * percent / 100], value(&whole, measure));
                let error = (exact * 1.000_001 * RELATIVE_ERROR).max(SMALLEST_LATENCY_MS);
                assert!((sketched - exact).abs() <= error, "{measure:?}: {sketched} for {exact}");
            }
            proptest::prop_assert!(whole.bins() <= 1_280);
        }
    }

    #[test]
    fn a_measure_counts_only_the_outcomes_that_have_it() {
        let mut tally = Tally::<u32>::new();
        tally.add(&outcome(true, None, Some(2.0)));
        tally.add(&outcome(false, Some(80.0), None));
        tally.add(&outcome(true, None, Some(5.0)));
        tally.add(&outcome(true, None, None));
        assert_eq!(value(&tally, Measure::Count), 4.0);
        assert_eq!(value(&tally, Measure::Errors), 1.0);
        assert_eq!(value(&tally, Measure::ErrorRatio), 0.25);
        assert_eq!(value(&tally, Measure::ValueMean), 3.5);
        let now = UnixMillis::new(0);
        let too_few = |have, need| Reading::NoData(NoData::TooFew { have, need });
        assert_eq!(tally.read(Measure::LatencyP95, 2, now), too_few(1, 2));
        assert_eq!(tally.read(Measure::ValueMean, 3, now), too_few(2, 3));
        assert_eq!(Tally::<u32>::new().read(Measure::Count, 5, now), Reading::NoData(NoData::Empty));
    }

    #[test]
    fn what_took_longer_than_the_bound_is_slow_by_those_that_took_any_time() {
        let mut tally = Tally::<u32>::new();
        [100.0, 480.0, 520.0, 9_000.0].iter().for_each(|latency| tally.add(&outcome(true, Some(*latency), None)));
        tally.add(&outcome(false, None, None));
        assert_eq!(value(&tally, Measure::SlowRatio(500_000)), 0.5);
        assert_eq!(value(&tally, Measure::SlowRatio(50_000)), 1.0);
        assert_eq!(value(&tally, Measure::SlowRatio(86_400_000_000)), 0.0);
        let reading = tally.read(Measure::SlowRatio(500_000), 5, UnixMillis::new(0));
        assert_eq!(reading, Reading::NoData(NoData::TooFew { have: 4, need: 5 }));
        assert_eq!(value(&tally, Measure::SuccessRatio), 0.8);
    }

    #[test]
    fn a_sum_that_overflows_is_no_data() {
        let mut tally = Tally::<u32>::new();
        tally.add(&outcome(true, None, Some(f64::MAX)));
        tally.add(&outcome(true, None, Some(f64::MAX)));
        let reading = tally.read(Measure::ValueMean, 0, UnixMillis::new(0));
        assert_eq!(reading, Reading::NoData(NoData::NotFinite("inf".to_owned())));
    }
}
