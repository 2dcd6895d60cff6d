//! Statistics behind the verdicts: sequential tests that stay valid however often one looks, and the
//! classical ones that are judged once. Plain data and pure functions; any number is taken, NaN never
//! comes out.

mod count_test;
mod dispersion;
mod finding;
mod mixture;

pub use count_test::{Claim, CountTest};
pub use dispersion::Dispersion;
pub use finding::{Evidence, Finding, Outlook, Sampled};
pub use mixture::{GRID, Mixture};
