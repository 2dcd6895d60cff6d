//! A sequential test of counts, as it is stored.

use super::memory::millis;
use crate::analysis::statistics::{Claim, CountTest, Dispersion, GRID, Mixture};
use crate::analysis::{Counted, Group};
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CountTestRow {
    claim: ClaimRow,
    ratio: f64,
    /// the logarithms of the likelihood ratios; `null` is one that is not finite, for which JSON has no word.
    logs: Vec<Option<f64>>,
    /// Exposed and bad, for each group.
    candidate: (u64, u64),
    control: (u64, u64),
    expected: f64,
    looks: u64,
    /// Milliseconds.
    seen: u64,
    of: CountedRow,
    dispersion: DispersionRow,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ClaimRow {
    Worse,
    WorseLately,
    SuspectedWorse,
    Safe,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum CountedRow {
    Users,
    Events,
}

/// The looks and the six sums, in the order of the type's fields.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct DispersionRow(u64, [f64; 6]);

impl From<&Dispersion> for DispersionRow {
    fn from(dispersion: &Dispersion) -> Self {
        let Dispersion { looks, candidate, scaled, candidate_squared, product, scaled_squared, scaled_variance } =
            *dispersion;
        Self(looks, [candidate, scaled, candidate_squared, product, scaled_squared, scaled_variance])
    }
}

impl From<DispersionRow> for Dispersion {
    fn from(row: DispersionRow) -> Self {
        let DispersionRow(looks, [candidate, scaled, candidate_squared, product, scaled_squared, scaled_variance]) =
            row;
        Self { looks, candidate, scaled, candidate_squared, product, scaled_squared, scaled_variance }
    }
}

impl From<&CountTest> for CountTestRow {
    fn from(test: &CountTest) -> Self {
        let CountTest { claim, ratio, evidence, candidate, control, expected, looks, seen, of, dispersion } = test;
        Self {
            claim: match claim {
                Claim::Worse => ClaimRow::Worse,
                Claim::WorseLately => ClaimRow::WorseLately,
                Claim::SuspectedWorse => ClaimRow::SuspectedWorse,
                Claim::Safe => ClaimRow::Safe,
            },
            ratio: *ratio,
            logs: evidence.logs.iter().map(|log| log.is_finite().then_some(*log)).collect(),
            candidate: (candidate.exposed, candidate.bad),
            control: (control.exposed, control.bad),
            expected: *expected,
            looks: *looks,
            seen: millis(*seen),
            of: match of {
                Counted::Users => CountedRow::Users,
                Counted::Events => CountedRow::Events,
            },
            dispersion: dispersion.into(),
        }
    }
}

impl From<CountTestRow> for CountTest {
    fn from(row: CountTestRow) -> Self {
        let CountTestRow { claim, ratio, logs, candidate, control, expected, looks, seen, of, dispersion } = row;
        let group = |(exposed, bad)| Group { exposed, bad };
        let logs: Vec<f64> = logs.into_iter().map(|log| log.unwrap_or(f64::NEG_INFINITY)).collect();
        // A grid of another size is of another version of the test: its evidence cannot be carried over.
        let evidence = <[f64; GRID]>::try_from(logs).map_or_else(|_| Mixture::default(), |logs| Mixture { logs });
        Self {
            claim: match claim {
                ClaimRow::Worse => Claim::Worse,
                ClaimRow::WorseLately => Claim::WorseLately,
                ClaimRow::SuspectedWorse => Claim::SuspectedWorse,
                ClaimRow::Safe => Claim::Safe,
            },
            ratio,
            evidence,
            looks,
            candidate: group(candidate),
            control: group(control),
            expected,
            seen: Duration::from_millis(seen),
            of: match of {
                CountedRow::Users => Counted::Users,
                CountedRow::Events => Counted::Events,
            },
            dispersion: dispersion.into(),
        }
    }
}
