//! The pure rooms from the outside, mostly driven by data files.

mod plans;
mod resolve;
mod rollouts;
mod served;
