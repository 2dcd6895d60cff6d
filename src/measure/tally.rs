//! What outcomes add up to, over a slot of time or over several.

use super::outcome::Outcome;
use crate::analysis::{NoData, Reading};
use crate::rollout::Measure;
use crate::units::UnixMillis;
use sketches_ddsketch::{Config, DDSketch};

/// A quantile is at most this share away from the true one.
const RELATIVE_ERROR: f64 = 0.01;

/// Latencies up to a microsecond count as none.
const SMALLEST_LATENCY_MS: f64 = 0.001;

/// As many bins as it takes from a microsecond to a day at that accuracy, so that a sketch never has
/// to fold its lower bins together. It grows by 128 bins of 8 bytes, only as far as the latencies
/// really spread.
const MOST_BINS: u32 = 1_280;

/// Sums over outcomes. Two of them add up to the tally of all their outcomes.
#[derive(Debug, Default)]
pub(super) struct Tally {
    count: u64,
    errors: u64,
    /// Boxed and only there when an outcome had a latency: most slots of most series are empty.
    latencies: Option<Box<Latencies>>,
    valued: u64,
    value_sum: f64,
}

struct Latencies(DDSketch);

impl Latencies {
    fn new() -> Self {
        Self(DDSketch::new(Config::new(RELATIVE_ERROR, MOST_BINS, SMALLEST_LATENCY_MS)))
    }
}

impl std::fmt::Debug for Latencies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Latencies({})", self.0.count())
    }
}

impl Tally {
    pub(super) fn add(&mut self, outcome: &Outcome) {
        self.count = self.count.saturating_add(1);
        if !outcome.ok {
            self.errors = self.errors.saturating_add(1);
        }
        if let Some(latency) = outcome.latency_ms {
            self.latencies.get_or_insert_with(|| Box::new(Latencies::new())).0.add(latency);
        }
        if let Some(value) = outcome.value {
            self.valued = self.valued.saturating_add(1);
            self.value_sum += value;
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        self.errors = self.errors.saturating_add(other.errors);
        self.valued = self.valued.saturating_add(other.valued);
        self.value_sum += other.value_sum;
        if let Some(latencies) = &other.latencies {
            let merged = self.latencies.get_or_insert_with(|| Box::new(Latencies::new())).0.merge(&latencies.0);
            debug_assert!(merged.is_ok(), "sketches differ in accuracy only when they were made by different code");
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
            Measure::SlowRatio(_) => 0,
            Measure::LatencyP50 | Measure::LatencyP95 | Measure::LatencyP99 => {
                self.latencies.as_ref().map_or(0, |latencies| u64::try_from(latencies.0.count()).unwrap_or(u64::MAX))
            }
            Measure::ValueMean => self.valued,
        }
    }

    fn figure(&self, measure: Measure) -> Option<f64> {
        match measure {
            Measure::ErrorRatio => Some(self.errors as f64 / self.count as f64),
            Measure::SuccessRatio => Some(1.0 - self.errors as f64 / self.count as f64),
            Measure::SlowRatio(_) => None,
            Measure::Count => Some(self.count as f64),
            Measure::Errors => Some(self.errors as f64),
            Measure::LatencyP50 => self.latency(0.50),
            Measure::LatencyP95 => self.latency(0.95),
            Measure::LatencyP99 => self.latency(0.99),
            Measure::ValueMean => Some(self.value_sum / self.valued as f64),
        }
    }

    fn latency(&self, quantile: f64) -> Option<f64> {
        self.latencies.as_ref().and_then(|latencies| latencies.0.quantile(quantile).ok().flatten())
    }

    #[cfg(test)]
    pub(super) fn bins(&self) -> usize {
        self.latencies.as_ref().map_or(0, |latencies| latencies.0.length())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{FlagKey, VariantName};

    fn outcome(ok: bool, latency_ms: Option<f64>, value: Option<f64>) -> Outcome {
        let (flag, variant) = (FlagKey::new("f").unwrap(), VariantName::new("on").unwrap());
        Outcome { flag, variant, ok, latency_ms, value }
    }

    fn value(tally: &Tally, measure: Measure) -> f64 {
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
        let mut whole = Tally::default();
        for chunk in sorted.chunks(333) {
            let mut slot = Tally::default();
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
        let mut tally = Tally::default();
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
            let mut whole = Tally::default();
            for latencies in &slots {
                let mut slot = Tally::default();
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
        let mut tally = Tally::default();
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
        assert_eq!(Tally::default().read(Measure::Count, 5, now), Reading::NoData(NoData::Empty));
    }

    #[test]
    fn a_sum_that_overflows_is_no_data() {
        let mut tally = Tally::default();
        tally.add(&outcome(true, None, Some(f64::MAX)));
        tally.add(&outcome(true, None, Some(f64::MAX)));
        let reading = tally.read(Measure::ValueMean, 0, UnixMillis::new(0));
        assert_eq!(reading, Reading::NoData(NoData::NotFinite("inf".to_owned())));
    }
}
