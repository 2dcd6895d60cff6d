//! The pure rooms from the outside, mostly driven by data files.

mod plans;
mod rollouts;
