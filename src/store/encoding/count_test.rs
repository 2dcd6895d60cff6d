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
    /// The logarithms of the likelihood ratios.
    logs: Vec<f64>,
    /// Exposed and bad, for each group.
    candidate: (u64, u64),
    control: (u64, u64),
    expected: f64,
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
struct DispersionRow(u64, [f64; 6]);

impl From<&CountTest> for CountTestRow {
    fn from(test: &CountTest) -> Self {
        let CountTest { claim, ratio, evidence, candidate, control, expected, seen, of, dispersion } = test;
        let Dispersion { looks, candidate: bad, scaled, candidate_squared, product, scaled_squared, scaled_variance } =
            dispersion;
        Self {
            claim: match claim {
                Claim::Worse => ClaimRow::Worse,
                Claim::WorseLately => ClaimRow::WorseLately,
                Claim::Safe => ClaimRow::Safe,
            },
            ratio: *ratio,
            logs: evidence.logs.to_vec(),
            candidate: (candidate.exposed, candidate.bad),
            control: (control.exposed, control.bad),
            expected: *expected,
            seen: millis(*seen),
            of: match of {
                Counted::Users => CountedRow::Users,
                Counted::Events => CountedRow::Events,
            },
            dispersion: DispersionRow(
                *looks,
                [*bad, *scaled, *candidate_squared, *product, *scaled_squared, *scaled_variance],
            ),
        }
    }
}

impl From<CountTestRow> for CountTest {
    fn from(row: CountTestRow) -> Self {
        let CountTestRow { claim, ratio, logs, candidate, control, expected, seen, of, dispersion } = row;
        let group = |(exposed, bad)| Group { exposed, bad };
        let DispersionRow(looks, [bad, scaled, candidate_squared, product, scaled_squared, scaled_variance]) =
            dispersion;
        let dispersion =
            Dispersion { looks, candidate: bad, scaled, candidate_squared, product, scaled_squared, scaled_variance };
        // A grid of another size is of another version of the test: its evidence cannot be carried over.
        let evidence = <[f64; GRID]>::try_from(logs).map_or_else(|_| Mixture::default(), |logs| Mixture { logs });
        Self {
            claim: match claim {
                ClaimRow::Worse => Claim::Worse,
                ClaimRow::WorseLately => Claim::WorseLately,
                ClaimRow::Safe => Claim::Safe,
            },
            ratio,
            evidence,
            candidate: group(candidate),
            control: group(control),
            expected,
            seen: Duration::from_millis(seen),
            of: match of {
                CountedRow::Users => Counted::Users,
                CountedRow::Events => Counted::Events,
            },
            dispersion,
        }
    }
}
