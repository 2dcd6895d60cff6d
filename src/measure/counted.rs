//! Outcomes of which there are many of the same, as metrics tell of them.

use super::outcome::Outcome;
use super::outcomes::{Outcomes, Recorded};
use crate::units::UnixMillis;

/// Outcomes that are all the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Counted {
    /// One of them. Where there are several it has neither a user nor a value.
    pub outcome: Outcome,
    /// How many.
    pub times: u32,
    /// From when on they were counted, where nobody knows more of their time than that it was from then up to the
    /// outcome's. A wave that opened in between has none of them.
    pub began: Option<UnixMillis>,
}

impl Outcomes {
    /// As [`record`](Self::record), each as often as it happened.
    pub fn record_counted(&self, counted: &[Counted], now: UnixMillis) -> Recorded {
        self.record_each(counted.iter().map(|one| (&one.outcome, one.times, one.began)), now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Reading;
    use crate::rollout::Measure;
    use crate::units::{FlagKey, VariantName};
    use std::time::Duration;

    #[test]
    fn many_of_the_same_count_as_many() {
        let (flag, variant) = (FlagKey::new("f").unwrap(), VariantName::new("on").unwrap());
        let one = |ok, latency| Outcome {
            flag: flag.clone(),
            variant: variant.clone(),
            user: None,
            at: None,
            ok,
            latency_ms: Some(latency),
            value: None,
        };
        let outcomes = Outcomes::new();
        let now = UnixMillis::new(1_000_000);
        let many = [(one(true, 10.0), 960), (one(false, 90.0), 40)];
        let many = many.map(|(outcome, times)| Counted { outcome, times, began: None });
        assert_eq!(outcomes.record_counted(&many, now).kept, 1_000);
        for (measure, expected) in
            [(Measure::ErrorRatio, 0.04), (Measure::LatencyP95, 10.0), (Measure::LatencyP99, 90.0)]
        {
            let read = outcomes.read(&flag, &variant, measure, Duration::from_secs(60), 1, now);
            let Reading::Value { value, samples, .. } = read else { panic!("{read:?}") };
            assert!((value - expected).abs() <= expected / 100.0, "{measure:?}: {value}");
            assert_eq!(samples, Some(1_000));
        }
    }
}
