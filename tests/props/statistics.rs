//! Statistics take any numbers: nothing panics, and NaN never comes out.

use proptest::prelude::*;
use std::time::Duration;
use tidegate::analysis::statistics::{
    Better, CountTest, Enclosing, Evidence, ExcessHarm, Finding, Part, SampleRatio, Trail, band_safe, band_worse,
    burn_rate, classify, mean_safe, mean_worse,
};
use tidegate::analysis::{Band, Counted, Counts, Group, Sums};
use tidegate::units::UnixMillis;

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        -10.0..10.0_f64,
        prop::sample::select(vec![0.0, 1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN_POSITIVE])
    ]
}

fn count() -> impl Strategy<Value = u64> {
    prop_oneof![0..10_u64, 0..1_000_000_000_000_u64, any::<u64>(), Just(u64::MAX)]
}

fn counts() -> impl Strategy<Value = Counts> {
    let group = || (count(), count()).prop_map(|(exposed, bad)| Group { exposed, bad });
    let of = prop::sample::select(vec![Counted::Users, Counted::Events]);
    (group(), group(), of).prop_map(|(candidate, control, of)| Counts {
        candidate,
        control,
        of,
        until: UnixMillis::new(0),
        behind: Default::default(),
        sampled: Default::default(),
        events: None,
    })
}

fn check(finding: &Finding) -> Result<(), TestCaseError> {
    prop_assert!(!finding.value.is_nan() && !finding.bound.is_nan(), "{finding:?}");
    match finding.evidence {
        Evidence::EValue { ln, needed, dispersion } => {
            prop_assert!(ln.is_finite() && needed.is_finite() && dispersion >= 1.0, "{finding:?}");
        }
        Evidence::Interval { low, high } => prop_assert!(!low.is_nan() && !high.is_nan(), "{finding:?}"),
    }
    prop_assert!(!finding.outlook.to_string().is_empty() && !finding.evidence.to_string().is_empty());
    Ok(())
}

proptest! {
    #[test]
    fn any_counts(
        looks in prop::collection::vec((counts(), any::<u64>()), 0..20),
        (ratio, alpha, budget, traffic) in (number(), number(), number(), number()),
    ) {
        let mut harm = ExcessHarm::default();
        for mut test in [
            CountTest::worse(ratio),
            CountTest::worse_lately(ratio),
            CountTest::suspected_worse(ratio),
            CountTest::safe(ratio),
        ] {
            for (look, lasted) in &looks {
                test.look(look, Duration::from_secs(*lasted));
                harm.look(look);
                check(&test.finding(alpha))?;
            }
        }
        let told = harm.harm();
        prop_assert!(told.events >= 0.0 && told.at_most >= 0.0 && told.rate_at_most >= 0.0, "{told:?}");
        if let Some(share) = harm.largest_share(budget, traffic) {
            prop_assert!((0.0..=1.0).contains(&share), "{share}");
        }
    }

    #[test]
    fn spoilt_evidence_is_no_evidence(spoilt in prop::collection::vec(number(), 24), alpha in number(), look in counts()) {
        for mut test in [CountTest::worse(0.0), CountTest::worse_lately(0.0), CountTest::suspected_worse(0.0)] {
            test.evidence.logs.copy_from_slice(&spoilt);
            check(&test.finding(alpha))?;
            test.look(&look, Duration::ZERO);
            check(&test.finding(alpha))?;
        }
    }

    #[test]
    fn any_bands_and_sums(
        ends in prop::collection::vec(number(), 4),
        (n, m) in (count(), count()),
        (tolerance, alpha, probability) in (number(), number(), number()),
    ) {
        let [one, other] = [(0, n), (2, m)].map(|(at, samples)| Band { low: ends[at], high: ends[at + 1], samples });
        let sums = |at: usize, count| Sums { count, mean: ends[at], variance: ends[at + 1] };
        let pair = (sums(0, n), sums(2, m));
        for better in [Better::Lower, Better::Higher] {
            check(&band_worse(one, other, tolerance, better, Duration::MAX))?;
            check(&band_safe(one, other, tolerance, better, Duration::MAX))?;
            check(&mean_worse((&pair.0, &pair.1), tolerance, better, alpha, Duration::MAX))?;
            check(&mean_safe((&pair.0, &pair.1), tolerance, better, alpha, Duration::MAX))?;
        }
        let band = Enclosing::of(n, probability, alpha).band(n, |_| Some(tolerance));
        prop_assert!(!band.low.is_nan() && !band.high.is_nan());
        prop_assert!(!burn_rate(tolerance, alpha).is_nan());
    }

    #[test]
    fn any_users(parts in prop::collection::vec((number(), count()), 0..4), error in number()) {
        let parts: Vec<Part> = parts.into_iter().map(|(expected, users)| Part { expected, users }).collect();
        prop_assert!(SampleRatio::of(&parts, error).ln_bayes_factor.is_finite());
    }

    #[test]
    fn any_readings(
        candidate in prop::collection::vec(number(), 0..40),
        control in prop::collection::vec(number(), 0..40),
        allowed in number(),
    ) {
        for better in [Better::Lower, Better::Higher] {
            let found = classify(&candidate, &control, better, allowed);
            prop_assert!(!found.effect.is_nan());
            if let Some(shift) = found.shift {
                prop_assert!(shift.low <= shift.estimate && shift.estimate <= shift.high, "{shift:?}");
            }
        }
    }

    #[test]
    fn any_trail(values in prop::collection::vec((any::<i64>(), number()), 0..200), window in any::<u64>(), now in any::<i64>()) {
        let mut trail = Trail::over(Duration::from_millis(window));
        for (at, value) in values {
            trail.push(UnixMillis::new(at), value);
            prop_assert!(trail.points.len() <= 96);
        }
        let heading = trail.heading(UnixMillis::new(now));
        prop_assert!(heading.slope.is_finite() && heading.z.is_finite());
    }
}
