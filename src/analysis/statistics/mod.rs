//! Statistics behind the verdicts: sequential tests that stay valid however often one looks, and the
//! classical ones that are judged once. Plain data and pure functions; any number is taken, NaN never
//! comes out.

mod boundary;
mod burn_rate;
mod classification;
mod comparison;
mod count_test;
mod dispersion;
mod excess_harm;
mod finding;
mod ln_gamma;
mod mann_kendall;
mod mann_whitney;
mod means;
mod mixture;
mod quantile_band;
mod sample_ratio;
mod trail;

pub use boundary::Tails;
pub use burn_rate::{BurnRate, burn_rate};
pub use classification::{Class, Classified, Weighed, classify, score};
pub use comparison::Better;
pub use count_test::{Claim, CountTest};
pub use dispersion::Dispersion;
pub use excess_harm::{ExcessHarm, Harm, traffic};
pub use finding::{Evidence, Finding, Outlook, Sampled};
pub use mann_kendall::{Heading, Toward};
pub use mann_whitney::{Shift, mann_whitney};
pub use means::{LEAST_VALUES, half_width, mean_safe, mean_worse};
pub use mixture::{GRID, Mixture};
pub use quantile_band::{Enclosing, band_safe, band_worse, deviation, least_samples};
pub use sample_ratio::{MISMATCH, Part, SampleRatio};
pub use trail::{MOST_POINTS, Trail, TrailPoint};
